//! Recordings in memory: decoded once, at the model's rate.

use std::path::Path;

use anyhow::ensure;
use indicatif::{ProgressBar, ProgressStyle};
use pipit_core::Waveform;
use rayon::prelude::*;

use crate::dataset::Recording;
use crate::decode::{self, Decoded};
use crate::memory;

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

    /// `length` samples from `start`, beginning again at the end.
    pub(crate) fn looped(&self, start: usize, length: usize) -> Vec<f32> {
        (self.samples.iter().cycle().skip(start).take(length))
            .map(|&sample| f32::from(sample) * self.scale)
            .collect()
    }

    /// Loudness of every tenth of a second, as the power of differences between neighbouring
    /// samples: differences make little of wind and traffic.
    pub(crate) fn loudness(&self) -> Vec<f32> {
        let difference = |pair: &[i16]| (f32::from(pair[1]) - f32::from(pair[0])) * self.scale;
        self.samples
            .chunks(self.loudness_block())
            .map(|block| block.windows(2).map(|pair| difference(pair).powi(2)).sum())
            .collect()
    }

    /// Samples to one entry of the loudness.
    pub(crate) fn loudness_block(&self) -> usize {
        (self.sample_rate_hz as usize / 10).max(1)
    }

    /// The whole recording.
    pub(crate) fn waveform(&self) -> Waveform {
        Waveform {
            samples: self.crop(0, self.len()),
            sample_rate_hz: self.sample_rate_hz,
        }
    }
}

/// Recordings beside their audio.
#[derive(Default)]
pub(crate) struct Readable {
    /// Those that can be read.
    pub(crate) recordings: Vec<Recording>,
    /// Their audio.
    pub(crate) audio: Vec<StoredAudio>,
}

/// Decodes recordings on all cores, in their order. Those that cannot be read, or have no sound, are said and
/// noted with what is wrong.
pub(crate) fn load(
    recordings: Vec<Recording>,
    sample_rate_hz: u32,
    unreadable: &mut Vec<(String, String)>,
) -> Readable {
    warn_if_too_large(&recordings, sample_rate_hz);
    let bar = ProgressBar::new(recordings.len() as u64).with_style(progress_style(
        "decoding  {bar:30} {pos}/{len} recordings, {eta} left",
    ));
    let decoded: Vec<anyhow::Result<(StoredAudio, usize)>> = (recordings.par_iter())
        .map(|recording| {
            let decoded = load_one(&recording.path, sample_rate_hz);
            bar.inc(1);
            decoded
        })
        .collect();
    bar.finish_and_clear();
    let mut readable = Readable::default();
    for (recording, decoded) in recordings.into_iter().zip(decoded) {
        match decoded {
            Ok((audio, damaged_packets)) => {
                decode::tell_of_damage(&recording.path, damaged_packets);
                readable.recordings.push(recording);
                readable.audio.push(audio);
            }
            Err(error) => {
                eprintln!("skipped: {error:#}");
                unreadable.push((recording.filename, format!("{error:#}")));
            }
        }
    }
    readable
}

/// The same, where none is too few; `what` they are and the `folder` that they are from are for the error.
pub(crate) fn load_any(
    recordings: Vec<Recording>,
    what: &str,
    folder: &Path,
    sample_rate_hz: u32,
    unreadable: &mut Vec<(String, String)>,
) -> anyhow::Result<Readable> {
    let readable = load(recordings, sample_rate_hz, unreadable);
    ensure!(
        !readable.recordings.is_empty(),
        "none of the {what} can be read in {}",
        folder.display()
    );
    Ok(readable)
}

/// Says that decoded recordings may not fit into memory: the system would end the program without a word.
fn warn_if_too_large(recordings: &[Recording], sample_rate_hz: u32) {
    let Some(available) = memory::available() else {
        return;
    };
    if let Some(needed) = more_than(available, recordings, sample_rate_hz) {
        eprintln!(
            "decoded, {} recordings take {:.1} GB, and {:.1} GB of memory are free, so that the system may end the \
             program: shorter recordings, or fewer, or a lower --sample-rate help",
            recordings.len(),
            needed / 1e9,
            available as f64 / 1e9
        );
    }
}

/// Bytes that recordings take when they are decoded, if these are more than are available.
fn more_than(available: u64, recordings: &[Recording], sample_rate_hz: u32) -> Option<f64> {
    let encoded: u64 = (recordings.iter())
        .filter_map(|recording| std::fs::metadata(&recording.path).ok())
        .map(|file| file.len())
        .sum();
    // Headers are worth reading only where it may be close.
    if encoded < available / MOST_SHRUNK {
        return None;
    }
    let seconds: f64 = (recordings.par_iter())
        .filter_map(|recording| decode::open(&recording.path).ok()?.duration_s())
        .sum();
    let needed = BYTES_PER_SAMPLE * f64::from(sample_rate_hz) * seconds;
    Some(needed).filter(|needed| *needed > available as f64)
}

const BYTES_PER_SAMPLE: f64 = 2.0;
/// Bytes of decoded audio to one of a file, at the most: Vorbis or MP3 at 24 kbit/s.
const MOST_SHRUNK: u64 = 25;

/// A style from a template of our own; a mistake in it shows the default style.
pub(crate) fn progress_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The audio, and how many damaged pieces were left out of it.
fn load_one(path: &Path, sample_rate_hz: u32) -> anyhow::Result<(StoredAudio, usize)> {
    let Decoded {
        waveform,
        damaged_packets,
    } = decode::waveform(path, sample_rate_hz)?;
    ensure!(
        !waveform.samples.is_empty(),
        "no sound in {}",
        path.display()
    );
    Ok((StoredAudio::new(&waveform), damaged_packets))
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
    fn what_does_not_fit_into_memory_is_told_by_headers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2s.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        (0..16_000).for_each(|_| writer.write_sample(0i16).unwrap());
        writer.finalize().unwrap();
        let recording = Recording {
            path,
            ..Recording::default()
        };
        let three = [recording.clone(), recording, Recording::default()];

        // Two recordings of 2 s, at 32 kHz and two bytes a sample; the third is missing.
        assert_eq!(more_than(255_999, &three, 32_000), Some(256_000.0));
        assert_eq!(more_than(256_000, &three, 32_000), None);
        assert_eq!(more_than(1 << 30, &three, 32_000), None);
    }

    #[test]
    fn loudness_hears_high_tones_and_no_rumble() {
        let sine = |hz: f32, i: u32| (std::f32::consts::TAU * hz * i as f32 / 1_000.0).sin();
        let samples = (0..1_000)
            .map(|i| match i {
                300..400 => 0.2 * sine(300.0, i),
                _ => 0.5 * sine(5.0, i),
            })
            .collect();
        let stored = StoredAudio::new(&Waveform {
            samples,
            sample_rate_hz: 1_000,
        });

        let loudness = stored.loudness();

        assert_eq!(loudness.len(), 10);
        assert!((0..10).all(|block| block == 3 || 10.0 * loudness[block] < loudness[3]));
    }

    #[test]
    fn short_backgrounds_begin_again() {
        let stored = StoredAudio::new(&Waveform {
            samples: vec![0.0, 0.5, 1.0],
            sample_rate_hz: 4,
        });

        let looped = stored.looped(1, 5);

        for (sample, expected) in looped.iter().zip([0.5, 1.0, 0.0, 0.5, 1.0]) {
            assert!((sample - expected).abs() < 1e-4);
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
