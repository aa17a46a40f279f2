//! Mel spectrograms as torchaudio and librosa compute them.

mod filterbank;
mod stft;

use filterbank::FilterBank;
use serde::{Deserialize, Serialize};
use stft::Stft;
use thiserror::Error;

use crate::window::AudioConfig;

pub use filterbank::{hz_to_mel, mel_to_hz};

/// Powers below this count as this before the logarithm: −100 dB, as in torchaudio and librosa.
const MIN_POWER: f32 = 1e-10;

/// The settings of a Mel spectrogram; names as in `torchaudio.transforms.MelSpectrogram`.
///
/// Frames are centred (`center=True`) with reflect padding, under a periodic Hann window of
/// `n_fft` samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MelConfig {
    /// Samples in one Fourier transform.
    pub n_fft: usize,
    /// Samples from one frame to the next.
    pub hop_length: usize,
    /// Mel bands.
    pub n_mels: usize,
    /// Lower edge of the lowest band, Hz.
    pub f_min: f32,
    /// Upper edge of the highest band, Hz.
    pub f_max: f32,
    /// Exponent of the magnitude: 1 for energy, 2 for power.
    pub power: f32,
    /// Which Mel scale.
    pub scale: MelScale,
    /// How the filters are weighted.
    pub norm: MelNorm,
    /// Decibels below the loudest point at which the spectrogram is cut off.
    pub top_db: Option<f32>,
}

/// The two Mel scales in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelScale {
    /// `2595 log10(1 + f / 700)`; torchaudio's default.
    Htk,
    /// Linear below 1 kHz, logarithmic above; librosa's default.
    Slaney,
}

/// Weighting of the triangular filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelNorm {
    /// Peak 1; torchaudio's default.
    None,
    /// Area 1; librosa's default.
    Slaney,
}

/// A spectrogram, `[n_mels, n_frames]`, low frequencies first.
#[derive(Debug, Clone, PartialEq)]
pub struct MelSpectrogram {
    /// Rows.
    pub n_mels: usize,
    /// Columns.
    pub n_frames: usize,
    /// Row-major values: power or decibels.
    pub values: Vec<f32>,
}

impl MelSpectrogram {
    /// The largest value; −∞ when empty.
    #[must_use]
    pub fn max(&self) -> f32 {
        self.values
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max)
    }
}

/// Settings that make no spectrogram.
#[derive(Debug, Error, PartialEq)]
pub enum MelError {
    /// A size is zero.
    #[error("n_fft, hop_length and n_mels must be positive")]
    Zero,
    /// A frame has no middle.
    #[error("n_fft must be even, got {0}")]
    OddNFft(usize),
    /// There are more bands than frequencies.
    #[error("n_mels must be at most {most}, the frequencies of n_fft, got {n_mels}")]
    NMels {
        /// Configured bands.
        n_mels: usize,
        /// Frequencies of a Fourier transform.
        most: usize,
    },
    /// The exponent is not a positive number.
    #[error("power must be positive, got {0}")]
    Power(f32),
    /// `top_db` is not a positive number.
    #[error("top_db must be positive, got {0}")]
    TopDb(f32),
    /// The band is empty or reaches beyond half the sample rate.
    #[error("the band must satisfy 0 ≤ f_min < f_max ≤ {limit} Hz, got {f_min} to {f_max}")]
    Band {
        /// Configured lower edge.
        f_min: f32,
        /// Configured upper edge.
        f_max: f32,
        /// Half the sample rate.
        limit: f32,
    },
    /// A Fourier transform is longer than what there is to transform.
    #[error("n_fft must be at most a window of {window} samples, got {n_fft}")]
    NFft {
        /// Configured samples of one Fourier transform.
        n_fft: usize,
        /// Samples of a window.
        window: usize,
    },
    /// A spectrogram that nothing should hold.
    #[error(
        "a window's spectrogram may have at most {MOST_VALUES} values, got {n_mels} bands of {n_frames} frames"
    )]
    TooLarge {
        /// Configured bands.
        n_mels: usize,
        /// Frames of a window.
        n_frames: usize,
    },
}

/// Values of a window's spectrogram: two hundred times 192 bands of 417 frames.
const MOST_VALUES: u64 = 1 << 24;

