//! Band-limited conversion of the sample rate, in blocks of any size.

use crate::waveform::Waveform;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};
use thiserror::Error;

/// Rates outside this range are no recordings that people make.
const RATES_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// The least numbers of input and of output samples to one FFT block: enough for a steep filter.
const BLOCK_SAMPLES: [u32; 2] = [2048, 1024];

/// Why a recording could not be resampled.
#[derive(Debug, Error)]
pub enum ResampleError {
    /// A rate outside 1–768 kHz.
    #[error("cannot resample: the sample rate must be within 1–768 kHz, got {0} Hz")]
    Rate(u32),
    /// The resampler refused its own buffers.
    #[error("cannot resample from {0} to {1} Hz: {2}")]
    Inner(u32, u32, String),
}

/// A streaming resampler. Its output does not depend on the sizes of the blocks that it is fed,
/// starts without delay, and is `ceil(n_input × to / from)` samples long.
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    /// Absent where the rates are equal.
    fft: Option<Fft<f32>>,
    pending: Vec<f32>,
    /// Output samples still to drop: the filter's delay.
    skip: usize,
    n_input: u64,
    n_output: u64,
}

impl Resampler {
    /// Plans the conversion; equal rates pass samples through untouched.
    ///
    /// # Errors
    /// A rate outside 1–768 kHz.
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self, ResampleError> {
        if let Some(rate) = [from_hz, to_hz].into_iter().find(|r| !RATES_HZ.contains(r)) {
            return Err(ResampleError::Rate(rate));
        }
        let fft = (from_hz != to_hz)
            .then(|| {
                Fft::new_custom(
                    from_hz as usize,
                    to_hz as usize,
                    block_samples(from_hz, to_hz),
                    1,
                    1,
                    WindowFunction::BlackmanHarris2,
                    FixedSync::Both,
                )
            })
            .transpose()
            .map_err(|e| ResampleError::Inner(from_hz, to_hz, e.to_string()))?;
        Ok(Self {
            from_hz,
            to_hz,
            skip: fft.as_ref().map_or(0, Fft::output_delay),
            fft,
            pending: Vec::new(),
            n_input: 0,
            n_output: 0,
        })
    }

    /// Takes `samples` at the input rate and appends what is ready at the output rate to `out`.
    ///
    /// # Errors
    /// Only if the resampler contradicts its own buffer sizes.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let Some(fft) = &mut self.fft else {
            out.extend_from_slice(samples);
            return Ok(());
        };
        self.n_input += samples.len() as u64;
        self.pending.extend_from_slice(samples);
        let mut blocks = self.pending.chunks_exact(fft.input_frames_next());
        for block in &mut blocks {
            let made = convert(fft, block)
                .map_err(|detail| ResampleError::Inner(self.from_hz, self.to_hz, detail))?;
            let dropped = self.skip.min(made.len());
            self.skip -= dropped;
            self.n_output += (made.len() - dropped) as u64;
            out.extend_from_slice(&made[dropped..]);
        }
        self.pending = blocks.remainder().to_vec();
        Ok(())
    }

    /// Ends the recording: appends the rest, so that the output has its full length.
    ///
    /// # Errors
    /// Only if the resampler contradicts its own buffer sizes.
    pub fn finish(mut self, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let Some(fft) = &self.fft else {
            return Ok(());
        };
        let silence = vec![0.0; fft.input_frames_next()];
        let wanted = (self.n_input * u64::from(self.to_hz)).div_ceil(u64::from(self.from_hz));
        while self.n_output < wanted {
            self.push(&silence, out)?;
        }
        let surplus = usize::try_from(self.n_output - wanted).unwrap_or(0);
        out.truncate(out.len() - surplus.min(out.len()));
        Ok(())
    }
}

/// Resamples a whole waveform; equal rates return a copy.
///
/// # Errors
/// A rate outside 1–768 kHz.
pub fn resample(waveform: &Waveform, to_hz: u32) -> Result<Waveform, ResampleError> {
    let mut resampler = Resampler::new(waveform.sample_rate_hz, to_hz)?;
    let mut samples = Vec::new();
    resampler.push(&waveform.samples, &mut samples)?;
    resampler.finish(&mut samples)?;
    Ok(Waveform {
        samples,
        sample_rate_hz: to_hz,
    })
}

