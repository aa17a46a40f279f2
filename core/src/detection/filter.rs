//! What a listener asks of detections beyond the model's configuration.

use super::{Detection, DetectionConfig, ROUNDING_S, WindowScores, detect_where};
use crate::label::LabelId;
use std::collections::{BTreeMap, BTreeSet};

/// Wishes that hold on top of a [`DetectionConfig`]; the default wishes for nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetectionFilter {
    /// Thresholds of single species, 0…1, in place of the configuration's.
    pub thresholds: BTreeMap<LabelId, f32>,
    /// Which species are looked for.
    pub species: SpeciesFilter,
    /// Shorter detections are left out, in seconds. They are measured after merging, and one
    /// that the recording's end cuts short counts as it is.
    pub min_duration_s: f32,
}

/// Which species are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpeciesFilter {
    /// Only these; all if there are none.
    pub included: BTreeSet<LabelId>,
    /// Never these, even if they are included.
    pub excluded: BTreeSet<LabelId>,
}

impl SpeciesFilter {
    /// Whether a species is looked for.
    #[must_use]
    pub fn admits(&self, label: LabelId) -> bool {
        let included = self.included.is_empty() || self.included.contains(&label);
        included && !self.excluded.contains(&label)
    }
}

impl DetectionFilter {
    /// The least confidence that counts for a species; none if it is not looked for.
    #[must_use]
    pub fn threshold(&self, label: LabelId, config: &DetectionConfig) -> Option<f32> {
        let own = self.thresholds.get(&label).copied();
        let threshold = own.unwrap_or_else(|| config.threshold_of(label));
        self.species.admits(label).then_some(threshold)
    }
}

/// As [`super::detect`], for the species, thresholds and durations that the filter asks for.
#[must_use]
pub fn detect_filtered(
    scores: &[WindowScores],
    config: &DetectionConfig,
    filter: &DetectionFilter,
) -> Vec<Detection> {
    let threshold = |label| filter.threshold(label, config);
    let mut detections = detect_where(scores, config.merge_gap_s, threshold);
    let shortest_s = f64::from(filter.min_duration_s) - ROUNDING_S;
    detections.retain(|d| d.end_s - d.start_s >= shortest_s);
    detections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::{Scores, detect};

    const CONFIG: DetectionConfig = DetectionConfig {
        threshold: 0.5,
        class_thresholds: Vec::new(),
        merge_gap_s: 0.0,
    };

    /// Windows of five seconds, the last one cut to two.
    fn windows() -> Vec<WindowScores> {
        let columns = [[0.6, 0.3, 0.9], [0.7, 0.4, 0.1], [0.1, 0.2, 0.8]];
        let window = |(i, scores): (usize, [f32; 3])| WindowScores {
            start_s: 5.0 * i as f64,
            end_s: if i == 2 { 12.0 } else { 5.0 * i as f64 + 5.0 },
            scores: Scores(scores.to_vec()),
        };
        columns.into_iter().enumerate().map(window).collect()
    }

    fn run(filter: &DetectionFilter) -> Vec<(f64, f64, usize)> {
        detect_filtered(&windows(), &CONFIG, filter)
            .iter()
            .map(|d| (d.start_s, d.end_s, d.label.0))
            .collect()
    }

    fn labels<const N: usize>(ids: [usize; N]) -> BTreeSet<LabelId> {
        ids.map(LabelId).into()
    }

    #[test]
    fn no_wishes_change_nothing() {
        assert_eq!(
            detect_filtered(&windows(), &CONFIG, &DetectionFilter::default()),
            detect(&windows(), &CONFIG)
        );
    }

    #[test]
    fn a_species_own_threshold_replaces_the_common_one() {
        let filter = DetectionFilter {
            thresholds: BTreeMap::from([(LabelId(0), 0.65), (LabelId(1), 0.25)]),
            ..DetectionFilter::default()
        };
        assert_eq!(
            run(&filter),
            [
                (0.0, 5.0, 2),
                (0.0, 10.0, 1),
                (5.0, 10.0, 0),
                (10.0, 12.0, 2)
            ]
        );
    }

    #[test]
    fn excluding_is_stronger_than_including() {
        let mut filter = DetectionFilter::default();
        filter.species.included = labels([0, 2]);
        assert_eq!(
            run(&filter),
            [(0.0, 5.0, 2), (0.0, 10.0, 0), (10.0, 12.0, 2)]
        );
        filter.species.excluded = labels([2]);
        assert_eq!(run(&filter), [(0.0, 10.0, 0)]);
        filter.species.included.clear();
        assert_eq!(run(&filter), [(0.0, 10.0, 0)]);
    }

    #[test]
    fn durations_are_measured_after_merging() {
        let mut filter = DetectionFilter {
            min_duration_s: 5.0,
            ..DetectionFilter::default()
        };
        assert_eq!(run(&filter), [(0.0, 5.0, 2), (0.0, 10.0, 0)]);
        filter.min_duration_s = 5.1;
        assert_eq!(run(&filter), [(0.0, 10.0, 0)]);
    }
}
