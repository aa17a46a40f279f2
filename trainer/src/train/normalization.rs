//! Mean and spread of the training spectrograms, which become numbers of the model.

use pipit_core::{Normalization, Reference};
use rayon::prelude::*;

use super::batch::Frontends;
use super::plan::Crop;
use super::recordings::StoredAudio;

/// Windows that are looked at; more would not change the third digit.
const WINDOWS: usize = 256;

/// Measures the first windows of `crops`, in decibels above the reference.
pub(crate) fn measure(
    audio: &[StoredAudio],
    crops: &[Crop],
    window: usize,
    frontends: &Frontends,
    reference: Reference,
) -> Normalization {
    let plain = Normalization {
        reference,
        mean: 0.0,
        std: 1.0,
    };
    let sums: Vec<(f64, f64, f64)> = crops[..crops.len().min(WINDOWS)]
        .par_iter()
        .map(|crop| {
            let samples = audio[crop.recording].crop(crop.start, window);
            let mut mel = frontends.decibels(&samples);
            plain.apply(&mut mel);
            mel.values
                .iter()
                .fold((0.0, 0.0, 0.0), |(n, sum, squares), &value| {
                    let value = f64::from(value);
                    (n + 1.0, sum + value, squares + value * value)
                })
        })
        .collect();
    // Added in order, so that the number of threads does not show in the last digit.
    let (n, sum, squares) = sums
        .into_iter()
        .fold((0.0, 0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
    let mean = sum / f64::max(n, 1.0);
    let variance = squares / f64::max(n, 1.0) - mean * mean;
    Normalization {
        reference,
        mean: round(mean),
        std: round(variance.max(1.0).sqrt()),
    }
}

/// Three decimals are plenty, and readable in a manifest.
fn round(decibels: f64) -> f32 {
    ((decibels * 1_000.0).round() / 1_000.0) as f32
}