/// Input samples to one block: an even multiple of what the two rates have in common, because the filter's
/// centre lies half a sample off in a block of odd length, be it the input's or the output's.
fn block_samples(from_hz: u32, to_hz: u32) -> usize {
    let common = gcd(from_hz, to_hz);
    let (from, to) = (from_hz / common, to_hz / common);
    let [least_in, least_out] = BLOCK_SAMPLES;
    let multiple = least_in.div_ceil(from).max(least_out.div_ceil(to));
    (from * multiple.next_multiple_of(2)) as usize
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// One block, `[n_input]` to `[n_output]`.
fn convert(fft: &mut Fft<f32>, block: &[f32]) -> Result<Vec<f32>, String> {
    let input = InterleavedSlice::new(block, 1, block.len()).map_err(|e| e.to_string())?;
    let output = fft.process(&input, None).map_err(|e| e.to_string())?;
    Ok(output.take_data())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(hz: f32, rate: u32, n: u32) -> Waveform {
        Waveform {
            samples: (0..n)
                .map(|i| {
                    let turns = f64::from(hz) * f64::from(i) / f64::from(rate);
                    (0.5 * (TAU * turns).sin()) as f32
                })
                .collect(),
            sample_rate_hz: rate,
        }
    }

    #[test]
    fn a_tone_in_both_bands_survives_in_phase() {
        let rates = [
            16_000, 22_050, 24_000, 44_100, 44_101, 48_000, 96_000, 384_000,
        ];
        for (from, to) in rates.map(|from| (from, 32_000)).into_iter().chain([
            // Blocks of input whose output would be odd.
            (48_000, 44_100),
            (48_000, 22_050),
        ]) {
            let n = to as usize;
            let out = resample(&tone(3000.0, from, from), to).expect("valid rates");
            assert_eq!(out.samples.len(), n, "from {from} to {to}");
            let expected = tone(3000.0, to, to).samples;
            let worst = (out.samples[2000..n - 2000].iter())
                .zip(&expected[2000..n - 2000])
                .fold(0.0_f32, |w, (a, b)| w.max((a - b).abs()));
            assert!(worst < 1e-3, "from {from} to {to}: {worst}");
        }
    }

    #[test]
    fn the_top_of_the_band_is_left_however_high_the_rate() {
        for from in [48_000, 96_000, 192_000, 250_000, 384_000] {
            let out = resample(&tone(14_900.0, from, from), 32_000).expect("valid rates");
            let peak =
                (out.samples[2000..30_000].iter()).fold(0.0_f32, |peak, x| peak.max(x.abs()));
            assert!(peak > 0.45, "from {from}: {peak}");
        }
    }

    #[test]
    fn what_lies_above_the_new_band_is_removed() {
        let out = resample(&tone(20_000.0, 48_000, 48_000), 32_000).expect("valid rates");
        let left = Waveform {
            samples: out.samples[2000..30_000].to_vec(),
            ..out
        };
        assert!(left.peak() < 1e-3, "{}", left.peak());
    }

    #[test]
    fn block_sizes_do_not_change_the_output() {
        let input = tone(1000.0, 44_100, 20_011);
        let whole = resample(&input, 32_000).expect("valid rates").samples;
        let mut resampler = Resampler::new(44_100, 32_000).expect("valid rates");
        let mut pieces = Vec::new();
        for (i, block) in input.samples.chunks(777).enumerate() {
            let (a, b) = block.split_at(i % block.len());
            resampler.push(a, &mut pieces).expect("push");
            resampler.push(b, &mut pieces).expect("push");
        }
        resampler.finish(&mut pieces).expect("finish");
        assert_eq!(whole, pieces);
    }

    #[test]
    fn impossible_rates_are_refused() {
        assert!(matches!(
            Resampler::new(0, 32_000),
            Err(ResampleError::Rate(0))
        ));
        assert!(matches!(
            Resampler::new(44_100, 1),
            Err(ResampleError::Rate(1))
        ));
    }
}
