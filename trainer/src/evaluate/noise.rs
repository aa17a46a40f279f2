//! How a model does away from the silence in which its recordings were made: the same recordings
//! with other sounds mixed in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use pipit_core::package::sha256_hex;
use pipit_core::{Classifier, Waveform};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::dataset::{Dataset, Recording, is_same_file};
use crate::decode;
use crate::judging::{self, JudgedSet};
use crate::score::score_waveform;

/// Sounds to mix in.
pub(super) struct Backgrounds {
    files: Vec<PathBuf>,
    seed: u64,
}

/// Files tried for one recording, since some may be silent.
const TRIALS: usize = 10;

impl Backgrounds {
    /// All sounds in a folder or table but those with which training has made the network familiar.
    pub(super) fn open(folder: &Path, seed: u64, heard: &BTreeSet<&str>) -> anyhow::Result<Self> {
        let mut sounds = Dataset::open_unlabelled(folder)?;
        let all = sounds.len();
        sounds.retain(|sound| !(heard.iter()).any(|name| is_same_file(&sound.filename, name)));
        ensure!(
            !sounds.is_empty(),
            "training has heard all {all} sounds, so take others, or leave some to judging when you \
             train, with --held-out-backgrounds: {}",
            folder.display()
        );
        if sounds.len() < all {
            println!(
                "{} of {all} sounds are mixed in, which training has not heard",
                sounds.len()
            );
        }
        let mut files: Vec<PathBuf> = sounds.into_iter().map(|sound| sound.path).collect();
        // A table may have them in any order, and the seed chooses by place.
        files.sort();
        Ok(Self { files, seed })
    }

    /// Judges recordings, each under a background of its own that is the same at every ratio.
    pub(super) fn judge<'a>(
        &self,
        classifier: &Classifier,
        recordings: &[&'a Recording],
        snr_db: f32,
    ) -> anyhow::Result<JudgedSet<'a>> {
        let rate = classifier.manifest().audio.sample_rate_hz;
        let what = format!("{snr_db} dB above noise");
        judging::judge(classifier, recordings, &what, |recording| {
            let mut waveform = decode::waveform(&recording.path, rate)?.waveform;
            let noise = self.choose(&recording.filename, waveform.samples.len(), rate)?;
            mix(&mut waveform, &noise, snr_db);
            score_waveform(classifier, &waveform)
                .with_context(|| format!("cannot score {}", recording.path.display()))
        })
    }

    /// A stretch of a background, chosen by seed and name; a short one is repeated.
    fn choose(&self, filename: &str, length: usize, rate: u32) -> anyhow::Result<Vec<f32>> {
        let digest = sha256_hex(filename.as_bytes());
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(u64::from_str_radix(&digest[..16], 16)?);
        let mut last = None;
        for _ in 0..TRIALS {
            let file = &self.files[rng.random_range(0..self.files.len())];
            last = Some(file);
            // A file without sound, or that is no sound, leaves its turn to another.
            let Ok(decoded) = decode::waveform(file, rate) else {
                continue;
            };
            let background = decoded.waveform.samples;
            if background.is_empty() {
                continue;
            }
            let start = rng.random_range(0..background.len());
            let noise: Vec<f32> = background
                .iter()
                .copied()
                .cycle()
                .skip(start)
                .take(length)
                .collect();
            if power(&noise) > 0.0 {
                return Ok(noise);
            }
        }
        anyhow::bail!(
            "{TRIALS} sounds to mix in were silent or unreadable, the last is {}",
            last.map_or_else(String::new, |file| file.display().to_string())
        )
    }
}

/// Adds noise so that the recording's mean power lies `snr_db` above the noise's.
fn mix(waveform: &mut Waveform, noise: &[f32], snr_db: f32) {
    let ratio = 10.0f64.powf(f64::from(snr_db) / 10.0);
    let factor = (power(&waveform.samples) / (power(noise) * ratio)).sqrt() as f32;
    for (sample, noise) in waveform.samples.iter_mut().zip(noise) {
        *sample += factor * noise;
    }
}

/// Mean square.
fn power(samples: &[f32]) -> f64 {
    let sum: f64 = samples
        .iter()
        .map(|sample| f64::from(*sample).powi(2))
        .sum();
    sum / samples.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_lies_as_far_below_as_asked() {
        let tone: Vec<f32> = (0u16..4_000)
            .map(|i| 0.3 * (f32::from(i) * 0.2).sin())
            .collect();
        let noise: Vec<f32> = (0u16..4_000)
            .map(|i| 0.9 * (f32::from(i) * 1.7).cos())
            .collect();
        for snr_db in [10.0, 0.0, -5.0] {
            let mut mixed = Waveform {
                samples: tone.clone(),
                sample_rate_hz: 8_000,
            };
            mix(&mut mixed, &noise, snr_db);
            let added: Vec<f32> = mixed
                .samples
                .iter()
                .zip(&tone)
                .map(|(a, b)| a - b)
                .collect();
            let found = 10.0 * (power(&tone) / power(&added)).log10();
            assert!((found - f64::from(snr_db)).abs() < 1e-3, "{found}");
        }
    }
}
