//! Triangular Mel filters.

use super::{MelConfig, MelNorm, MelScale};

/// Frequency at which the Slaney scale turns from linear to logarithmic, Hz.
const SLANEY_BREAK_HZ: f64 = 1000.0;
/// Width of one Slaney Mel below the break, Hz.
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;
/// 27 Mels multiply the frequency by 6.4 above the break.
const SLANEY_LOG_STEP: f64 = 27.0;

/// Hz to Mel.
#[must_use]
pub fn hz_to_mel(hz: f64, scale: MelScale) -> f64 {
    match scale {
        MelScale::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
        MelScale::Slaney if hz < SLANEY_BREAK_HZ => hz / SLANEY_HZ_PER_MEL,
        MelScale::Slaney => {
            SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL
                + (hz / SLANEY_BREAK_HZ).ln() * SLANEY_LOG_STEP / 6.4_f64.ln()
        }
    }
}

/// Mel to Hz.
#[must_use]
pub fn mel_to_hz(mel: f64, scale: MelScale) -> f64 {
    let slaney_break = SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL;
    match scale {
        MelScale::Htk => 700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0),
        MelScale::Slaney if mel < slaney_break => mel * SLANEY_HZ_PER_MEL,
        MelScale::Slaney => {
            SLANEY_BREAK_HZ * ((mel - slaney_break) * 6.4_f64.ln() / SLANEY_LOG_STEP).exp()
        }
    }
}

/// The filters, each kept only where it is not zero.
pub(super) struct FilterBank {
    filters: Vec<Filter>,
}

struct Filter {
    first_bin: usize,
    weights: Vec<f64>,
}

impl FilterBank {
    pub(super) fn new(sample_rate_hz: u32, config: &MelConfig) -> Self {
        let low = hz_to_mel(f64::from(config.f_min), config.scale);
        let high = hz_to_mel(f64::from(config.f_max), config.scale);
        let step = (high - low) / (config.n_mels + 1) as f64;
        let edges: Vec<f64> = (0..config.n_mels + 2)
            .map(|i| mel_to_hz(low + step * i as f64, config.scale))
            .collect();
        let bin_hz = f64::from(sample_rate_hz) / config.n_fft as f64;
        let filters = edges
            .windows(3)
            .map(|edge| Filter::new([edge[0], edge[1], edge[2]], bin_hz, config))
            .collect();
        Self { filters }
    }

    pub(super) fn n_mels(&self) -> usize {
        self.filters.len()
    }

    /// The weighted sum of a spectrum over one filter.
    pub(super) fn apply(&self, mel: usize, spectrum: &[f64]) -> f32 {
        let Filter { first_bin, weights } = &self.filters[mel];
        let bins = &spectrum[*first_bin..*first_bin + weights.len()];
        let sum: f64 = (bins.iter().zip(weights))
            .map(|(value, weight)| value * weight)
            .sum();
        sum as f32
    }
}

impl Filter {
    fn new([left, centre, right]: [f64; 3], bin_hz: f64, config: &MelConfig) -> Self {
        let gain = match config.norm {
            MelNorm::None => 1.0,
            MelNorm::Slaney => 2.0 / (right - left),
        };
        let weight = |bin: usize| {
            let hz = bin as f64 * bin_hz;
            let rising = (hz - left) / (centre - left);
            let falling = (right - hz) / (right - centre);
            gain * rising.min(falling).max(0.0)
        };
        let n_bins = config.n_fft / 2 + 1;
        let inside = |bin: &usize| weight(*bin) > 0.0;
        let first_bin = (0..n_bins).find(inside).unwrap_or(0);
        let weights = (first_bin..n_bins).take_while(inside).map(weight).collect();
        Self { first_bin, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_invertible_and_meet_known_points() {
        for scale in [MelScale::Htk, MelScale::Slaney] {
            for hz in [0.0, 440.0, 1000.0, 8000.0, 16_000.0] {
                assert!((mel_to_hz(hz_to_mel(hz, scale), scale) - hz).abs() < 1e-8);
            }
        }
        assert!((hz_to_mel(1000.0, MelScale::Htk) - 999.9855).abs() < 1e-3);
        assert!((hz_to_mel(1000.0, MelScale::Slaney) - 15.0).abs() < 1e-12);
        assert!((hz_to_mel(6400.0, MelScale::Slaney) - 42.0).abs() < 1e-12);
    }
}
