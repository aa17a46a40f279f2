//! Mean and spread of the training spectrograms, which become numbers of the model.

use pipit_core::{Normalization, Reference};
use rayon::prelude::*;

use super::batch::Frontends;
use super::plan::{Crop, Plan};
use super::recordings::StoredAudio;

/// Windows that are looked at; more would not change the third digit.
const WINDOWS: usize = 256;

/// Measures windows from all over the recordings, in decibels above the reference. They depend on the recordings
/// alone, so that runs of other seeds see the same numbers and can be averaged.
pub(crate) fn measure(
    audio: &[StoredAudio],
    window: usize,
    frontends: &Frontends,
    reference: Reference,
) -> Normalization {
    let plain = Normalization {
        reference,
        mean: 0.0,
        std: 1.0,
    };
    let sums: Vec<(f64, f64, f64)> = crops(audio, window)
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

fn crops(audio: &[StoredAudio], window: usize) -> Vec<Crop> {
    let plan = Plan {
        lengths: audio.iter().map(StoredAudio::len).collect(),
        classes: Vec::new(),
        window,
        crops_per_epoch: WINDOWS.div_ceil(audio.len().max(1)),
        batch_size: 1,
        sampling_exponent: 0.0,
        crop_candidates: 1,
        loudness: Vec::new(),
        loudness_block: 1,
        seed: 0,
    };
    let mut crops = plan.batches(0).concat();
    crops.truncate(WINDOWS);
    crops
}

/// Three decimals are plenty, and readable in a manifest.
fn round(decibels: f64) -> f32 {
    ((decibels * 1_000.0).round() / 1_000.0) as f32
}