/// A planned Fourier transform and filter bank.
pub struct MelFrontend {
    stft: Stft,
    filters: FilterBank,
    power: f32,
    top_db: Option<f32>,
}

impl MelFrontend {
    /// Plans spectrograms of audio at `sample_rate_hz`.
    ///
    /// # Errors
    /// Settings out of range, see [`MelError`].
    pub fn new(sample_rate_hz: u32, config: &MelConfig) -> Result<Self, MelError> {
        config.check(sample_rate_hz)?;
        Ok(Self {
            stft: Stft::new(config.n_fft, config.hop_length),
            filters: FilterBank::new(sample_rate_hz, config),
            power: config.power,
            top_db: config.top_db,
        })
    }

    /// The Mel spectrogram of `samples`, `1 + n_samples / hop_length` frames; no frames for no samples.
    pub fn power(&mut self, samples: &[f32]) -> MelSpectrogram {
        let n_mels = self.filters.n_mels();
        let n_frames = self.stft.n_frames(samples.len());
        let mut values = vec![0.0; n_mels * n_frames];
        let (filters, exponent) = (&self.filters, f64::from(self.power) / 2.0);
        let is_power = (exponent - 1.0).abs() < f64::EPSILON;
        let mut raised = Vec::new();
        self.stft.for_each_frame(samples, |frame, power| {
            let spectrum = if is_power {
                power
            } else {
                raised.clear();
                raised.extend(power.iter().map(|power| power.powf(exponent)));
                &raised
            };
            for mel in 0..n_mels {
                values[mel * n_frames + frame] = filters.apply(mel, spectrum);
            }
        });
        MelSpectrogram {
            n_mels,
            n_frames,
            values,
        }
    }

    /// The Mel spectrogram in decibels re 1, cut off `top_db` below its loudest point.
    pub fn decibels(&mut self, samples: &[f32]) -> MelSpectrogram {
        let mut mel = self.power(samples);
        for value in &mut mel.values {
            *value = 10.0 * value.max(MIN_POWER).log10();
        }
        if let Some(top_db) = self.top_db {
            let floor = mel.max() - top_db;
            for value in &mut mel.values {
                *value = value.max(floor);
            }
        }
        mel
    }
}

impl MelConfig {
    /// Says whether the settings make a spectrogram of audio at `sample_rate_hz`.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check(&self, sample_rate_hz: u32) -> Result<(), MelError> {
        if self.n_fft == 0 || self.hop_length == 0 || self.n_mels == 0 {
            return Err(MelError::Zero);
        }
        if !self.n_fft.is_multiple_of(2) {
            return Err(MelError::OddNFft(self.n_fft));
        }
        let (n_mels, most) = (self.n_mels, self.n_fft / 2 + 1);
        if n_mels > most {
            return Err(MelError::NMels { n_mels, most });
        }
        if !(self.power.is_finite() && self.power > 0.0) {
            return Err(MelError::Power(self.power));
        }
        if let Some(top_db) = self.top_db.filter(|db| !(db.is_finite() && *db > 0.0)) {
            return Err(MelError::TopDb(top_db));
        }
        let limit = sample_rate_hz as f32 / 2.0;
        if !(self.f_min >= 0.0 && self.f_min < self.f_max && self.f_max <= limit) {
            return Err(MelError::Band {
                f_min: self.f_min,
                f_max: self.f_max,
                limit,
            });
        }
        Ok(())
    }

    /// Says whether the settings make a spectrogram of a window.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check_window(&self, audio: &AudioConfig) -> Result<(), MelError> {
        self.check(audio.sample_rate_hz)?;
        let (n_fft, window) = (self.n_fft, audio.window_samples());
        if n_fft > window {
            return Err(MelError::NFft { n_fft, window });
        }
        let (n_mels, n_frames) = (self.n_mels, 1 + window / self.hop_length);
        if n_mels as u64 * n_frames as u64 > MOST_VALUES {
            return Err(MelError::TooLarge { n_mels, n_frames });
        }
        Ok(())
    }
}

/// From decibels to the values that the network is shown:
/// `(dB − reference − mean) / std`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// What counts as 0 dB.
    pub reference: Reference,
    /// Mean of the training data in decibels above the reference.
    pub mean: f32,
    /// Standard deviation of the training data in decibels; positive.
    pub std: f32,
}

