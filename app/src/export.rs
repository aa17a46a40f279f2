//! Detections as files for other programs.
//!
//! An [`Export`] is all that the formats need and knows nothing of the page. Model, version,
//! digests, Pipit's version and every setting go into each of them: as columns where the format
//! is a table, as fields in JSON, and where it has room for neither as [`PROVENANCE_FILE`] in
//! the same ZIP.

pub mod archive;
pub mod audacity;
pub mod clips;
pub mod csv;
pub mod file_name;
pub mod json;
pub mod raven;

mod provenance;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod golden;

use crate::recorded_at::RecordedAt;
use crate::review::Answer;
use pipit_core::package::sha256_hex;
use pipit_core::{Detection, Manifest, Taxonomy};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// The JSON that lies beside files that cannot name model and settings themselves.
pub const PROVENANCE_FILE: &str = "pipit.json";

/// The detections of some recordings, and what they were made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// Version of this program.
    pub pipit_version: String,
    /// The model.
    pub model: ExportedModel,
    /// How its scores became detections.
    pub settings: ExportedSettings,
    /// The recordings, also those without detections.
    pub files: Vec<ExportedFile>,
}

/// What identifies a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportedModel {
    /// The manifest's name.
    pub name: String,
    /// The manifest's version.
    pub version: String,
    /// SHA-256 of the weights, hexadecimal.
    pub weights_sha256: String,
    /// SHA-256 of the manifest as Pipit writes it, hexadecimal: it covers normalisation, windows and
    /// calibration, and the weights through their digest.
    pub manifest_sha256: String,
    /// Lower end of the band that it hears.
    pub low_hz: f32,
    /// Upper end of the band that it hears.
    pub high_hz: f32,
    /// Length of its windows.
    pub window_s: f32,
    /// From one window to the next.
    pub hop_s: f32,
}

/// Everything that a user can set and that shapes detections. Species go by code.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExportedSettings {
    /// The least confidence, where nothing else is said of a species.
    pub threshold: f32,
    /// Thresholds that the model brings for its species, where they hold: until the user chooses
    /// one for all.
    pub class_thresholds: BTreeMap<String, f32>,
    /// Thresholds that the user chose for single species; they go before all others.
    pub species_thresholds: BTreeMap<String, f32>,
    /// Windows at most this far apart are one detection.
    pub merge_gap_s: f32,
    /// Shorter detections are left out.
    pub min_duration_s: f32,
    /// The only species looked for; all if empty.
    pub included_species: BTreeSet<String>,
    /// Species left out.
    pub excluded_species: BTreeSet<String>,
    /// Where the network ran, such as `WebGPU`.
    pub device: String,
}

/// A recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// Its file name, with folders where they are known.
    pub name: String,
    /// When it began, if the name says so.
    pub recorded_at: Option<RecordedAt>,
    /// Length.
    pub duration_s: f64,
    /// How much of it was analysed, from its start: less than all while it runs, and where it was
    /// stopped or failed.
    pub analysed_s: f64,
    /// Its own sample rate.
    pub sample_rate_hz: u32,
    /// What was heard, in order of time.
    pub detections: Vec<ExportedDetection>,
}

/// A species heard over a stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportedDetection {
    /// Start in the recording.
    pub start_s: f64,
    /// End in the recording.
    pub end_s: f64,
    /// Scientific name.
    pub scientific_name: String,
    /// Common name.
    pub common_name: String,
    /// The model's code for the species.
    pub code: String,
    /// The highest score of its windows, 0 to 1.
    pub confidence: f32,
    /// Lowest and highest frequency, if they were measured.
    pub band_hz: Option<(f32, f32)>,
    /// What a reviewer said.
    pub review: Option<Answer>,
}

/// A file to save or to put into a ZIP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Safe on every system; may have folders, parted by `/`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Why an export cannot be written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// A table.
    #[error("the table cannot be written: {0}")]
    Table(#[from] ::csv::Error),
    /// A JSON document.
    #[error("the JSON cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// A clip.
    #[error("the clip cannot be written: {0}")]
    Clip(#[from] hound::Error),
    /// A clip of sound that is not there.
    #[error("the recording ends before the clip begins, at {0} s")]
    PastTheEnd(f64),
    /// A clip that is longer than memory should hold.
    #[error(
        "a clip of {length_s:.0} s is too long: at this sample rate one holds up to {most_s:.0} s; \
         set a smaller gap between detections that are joined"
    )]
    TooLong {
        /// Its length.
        length_s: f64,
        /// The longest at the recording's rate.
        most_s: f64,
    },
    /// A ZIP.
    #[error("the ZIP cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// Anything that ends in bytes.
    #[error("the file cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

impl From<&Manifest> for ExportedModel {
    fn from(manifest: &Manifest) -> Self {
        let digest = manifest.weights_entry().map(|entry| entry.sha256.clone());
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            weights_sha256: digest.unwrap_or_default(),
            manifest_sha256: sha256_hex(&manifest.to_json()),
            low_hz: manifest.mel.f_min,
            high_hz: manifest.mel.f_max,
            window_s: manifest.audio.window.length_s,
            hop_s: manifest.audio.window.hop_s,
        }
    }
}

impl ExportedModel {
    /// What a detection without frequencies of its own may span: the band that the model hears,
    /// as far as the recording reaches.
    fn band_hz(&self, file: &ExportedFile) -> (f32, f32) {
        let nyquist_hz = file.sample_rate_hz as f32 / 2.0;
        (self.low_hz, self.high_hz.min(nyquist_hz))
    }
}

impl ExportedFile {
    /// A recording whose start is read from its name, all of it analysed.
    #[must_use]
    pub fn new(name: String, duration_s: f64, sample_rate_hz: u32) -> Self {
        Self {
            recorded_at: RecordedAt::from_file_name(&name),
            name,
            duration_s,
            analysed_s: duration_s,
            sample_rate_hz,
            detections: Vec::new(),
        }
    }

    /// When a moment in it was, if its start is known.
    #[must_use]
    pub fn moment(&self, time_s: f64) -> Option<RecordedAt> {
        self.recorded_at.map(|start| start.after_s(time_s))
    }
}

impl ExportedDetection {
    /// A detection of a model with these classes, not yet reviewed.
    #[must_use]
    pub fn new(detection: &Detection, classes: &Taxonomy) -> Self {
        let label = classes.get(detection.label);
        Self {
            start_s: detection.start_s,
            end_s: detection.end_s,
            scientific_name: label.scientific_name.clone(),
            common_name: label.common_name.clone(),
            code: label.code.clone(),
            confidence: detection.confidence,
            band_hz: None,
            review: None,
        }
    }

    /// The common name, or what there is in its place.
    #[must_use]
    pub fn title(&self) -> &str {
        let names = [&self.common_name, &self.scientific_name];
        names
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or(&self.code)
    }
}

/// Seconds or hertz without the noise of binary fractions.
fn number(value: f64) -> String {
    // Adding zero turns −0 into 0.
    ((value * 1e6).round() / 1e6 + 0.0).to_string()
}
