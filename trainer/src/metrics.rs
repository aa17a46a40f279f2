//! How well scores tell classes apart. Pure functions of scores and truth.

pub(crate) mod breakdown;
pub(crate) mod calibration;
pub(crate) mod folds;
pub(crate) mod ranking;
pub(crate) mod thresholds;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use ranking::{average_precision, roc_auc};

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

/// One recording's scores and truth, one entry a class ([`crate::score::Pooled`]).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// How likely each class is, to rank it.
    pub(crate) scores: Vec<f32>,
    /// The highest confidence in each class: what thresholds are held against.
    pub(crate) peaks: Vec<f32>,
    /// Truth, one a class.
    pub(crate) truth: Vec<Truth>,
    /// The class of the primary label, if it is one of the model's.
    pub(crate) primary: Option<usize>,
}

/// The figures for a set of recordings; `None` where these have too few classes to say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Metrics {
    /// Mean of the average precision over the classes that are present.
    pub(crate) cmap: Option<f64>,
    /// The same over all classes, after five recordings were added in which every class is present
    /// with score 1: the measure of `BirdCLEF` 2023, which rare classes shake less.
    pub(crate) padded_cmap: Option<f64>,
    /// Mean of the area under the ROC curve over classes that are present and absent.
    pub(crate) macro_roc_auc: Option<f64>,
    /// Mean of F1 at the threshold over the classes that are present.
    pub(crate) macro_f1: Option<f64>,
    /// Share of recordings whose best class is their primary label.
    pub(crate) top_1: Option<f64>,
    /// Share of recordings whose primary label is among their three best classes.
    pub(crate) top_3: Option<f64>,
    /// Recordings with a primary label that is a class.
    pub(crate) recordings: usize,
    /// One entry a class.
    pub(crate) per_class: Vec<ClassMetrics>,
}

impl Metrics {
    /// Names of the figures in manifests and tables.
    pub(crate) const SUMMARY: [&str; 6] = [
        "cmap",
        "padded_cmap",
        "macro_roc_auc",
        "macro_f1",
        "top_1",
        "top_3",
    ];

    /// Those of the figures that there are, by these names.
    pub(crate) fn summary(&self) -> BTreeMap<String, f64> {
        let figures = [
            self.cmap,
            self.padded_cmap,
            self.macro_roc_auc,
            self.macro_f1,
            self.top_1,
            self.top_3,
        ];
        (Self::SUMMARY.into_iter().zip(figures))
            .filter_map(|(name, value)| Some((name.to_owned(), four_decimals(value?))))
            .collect()
    }
}

/// A figure as manifests and tables keep it: of all its digits JSON would lose the last.
pub(crate) fn four_decimals(figure: f64) -> f64 {
    (figure * 1e4).round() / 1e4
}

/// The same as text, or a dash where there is none.
pub(crate) fn exact(figure: Option<f64>) -> String {
    figure.map_or("–".to_owned(), |figure| format!("{figure:.4}"))
}

/// The figures for one class; `None` where it has too few recordings to say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ClassMetrics {
    /// Recordings in which it is present.
    pub(crate) present: usize,
    /// Area under the precision-recall curve.
    pub(crate) average_precision: Option<f64>,
    /// Area under the ROC curve.
    pub(crate) roc_auc: Option<f64>,
    /// F1 at the threshold.
    pub(crate) f1: Option<f64>,
    /// Share of its recordings whose best class it is.
    pub(crate) top_1: Option<f64>,
}

/// Rows of ones that `BirdCLEF` 2023 adds to scores and truth.
const PADDING: usize = 5;

/// Computes every figure.
pub(crate) fn measure(recordings: &[Judged], classes: usize, threshold: f32) -> Metrics {
    let per_class: Vec<ClassMetrics> = (0..classes)
        .map(|class| measure_class(recordings, class, threshold))
        .collect();
    let padded = (0..classes).filter_map(|class| {
        let mut scored = scores_of(class, recordings);
        scored.extend([(1.0, true); PADDING]);
        average_precision(&scored)
    });
    let ranks: Vec<usize> = recordings.iter().filter_map(rank_of_primary).collect();
    let among = |places| ranks.iter().filter(|rank| **rank < places).count();
    Metrics {
        cmap: mean(per_class.iter().filter_map(|class| class.average_precision)),
        padded_cmap: mean(padded),
        macro_roc_auc: mean(per_class.iter().filter_map(|class| class.roc_auc)),
        macro_f1: mean(per_class.iter().filter_map(|class| class.f1)),
        top_1: (!ranks.is_empty()).then(|| ratio(among(1), ranks.len())),
        top_3: (!ranks.is_empty()).then(|| ratio(among(3), ranks.len())),
        recordings: ranks.len(),
        per_class,
    }
}

/// The scores of a class with whether it is present, where that is clear.
pub(crate) fn scores_of<'a>(
    class: usize,
    recordings: impl IntoIterator<Item = &'a Judged>,
) -> Vec<(f32, bool)> {
    clear(class, recordings)
        .map(|(judged, present)| (judged.scores[class], present))
        .collect()
}

/// The same for its highest confidences.
pub(crate) fn peaks_of<'a>(
    class: usize,
    recordings: impl IntoIterator<Item = &'a Judged>,
) -> Vec<(f32, bool)> {
    clear(class, recordings)
        .map(|(judged, present)| (judged.peaks[class], present))
        .collect()
}

fn clear<'a>(
    class: usize,
    recordings: impl IntoIterator<Item = &'a Judged>,
) -> impl Iterator<Item = (&'a Judged, bool)> {
    (recordings.into_iter())
        .filter(move |judged| judged.truth[class] != Truth::Unclear)
        .map(move |judged| (judged, judged.truth[class] == Truth::Present))
}

/// Mean of F1 over the classes that are present, each at its threshold.
pub(crate) fn f1_at(
    recordings: &[Judged],
    classes: usize,
    threshold_of: impl Fn(usize) -> f32,
) -> Option<f64> {
    let of = |class| f1(&peaks_of(class, recordings), threshold_of(class));
    mean((0..classes).filter_map(of))
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

/// The highest scoring class, the first among equals.
pub(crate) fn best_class(scores: &[f32]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (class, score) in scores.iter().enumerate() {
        if best.is_none_or(|best| score.total_cmp(&scores[best]) == Ordering::Greater) {
            best = Some(class);
        }
    }
    best
}

fn measure_class(recordings: &[Judged], class: usize, threshold: f32) -> ClassMetrics {
    let scored = scores_of(class, recordings);
    let own: Vec<usize> = recordings
        .iter()
        .filter(|judged| judged.primary == Some(class))
        .filter_map(rank_of_primary)
        .collect();
    let right = own.iter().filter(|rank| **rank == 0).count();
    ClassMetrics {
        present: scored.iter().filter(|(_, present)| *present).count(),
        average_precision: average_precision(&scored),
        roc_auc: roc_auc(&scored),
        f1: f1(&peaks_of(class, recordings), threshold),
        top_1: (!own.is_empty()).then(|| ratio(right, own.len())),
    }
}

/// How many classes come before the primary one; among equals the first in output order does.
fn rank_of_primary(judged: &Judged) -> Option<usize> {
    let primary = judged.primary?;
    let own = judged.scores[primary];
    let before =
        judged
            .scores
            .iter()
            .enumerate()
            .filter(|(class, score)| match score.total_cmp(&own) {
                Ordering::Greater => true,
                Ordering::Equal => *class < primary,
                Ordering::Less => false,
            });
    Some(before.count())
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

pub(crate) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests;