/// What counts as 0 dB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// A power of 1: the recording's gain matters.
    Unit,
    /// The loudest point of the window: the recording's gain does not matter.
    Peak,
}

impl Normalization {
    /// Normalises a spectrogram in decibels in place.
    pub fn apply(&self, mel: &mut MelSpectrogram) {
        let reference = match self.reference {
            Reference::Unit => 0.0,
            Reference::Peak => mel.max(),
        };
        for value in &mut mel.values {
            *value = (*value - reference - self.mean) / self.std;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::WindowConfig;

    fn config() -> MelConfig {
        MelConfig {
            n_fft: 512,
            hop_length: 128,
            n_mels: 32,
            f_min: 50.0,
            f_max: 8000.0,
            power: 2.0,
            scale: MelScale::Htk,
            norm: MelNorm::None,
            top_db: Some(80.0),
        }
    }

    fn tone(hz: f32, gain: f32) -> Vec<f32> {
        (0..16_000)
            .map(|i| gain * (std::f32::consts::TAU * hz * i as f32 / 16_000.0).sin())
            .collect()
    }

    #[test]
    fn a_tone_is_loudest_in_its_own_band() {
        let mel = MelFrontend::new(16_000, &config())
            .expect("valid")
            .decibels(&tone(2000.0, 0.5));
        let column: Vec<f32> = (0..32).map(|m| mel.values[m * mel.n_frames + 60]).collect();
        let loudest = (0..32)
            .max_by(|a, b| column[*a].total_cmp(&column[*b]))
            .expect("bands");
        let edges = |m: f64| {
            let (low, high) = (
                hz_to_mel(50.0, MelScale::Htk),
                hz_to_mel(8000.0, MelScale::Htk),
            );
            mel_to_hz(low + (high - low) * m / 33.0, MelScale::Htk)
        };
        assert!(edges(loudest as f64) < 2000.0 && 2000.0 < edges(loudest as f64 + 2.0));
    }

    #[test]
    fn peak_reference_takes_the_gain_out() {
        let normalization = Normalization {
            reference: Reference::Peak,
            mean: -40.0,
            std: 20.0,
        };
        let mut frontend = MelFrontend::new(16_000, &config()).expect("valid");
        let mut loud = frontend.decibels(&tone(3000.0, 0.5));
        let mut soft = frontend.decibels(&tone(3000.0, 0.05));
        normalization.apply(&mut loud);
        normalization.apply(&mut soft);
        assert!((loud.max() - 2.0).abs() < 1e-6);
        let worst = loud
            .values
            .iter()
            .zip(&soft.values)
            .fold(0.0_f32, |w, (a, b)| w.max((a - b).abs()));
        assert!(worst < 1e-3, "{worst}");
    }

    #[test]
    fn short_and_silent_audio_stays_finite() {
        let mut frontend = MelFrontend::new(16_000, &config()).expect("valid");
        assert_eq!(frontend.power(&[]).n_frames, 0);
        for samples in [vec![0.5], vec![0.0; 100], vec![0.0; 5000]] {
            let mel = frontend.decibels(&samples);
            assert_eq!(mel.n_frames, 1 + samples.len() / 128);
            assert!(mel.values.iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let mut high = config();
        high.f_max = 9000.0;
        assert!(matches!(
            MelFrontend::new(16_000, &high),
            Err(MelError::Band { .. })
        ));
        let mut zero = config();
        zero.hop_length = 0;
        assert!(matches!(
            MelFrontend::new(16_000, &zero),
            Err(MelError::Zero)
        ));
        let mut odd = config();
        odd.n_fft += 1;
        let bands = MelConfig {
            n_mels: usize::MAX,
            ..config()
        };
        for (config, told) in [(odd, "even"), (bands, "n_mels must be at most")] {
            let error = MelFrontend::new(16_000, &config).err().expect("refused");
            assert!(error.to_string().contains(told), "{error}");
        }
        let audio = AudioConfig {
            sample_rate_hz: 16_000,
            window: WindowConfig {
                length_s: 600.0,
                hop_s: 600.0,
            },
        };
        let fine = MelConfig {
            hop_length: 1,
            ..config()
        };
        assert!(config().check_window(&audio).is_ok());
        assert_eq!(
            fine.check_window(&audio),
            Err(MelError::TooLarge {
                n_mels: 32,
                n_frames: 9_600_001
            })
        );
    }
}
