//! What the page knows, for other programs.

use super::{Recording, RecordingId, RecordingState, Session};
use crate::export::{Export, ExportedDetection, ExportedFile, ExportedModel, ExportedSettings};

impl Session {
    /// All that was found so far; none without a model.
    #[must_use]
    pub fn export(&self) -> Option<Export> {
        let manifest = self.manifest()?;
        let settings = &self.settings;
        Some(Export {
            pipit_version: env!("CARGO_PKG_VERSION").to_owned(),
            model: ExportedModel::from(manifest.as_ref()),
            settings: ExportedSettings {
                threshold: self.threshold(),
                species_thresholds: settings.species_thresholds.clone(),
                merge_gap_s: self.merge_gap_s(),
                min_duration_s: settings.min_duration_s,
                included_species: settings.included.clone(),
                excluded_species: settings.excluded.clone(),
                device: self
                    .device()
                    .map(|device| device.kind.to_string())
                    .unwrap_or_default(),
            },
            files: self
                .exported_recordings()
                .map(|recording| self.exported(recording))
                .collect(),
        })
    }

    /// The recordings of [`Session::export`], in its order.
    pub fn exported_recordings(&self) -> impl Iterator<Item = &Recording> {
        self.recordings
            .iter()
            .filter(|r| r.audio.is_some() && r.state != RecordingState::Failed)
    }

    /// Tells whether [`Session::exported_recordings`] or their detections have changed, at less
    /// cost than comparing them.
    #[must_use]
    pub fn findings(&self) -> Vec<(RecordingId, u64)> {
        self.exported_recordings()
            .map(|recording| (recording.id, recording.findings))
            .collect()
    }

    fn exported(&self, recording: &Recording) -> ExportedFile {
        let (duration_s, sample_rate_hz) = recording
            .audio
            .map_or((0.0, 0), |audio| (audio.duration_s, audio.sample_rate_hz));
        let mut file = ExportedFile::new(recording.name.clone(), duration_s, sample_rate_hz);
        let Some(manifest) = self.manifest() else {
            return file;
        };
        file.detections = recording
            .detections
            .iter()
            .map(|detection| ExportedDetection {
                band_hz: recording.band_hz(detection),
                review: self.answer_to(recording.id, detection).cloned(),
                ..ExportedDetection::new(detection, &manifest.classes)
            })
            .collect();
        file
    }
}
