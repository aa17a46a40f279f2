//! Figures that depend on the order of scores alone.

use std::cmp::Ordering;

use super::ratio;

/// Sum over the score levels, from the highest, of precision times the recall gained there.
///
/// Equal scores form one level: no order among them can flatter the result.
pub(crate) fn average_precision(scored: &[(f32, bool)]) -> Option<f64> {
    let curve = precision_recall(scored)?;
    let mut recall_before = 0.0;
    let mut sum = 0.0;
    for point in curve {
        sum += point.precision * (point.recall - recall_before);
        recall_before = point.recall;
    }
    Some(sum)
}

/// What is found and what is right of it at a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CurvePoint {
    /// Scores at or above it are detections.
    pub(crate) threshold: f32,
    /// Share of the present ones that are detected.
    pub(crate) recall: f64,
    /// Share of the detected ones that are present.
    pub(crate) precision: f64,
}

/// The precision-recall curve from the highest threshold to the lowest; `None` without a positive.
pub(crate) fn precision_recall(scored: &[(f32, bool)]) -> Option<Vec<CurvePoint>> {
    let positives = count_present(scored);
    if positives == 0 {
        return None;
    }
    let (mut seen, mut found) = (0, 0);
    let curve = levels(scored)
        .into_iter()
        .map(|level| {
            seen += level.len();
            found += count_present(&level);
            CurvePoint {
                threshold: level[0].0,
                recall: ratio(found, positives),
                precision: ratio(found, seen),
            }
        })
        .collect();
    Some(curve)
}

/// Chance that a present recording scores above an absent one; ties count half.
pub(crate) fn roc_auc(scored: &[(f32, bool)]) -> Option<f64> {
    let positives = count_present(scored);
    let negatives = scored.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut wins = 0.0;
    let mut positives_above = 0;
    for level in levels(scored) {
        let here = count_present(&level);
        let absent = level.len() - here;
        wins += absent as f64 * (positives_above as f64 + 0.5 * here as f64);
        positives_above += here;
    }
    Some(wins / (positives as f64 * negatives as f64))
}

fn count_present(scored: &[(f32, bool)]) -> usize {
    scored.iter().filter(|(_, present)| *present).count()
}

/// Runs of equal scores, highest first.
fn levels(scored: &[(f32, bool)]) -> Vec<Vec<(f32, bool)>> {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    sorted
        .chunk_by(|a, b| a.0.total_cmp(&b.0) == Ordering::Equal)
        .map(<[(f32, bool)]>::to_vec)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(actual: Option<f64>, expected: f64) {
        let actual = actual.unwrap();
        assert!(
            (actual - expected).abs() < 1e-12,
            "{actual} is not {expected}"
        );
    }

    #[test]
    fn average_precision_by_hand() {
        // Hits at ranks 1, 3 and 4 of 5: (1/1 + 2/3 + 3/4) / 3.
        let scored = [
            (0.9, true),
            (0.8, false),
            (0.7, true),
            (0.6, true),
            (0.1, false),
        ];
        close(average_precision(&scored), (1.0 + 2.0 / 3.0 + 0.75) / 3.0);
    }

    #[test]
    fn ties_in_average_precision_are_one_level() {
        // All equal: precision is the share of positives.
        let scored = [(0.5, true), (0.5, false), (0.5, false), (0.5, false)];
        close(average_precision(&scored), 0.25);
        // The order of the input must not matter.
        let turned = [(0.5, false), (0.5, false), (0.5, false), (0.5, true)];
        close(average_precision(&turned), 0.25);
    }

    #[test]
    fn roc_auc_by_hand() {
        // Pairs (0.9 > 0.8), (0.9 > 0.1), (0.3 < 0.8), (0.3 > 0.1): 3 of 4.
        let scored = [(0.9, true), (0.8, false), (0.3, true), (0.1, false)];
        close(roc_auc(&scored), 0.75);
        // A tie counts half.
        close(roc_auc(&[(0.5, true), (0.5, false)]), 0.5);
        assert_eq!(roc_auc(&[(0.5, true)]), None);
    }
}
