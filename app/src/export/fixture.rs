//! An export for tests: three recordings, one of them silent as far as it was analysed, and names that need care.

use super::{Export, ExportedDetection, ExportedFile, ExportedModel, ExportedSettings};
use crate::review::Answer;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn export() -> Export {
    let mut first = ExportedFile::new("20240512_051500.WAV".into(), 60.0, 48_000);
    let bananaquit = ExportedDetection {
        start_s: 5.0,
        end_s: 12.5,
        scientific_name: "Coereba flaveola".into(),
        common_name: "Bananaquit".into(),
        code: "banana".into(),
        confidence: 0.87,
        band_hz: Some((3200.0, 9100.5)),
        review: Some(Answer::Yes),
    };
    let other = ExportedDetection {
        start_s: 55.0,
        end_s: 60.0,
        confidence: 0.712_345_6,
        band_hz: None,
        review: Some(Answer::Other(Some("Turdus plumbeus".into()))),
        ..bananaquit.clone()
    };
    first.detections = vec![bananaquit, other];
    let mut second = ExportedFile::new("dawn/tody: \"two\".flac".into(), 10.0, 16_000);
    second.detections = vec![ExportedDetection {
        start_s: 0.0,
        end_s: 5.0,
        scientific_name: "Todus mexicanus".into(),
        common_name: "Tody, \"Puerto\nRican\"".into(),
        code: "prtody1".into(),
        confidence: 0.5,
        band_hz: None,
        review: None,
    }];
    let mut silent = ExportedFile::new("silent_20240512T060000Z.wav".into(), 30.0, 48_000);
    silent.analysed_s = 12.5;
    Export {
        pipit_version: "0.1.0".into(),
        model: ExportedModel {
            name: "puerto-rico".into(),
            version: "1.0.0".into(),
            weights_sha256: "ab12".into(),
            manifest_sha256: "cd34".into(),
            low_hz: 50.0,
            high_hz: 14_000.0,
            window_s: 5.0,
            hop_s: 5.0,
        },
        settings: ExportedSettings {
            threshold: 0.4,
            class_thresholds: BTreeMap::from([("banana".into(), 0.45), ("coqui".into(), 0.6)]),
            species_thresholds: BTreeMap::from([("prtody1".into(), 0.3), ("banana".into(), 0.7)]),
            merge_gap_s: 2.5,
            min_duration_s: 1.0,
            included_species: BTreeSet::new(),
            excluded_species: BTreeSet::from(["coqui".into()]),
            device: "CPU".into(),
        },
        files: vec![first, second, silent],
    }
}
