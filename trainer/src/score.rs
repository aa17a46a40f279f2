//! One recording through the whole pipeline, from file to window scores.

use std::path::Path;

use anyhow::Context;
use burn::tensor::read_sync;
use pipit_core::{Calibration, Classifier, Identification, ScoredWindow, Waveform, WindowScores};

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
    /// Damaged pieces, which are left out or silenced in part.
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

/// A window that is to be pooled with others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowConfidences<'a> {
    /// Seconds of sound in it; behind a recording's end there is none.
    pub(crate) sound_s: f64,
    /// Its confidences, one a class.
    pub(crate) confidences: &'a [f32],
}

/// What a recording's windows come to, one entry a class.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pooled {
    /// How likely the class is in the recording, to rank it: its odds are the mean of the windows' odds,
    /// by how much sound there is in each.
    pub(crate) scores: Vec<f32>,
    /// The highest of the windows' confidences: a threshold below it detects the class.
    pub(crate) peaks: Vec<f32>,
}

/// Pools the windows of a recording.
///
/// The mean of odds is log-mean-exp of logits (Pinheiro and Collobert, "From Image-level to Pixel-level
/// Labeling with Convolutional Networks", 2015): between the maximum, which one doubtful window decides, and
/// the mean, in which a bird that sings once is lost. A `calibration` that the confidences went through is
/// laid on the pooled scores, so that it moves no ranking of recordings either.
pub(crate) fn pool<'a>(
    windows: impl IntoIterator<Item = WindowConfidences<'a>>,
    calibration: Option<Calibration>,
) -> Pooled {
    let mut odds: Vec<f64> = Vec::new();
    let mut peaks: Vec<f32> = Vec::new();
    let mut all_s = 0.0;
    for window in windows {
        odds.resize(window.confidences.len(), 0.0);
        peaks.resize(window.confidences.len(), 0.0);
        let classes = odds.iter_mut().zip(&mut peaks).zip(window.confidences);
        for ((odds, peak), &confidence) in classes {
            let score = calibration.map_or(confidence, |calibration| calibration.undo(confidence));
            let score = f64::from(score).min(MOST_CERTAIN);
            *odds += window.sound_s * score / (1.0 - score);
            *peak = peak.max(confidence);
        }
        all_s += window.sound_s;
    }
    let scores = odds.into_iter().map(|odds| {
        let odds = odds / all_s;
        let score = (odds / (1.0 + odds)) as f32;
        calibration.map_or(score, |calibration| calibration.apply(score))
    });
    Pooled {
        scores: scores.collect(),
        peaks,
    }
}

/// A score of 1 is one that was rounded; its odds have no mean.
const MOST_CERTAIN: f64 = 1.0 - f32::EPSILON as f64 / 2.0;

fn duration_s(samples: u64, rate_hz: u32) -> f64 {
    samples as f64 / f64::from(rate_hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    fn pooled(windows: &[(f64, &[f32])], calibration: Option<Calibration>) -> Pooled {
        let windows = windows
            .iter()
            .map(|&(sound_s, confidences)| WindowConfidences {
                sound_s,
                confidences,
            });
        pool(windows, calibration)
    }

    #[test]
    fn odds_are_averaged_and_peaks_are_kept_class_by_class() {
        // Odds 1/9 and 1/3, mean 2/9; odds 9 and 1/4, mean 37/8.
        let found = pooled(&[(5.0, &[0.1, 0.9]), (5.0, &[0.25, 0.2])], None);
        assert_close(&found.scores, &[2.0 / 11.0, 37.0 / 45.0]);
        assert_eq!(found.peaks, [0.25, 0.9]);
    }

    #[test]
    fn a_window_counts_by_its_sound() {
        // Odds 1/9 for four seconds, 1/3 for one: 7/45.
        let found = pooled(&[(4.0, &[0.1]), (1.0, &[0.25])], None);
        assert_close(&found.scores, &[7.0 / 52.0]);
        assert_eq!(found.peaks, [0.25]);
    }

    #[test]
    fn one_window_stays_as_it_is_and_certainty_stays_a_number() {
        let found = pooled(&[(0.5, &[0.0, 0.4, 1.0])], None);
        assert_close(&found.scores, &[0.0, 0.4, 1.0]);
        let found = pooled(&[(5.0, &[1.0]), (5.0, &[0.0])], None);
        assert!(found.scores[0] > 0.999 && found.scores[0] < 1.0);
    }

    #[test]
    fn a_calibration_moves_no_ranking_of_recordings() {
        let calibration = Calibration {
            slope: 0.4,
            intercept: -1.0,
        };
        let windows = [[0.02, 0.9, 0.5], [0.7, 0.1, 0.5], [0.02, 0.1, 0.5]];
        let calibrated = windows.map(|window| window.map(|score| calibration.apply(score)));
        let before = pooled(&windows.each_ref().map(|window| (5.0, &window[..])), None);
        let after = pooled(
            &calibrated.each_ref().map(|window| (5.0, &window[..])),
            Some(calibration),
        );
        let expected: Vec<f32> = (before.scores.iter())
            .map(|&score| calibration.apply(score))
            .collect();
        assert_close(&after.scores, &expected);
    }
}
