//! The audio numbers of a model that is about to be trained; later they live in its manifest.

use clap::{Args, Parser, ValueEnum};
use pipit_core::{AudioConfig, MelConfig, MelNorm, MelScale, Reference, WindowConfig};
use serde::{Deserialize, Serialize};

/// Options that shape what the network is shown.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(next_help_heading = "Audio")]
#[serde(default)]
pub(crate) struct AudioOptions {
    /// Every recording is resampled to this rate, in Hz.
    #[arg(long, default_value_t = 32_000)]
    pub(crate) sample_rate: u32,
    /// Length of a window in seconds.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) window: f32,
    /// Step between windows in seconds when a recording is scored [default: the window].
    #[arg(long)]
    pub(crate) hop: Option<f32>,
    /// Samples of one Fourier transform.
    #[arg(long, default_value_t = 2_048)]
    pub(crate) n_fft: usize,
    /// Samples between Fourier transforms.
    #[arg(long, default_value_t = 512)]
    pub(crate) hop_length: usize,
    /// Mel bands.
    #[arg(long, default_value_t = 128)]
    pub(crate) n_mels: usize,
    /// Lowest frequency in Hz.
    #[arg(long, default_value_t = 50.0)]
    pub(crate) f_min: f32,
    /// Highest frequency in Hz.
    #[arg(long, default_value_t = 15_000.0)]
    pub(crate) f_max: f32,
    /// Exponent of the magnitudes: 2 is power.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) power: f32,
    /// Formula of the Mel scale.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mel_scale: ScaleChoice,
    /// Whether the Mel filters are scaled to equal area.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mel_norm: NormChoice,
    /// Decibels below the loudest point at which the spectrogram is cut off.
    #[arg(long, default_value_t = 80.0)]
    pub(crate) top_db: f32,
    /// What counts as 0 dB.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) reference: ReferenceChoice,
}

/// Formula of the Mel scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ScaleChoice {
    /// Logarithmic throughout.
    #[default]
    Htk,
    /// Linear below 1 kHz.
    Slaney,
}

/// Scaling of the Mel filters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NormChoice {
    /// Every filter peaks at 1.
    #[default]
    None,
    /// Every filter has the same area.
    Slaney,
}

/// What counts as 0 dB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ReferenceChoice {
    /// A power of 1, so that the recording's gain matters.
    Unit,
    /// The loudest point of the window, so that it does not.
    #[default]
    Peak,
}

/// What holds where nothing is typed.
impl Default for AudioOptions {
    fn default() -> Self {
        #[derive(Parser)]
        struct Nothing {
            #[command(flatten)]
            options: AudioOptions,
        }
        Nothing::parse_from(["pipit"]).options
    }
}

impl AudioOptions {
    /// Rate and windows.
    pub(crate) fn audio(&self) -> AudioConfig {
        AudioConfig {
            sample_rate_hz: self.sample_rate,
            window: WindowConfig {
                length_s: self.window,
                hop_s: self.hop.unwrap_or(self.window),
            },
        }
    }

    /// The Mel spectrogram.
    pub(crate) fn mel(&self) -> MelConfig {
        MelConfig {
            n_fft: self.n_fft,
            hop_length: self.hop_length,
            n_mels: self.n_mels,
            f_min: self.f_min,
            f_max: self.f_max,
            power: self.power,
            scale: match self.mel_scale {
                ScaleChoice::Htk => MelScale::Htk,
                ScaleChoice::Slaney => MelScale::Slaney,
            },
            norm: match self.mel_norm {
                NormChoice::None => MelNorm::None,
                NormChoice::Slaney => MelNorm::Slaney,
            },
            top_db: Some(self.top_db),
        }
    }

    /// What counts as 0 dB.
    pub(crate) fn reference(&self) -> Reference {
        match self.reference {
            ReferenceChoice::Unit => Reference::Unit,
            ReferenceChoice::Peak => Reference::Peak,
        }
    }
}
