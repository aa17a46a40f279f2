//! A change of pitch at the same speed: a phase vocoder stretches time, resampling squeezes it back.

use std::f32::consts::{PI, TAU};

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use super::waveform::{resample_by, stepped};
use crate::resample::ResampleError;

/// Short, so that fast trills keep their rhythm: 32 ms at 32 kHz.
const N_FFT: usize = 1_024;
const HOP_LENGTH: usize = 256;

/// Higher by so many semitones, to the nearest half per cent, in as many samples.
///
/// The phase vocoder is that of Flanagan & Golden (1966), with the phases round each peak locked to
/// it (Laroche & Dolson 1999). Transients smear a little.
///
/// # Errors
/// More than about four octaves.
pub fn pitch(samples: &[f32], semitones: f32) -> Result<Vec<f32>, ResampleError> {
    let factor = stepped((semitones / 12.0).exp2());
    let mut shifted = resample_by(&stretch(samples, factor), factor)?;
    shifted.resize(samples.len(), 0.0);
    Ok(shifted)
}

/// `factor` times as long at the same pitch.
fn stretch(samples: &[f32], factor: f32) -> Vec<f32> {
    let frames = spectra(samples);
    let silence = vec![Complex::new(0.0, 0.0); N_FFT / 2 + 1];
    let n_frames = (frames.len() as f32 * factor).ceil() as usize;
    let mut phases: Vec<f32> = frames[0].iter().map(|value| value.arg()).collect();
    let mut stretched = Vec::with_capacity(n_frames);
    for frame in 0..n_frames {
        let position = frame as f32 / factor;
        let (index, rest) = (position as usize, position.fract());
        let now = frames.get(index).unwrap_or(&silence);
        let next = frames.get(index + 1).unwrap_or(&silence);
        let mut spectrum = Vec::with_capacity(silence.len());
        for (bin, phase) in phases.iter_mut().enumerate() {
            let magnitude = (1.0 - rest) * now[bin].norm() + rest * next[bin].norm();
            spectrum.push(Complex::from_polar(magnitude, *phase));
            // The phase goes on as quickly as it did between the two frames.
            let advance = TAU * (bin * HOP_LENGTH) as f32 / N_FFT as f32;
            let difference = next[bin].arg() - now[bin].arg() - advance;
            *phase = wrapped(*phase + advance + wrapped(difference));
        }
        phases = locked(phases, next);
        stretched.push(spectrum);
    }
    let length = (samples.len() as f32 * factor).round() as usize;
    overlap_add(stretched, length)
}

/// Gives the bins round each peak of `frame` the phases that they have there, relative to the peak:
/// apart they would no longer add up to one tone.
fn locked(phases: Vec<f32>, frame: &[Complex<f32>]) -> Vec<f32> {
    let magnitudes: Vec<f32> = frame.iter().map(|value| value.norm()).collect();
    let is_peak = |bin: usize| {
        let round = bin.saturating_sub(2)..(bin + 3).min(magnitudes.len());
        let largest = magnitudes[round].iter().copied().fold(0.0, f32::max);
        largest > 0.0 && magnitudes[bin] >= largest
    };
    let peaks: Vec<usize> = (0..frame.len()).filter(|&bin| is_peak(bin)).collect();
    if peaks.is_empty() {
        return phases;
    }
    let mut nearest = 0;
    (0..frame.len())
        .map(|bin| {
            let distance = |peak: usize| peaks[peak].abs_diff(bin);
            while nearest + 1 < peaks.len() && distance(nearest + 1) < distance(nearest) {
                nearest += 1;
            }
            let peak = peaks[nearest];
            phases[peak] + frame[bin].arg() - frame[peak].arg()
        })
        .collect()
}

