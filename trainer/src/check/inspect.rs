//! One pass over the audio of every file.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use anyhow::{Context, ensure};
use clap::Args;
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::fingerprint::{Fingerprint, FingerprintMaker};
use crate::dataset::Recording;
use crate::decode;
use crate::train::progress_style;

/// From where on something is wrong with a recording.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// Shorter recordings are very short, in seconds.
    #[arg(long, default_value_t = 1.0)]
    pub(super) shortest: f64,
    /// A tenth of a second whose peak is below so many decibels of full scale is silence.
    #[arg(long, default_value_t = -60.0, allow_negative_numbers = true)]
    pub(super) silence_db: f32,
    /// A recording with a larger share of its samples at full scale is clipped.
    #[arg(long, default_value_t = 0.001)]
    pub(super) clipped: f64,
}

/// What a file sounds like, in numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Inspection {
    /// Length.
    pub(super) duration_s: f64,
    /// Length by the header, if that tells more than there is.
    pub(super) announced_s: Option<f64>,
    /// Share of its tenths of a second that are silence.
    pub(super) silent_share: f64,
    /// Share of its samples at full scale.
    pub(super) clipped_share: f64,
    /// Damaged pieces, which are left out or silenced in part.
    pub(super) damaged_packets: usize,
    /// Equal for equal samples at an equal rate.
    pub(super) digest: u64,
    /// Alike for what sounds alike.
    pub(super) fingerprint: Fingerprint,
}

/// Samples at least this large are at full scale. A little less than 1: lossy formats round clipped peaks.
const FULL_SCALE: f32 = 0.99;

impl Limits {
    /// Refuses numbers that make no limit.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.shortest >= 0.0,
            "--shortest must not be negative: {}",
            self.shortest
        );
        ensure!(
            self.silence_db < 0.0,
            "--silence-db must be negative: {}",
            self.silence_db
        );
        ensure!(
            (0.0..=1.0).contains(&self.clipped),
            "--clipped must be from 0 to 1: {}",
            self.clipped
        );
        Ok(())
    }
}

/// Inspects files on all cores; entries are in the order of `recordings`.
pub(super) fn all(recordings: &[Recording], limits: &Limits) -> Vec<anyhow::Result<Inspection>> {
    let bar = ProgressBar::new(recordings.len() as u64).with_style(progress_style(
        "listening  {bar:30} {pos}/{len} recordings, {eta} left",
    ));
    let inspected = recordings
        .par_iter()
        .map(|recording| {
            let inspection = inspect(&recording.path, limits);
            bar.inc(1);
            inspection
        })
        .collect();
    bar.finish_and_clear();
    inspected
}

fn inspect(path: &Path, limits: &Limits) -> anyhow::Result<Inspection> {
    let context = || format!("cannot decode {}", path.display());
    let mut audio = decode::open(path)?;
    let rate = audio.sample_rate_hz();
    let mut fingerprint = FingerprintMaker::new(rate).with_context(context)?;
    let mut digest = DefaultHasher::new();
    digest.write_u32(rate);
    let mut silence = SilenceMeter::new(rate, limits.silence_db);
    let (mut samples, mut clipped) = (0u64, 0u64);
    while let Some(block) = audio.next_block().with_context(context)? {
        samples += block.len() as u64;
        for &sample in &block {
            digest.write_u32(sample.to_bits());
            clipped += u64::from(sample.abs() >= FULL_SCALE);
            silence.push(sample);
        }
        fingerprint.push(&block).with_context(context)?;
    }
    let duration_s = samples as f64 / f64::from(rate);
    let is_announced = audio.announces_duration();
    let is_missing = |announced_s: &f64| is_announced && *announced_s > 1.01 * duration_s + 0.2;
    Ok(Inspection {
        duration_s,
        announced_s: audio.duration_s().filter(is_missing),
        silent_share: silence.share(),
        clipped_share: clipped as f64 / samples.max(1) as f64,
        damaged_packets: audio.damaged_packets(),
        digest: digest.finish(),
        fingerprint: fingerprint.finish().with_context(context)?,
    })
}

/// Counts tenths of a second that hold no sound.
struct SilenceMeter {
    piece: usize,
    least_peak: f32,
    n_in_piece: usize,
    peak: f32,
    silent: usize,
    pieces: usize,
}

impl SilenceMeter {
    fn new(sample_rate_hz: u32, silence_db: f32) -> Self {
        Self {
            piece: (sample_rate_hz / 10).max(1) as usize,
            least_peak: 10.0f32.powf(silence_db / 20.0),
            n_in_piece: 0,
            peak: 0.0,
            silent: 0,
            pieces: 0,
        }
    }

    fn push(&mut self, sample: f32) {
        self.peak = self.peak.max(sample.abs());
        self.n_in_piece += 1;
        if self.n_in_piece == self.piece {
            self.end_piece();
        }
    }

    fn end_piece(&mut self) {
        self.silent += usize::from(self.peak < self.least_peak);
        self.pieces += 1;
        self.n_in_piece = 0;
        self.peak = 0.0;
    }

    fn share(mut self) -> f64 {
        if self.n_in_piece > 0 {
            self.end_piece();
        }
        self.silent as f64 / self.pieces.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_counted_in_tenths_of_a_second() {
        let mut meter = SilenceMeter::new(100, -60.0);
        // 0.35 s: a loud piece, a silent one, one that is just loud enough, half a silent one.
        for i in 0..35 {
            meter.push(match i / 10 {
                0 => 0.5,
                2 => -0.0011,
                _ => 0.0009,
            });
        }
        assert!((meter.share() - 0.5).abs() < 1e-12);
    }
}
