//! What the page knows, for other programs.

use super::{Recording, RecordingId, Session};
use crate::export::{Export, ExportedDetection, ExportedFile, ExportedModel, ExportedSettings};
use crate::notice::Cause;
use crate::protocol::{Failure, FailureKind};
use std::collections::BTreeMap;

/// Reasons that are given for clips that could not be cut: they are mostly the same.
const MAX_REASONS: usize = 5;

impl Session {
    /// All that was found so far; none before there was a model.
    #[must_use]
    pub fn export(&self) -> Option<Export> {
        self.export_of(self.exported_recordings())
    }

    /// As [`Session::export`], of the recordings that clips can be cut from, with their ids in the
    /// same order: what is being heard lies in no file yet.
    #[must_use]
    pub fn export_with_sound(&self) -> Option<(Export, Vec<RecordingId>)> {
        let with_sound = || self.exported_recordings().filter(|r| !r.is_heard());
        let ids = with_sound().map(|recording| recording.id).collect();
        Some((self.export_of(with_sound())?, ids))
    }

    /// Some of so many clips could not be cut: tells which recordings they belong to, and why.
    pub fn clips_left_out(&mut self, left_out: &[(RecordingId, Failure)], n_clips: usize) {
        let mut reasons = Vec::new();
        for (id, failure) in left_out {
            let name = self.recording(*id).map_or("", |r| r.name.as_str());
            let reason = (name.to_owned(), failure.clone());
            if reasons.len() < MAX_REASONS && !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let cause = Cause::Clips {
            n_missing: left_out.len(),
            n_clips,
            reasons,
        };
        self.notify(Failure::because(FailureKind::ClipsLeftOut, cause));
    }

    fn export_of<'a>(&self, recordings: impl Iterator<Item = &'a Recording>) -> Option<Export> {
        let manifest = self.known_manifest()?;
        let settings = &self.settings;
        Some(Export {
            pipit_version: env!("CARGO_PKG_VERSION").to_owned(),
            model: ExportedModel::from(manifest.as_ref()),
            settings: ExportedSettings {
                threshold: self.threshold(),
                class_thresholds: self.class_thresholds(),
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
            files: recordings
                .map(|recording| self.exported(recording))
                .collect(),
        })
    }

    /// The recordings of [`Session::export`], in its order: those that the model has heard, be it in
    /// part.
    pub fn exported_recordings(&self) -> impl Iterator<Item = &Recording> {
        self.recordings.iter().filter(|r| r.done_s > 0.0)
    }

    /// Tells whether [`Session::exported_recordings`] or their detections have changed, at less
    /// cost than comparing them.
    #[must_use]
    pub fn findings(&self) -> Vec<(RecordingId, u64)> {
        self.exported_recordings()
            .map(|recording| (recording.id, recording.findings))
            .collect()
    }

    /// By code, as far as they hold.
    fn class_thresholds(&self) -> BTreeMap<String, f32> {
        let manifest = self
            .known_manifest()
            .filter(|_| self.has_class_thresholds());
        let Some(manifest) = manifest else {
            return BTreeMap::new();
        };
        let classes = manifest.classes.iter();
        classes
            .map(|(id, label)| (label.code.clone(), manifest.detection.threshold_of(id)))
            .collect()
    }

    fn exported(&self, recording: &Recording) -> ExportedFile {
        let (duration_s, sample_rate_hz) = recording
            .audio
            .map_or((0.0, 0), |audio| (audio.duration_s, audio.sample_rate_hz));
        let mut file = ExportedFile::new(recording.name.clone(), duration_s, sample_rate_hz);
        file.analysed_s = recording.done_s.min(duration_s);
        let Some(manifest) = self.known_manifest() else {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::word;
    use crate::protocol::{DeviceChoice, DeviceKind};
    use crate::session::tests::{change_manifest, failed, finished, loaded, opened, run, scored};
    use crate::words::Language;
    use pipit_core::LabelId;

    #[test]
    fn what_is_being_heard_has_no_clips_yet() {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (file, job) = run(&mut session, "a.wav");
        session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
        session.apply(finished(job), &[]);
        let (heard, _) = session.listen("Live".into(), 48_000);
        let (live, job) = heard.expect("there is a model");
        session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
        assert_eq!(session.export().expect("a model").files.len(), 2);
        let (export, ids) = session.export_with_sound().expect("a model");
        assert_eq!((export.files.len(), &ids[..]), (1, &[file][..]));
        // Once it ends, it lies in a file.
        session.stop_listening();
        session.apply(finished(job), &[]);
        let (export, ids) = session.export_with_sound().expect("a model");
        assert_eq!((export.files.len(), &ids[..]), (2, &[file, live][..]));
    }

    #[test]
    fn what_was_found_can_be_taken_away_while_there_is_no_model() {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        change_manifest(&mut session, |manifest| manifest.detection.threshold = 0.7);
        let (_, job) = run(&mut session, "a.wav");
        session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
        session.apply(finished(job), &[]);
        let before = session.export().expect("a model");
        session.retry();
        assert!(session.manifest().is_none());
        let after = session.export().expect("it was there");
        assert_eq!(after.files, before.files);
        assert_eq!(after.files[0].detections.len(), 1);
        let thresholds = [&before, &after].map(|export| export.settings.threshold.to_bits());
        assert_eq!(thresholds, [0.7_f32.to_bits(); 2]);
    }

    #[test]
    fn an_export_says_how_much_was_heard() {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let heard = |session: &Session| -> Vec<(String, f64, f64)> {
            let files = session.export().expect("a model").files.into_iter();
            let heard = |file: ExportedFile| (file.name, file.analysed_s, file.duration_s);
            files.map(heard).collect()
        };
        let (id, job) = run(&mut session, "a.wav");
        session.apply(opened(job, Some(60.0)), &[]);
        assert_eq!(heard(&session), []);
        session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
        let part = [("a.wav".to_owned(), 5.0, 60.0)];
        assert_eq!(heard(&session), part);
        // Its card was pulled: what had been found until then stays.
        session.apply(failed(job, FailureKind::Unreadable), &[]);
        assert_eq!(heard(&session), part);
        assert_eq!(
            session.export().expect("a model").files[0].detections.len(),
            1
        );
        session.rerun(id);
        assert_eq!(heard(&session), []);
    }

    #[test]
    fn the_models_thresholds_are_exported_where_they_hold() {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let settings = |session: &Session| session.export().expect("a model").settings;
        assert!(settings(&session).class_thresholds.is_empty());
        change_manifest(&mut session, |manifest| {
            manifest.detection.class_thresholds = vec![0.2, 0.8];
        });
        session.set_threshold_of(LabelId(0), Some(0.3));
        let exported = settings(&session);
        let of_model = [("banana".to_owned(), 0.2), ("prtody1".to_owned(), 0.8)];
        assert_eq!(exported.class_thresholds, BTreeMap::from(of_model));
        let of_user = [("banana".to_owned(), 0.3)];
        assert_eq!(exported.species_thresholds, BTreeMap::from(of_user));
        session.set_threshold(0.5);
        assert!(settings(&session).class_thresholds.is_empty());
    }

    #[test]
    fn models_that_differ_in_numbers_alone_differ_in_the_export() {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let model = |session: &Session| session.export().expect("a model").model;
        let before = model(&session);
        change_manifest(&mut session, |manifest| manifest.normalization.mean += 1.0);
        let after = model(&session);
        assert_eq!(before.weights_sha256, after.weights_sha256);
        assert_eq!(after.manifest_sha256.len(), 64);
        assert_ne!(before.manifest_sha256, after.manifest_sha256);
    }

    #[test]
    fn clips_that_are_missing_are_counted_with_their_reasons() {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (id, _) = run(&mut session, "a.wav");
        let gone = || Failure::new(FailureKind::Damaged, "it is gone");
        let silent = Failure::new(FailureKind::Empty, "");
        session.clips_left_out(&[(id, gone()), (id, gone()), (id, silent)], 7);
        let [notice] = session.notices() else {
            panic!("{:?}", session.notices());
        };
        assert_eq!(notice.kind, FailureKind::ClipsLeftOut);
        let told = word(Language::English, notice).detail;
        let lines: Vec<&str> = told.lines().collect();
        assert!(
            lines[0].contains('3') && lines[0].contains('7'),
            "{lines:?}"
        );
        assert_eq!(lines[1], "a.wav: it is gone");
        assert_eq!(lines[2], "a.wav: This recording is empty.");
        assert_eq!(lines.len(), 3);
        assert_ne!(told, word(Language::Spanish, notice).detail);
    }
}
