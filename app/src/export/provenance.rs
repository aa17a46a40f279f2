//! What every export says about model, program and settings.

use super::Export;
use std::collections::BTreeMap;
use std::fmt::Display;

/// A column that is the same in all rows.
pub(super) struct Provenance {
    /// Name in a CSV.
    pub(super) name: &'static str,
    /// Name in a selection table.
    pub(super) title: &'static str,
    /// Empty if there is nothing to say.
    pub(super) value: String,
}

/// Model, version, digests, program and every setting. Lists are parted by semicolons.
pub(super) fn provenance(export: &Export) -> Vec<Provenance> {
    let Export {
        pipit_version,
        model,
        settings,
        ..
    } = export;
    let thresholds = |by_species: &BTreeMap<String, f32>| {
        let each = by_species.iter();
        list(each.map(|(code, threshold)| format!("{code}={threshold}")))
    };
    let columns: [(&str, &str, &dyn Display); 16] = [
        ("model", "Model", &model.name),
        ("model_version", "Model Version", &model.version),
        ("model_sha256", "Model SHA-256", &model.weights_sha256),
        (
            "manifest_sha256",
            "Manifest SHA-256",
            &model.manifest_sha256,
        ),
        ("pipit_version", "Pipit Version", pipit_version),
        ("threshold", "Threshold", &settings.threshold),
        (
            "class_thresholds",
            "Class Thresholds",
            &thresholds(&settings.class_thresholds),
        ),
        (
            "species_thresholds",
            "Species Thresholds",
            &thresholds(&settings.species_thresholds),
        ),
        ("merge_gap_s", "Merge Gap (s)", &settings.merge_gap_s),
        (
            "min_duration_s",
            "Min Duration (s)",
            &settings.min_duration_s,
        ),
        (
            "included_species",
            "Included Species",
            &list(settings.included_species.iter().cloned()),
        ),
        (
            "excluded_species",
            "Excluded Species",
            &list(settings.excluded_species.iter().cloned()),
        ),
        ("window_s", "Window (s)", &model.window_s),
        ("hop_s", "Hop (s)", &model.hop_s),
        (
            "model_band_hz",
            "Model Band (Hz)",
            &format!("{}-{}", model.low_hz, model.high_hz),
        ),
        ("device", "Device", &settings.device),
    ];
    columns
        .map(|(name, title, value)| Provenance {
            name,
            title,
            value: value.to_string(),
        })
        .into()
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(";")
}