/// The short-time spectra of centred frames.
fn spectra(samples: &[f32]) -> Vec<Vec<Complex<f32>>> {
    let fft = RealFftPlanner::new().plan_fft_forward(N_FFT);
    let window = hann();
    let mut padded = vec![0.0; N_FFT / 2];
    padded.extend_from_slice(samples);
    padded.resize(samples.len() + N_FFT, 0.0);
    (0..=samples.len() / HOP_LENGTH)
        .map(|frame| {
            let start = frame * HOP_LENGTH;
            let mut frame: Vec<f32> = padded[start..start + N_FFT]
                .iter()
                .zip(&window)
                .map(|(sample, weight)| sample * weight)
                .collect();
            let mut spectrum = fft.make_output_vec();
            let done = fft.process(&mut frame, &mut spectrum);
            debug_assert!(done.is_ok(), "buffers come from the same plan");
            spectrum
        })
        .collect()
}

fn overlap_add(spectra: Vec<Vec<Complex<f32>>>, length: usize) -> Vec<f32> {
    let fft = RealFftPlanner::new().plan_fft_inverse(N_FFT);
    let window = hann();
    let total = spectra.len() * HOP_LENGTH + N_FFT;
    let (mut sum, mut weights) = (vec![0.0; total], vec![0.0; total]);
    let mut frame = fft.make_output_vec();
    for (index, mut spectrum) in spectra.into_iter().enumerate() {
        // These two are real in the spectrum of anything real.
        spectrum[0].im = 0.0;
        spectrum[N_FFT / 2].im = 0.0;
        let done = fft.process(&mut spectrum, &mut frame);
        debug_assert!(done.is_ok(), "buffers come from the same plan");
        let start = index * HOP_LENGTH;
        for (offset, (value, weight)) in frame.iter().zip(&window).enumerate() {
            sum[start + offset] += value * weight / N_FFT as f32;
            weights[start + offset] += weight * weight;
        }
    }
    let mut samples: Vec<f32> = sum
        .into_iter()
        .zip(weights)
        .skip(N_FFT / 2)
        .map(|(sum, weight)| sum / weight.max(1e-3))
        .collect();
    samples.resize(length, 0.0);
    samples
}

fn hann() -> Vec<f32> {
    (0..N_FFT)
        .map(|i| 0.5 - 0.5 * (TAU * i as f32 / N_FFT as f32).cos())
        .collect()
}

/// The same angle within −π to π.
fn wrapped(angle: f32) -> f32 {
    angle - TAU * ((angle + PI) / TAU).floor()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f32 = 16_000.0;

    fn note(hz: f32) -> Vec<f32> {
        (0..16_000)
            .map(|i| {
                let time = i as f32 / RATE_HZ;
                // Sounds from 0.3 to 0.7 s.
                let envelope = f32::from(u8::from((0.3..0.7).contains(&time)));
                envelope * 0.5 * (TAU * hz * time).sin()
            })
            .collect()
    }

    #[test]
    fn an_octave_doubles_the_frequency_and_leaves_the_rhythm() {
        for (semitones, factor) in [(12.0, 2.0), (-12.0, 0.5), (0.0, 1.0)] {
            let shifted = pitch(&note(1_000.0), semitones).unwrap();
            assert_eq!(shifted.len(), 16_000);
            let middle = &shifted[6_400..9_600];
            let crossings = middle.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0);
            let hz = crossings.count() as f32 * 5.0;
            assert!((hz - 1_000.0 * factor).abs() <= 15.0, "{semitones}: {hz}");
            let power = |from: usize, to: usize| -> f32 {
                shifted[from..to].iter().map(|s| s * s).sum::<f32>() / (to - from) as f32
            };
            let (during, before, after) =
                (power(6_400, 9_600), power(0, 3_500), power(12_500, 16_000));
            assert!((during - 0.125).abs() < 0.02, "{semitones}: {during}");
            assert!(
                before < 1e-3 && after < 1e-3,
                "{semitones}: {before} {after}"
            );
        }
    }

    #[test]
    fn short_and_empty_windows_keep_their_length() {
        for length in [0, 1, 700] {
            assert_eq!(pitch(&vec![0.1; length], 1.0).unwrap().len(), length);
        }
    }
}
