//! Variations of training windows: what a microphone, a distance or a neighbour would have changed.

use pipit_core::MelSpectrogram;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// How much varies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Augmentation {
    /// Chance that another recording is mixed in.
    pub(crate) mixup: f64,
    /// Chance that noise is added.
    pub(crate) noise: f64,
}

/// Louder or softer by up to 6 dB.
pub(crate) fn gain(samples: &mut [f32], rng: &mut ChaCha8Rng) {
    let factor = from_decibels(rng.random_range(-6.0..=6.0));
    for sample in samples {
        *sample *= factor;
    }
}

/// Adds another window, at equal loudness or up to 10 dB below; both species are then heard.
pub(crate) fn mix(samples: &mut [f32], other: &[f32], rng: &mut ChaCha8Rng) {
    let loudness = root_mean_square(other);
    if loudness == 0.0 {
        return;
    }
    let wanted = root_mean_square(samples) * from_decibels(rng.random_range(-10.0..=0.0));
    let factor = wanted / loudness;
    for (sample, other) in samples.iter_mut().zip(other) {
        *sample += factor * other;
    }
}

/// The labels of two windows that sound together: each species that is in either.
pub(crate) fn unite(targets: &mut [f32], other: &[f32]) {
    for (target, &other) in targets.iter_mut().zip(other) {
        *target = target.max(other);
    }
}

/// Adds noise 5 to 30 dB below the window, from hiss to the rumble of wind.
pub(crate) fn noise(samples: &mut [f32], rng: &mut ChaCha8Rng) {
    let memory = rng.random_range(0.0..0.98f32);
    let mut level = 0.0;
    let hiss: Vec<f32> = samples
        .iter()
        .map(|_| {
            level = memory * level + rng.random_range(-1.0..=1.0f32);
            level
        })
        .collect();
    let loudness = root_mean_square(&hiss);
    if loudness == 0.0 {
        return;
    }
    let wanted = root_mean_square(samples) * from_decibels(rng.random_range(-30.0..=-5.0));
    let factor = wanted / loudness;
    for (sample, hiss) in samples.iter_mut().zip(hiss) {
        *sample += factor * hiss;
    }
}

/// Hides up to two bands and two stretches of a normalised spectrogram (`SpecAugment`).
pub(crate) fn hide_parts(mel: &mut MelSpectrogram, rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(0..=2) {
        let rows = span(mel.n_mels, rng);
        mel.values[rows.start * mel.n_frames..rows.end * mel.n_frames].fill(0.0);
    }
    for _ in 0..rng.random_range(0..=2) {
        let columns = span(mel.n_frames, rng);
        for row in mel.values.chunks_exact_mut(mel.n_frames) {
            row[columns.clone()].fill(0.0);
        }
    }
}

/// Up to an eighth of `length`, anywhere.
fn span(length: usize, rng: &mut ChaCha8Rng) -> std::ops::Range<usize> {
    let width = rng.random_range(0..=length / 8);
    let start = rng.random_range(0..=length - width);
    start..start + width
}

fn from_decibels(decibels: f32) -> f32 {
    10.0f32.powf(decibels / 20.0)
}

fn root_mean_square(samples: &[f32]) -> f32 {
    let sum: f32 = samples.iter().map(|sample| sample * sample).sum();
    (sum / samples.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn tone(amplitude: f32) -> Vec<f32> {
        (0u16..1_000)
            .map(|i| amplitude * (f32::from(i) * 0.3).sin())
            .collect()
    }

    #[test]
    fn the_mixed_in_window_is_brought_to_the_first_ones_loudness() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20 {
            let mut samples = tone(0.01);
            let before = samples.clone();
            mix(&mut samples, &tone(0.8), &mut rng);
            let added: Vec<f32> = samples.iter().zip(&before).map(|(a, b)| a - b).collect();
            let decibels = 20.0 * (root_mean_square(&added) / root_mean_square(&before)).log10();
            assert!((-10.01..=0.01).contains(&decibels), "{decibels}");
        }
    }

    #[test]
    fn silence_mixes_without_harm() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut samples = vec![0.0; 10];
        mix(&mut samples, &[0.0; 10], &mut rng);
        noise(&mut samples, &mut rng);
        assert!(samples.iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn the_same_seed_gives_the_same_noise() {
        let noisy = |seed| {
            let mut samples = tone(0.5);
            noise(&mut samples, &mut ChaCha8Rng::seed_from_u64(seed));
            samples
        };
        assert_eq!(noisy(3), noisy(3));
        assert_ne!(noisy(3), noisy(4));
    }

    #[test]
    fn hiding_leaves_most_of_the_spectrogram() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..50 {
            let mut mel = MelSpectrogram {
                n_mels: 16,
                n_frames: 24,
                values: vec![1.0; 16 * 24],
            };
            hide_parts(&mut mel, &mut rng);
            let left: f32 = mel.values.iter().sum();
            assert!(left >= 12.0 * 18.0, "{left}");
        }
    }
}
