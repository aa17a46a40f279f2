//! Filters and noise with a spectrum of their own, by one Fourier transform over the whole window.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use std::f32::consts::TAU;

/// Lowest frequency of [`equalize`]'s curve.
const LOWEST_HZ: f32 = 100.0;

/// Fades what lies above `cutoff_hz`: 3 dB there, 12 dB an octave above, without a delay (the
/// magnitude of a Butterworth filter of second order, at phase zero).
pub fn low_pass(samples: &mut [f32], sample_rate_hz: u32, cutoff_hz: f32) {
    filter(samples, sample_rate_hz, |hz| {
        (1.0 + (hz / cutoff_hz).powi(4)).sqrt().recip()
    });
}

/// Applies gains in decibels at points evenly spaced in octaves from 100 Hz to half the rate, with
/// straight lines between them (as FilterAugment by Nam et al. 2022 does to Mel bands).
pub fn equalize(samples: &mut [f32], sample_rate_hz: u32, gains_db: &[f32]) {
    let Some(last) = gains_db.len().checked_sub(1) else {
        return;
    };
    let octaves = (sample_rate_hz as f32 / 2.0 / LOWEST_HZ).log2();
    filter(samples, sample_rate_hz, |hz| {
        let octave = (hz.max(LOWEST_HZ) / LOWEST_HZ).log2();
        let position = (octave / octaves).clamp(0.0, 1.0) * last as f32;
        let below = (position as usize).min(last);
        let above = (below + 1).min(last);
        let rest = position - below as f32;
        let decibels = gains_db[below] * (1.0 - rest) + gains_db[above] * rest;
        10.0f32.powf(decibels / 20.0)
    });
}

/// Multiplies the spectrum by `gain(Hz)`.
pub(super) fn filter(samples: &mut [f32], sample_rate_hz: u32, gain: impl Fn(f32) -> f32) {
    let size = size(samples.len());
    let fft = RealFftPlanner::new().plan_fft_forward(size);
    let mut padded = fft.make_input_vec();
    padded[..samples.len()].copy_from_slice(samples);
    let mut spectrum = fft.make_output_vec();
    let done = fft.process(&mut padded, &mut spectrum);
    debug_assert!(done.is_ok(), "buffers come from the same plan");
    for (bin, value) in spectrum.iter_mut().enumerate() {
        *value *= gain(hertz(bin, size, sample_rate_hz));
    }
    let filtered = inverse(spectrum, size);
    samples.copy_from_slice(&filtered[..samples.len()]);
}

/// Samples whose spectrum has magnitude `magnitude(Hz)` and random phases.
pub(super) fn random_phases(
    length: usize,
    sample_rate_hz: u32,
    rng: &mut ChaCha8Rng,
    magnitude: impl Fn(f32) -> f32,
) -> Vec<f32> {
    let size = size(length);
    let spectrum = (0..=size / 2)
        .map(|bin| {
            let phase = TAU * rng.random::<f32>();
            // A constant is no sound, and the highest bin has no phase.
            if bin == 0 || bin == size / 2 {
                Complex::new(0.0, 0.0)
            } else {
                Complex::from_polar(magnitude(hertz(bin, size, sample_rate_hz)), phase)
            }
        })
        .collect();
    let mut noise = inverse(spectrum, size);
    noise.truncate(length);
    noise
}

fn inverse(mut spectrum: Vec<Complex<f32>>, size: usize) -> Vec<f32> {
    let fft = RealFftPlanner::new().plan_fft_inverse(size);
    let mut samples = fft.make_output_vec();
    let done = fft.process(&mut spectrum, &mut samples);
    debug_assert!(done.is_ok(), "buffers come from the same plan");
    for sample in &mut samples {
        *sample /= size as f32;
    }
    samples
}

/// Powers of two are quick to plan and to transform.
fn size(length: usize) -> usize {
    length.next_power_of_two().max(2)
}

fn hertz(bin: usize, size: usize, sample_rate_hz: u32) -> f32 {
    bin as f32 * sample_rate_hz as f32 / size as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 8_000;

    /// Decibels by which a tone becomes louder, away from the window's ends.
    fn gain_db(hz: f32, change: impl Fn(&mut [f32])) -> f32 {
        let tone: Vec<f32> = (0..8_192)
            .map(|i| (TAU * hz * i as f32 / RATE_HZ as f32).sin())
            .collect();
        let mut changed = tone.clone();
        change(&mut changed);
        let power = |samples: &[f32]| -> f32 { samples[1_000..7_000].iter().map(|s| s * s).sum() };
        10.0 * (power(&changed) / power(&tone)).log10()
    }

    #[test]
    fn a_low_pass_falls_by_twelve_decibels_an_octave() {
        for (hz, expected) in [(200.0, 0.0), (1_000.0, -3.01), (2_000.0, -12.3)] {
            let found = gain_db(hz, |samples| low_pass(samples, RATE_HZ, 1_000.0));
            assert!((found - expected).abs() < 0.1, "{hz} Hz: {found}");
        }
    }

    #[test]
    fn gains_are_met_at_their_points_and_between() {
        let gains = [0.0, -12.0, 6.0];
        // Points at 100 Hz, at the middle in octaves and at 4 kHz.
        let middle = (100.0f32 * 4_000.0).sqrt();
        for (hz, expected) in [(100.0, 0.0), (middle, -12.0), (3_900.0, 5.7)] {
            let found = gain_db(hz, |samples| equalize(samples, RATE_HZ, &gains));
            assert!((found - expected).abs() < 0.3, "{hz} Hz: {found}");
        }
        let untouched = gain_db(700.0, |samples| equalize(samples, RATE_HZ, &[]));
        assert!(untouched.abs() < 1e-6);
    }
}
