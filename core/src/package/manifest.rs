//! `manifest.json`, the versioned description of a model.

use super::PackageError;
use crate::architecture::Architecture;
use crate::calibration::Calibration;
use crate::detection::DetectionConfig;
use crate::label::Taxonomy;
use crate::mel::{MelConfig, MelError, Normalization};
use crate::pooling::Pooling;
use crate::window::{AudioConfig, AudioConfigError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format that this code writes, and the only one that it reads.
pub const FORMAT_VERSION: u32 = 1;
/// File name of the manifest in a package.
pub const MANIFEST_FILE: &str = "manifest.json";
/// File name of the weights in a package.
pub const WEIGHTS_FILE: &str = "weights.safetensors";

/// Everything that shapes a result except the weights, and where the model comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Lower-case letters, digits and hyphens.
    pub name: String,
    /// For people.
    pub title: String,
    /// Version of the model.
    pub version: String,
    /// What it hears, in a sentence or two.
    pub description: String,
    /// The network.
    pub architecture: Architecture,
    /// How its feature map becomes logits; the mean where nothing is said.
    #[serde(default, skip_serializing_if = "Pooling::is_default")]
    pub pooling: Pooling,
    /// Rate and windows.
    pub audio: AudioConfig,
    /// The Mel spectrogram.
    pub mel: MelConfig,
    /// From decibels to the network's input.
    pub normalization: Normalization,
    /// Makes confidences of the network's scores. A confidence of 0.8 then means: of recordings like
    /// the held-out ones whose best window says 0.8 for a species, that species is in eight of ten.
    /// Without it a confidence is the network's own sigmoid: it ranks, and promises no share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Default thresholds and merging; they count on confidences, after any calibration.
    pub detection: DetectionConfig,
    /// The classes in output order.
    pub classes: Taxonomy,
    /// How it was trained and how well it does.
    pub training: Option<TrainingSummary>,
    /// Licence of the weights.
    pub licence: String,
    /// Who made the recordings that it learned from.
    pub attribution: Vec<Attribution>,
    /// The other files of the package by name.
    pub files: BTreeMap<String, FileEntry>,
}

/// How a model was trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSummary {
    /// The command that made it.
    pub command: String,
    /// The training data.
    pub data: String,
    /// What it ran on.
    pub device: String,
    /// Recordings trained on.
    pub recordings: usize,
    /// Recordings trained on by class, in output order; empty where it was not noted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recordings_per_class: Vec<usize>,
    /// What the network learned before, in order, where its weights were trained on recordings already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pretraining: Vec<Pretraining>,
    /// Recordings that it, or the networks of its folds, were judged on.
    pub held_out_recordings: usize,
    /// How they were chosen.
    pub split: String,
    /// Networks made in the same way for parts of its recordings, each judged on the part that it never
    /// heard, which together stand for this one; `None` where it was judged itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<usize>,
    /// Passes over the training data.
    pub epochs: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// Metrics on these recordings by name.
    pub metrics: BTreeMap<String, f64>,
    /// Anything else that a user of the model should know.
    pub notes: String,
}

/// Recordings that a network learned from before those that made it what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pretraining {
    /// The data.
    pub data: String,
    /// Recordings trained on.
    pub recordings: usize,
    /// Species told apart.
    pub classes: usize,
}

/// A recordist whose work is in the training data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// The recordist.
    pub author: String,
    /// Licence of these recordings.
    pub licence: String,
    /// How many.
    pub recordings: usize,
    /// Where they can be found.
    pub url: Option<String>,
}

