//! How often and how strongly windows vary.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// From the first number to the second, evenly.
pub type Range = [f32; 2];

/// Every augmentation with its probability and its strength; the defaults are those of BirdCLEF's
/// winners as far as a CPU hardly notices them, the rest is off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AugmentConfig {
    /// Windows of background alone, as examples of no class.
    pub no_call: NoCall,
    /// Windows of other birds, as examples of no class.
    pub counterexample: Counterexample,
    /// Samples move in time, round the window's end.
    pub time_shift: TimeShift,
    /// Faster and higher, or slower and lower.
    pub speed: Speed,
    /// Higher or lower at the same speed.
    pub pitch: Pitch,
    /// Two windows sound together, and count as both.
    pub or_mixup: OrMixup,
    /// Two windows are blended, and so are their targets.
    pub mixup: Mixup,
    /// A recording without birds is added.
    pub background: Background,
    /// Noise is added, from white to brown.
    pub coloured_noise: ColouredNoise,
    /// High frequencies fade, as they do with distance.
    pub low_pass: LowPass,
    /// A smooth random curve of gains over frequency, as other microphones and places have.
    pub random_filter: RandomFilter,
    /// Louder or softer.
    pub gain: Gain,
    /// Bands of a spectrogram take on mean and spread of another one of the batch, as if recorded as that was.
    pub mix_style: MixStyle,
    /// Two spectrograms of a batch are blended, and so are their targets.
    pub spectrogram_mixup: Mixup,
    /// A stretch of time comes from another spectrogram of the batch.
    pub cutmix: CutMix,
    /// Bands of a spectrogram are hidden (SpecAugment).
    pub frequency_mask: Mask,
    /// Stretches of a spectrogram are hidden (SpecAugment).
    pub time_mask: Mask,
}

/// Windows of background alone, as examples of no class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoCall {
    /// Share of the windows that are replaced.
    pub probability: f64,
}

/// Windows of birds that are none of the classes, as examples of no class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// Share of the windows that are replaced, of those that are no background already.
    pub probability: f64,
}

/// Samples move in time, round the window's end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeShift {
    /// Chance for a window.
    pub probability: f64,
    /// How far, as a share of the window; later is positive.
    pub fraction: Range,
}

/// Faster and higher, or slower and lower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// Chance for a window.
    pub probability: f64,
    /// Speed; 1 changes nothing.
    pub factor: Range,
}

/// Higher or lower at the same speed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pitch {
    /// Chance for a window.
    pub probability: f64,
    /// How much higher; 12 are an octave.
    pub semitones: Range,
}

/// Two windows sound together, and count as both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrMixup {
    /// Chance for a window.
    pub probability: f64,
    /// Decibels of the window above the one mixed in.
    pub snr_db: Range,
}

/// Two inputs are blended, and so are their targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixup {
    /// Chance for a window.
    pub probability: f64,
    /// Shares come from Beta(alpha, alpha): the smaller, the more often one of the two prevails.
    pub alpha: f32,
}

/// A recording without birds is added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    /// Chance for a window.
    pub probability: f64,
    /// Decibels of the window above the background.
    pub snr_db: Range,
}

/// Noise whose power falls with frequency as `1 / f^exponent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColouredNoise {
    /// Chance for a window.
    pub probability: f64,
    /// Decibels of the window above the noise.
    pub snr_db: Range,
    /// 0 is white, 1 pink, 2 brown.
    pub exponent: Range,
}

/// High frequencies fade, as they do with distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowPass {
    /// Chance for a window.
    pub probability: f64,
    /// Where 3 dB are lost; 12 dB an octave above.
    pub cutoff_hz: Range,
}

/// A smooth random curve of gains over frequency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomFilter {
    /// Chance for a window.
    pub probability: f64,
    /// Gains at the points.
    pub decibels: Range,
    /// Points, evenly spaced in octaves.
    pub points: usize,
}

/// Louder or softer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gain {
    /// Chance for a window.
    pub probability: f64,
    /// How much louder.
    pub decibels: Range,
}

/// Bands of a spectrogram take on mean and spread of another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixStyle {
    /// Chance for a window.
    pub probability: f64,
    /// The share of its own that stays comes from Beta(alpha, alpha).
    pub alpha: f32,
}

/// A stretch of time comes from another spectrogram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutMix {
    /// Chance for a window.
    pub probability: f64,
    /// The share that stays comes from Beta(alpha, alpha); 1 makes all shares alike.
    pub alpha: f32,
}

/// Parts of a spectrogram are hidden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// Chance for a window.
    pub probability: f64,
    /// The most parts; any number up to it is as likely.
    pub max_masks: usize,
    /// The widest part, as a share of the whole.
    pub max_width: f32,
}

