//! Recordings that the tests make themselves, and spoilt ones.

use std::f64::consts::TAU;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context, Result};
use hound::{SampleFormat, WavSpec, WavWriter};
use serde::Deserialize;

/// How to make a recording.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// What is to be heard.
    pub sound: Sound,
    /// How long it lasts.
    pub length_s: f64,
    /// Sampling rate.
    pub rate_hz: u32,
    /// Number of channels, which differ from each other.
    pub channels: u16,
    /// How samples are written.
    pub encoding: Encoding,
}

/// What is to be heard in a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sound {
    /// Gliding whistles over faint noise.
    Whistles,
    /// The same with samples now and then that are no numbers.
    BrokenWhistles,
    /// Nothing at all.
    Silence,
}

/// How samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// WAV, unsigned 8 bits.
    WavU8,
    /// WAV, 16 bits.
    WavI16,
    /// WAV, 24 bits.
    WavI24,
    /// WAV, 32-bit floating point.
    WavF32,
    /// AIFF, 16 bits, which no Chromium decodes.
    Aiff,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            sound: Sound::Whistles,
            length_s: 12.0,
            rate_hz: 32_000,
            channels: 1,
            encoding: Encoding::WavI16,
        }
    }
}

/// Makes the recording and writes it to the file.
///
/// # Errors
/// If the file cannot be written.
pub fn write(recipe: &Recipe, path: &Path) -> Result<()> {
    let samples = interleaved(recipe);
    let written = match recipe.encoding {
        Encoding::Aiff => fs::write(path, aiff(recipe, &samples)).map_err(hound::Error::from),
        _ => wav(recipe, &samples, path),
    };
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Bytes that mean nothing: no frame of any codec survives them.
#[must_use]
pub fn garbage(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    (0..length)
        .map(|_| (random(&mut state) >> 56) as u8)
        .collect()
}

fn interleaved(recipe: &Recipe) -> Vec<f32> {
    let frames = (recipe.length_s * f64::from(recipe.rate_hz)).round() as usize;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut phases = vec![0.0; usize::from(recipe.channels)];
    let mut samples = Vec::with_capacity(frames * phases.len());
    for frame in 0..frames {
        let time_s = frame as f64 / f64::from(recipe.rate_hz);
        for (channel, phase) in phases.iter_mut().enumerate() {
            let sample = match recipe.sound {
                Sound::Silence => 0.0,
                Sound::BrokenWhistles if frame % 50_000 == 40_000 => f64::NAN,
                Sound::Whistles | Sound::BrokenWhistles => {
                    let (hz, loudness) = whistle(time_s + 0.37 * channel as f64);
                    *phase += TAU * hz / f64::from(recipe.rate_hz);
                    let noise = random(&mut state) as f64 / u64::MAX as f64 - 0.5;
                    loudness * phase.sin() + 0.004 * noise
                }
            };
            samples.push(sample as f32);
        }
    }
    samples
}

/// Frequency and loudness of the whistling at a time: every 0.8 s a glide of 0.4 s, higher or
/// lower than the one before.
fn whistle(time_s: f64) -> (f64, f64) {
    let number = (time_s / 0.8).floor();
    let place = (time_s / 0.8).fract() * 2.0;
    let from_hz = 2200.0 + 410.0 * (number * 7.0).rem_euclid(8.0);
    let glide = if number.rem_euclid(2.0) < 1.0 {
        1300.0
    } else {
        -700.0
    };
    let loudness = if place < 1.0 {
        0.35 * (place * TAU / 2.0).sin().powi(2)
    } else {
        0.0
    };
    (from_hz + glide * place.min(1.0), loudness)
}

fn wav(recipe: &Recipe, samples: &[f32], path: &Path) -> Result<(), hound::Error> {
    let (bits_per_sample, sample_format) = match recipe.encoding {
        Encoding::WavU8 => (8, SampleFormat::Int),
        Encoding::WavI24 => (24, SampleFormat::Int),
        Encoding::WavF32 => (32, SampleFormat::Float),
        Encoding::WavI16 | Encoding::Aiff => (16, SampleFormat::Int),
    };
    let spec = WavSpec {
        channels: recipe.channels,
        sample_rate: recipe.rate_hz,
        bits_per_sample,
        sample_format,
    };
    let mut writer = WavWriter::create(path, spec)?;
    for &sample in samples {
        match sample_format {
            SampleFormat::Float => writer.write_sample(sample)?,
            SampleFormat::Int => writer.write_sample(quantised(sample, bits_per_sample))?,
        }
    }
    writer.finalize()
}

fn quantised(sample: f32, bits: u16) -> i32 {
    let full_scale = f64::from((1_i32 << (bits - 1)) - 1);
    (f64::from(sample) * full_scale).round() as i32
}

/// The recording as AIFF: a header chunk with the rate as an 80-bit float, and the samples.
fn aiff(recipe: &Recipe, samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|&sample| (quantised(sample, 16) as i16).to_be_bytes())
        .collect();
    let frames = samples.len() as u32 / u32::from(recipe.channels);
    let mut common = recipe.channels.to_be_bytes().to_vec();
    common.extend(frames.to_be_bytes());
    common.extend(16_u16.to_be_bytes());
    let exponent = recipe.rate_hz.ilog2();
    common.extend((16_383 + exponent as u16).to_be_bytes());
    common.extend((u64::from(recipe.rate_hz) << (63 - exponent)).to_be_bytes());
    let mut sound = vec![0; 8];
    sound.extend(data);
    let mut body = b"AIFF".to_vec();
    for (name, chunk) in [(b"COMM", common), (b"SSND", sound)] {
        body.extend(name);
        body.extend((chunk.len() as u32).to_be_bytes());
        body.extend(chunk);
    }
    let mut file = b"FORM".to_vec();
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(body);
    file
}

/// The next 64 random bits (xorshift*).
fn random(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_F491_4F6C_DD1D)
}

/// Replaces everything after the first bytes of a file by garbage.
///
/// # Errors
/// If the file cannot be read or written.
pub fn spoil(path: &Path, keep: usize, garbage_bytes: usize) -> io::Result<()> {
    let mut bytes = fs::read(path)?;
    bytes.truncate(keep);
    bytes.extend(garbage(garbage_bytes));
    fs::write(path, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_holds_the_same_sound() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("whistles.wav");
        let mut peaks = Vec::new();
        for encoding in [Encoding::WavU8, Encoding::WavI16, Encoding::WavI24] {
            let recipe = Recipe {
                length_s: 1.0,
                channels: 2,
                encoding,
                ..Recipe::default()
            };
            write(&recipe, &path)?;
            let mut reader = hound::WavReader::open(&path)?;
            assert_eq!(reader.duration(), 32_000);
            let full_scale = f64::from(1_i32 << (reader.spec().bits_per_sample - 1));
            let mut peak = 0.0_f64;
            for sample in reader.samples::<i32>() {
                peak = peak.max(f64::from(sample?).abs() / full_scale);
            }
            peaks.push(peak);
        }
        assert!(
            peaks.iter().all(|peak| (peak - 0.35).abs() < 0.01),
            "{peaks:?}"
        );
        Ok(())
    }

    #[test]
    fn aiff_names_its_rate() {
        let recipe = Recipe {
            length_s: 0.001,
            encoding: Encoding::Aiff,
            ..Recipe::default()
        };
        let file = aiff(&recipe, &interleaved(&recipe));
        assert_eq!(&file[..4], b"FORM");
        // 32,000 as an 80-bit float: 1.953125 times two to the 14th.
        assert_eq!(&file[28..34], [0x40, 0x0D, 0xFA, 0, 0, 0]);
    }
}
