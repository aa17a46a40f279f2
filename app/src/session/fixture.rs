//! A small model for tests.

use crate::protocol::{AddedModel, ModelOrigin};
use pipit_core::package::{FORMAT_VERSION, FileEntry, WEIGHTS_FILE};
use pipit_core::{
    Architecture, AudioConfig, DetectionConfig, Label, Manifest, MelConfig, MelNorm, MelScale,
    Normalization, Pooling, Reference, Taxonomy, WindowConfig,
};
use std::collections::BTreeMap;

/// As [`manifest`], with a Spanish name for the second species.
pub(crate) fn manifest_with_names() -> Manifest {
    let mut manifest = manifest();
    let mut labels: Vec<Label> = manifest.classes.into();
    labels[1].names = BTreeMap::from([("es".to_owned(), "San Pedrito".to_owned())]);
    manifest.classes = Taxonomy::new(labels).expect("unique codes");
    manifest
}

/// Two species, threshold 0.5, windows of five seconds.
pub(crate) fn manifest() -> Manifest {
    let label = |code: &str, scientific: &str, common: &str| Label {
        code: code.into(),
        scientific_name: scientific.into(),
        common_name: common.into(),
        ..Label::default()
    };
    Manifest {
        format_version: FORMAT_VERSION,
        name: "puerto-rico".into(),
        title: "Birds of Puerto Rico".into(),
        version: "1.0.0".into(),
        description: "Two species.".into(),
        architecture: Architecture::TfEfficientNetLite0,
        pooling: Pooling::Average,
        audio: AudioConfig {
            sample_rate_hz: 32_000,
            window: WindowConfig {
                length_s: 5.0,
                hop_s: 5.0,
            },
        },
        mel: MelConfig {
            n_fft: 1024,
            hop_length: 512,
            n_mels: 128,
            f_min: 50.0,
            f_max: 14_000.0,
            power: 2.0,
            scale: MelScale::Htk,
            norm: MelNorm::None,
            top_db: Some(80.0),
        },
        normalization: Normalization {
            reference: Reference::Peak,
            mean: -40.0,
            std: 20.0,
        },
        calibration: None,
        detection: DetectionConfig {
            threshold: 0.5,
            class_thresholds: Vec::new(),
            merge_gap_s: 0.0,
        },
        classes: Taxonomy::new(vec![
            label("banana", "Coereba flaveola", "Bananaquit"),
            label("prtody1", "Todus mexicanus", "Puerto Rican Tody"),
        ])
        .expect("unique codes"),
        training: None,
        licence: "CC BY-NC-SA 4.0".into(),
        attribution: Vec::new(),
        files: BTreeMap::from([(
            WEIGHTS_FILE.to_owned(),
            FileEntry {
                sha256: "0".repeat(64),
                bytes: 1,
            },
        )]),
    }
}

/// A model that a user has added.
pub(crate) fn added_model() -> AddedModel {
    AddedModel {
        id: "my-birds.0123456789ab".into(),
        title: "My birds".into(),
        version: "2.0.0".into(),
        bytes: 1,
        classes: 1,
        origin: ModelOrigin::Files(vec!["my-birds.zip".into()]),
    }
}