/// A setting that makes no augmentation; the last value is the offending one.
#[derive(Debug, Error, PartialEq)]
pub enum AugmentError {
    /// Not a probability.
    #[error("augment.{0}.probability must be from 0 to 1: {1}")]
    Probability(&'static str, f64),
    /// Not a range, or one that reaches too far.
    #[error("augment.{0} must be two rising numbers within {1} to {2}: {3:?}")]
    Range(&'static str, f32, f32, Range),
    /// A number that is too small or too large.
    #[error("augment.{0} must be from {1} to {2}: {3}")]
    Number(&'static str, f32, f32, f32),
}

impl Default for AugmentConfig {
    fn default() -> Self {
        let mask = Mask {
            probability: 1.0,
            max_masks: 2,
            max_width: 0.125,
        };
        Self {
            no_call: NoCall { probability: 0.1 },
            counterexample: Counterexample { probability: 0.1 },
            time_shift: TimeShift {
                probability: 0.0,
                fraction: [-0.5, 0.5],
            },
            speed: Speed {
                probability: 0.0,
                factor: [0.9, 1.1],
            },
            pitch: Pitch {
                probability: 0.0,
                semitones: [-1.0, 1.0],
            },
            or_mixup: OrMixup {
                probability: 0.5,
                snr_db: [0.0, 10.0],
            },
            mixup: Mixup {
                probability: 0.0,
                alpha: 0.4,
            },
            background: Background {
                probability: 0.5,
                snr_db: [0.0, 40.0],
            },
            coloured_noise: ColouredNoise {
                probability: 0.3,
                snr_db: [5.0, 30.0],
                exponent: [0.0, 2.0],
            },
            low_pass: LowPass {
                probability: 0.0,
                cutoff_hz: [2_000.0, 10_000.0],
            },
            random_filter: RandomFilter {
                probability: 0.0,
                decibels: [-12.0, 12.0],
                points: 8,
            },
            gain: Gain {
                probability: 1.0,
                decibels: [-12.0, 12.0],
            },
            mix_style: MixStyle {
                probability: 0.0,
                alpha: 0.4,
            },
            spectrogram_mixup: Mixup {
                probability: 0.0,
                alpha: 0.4,
            },
            cutmix: CutMix {
                probability: 0.0,
                alpha: 1.0,
            },
            frequency_mask: mask.clone(),
            time_mask: mask,
        }
    }
}

impl AugmentConfig {
    /// The same strengths with every probability 0.
    #[must_use]
    pub fn off(&self) -> Self {
        let mut config = self.clone();
        for (_, probability) in config.probabilities_mut() {
            *probability = 0.0;
        }
        config
    }

    /// Every augmentation by its key, in the order of application, with its probability.
    pub fn probabilities_mut(&mut self) -> [(&'static str, &mut f64); 17] {
        [
            ("no_call", &mut self.no_call.probability),
            ("counterexample", &mut self.counterexample.probability),
            ("time_shift", &mut self.time_shift.probability),
            ("speed", &mut self.speed.probability),
            ("pitch", &mut self.pitch.probability),
            ("or_mixup", &mut self.or_mixup.probability),
            ("mixup", &mut self.mixup.probability),
            ("background", &mut self.background.probability),
            ("coloured_noise", &mut self.coloured_noise.probability),
            ("low_pass", &mut self.low_pass.probability),
            ("random_filter", &mut self.random_filter.probability),
            ("gain", &mut self.gain.probability),
            ("mix_style", &mut self.mix_style.probability),
            ("spectrogram_mixup", &mut self.spectrogram_mixup.probability),
            ("cutmix", &mut self.cutmix.probability),
            ("frequency_mask", &mut self.frequency_mask.probability),
            ("time_mask", &mut self.time_mask.probability),
        ]
    }

    /// Says whether all settings make sense.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), AugmentError> {
        for (name, probability) in self.clone().probabilities_mut() {
            if !(0.0..=1.0).contains(probability) {
                return Err(AugmentError::Probability(name, *probability));
            }
        }
        let ranges = [
            ("time_shift.fraction", self.time_shift.fraction, -1.0, 1.0),
            ("speed.factor", self.speed.factor, 0.5, 2.0),
            ("pitch.semitones", self.pitch.semitones, -12.0, 12.0),
            ("or_mixup.snr_db", self.or_mixup.snr_db, -60.0, 60.0),
            ("background.snr_db", self.background.snr_db, -60.0, 100.0),
            (
                "coloured_noise.snr_db",
                self.coloured_noise.snr_db,
                -60.0,
                100.0,
            ),
            (
                "coloured_noise.exponent",
                self.coloured_noise.exponent,
                -2.0,
                4.0,
            ),
            (
                "low_pass.cutoff_hz",
                self.low_pass.cutoff_hz,
                1.0,
                384_000.0,
            ),
            (
                "random_filter.decibels",
                self.random_filter.decibels,
                -60.0,
                60.0,
            ),
            ("gain.decibels", self.gain.decibels, -60.0, 60.0),
        ];
        for (name, range, least, most) in ranges {
            let [low, high] = range;
            if !(least <= low && low <= high && high <= most) {
                return Err(AugmentError::Range(name, least, most, range));
            }
        }
        let numbers = [
            ("mixup.alpha", self.mixup.alpha, 0.01, 100.0),
            ("mix_style.alpha", self.mix_style.alpha, 0.01, 100.0),
            (
                "spectrogram_mixup.alpha",
                self.spectrogram_mixup.alpha,
                0.01,
                100.0,
            ),
            ("cutmix.alpha", self.cutmix.alpha, 0.01, 100.0),
            (
                "random_filter.points",
                self.random_filter.points as f32,
                2.0,
                1_000.0,
            ),
            (
                "frequency_mask.max_width",
                self.frequency_mask.max_width,
                0.0,
                1.0,
            ),
            ("time_mask.max_width", self.time_mask.max_width, 0.0, 1.0),
            (
                "frequency_mask.max_masks",
                self.frequency_mask.max_masks as f32,
                0.0,
                100.0,
            ),
            (
                "time_mask.max_masks",
                self.time_mask.max_masks as f32,
                0.0,
                100.0,
            ),
        ];
        for (name, value, least, most) in numbers {
            if !(least..=most).contains(&value) {
                return Err(AugmentError::Number(name, least, most, value));
            }
        }
        Ok(())
    }
}
