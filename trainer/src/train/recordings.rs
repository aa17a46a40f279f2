//! Recordings in memory: decoded once, at the model's rate.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use pipit_core::Waveform;
use pipit_core::resample::Resampler;
use rayon::prelude::*;

use crate::dataset::Recording;
use crate::decode;

/// Decoded audio in 16 bits with its own scale: half the memory, and quiet recordings lose nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredAudio {
    samples: Vec<i16>,
    scale: f32,
    sample_rate_hz: u32,
}

impl StoredAudio {
    /// Stores a waveform.
    pub(crate) fn new(waveform: &Waveform) -> Self {
        let peak = waveform.peak();
        let scale = if peak > 0.0 {
            peak / f32::from(i16::MAX)
        } else {
            1.0
        };
        Self {
            samples: waveform
                .samples
                .iter()
                .map(|sample| to_i16(sample / scale))
                .collect(),
            scale,
            sample_rate_hz: waveform.sample_rate_hz,
        }
    }

    /// Number of samples.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    /// `length` samples from `start`, with silence behind the end.
    pub(crate) fn crop(&self, start: usize, length: usize) -> Vec<f32> {
        let start = start.min(self.samples.len());
        let end = (start + length).min(self.samples.len());
        let mut crop: Vec<f32> = self.samples[start..end]
            .iter()
            .map(|&sample| f32::from(sample) * self.scale)
            .collect();
        crop.resize(length, 0.0);
        crop
    }

    /// The whole recording.
    pub(crate) fn waveform(&self) -> Waveform {
        Waveform {
            samples: self.crop(0, self.len()),
            sample_rate_hz: self.sample_rate_hz,
        }
    }
}

/// Decodes recordings on all cores; entries are in the order of `recordings`.
pub(crate) fn load(
    recordings: &[&Recording],
    sample_rate_hz: u32,
) -> Vec<anyhow::Result<StoredAudio>> {
    let bar = ProgressBar::new(recordings.len() as u64).with_style(progress_style(
        "decoding  {bar:30} {pos}/{len} recordings, {eta} left",
    ));
    let audio = recordings
        .par_iter()
        .map(|recording| {
            let audio = load_one(&recording.path, sample_rate_hz);
            bar.inc(1);
            audio
        })
        .collect();
    bar.finish_and_clear();
    audio
}

/// A style from a template of our own; a mistake in it shows the default style.
pub(crate) fn progress_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn load_one(path: &Path, sample_rate_hz: u32) -> anyhow::Result<StoredAudio> {
    let mut audio = decode::open(path)?;
    let mut resampler = Resampler::new(audio.sample_rate_hz(), sample_rate_hz)?;
    let mut samples = Vec::new();
    while let Some(block) = audio.next_block()? {
        resampler.push(&block, &mut samples)?;
    }
    resampler.finish(&mut samples)?;
    Ok(StoredAudio::new(&Waveform {
        samples,
        sample_rate_hz,
    }))
}

fn to_i16(sample: f32) -> i16 {
    sample.round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_recordings_keep_their_shape() {
        let waveform = Waveform {
            samples: (0u8..100).map(|i| f32::from(i) * 1e-6).collect(),
            sample_rate_hz: 100,
        };

        let stored = StoredAudio::new(&waveform);

        for (kept, given) in stored.waveform().samples.iter().zip(&waveform.samples) {
            assert!((kept - given).abs() < 1e-8);
        }
    }

    #[test]
    fn crops_are_padded_with_silence() {
        let stored = StoredAudio::new(&Waveform {
            samples: vec![1.0; 4],
            sample_rate_hz: 4,
        });

        assert_eq!(stored.crop(2, 4), [1.0, 1.0, 0.0, 0.0]);
        assert_eq!(stored.crop(9, 2), [0.0, 0.0]);
    }
}
