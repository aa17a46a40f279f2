//! Augmentations of samples. Each does what it is told; chance is the caller's.

use rand::rngs::ChaCha8Rng;

use super::{Example, filter};
use crate::resample::{ResampleError, resample};
use crate::waveform::Waveform;

pub use super::filter::{equalize, low_pass};
pub use super::pitch::pitch;

/// Steps of a factor that speeds differ by: small ratios keep the resampler's blocks short.
const SPEED_STEPS: f32 = 200.0;

/// Moves samples later by `fraction` of their number; what passes the end comes in at the start.
pub fn time_shift(samples: &mut [f32], fraction: f32) {
    let length = samples.len();
    if length > 0 {
        let later = (fraction * length as f32).round() as isize;
        samples.rotate_right(later.rem_euclid(length as isize) as usize);
    }
}

/// Plays samples at `factor` times their speed, in steps of 0.005: higher and shorter, or lower and
/// longer. The result has as many samples; where it is too short it begins again.
///
/// # Errors
/// A factor outside 0.05 to 38.
pub fn speed(samples: &[f32], factor: f32) -> Result<Vec<f32>, ResampleError> {
    let played = resample_by(samples, factor)?;
    Ok(played.into_iter().cycle().take(samples.len()).collect())
}

/// Louder by so many decibels.
pub fn gain(samples: &mut [f32], decibels: f32) {
    let factor = from_decibels(decibels);
    for sample in samples {
        *sample *= factor;
    }
}

/// Adds `other`, scaled so that the window is `snr_db` louder than it (root mean squares over the
/// whole). Silence on either side changes nothing, as it has no ratio to anything.
pub fn add_at_snr(samples: &mut [f32], other: &[f32], snr_db: f32) {
    let loudness = root_mean_square(other);
    if loudness <= 0.0 {
        return;
    }
    let factor = root_mean_square(samples) * from_decibels(-snr_db) / loudness;
    for (sample, other) in samples.iter_mut().zip(other) {
        *sample += factor * other;
    }
}

/// Lets `other` sound too, `snr_db` below the window; each class that is in either is in both.
/// Silence on either side changes nothing: what cannot be heard must not be a label.
///
/// BirdCLEF's winners of 2022 and 2023 call it "or" mixup.
pub fn or_mixup(example: &mut Example<Vec<f32>>, other: &Example<Vec<f32>>, snr_db: f32) {
    if root_mean_square(&example.input) <= 0.0 || root_mean_square(&other.input) <= 0.0 {
        return;
    }
    add_at_snr(&mut example.input, &other.input, snr_db);
    for (target, &other) in example.targets.iter_mut().zip(&other.targets) {
        *target = target.max(other);
    }
    example.weight = f32::midpoint(example.weight, other.weight);
}

/// Blends samples, targets and weights: `share` of the window, the rest of `other`
/// (Zhang et al. 2018, "mixup").
pub fn mixup(example: &mut Example<Vec<f32>>, other: &Example<Vec<f32>>, share: f32) {
    blend(&mut example.input, &other.input, share);
    blend_labels(example, other, share);
}

/// Noise of `length` samples whose power falls with frequency as `1 / f^exponent`: 0 is white, 1
/// pink, 2 brown. Below 50 Hz it is flat, or rumble that no network looks at would be most of it.
///
/// All phases are random (after Timmer & König 1995, with fixed magnitudes).
pub fn coloured_noise(
    length: usize,
    sample_rate_hz: u32,
    exponent: f32,
    rng: &mut ChaCha8Rng,
) -> Vec<f32> {
    filter::random_phases(length, sample_rate_hz, rng, |hz| {
        hz.max(50.0).powf(-exponent / 2.0)
    })
}

/// `ours · share + other · (1 − share)`, number by number.
pub(super) fn blend(ours: &mut [f32], other: &[f32], share: f32) {
    for (our, other) in ours.iter_mut().zip(other) {
        *our = share * *our + (1.0 - share) * other;
    }
}

pub(super) fn blend_labels<T>(example: &mut Example<T>, other: &Example<T>, share: f32) {
    blend(&mut example.targets, &other.targets, share);
    example.weight = share * example.weight + (1.0 - share) * other.weight;
}

/// Resamples as if `samples` had `factor` times the rate, rounded to a step.
pub(super) fn resample_by(samples: &[f32], factor: f32) -> Result<Vec<f32>, ResampleError> {
    // Only the ratio of the two rates matters.
    const HZ: u32 = 100;
    let played = Waveform {
        samples: samples.to_vec(),
        sample_rate_hz: HZ * (factor * SPEED_STEPS).round() as u32,
    };
    Ok(resample(&played, HZ * SPEED_STEPS as u32)?.samples)
}

/// The factor that [`resample_by`] really takes.
pub(super) fn stepped(factor: f32) -> f32 {
    (factor * SPEED_STEPS).round() / SPEED_STEPS
}

fn from_decibels(decibels: f32) -> f32 {
    10.0f32.powf(decibels / 20.0)
}

