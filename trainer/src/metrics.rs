//! How well scores tell classes apart. Pure functions of scores and truth.

use std::cmp::Ordering;

/// What a recording says about a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// The class is the recording's own label.
    Present,
    /// Nobody noted the class.
    Absent,
    /// Noted in the background: it counts neither for nor against.
    Unclear,
}

/// One recording's scores and truth, one entry a class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// Scores, one a class.
    pub(crate) scores: Vec<f32>,
    /// Truth, one a class.
    pub(crate) truth: Vec<Truth>,
    /// The class of the primary label, if it is one of the model's.
    pub(crate) primary: Option<usize>,
}

/// The figures for a set of recordings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Metrics {
    /// Mean of the average precision over the classes that are present.
    pub(crate) cmap: f64,
    /// Mean of the area under the ROC curve over classes that are present and absent.
    pub(crate) macro_roc_auc: f64,
    /// Mean of F1 at the threshold over the classes that are present.
    pub(crate) macro_f1: f64,
    /// Share of recordings whose best class is their primary label.
    pub(crate) top_1: f64,
    /// Recordings with a primary label that is a class.
    pub(crate) recordings: usize,
    /// One entry a class.
    pub(crate) per_class: Vec<ClassMetrics>,
}

/// The figures for one class; `None` where it has too few recordings to say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClassMetrics {
    /// Recordings in which it is present.
    pub(crate) present: usize,
    /// Area under the precision-recall curve.
    pub(crate) average_precision: Option<f64>,
    /// Area under the ROC curve.
    pub(crate) roc_auc: Option<f64>,
    /// F1 at the threshold.
    pub(crate) f1: Option<f64>,
}

/// Computes every figure.
pub(crate) fn measure(recordings: &[Judged], classes: usize, threshold: f32) -> Metrics {
    let per_class: Vec<ClassMetrics> = (0..classes)
        .map(|class| measure_class(recordings, class, threshold))
        .collect();
    let with_primary: Vec<&Judged> = recordings
        .iter()
        .filter(|judged| judged.primary.is_some())
        .collect();
    let right = with_primary
        .iter()
        .filter(|judged| best_class(&judged.scores) == judged.primary)
        .count();
    Metrics {
        cmap: mean(per_class.iter().filter_map(|class| class.average_precision)),
        macro_roc_auc: mean(per_class.iter().filter_map(|class| class.roc_auc)),
        macro_f1: mean(per_class.iter().filter_map(|class| class.f1)),
        top_1: ratio(right, with_primary.len()),
        recordings: with_primary.len(),
        per_class,
    }
}

/// Sum over the score levels, from the highest, of precision times the recall gained there.
///
/// Equal scores form one level: no order among them can flatter the result.
pub(crate) fn average_precision(scored: &[(f32, bool)]) -> Option<f64> {
    let positives = scored.iter().filter(|(_, present)| *present).count();
    if positives == 0 {
        return None;
    }
    let mut sum = 0.0;
    let mut seen = 0;
    let mut found = 0;
    for level in levels(scored) {
        let gained = level.iter().filter(|(_, present)| *present).count();
        seen += level.len();
        found += gained;
        sum += ratio(found, seen) * ratio(gained, positives);
    }
    Some(sum)
}

/// Chance that a present recording scores above an absent one; ties count half.
pub(crate) fn roc_auc(scored: &[(f32, bool)]) -> Option<f64> {
    let positives = scored.iter().filter(|(_, present)| *present).count();
    let negatives = scored.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut wins = 0.0;
    let mut positives_above = 0;
    for level in levels(scored) {
        let here = level.iter().filter(|(_, present)| *present).count();
        let absent = level.len() - here;
        wins += count(absent) * (count(positives_above) + 0.5 * count(here));
        positives_above += here;
    }
    Some(wins / (count(positives) * count(negatives)))
}

/// Harmonic mean of precision and recall for scores at or above `threshold`.
pub(crate) fn f1(scored: &[(f32, bool)], threshold: f32) -> Option<f64> {
    let positives = scored.iter().filter(|(_, present)| *present).count();
    if positives == 0 {
        return None;
    }
    let detected = scored.iter().filter(|(score, _)| *score >= threshold);
    let (mut right, mut wrong) = (0, 0);
    for (_, present) in detected {
        if *present { right += 1 } else { wrong += 1 }
    }
    Some(ratio(2 * right, positives + right + wrong))
}

fn measure_class(recordings: &[Judged], class: usize, threshold: f32) -> ClassMetrics {
    let scored: Vec<(f32, bool)> = recordings
        .iter()
        .filter(|judged| judged.truth[class] != Truth::Unclear)
        .map(|judged| (judged.scores[class], judged.truth[class] == Truth::Present))
        .collect();
    ClassMetrics {
        present: scored.iter().filter(|(_, present)| *present).count(),
        average_precision: average_precision(&scored),
        roc_auc: roc_auc(&scored),
        f1: f1(&scored, threshold),
    }
}

/// The highest scoring class, the first among equals.
fn best_class(scores: &[f32]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (class, score) in scores.iter().enumerate() {
        if best.is_none_or(|best| score.total_cmp(&scores[best]) == Ordering::Greater) {
            best = Some(class);
        }
    }
    best
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

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    if values.is_empty() {
        0.0
    } else {
        values.iter().sum::<f64>() / count(values.len())
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        count(part) / count(whole)
    }
}

fn count(number: usize) -> f64 {
    number as f64
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

    #[test]
    fn f1_by_hand() {
        // Two of three found, one false alarm: precision 2/3, recall 2/3.
        let scored = [(0.9, true), (0.8, false), (0.7, true), (0.1, true)];
        close(f1(&scored, 0.5), 2.0 / 3.0);
        // The threshold itself counts as detected.
        close(f1(&[(0.5, true)], 0.5), 1.0);
        close(f1(&[(0.4, true)], 0.5), 0.0);
    }

    #[test]
    fn absent_classes_and_unclear_entries_are_left_out() {
        use Truth::{Absent, Present, Unclear};
        let judged = |scores: [f32; 3], truth: [Truth; 3], primary| Judged {
            scores: scores.to_vec(),
            truth: truth.to_vec(),
            primary,
        };
        let recordings = [
            judged([0.9, 0.95, 0.1], [Present, Unclear, Absent], Some(0)),
            judged([0.2, 0.8, 0.1], [Absent, Present, Absent], Some(1)),
            judged([0.1, 0.3, 0.7], [Absent, Absent, Absent], None),
        ];

        let metrics = measure(&recordings, 3, 0.5);

        // Class 2 is never present; class 1's high score in the first recording does not count.
        assert!((metrics.cmap - 1.0).abs() < 1e-12);
        assert!((metrics.macro_roc_auc - 1.0).abs() < 1e-12);
        assert!((metrics.top_1 - 0.5).abs() < 1e-12);
        assert_eq!(metrics.recordings, 2);
        assert_eq!(metrics.per_class[2].average_precision, None);
        assert_eq!(metrics.per_class[1].present, 1);
    }
}
