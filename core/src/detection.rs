//! From the scores of windows to detections.

mod filter;

pub use filter::{DetectionFilter, SpeciesFilter, detect_filtered};

use crate::label::LabelId;
use serde::{Deserialize, Serialize};

/// One window's probabilities, `[n_classes]`, each from a sigmoid of its own: a window may hold
/// several species or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scores(pub Vec<f32>);

/// The scores of a stretch of the recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowScores {
    /// Start in the recording, seconds.
    pub start_s: f64,
    /// End of the recorded audio in the window, seconds.
    pub end_s: f64,
    /// What the network said.
    pub scores: Scores,
}

/// How scores become detections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectionConfig {
    /// The least confidence that counts, 0…1.
    pub threshold: f32,
    /// The same class by class, in output order, where classes have thresholds of their own; none
    /// of them otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_thresholds: Vec<f32>,
    /// Windows of one species at most this far apart, in seconds, are one detection.
    pub merge_gap_s: f32,
}

impl DetectionConfig {
    /// The least confidence that counts for a class.
    #[must_use]
    pub fn threshold_of(&self, label: LabelId) -> f32 {
        self.class_thresholds
            .get(label.0)
            .copied()
            .unwrap_or(self.threshold)
    }

    /// The same with a threshold that a person chose: it counts for every class.
    #[must_use]
    pub fn with_threshold(&self, threshold: f32) -> Self {
        Self {
            threshold,
            class_thresholds: Vec::new(),
            merge_gap_s: self.merge_gap_s,
        }
    }
}

/// A species heard over a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Start of the first window, seconds.
    pub start_s: f64,
    /// End of the last window, seconds.
    pub end_s: f64,
    /// The species.
    pub label: LabelId,
    /// The highest score of the windows.
    pub confidence: f32,
}

/// Slack for gaps that are zero but for rounding, seconds.
const ROUNDING_S: f64 = 1e-6;

/// Joins, class by class, neighbouring windows that reach the class's threshold.
///
/// `scores` are in order of time. Detections come in order of start, at one start by falling
/// confidence.
#[must_use]
pub fn detect(scores: &[WindowScores], config: &DetectionConfig) -> Vec<Detection> {
    detect_where(scores, config.merge_gap_s, |label| {
        Some(config.threshold_of(label))
    })
}

/// As [`detect`], with a threshold for each class; a class without one is not looked for.
fn detect_where(
    scores: &[WindowScores],
    merge_gap_s: f32,
    threshold: impl Fn(LabelId) -> Option<f32>,
) -> Vec<Detection> {
    let n_classes = scores.first().map_or(0, |w| w.scores.0.len());
    let mut detections = Vec::new();
    for label in (0..n_classes).map(LabelId) {
        if let Some(threshold) = threshold(label) {
            detect_class(scores, label, threshold, merge_gap_s, &mut detections);
        }
    }
    detections.sort_by(|a, b| {
        let by_start = a.start_s.total_cmp(&b.start_s);
        by_start.then(b.confidence.total_cmp(&a.confidence))
    });
    detections
}

fn detect_class(
    scores: &[WindowScores],
    label: LabelId,
    threshold: f32,
    merge_gap_s: f32,
    detections: &mut Vec<Detection>,
) {
    let first = detections.len();
    for window in scores {
        let Some(&confidence) = window.scores.0.get(label.0) else {
            continue;
        };
        // Also false for NaN.
        let reaches = confidence >= threshold;
        if !reaches {
            continue;
        }
        let reach = f64::from(merge_gap_s) + ROUNDING_S;
        match detections[first..].last_mut() {
            Some(last) if window.start_s - last.end_s <= reach => {
                last.end_s = last.end_s.max(window.end_s);
                last.confidence = last.confidence.max(confidence);
            }
            _ => detections.push(Detection {
                start_s: window.start_s,
                end_s: window.end_s,
                label,
                confidence,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(columns: &[[f32; 2]]) -> Vec<WindowScores> {
        columns
            .iter()
            .enumerate()
            .map(|(i, s)| WindowScores {
                start_s: 5.0 * i as f64,
                end_s: 5.0 * (i + 1) as f64,
                scores: Scores(s.to_vec()),
            })
            .collect()
    }

    fn run(columns: &[[f32; 2]], threshold: f32, merge_gap_s: f32) -> Vec<(f64, f64, usize, f32)> {
        let config = DetectionConfig {
            threshold,
            class_thresholds: Vec::new(),
            merge_gap_s,
        };
        detect(&windows(columns), &config)
            .iter()
            .map(|d| (d.start_s, d.end_s, d.label.0, d.confidence))
            .collect()
    }

    #[test]
    fn neighbouring_windows_merge_and_keep_the_best_confidence() {
        let scores = [[0.6, 0.1], [0.9, 0.7], [0.2, 0.1], [0.5, 0.8]];
        assert_eq!(
            run(&scores, 0.5, 0.0),
            [
                (0.0, 10.0, 0, 0.9),
                (5.0, 10.0, 1, 0.7),
                (15.0, 20.0, 1, 0.8),
                (15.0, 20.0, 0, 0.5)
            ]
        );
    }

    #[test]
    fn a_gap_within_the_limit_is_bridged() {
        let scores = [[0.6, 0.0], [0.0, 0.0], [0.7, 0.0]];
        assert_eq!(run(&scores, 0.5, 5.0), [(0.0, 15.0, 0, 0.7)]);
        assert_eq!(run(&scores, 0.5, 4.9).len(), 2);
    }

    #[test]
    fn classes_have_thresholds_of_their_own_until_a_person_chooses_one() {
        let config = DetectionConfig {
            threshold: 0.5,
            class_thresholds: vec![0.8, 0.2],
            merge_gap_s: 0.0,
        };
        let scores = windows(&[[0.7, 0.3]]);
        let heard = |config: &DetectionConfig| -> Vec<usize> {
            detect(&scores, config).iter().map(|d| d.label.0).collect()
        };
        assert_eq!(heard(&config), [1]);
        assert_eq!(heard(&config.with_threshold(0.5)), [0]);
    }

    #[test]
    fn nothing_and_nan_are_no_detections() {
        assert!(run(&[], 0.0, 0.0).is_empty());
        assert!(run(&[[f32::NAN, 0.1]], 0.5, 0.0).is_empty());
    }
}
