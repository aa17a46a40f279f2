//! One recording through the whole pipeline, from file to window scores.

use std::path::Path;

use anyhow::Context;
use burn::tensor::read_sync;
use pipit_core::{Classifier, Identification, ScoredWindow, Waveform, WindowScores};

use crate::decode;

/// Windows that go through the network together.
const BATCH_SIZE: usize = 8;

/// What a recording sounds like to a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScoredFile {
    /// In order of time.
    pub(crate) windows: Vec<WindowScores>,
    /// Length of the decoded audio.
    pub(crate) duration_s: f64,
    /// Damaged pieces that were left out.
    pub(crate) damaged_packets: usize,
}

/// Is shown each window with its frames, in order of time, as soon as they are scored.
pub(crate) type Look<'a> = dyn FnMut(&ScoredWindow) -> anyhow::Result<()> + 'a;

/// Decodes and scores a recording block by block.
pub(crate) fn score_file(classifier: &Classifier, path: &Path) -> anyhow::Result<ScoredFile> {
    score_framewise(classifier, path, None)
}

/// The same, frame by frame where somebody looks.
pub(crate) fn score_framewise(
    classifier: &Classifier,
    path: &Path,
    mut look: Option<&mut Look<'_>>,
) -> anyhow::Result<ScoredFile> {
    let context = || format!("cannot identify {}", path.display());
    let mut audio = decode::open(path)?;
    let rate = audio.sample_rate_hz();
    let mut identification =
        Identification::new(classifier, rate, BATCH_SIZE).with_context(context)?;
    if look.is_some() {
        identification = identification.framewise();
    }
    let mut windows = Vec::new();
    let mut take = |scored: Vec<ScoredWindow>| -> anyhow::Result<()> {
        for scored in scored {
            if let Some(look) = &mut look {
                look(&scored)?;
            }
            windows.push(scored.window);
        }
        Ok(())
    };
    let mut samples: u64 = 0;
    while let Some(block) = audio.next_block().with_context(context)? {
        samples += block.len() as u64;
        take(read_sync(identification.push(&block)).with_context(context)?)?;
    }
    take(read_sync(identification.finish()).with_context(context)?)?;
    Ok(ScoredFile {
        windows,
        duration_s: duration_s(samples, rate),
        damaged_packets: audio.damaged_packets(),
    })
}

/// Scores a recording that is in memory.
pub(crate) fn score_waveform(
    classifier: &Classifier,
    waveform: &Waveform,
) -> anyhow::Result<Vec<WindowScores>> {
    let mut identification = Identification::new(classifier, waveform.sample_rate_hz, BATCH_SIZE)?;
    let mut scored = read_sync(identification.push(&waveform.samples))?;
    scored.extend(read_sync(identification.finish())?);
    Ok(scored.into_iter().map(|scored| scored.window).collect())
}

/// Raises each entry of `best` to the one in `scores`.
pub(crate) fn raise_to_maximum(best: &mut Vec<f32>, scores: &[f32]) {
    if best.is_empty() {
        best.extend_from_slice(scores);
    }
    for (best, &score) in best.iter_mut().zip(scores) {
        *best = best.max(score);
    }
}

fn duration_s(samples: u64, rate_hz: u32) -> f64 {
    samples as f64 / f64::from(rate_hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_is_taken_class_by_class() {
        let mut best = Vec::new();
        raise_to_maximum(&mut best, &[0.1, 0.9]);
        raise_to_maximum(&mut best, &[0.3, 0.2]);
        assert_eq!(best, [0.3, 0.9]);
    }
}