fn root_mean_square(samples: &[f32]) -> f32 {
    let sum: f64 = samples
        .iter()
        .map(|&sample| f64::from(sample).powi(2))
        .sum();
    (sum / samples.len().max(1) as f64).sqrt() as f32
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use rand::SeedableRng;

    use super::*;

    const RATE_HZ: u32 = 8_000;

    fn tone(hz: f32, amplitude: f32) -> Vec<f32> {
        (0..RATE_HZ)
            .map(|i| amplitude * (TAU * hz * i as f32 / RATE_HZ as f32).sin())
            .collect()
    }

    /// Zero crossings upwards in the middle half second.
    fn pitch_hz(samples: &[f32]) -> f32 {
        let middle = &samples[2_000..6_000];
        let crossings = middle.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0);
        crossings.count() as f32 * 2.0
    }

    fn snr_db(signal: &[f32], mixture: &[f32]) -> f32 {
        let added: Vec<f32> = mixture.iter().zip(signal).map(|(m, s)| m - s).collect();
        20.0 * (root_mean_square(signal) / root_mean_square(&added)).log10()
    }

    #[test]
    fn the_signal_to_noise_ratio_is_as_asked() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for wanted in [-5.0, 0.0, 12.5, 40.0] {
            for exponent in [0.0, 1.0, 2.0] {
                let signal = tone(440.0, 0.1);
                let noise = coloured_noise(signal.len(), RATE_HZ, exponent, &mut rng);
                let mut mixture = signal.clone();
                add_at_snr(&mut mixture, &noise, wanted);
                let found = snr_db(&signal, &mixture);
                assert!((found - wanted).abs() < 0.05, "{found} is not {wanted}");
            }
        }
    }

    #[test]
    fn silence_mixes_without_harm() {
        let mut samples = vec![0.0; 10];
        add_at_snr(&mut samples, &[1.0; 10], 0.0);
        add_at_snr(&mut samples, &[0.0; 10], 0.0);
        assert_eq!(samples, [0.0; 10]);
    }

    #[test]
    fn coloured_noise_falls_by_three_decibels_an_octave_and_exponent() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let band_db = |noise: &[f32], low: f32, high: f32| {
            let mut band = noise.to_vec();
            filter::filter(&mut band, RATE_HZ, |hz| {
                f32::from(u8::from((low..high).contains(&hz)))
            });
            20.0 * root_mean_square(&band).log10()
        };
        for exponent in [0.0, 1.0, 2.0] {
            let noise = coloured_noise(8_192, RATE_HZ, exponent, &mut rng);
            // An octave higher there is twice the bandwidth.
            let step = band_db(&noise, 1_000.0, 2_000.0) - band_db(&noise, 500.0, 1_000.0);
            let expected = 3.01 * (1.0 - exponent);
            assert!((step - expected).abs() < 0.2, "{step} is not {expected}");
        }
    }

    #[test]
    fn a_shift_turns_the_window_round() {
        let mut samples = [1.0, 2.0, 3.0, 4.0];
        time_shift(&mut samples, 0.25);
        assert_eq!(samples.to_vec(), [4.0, 1.0, 2.0, 3.0]);
        time_shift(&mut samples, -0.5);
        assert_eq!(samples.to_vec(), [2.0, 3.0, 4.0, 1.0]);
        time_shift(&mut [], 0.5);
    }

    #[test]
    fn speed_moves_the_pitch_and_keeps_the_length() {
        for factor in [0.8, 1.0, 1.25] {
            let faster = speed(&tone(1_000.0, 0.5), factor).unwrap();
            assert_eq!(faster.len(), RATE_HZ as usize);
            let heard = pitch_hz(&faster);
            assert!((heard - 1_000.0 * factor).abs() < 10.0, "{heard}");
        }
    }

    #[test]
    fn mixups_treat_targets_as_their_names_say() {
        let example = |samples: Vec<f32>, targets: [f32; 3], weight| Example {
            input: samples,
            targets: targets.to_vec(),
            weight,
        };
        let first = example(tone(500.0, 0.5), [1.0, 0.3, 0.0], 1.0);
        let second = example(tone(900.0, 0.01), [0.0, 1.0, 0.0], 0.5);

        let mut both = first.clone();
        or_mixup(&mut both, &second, 6.0);
        assert_eq!(both.targets, [1.0, 1.0, 0.0]);
        assert!((both.weight - 0.75).abs() < 1e-6);
        assert!((snr_db(&first.input, &both.input) - 6.0).abs() < 0.05);

        let mut blended = first.clone();
        mixup(&mut blended, &second, 0.75);
        for (target, expected) in blended.targets.iter().zip([0.75, 0.475, 0.0]) {
            assert!((target - expected).abs() < 1e-6);
        }
        assert!((blended.weight - 0.875).abs() < 1e-6);
        let expected = 0.75 * first.input[77] + 0.25 * second.input[77];
        assert!((blended.input[77] - expected).abs() < 1e-6);

        let mut alone = first.clone();
        or_mixup(
            &mut alone,
            &example(vec![0.0; 8_000], [0.0, 0.0, 1.0], 1.0),
            6.0,
        );
        assert_eq!(alone, first, "silence has no species in it");

        let silence = example(vec![0.0; 8_000], [0.0, 0.0, 1.0], 1.0);
        let mut silent = silence.clone();
        or_mixup(&mut silent, &first, 6.0);
        assert_eq!(silent, silence, "nothing is some decibels below silence");
    }
}