/// A file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Length.
    pub bytes: u64,
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// JSON of another form or version, or a value out of range, with its field.
    pub fn from_json(json: &[u8]) -> Result<Self, PackageError> {
        let manifest: Self = parse(MANIFEST_FILE, json)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Indented JSON with a final newline.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        render(self)
    }

    /// The entry of [`WEIGHTS_FILE`].
    ///
    /// # Errors
    /// If it is not listed.
    pub fn weights_entry(&self) -> Result<&FileEntry, PackageError> {
        self.files
            .get(WEIGHTS_FILE)
            .ok_or(PackageError::MissingFile(WEIGHTS_FILE))
    }

    fn check(&self) -> Result<(), PackageError> {
        let fail = |field, detail: String| Err(PackageError::Value { field, detail });
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(is_name) {
            let detail = format!(
                "must be lower-case letters, digits and hyphens, got {:?}",
                self.name
            );
            return fail("name", detail);
        }
        if let Err(error) = self.audio.check() {
            let field = match error {
                AudioConfigError::SampleRate(_) => "audio.sample_rate_hz",
                AudioConfigError::Window { .. } => "audio.window",
            };
            return fail(field, error.to_string());
        }
        if let Err(error) = self.mel.check_window(&self.audio) {
            let field = match error {
                MelError::NFft { .. } => "mel.n_fft",
                _ => "mel",
            };
            return fail(field, error.to_string());
        }
        if !(self.normalization.std.is_finite() && self.normalization.std > 0.0) {
            let detail = format!("must be positive, got {}", self.normalization.std);
            return fail("normalization.std", detail);
        }
        if !self.normalization.mean.is_finite() {
            return fail("normalization.mean", "must be a number".into());
        }
        if let Some(calibration) = self.calibration {
            if !(calibration.slope.is_finite() && calibration.slope > 0.0) {
                let detail = format!("must be positive, got {}", calibration.slope);
                return fail("calibration.slope", detail);
            }
            if !calibration.intercept.is_finite() {
                return fail("calibration.intercept", "must be a number".into());
            }
        }
        self.check_detection()?;
        self.weights_entry().map(|_| ())
    }

    fn check_detection(&self) -> Result<(), PackageError> {
        let fail = |field, detail: String| Err(PackageError::Value { field, detail });
        let is_share = |threshold: &f32| (0.0..=1.0).contains(threshold);
        if !is_share(&self.detection.threshold) {
            let detail = format!("must be within 0 and 1, got {}", self.detection.threshold);
            return fail("detection.threshold", detail);
        }
        let own = &self.detection.class_thresholds;
        if !own.is_empty() && own.len() != self.classes.len() {
            let detail = format!(
                "needs one for each of {} classes, got {}",
                self.classes.len(),
                own.len()
            );
            return fail("detection.class_thresholds", detail);
        }
        if let Some(threshold) = own.iter().find(|threshold| !is_share(threshold)) {
            let detail = format!("must be within 0 and 1, got {threshold}");
            return fail("detection.class_thresholds", detail);
        }
        let merge_gap_s = self.detection.merge_gap_s;
        if !(merge_gap_s.is_finite() && merge_gap_s >= 0.0) {
            let detail =
                format!("must be a number of seconds, and not negative, got {merge_gap_s}");
            return fail("detection.merge_gap_s", detail);
        }
        Ok(())
    }
}

/// Reads JSON whose `format_version` is ours; the version is looked at first, so that a file
/// from a newer Pipit is not blamed for its new fields.
pub(super) fn parse<T: DeserializeOwned>(
    file: &'static str,
    json: &[u8],
) -> Result<T, PackageError> {
    #[derive(Deserialize)]
    struct Versioned {
        format_version: u64,
    }
    let failed = |source| PackageError::Json { file, source };
    let Versioned { format_version } = serde_json::from_slice(json).map_err(failed)?;
    if format_version != u64::from(FORMAT_VERSION) {
        return Err(PackageError::Version {
            file,
            found: format_version,
        });
    }
    serde_json::from_slice(json).map_err(failed)
}

/// Writes JSON for people to read.
pub(super) fn render(value: &impl Serialize) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(value).unwrap_or_default();
    json.push(b'\n');
    json
}
