//! What every export says about model, program and settings.

use super::Export;
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

/// Model, version, digest, program and every setting. Lists are parted by semicolons.
pub(super) fn provenance(export: &Export) -> Vec<Provenance> {
    let Export {
        pipit_version,
        model,
        settings,
        ..
    } = export;
    let thresholds = settings.species_thresholds.iter();
    let columns: [(&str, &str, &dyn Display); 14] = [
        ("model", "Model", &model.name),
        ("model_version", "Model Version", &model.version),
        ("model_sha256", "Model SHA-256", &model.weights_sha256),
        ("pipit_version", "Pipit Version", pipit_version),
        ("threshold", "Threshold", &settings.threshold),
        (
            "species_thresholds",
            "Species Thresholds",
            &list(thresholds.map(|(code, threshold)| format!("{code}={threshold}"))),
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
