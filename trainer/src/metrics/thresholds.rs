//! Per-class thresholds, and what they are worth on recordings they were not fitted on.

use serde::Serialize;

use super::calibration::pairs;
use super::folds::cross_validate;
use super::ranking::precision_recall;
use super::{Judged, mean, peaks_of, ratio};

/// Classes that are present in fewer recordings keep the common threshold: so few tell too little.
pub(crate) const LEAST_PRESENT: usize = 3;

/// Thresholds with the best F1 on some recordings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thresholds {
    /// On all pairs of recording and class together.
    pub(crate) common: f32,
    /// Class by class; the common one where a class is too rare to say.
    pub(crate) by_class: Vec<f32>,
    /// Classes with a threshold of their own.
    pub(crate) own: usize,
}

/// F1 at thresholds that were fitted on other recordings than those they are applied to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CrossValidatedF1 {
    /// Mean over the classes that are present, at one threshold for all.
    pub(crate) macro_f1_common: Option<f64>,
    /// The same with thresholds by class.
    pub(crate) macro_f1_by_class: Option<f64>,
    /// F1 of each class at its own threshold; `None` where it is never present.
    pub(crate) per_class: Vec<Option<f64>>,
}

/// Fits thresholds; `default` where no class is ever present.
pub(crate) fn fit(recordings: &[&Judged], classes: usize, default: f32) -> Thresholds {
    let common = best(&pairs(recordings.iter().copied())).unwrap_or(default);
    let own: Vec<Option<f32>> = (0..classes)
        .map(|class| best(&peaks_of(class, recordings.iter().copied())))
        .collect();
    Thresholds {
        common,
        by_class: own.iter().map(|own| own.unwrap_or(common)).collect(),
        own: own.iter().flatten().count(),
    }
}

/// Fits thresholds on all folds but one and applies them there, in turn.
pub(crate) fn cross_validated_f1(
    recordings: &[Judged],
    folds: &[usize],
    classes: usize,
    default: f32,
) -> CrossValidatedF1 {
    let mut common = vec![Tally::default(); classes];
    let mut by_class = common.clone();
    let fit_on = |others: &[usize]| {
        let others: Vec<&Judged> = others.iter().map(|&index| &recordings[index]).collect();
        fit(&others, classes, default)
    };
    cross_validate(folds, fit_on, |thresholds, own| {
        for class in 0..classes {
            let own = own.iter().map(|&index| &recordings[index]);
            for (score, present) in peaks_of(class, own) {
                common[class].add(score >= thresholds.common, present);
                by_class[class].add(score >= thresholds.by_class[class], present);
            }
        }
    });
    let f1 = |tallies: &[Tally]| tallies.iter().map(Tally::f1).collect::<Vec<_>>();
    let per_class = f1(&by_class);
    CrossValidatedF1 {
        macro_f1_common: mean(f1(&common).into_iter().flatten()),
        macro_f1_by_class: mean(per_class.iter().copied().flatten()),
        per_class,
    }
}

/// The threshold with the best F1, the highest of several, halfway down to the next score.
fn best(scored: &[(f32, bool)]) -> Option<f32> {
    let positives = scored.iter().filter(|(_, present)| *present).count();
    if positives < LEAST_PRESENT {
        return None;
    }
    let curve = precision_recall(scored)?;
    let f1 = |index: usize| {
        let point = curve[index];
        2.0 * point.precision * point.recall / (point.precision + point.recall).max(1e-12)
    };
    let mut best = 0;
    for index in 1..curve.len() {
        // Rounding must not make equals differ.
        if f1(index) > f1(best) + 1e-12 {
            best = index;
        }
    }
    let here = curve[best].threshold;
    let below = curve.get(best + 1).map_or(here, |next| next.threshold);
    let between = here.midpoint(below);
    Some(if between > below { between } else { here })
}

#[derive(Debug, Clone, Default)]
struct Tally {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Tally {
    fn add(&mut self, detected: bool, present: bool) {
        match (detected, present) {
            (true, true) => self.right += 1,
            (true, false) => self.wrong += 1,
            (false, true) => self.missed += 1,
            (false, false) => {}
        }
    }

    fn f1(&self) -> Option<f64> {
        let positives = self.right + self.missed;
        (positives > 0).then(|| ratio(2 * self.right, positives + self.right + self.wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Truth;

    #[test]
    fn the_best_threshold_lies_in_the_gap() {
        // Above 0.6: 3 of 4 right, F1 6/7; above 0.7: 2 of 3 found, F1 4/5.
        let scored = [
            (0.9, true),
            (0.7, true),
            (0.65, false),
            (0.6, true),
            (0.2, false),
        ];
        assert!((best(&scored).unwrap() - 0.4).abs() < 1e-6);
        assert_eq!(best(&scored[..3]), None, "two positives are too few");
        // Equal scores leave no gap.
        assert_eq!(best(&[(0.5, true); 3]), Some(0.5));
    }

    #[test]
    fn thresholds_are_not_judged_on_what_they_were_fitted_on() {
        // One person's scores are high, the other's low: what suits one misses the other.
        let judged = |score: f32, truth| Judged {
            scores: vec![score],
            peaks: vec![score],
            truth: vec![truth],
            primary: None,
        };
        let mut recordings = Vec::new();
        for level in [0.8f32, 0.3] {
            for step in [0.0f32, 0.01, 0.02] {
                recordings.push(judged(level + step, Truth::Present));
                recordings.push(judged(level - 0.1 - step, Truth::Absent));
            }
        }
        let folds: Vec<usize> = (0..12).map(|index| index / 6).collect();

        let found = cross_validated_f1(&recordings, &folds, 1, 0.5);

        // From the low ones 0.25: all six of the high ones are detected, three wrongly, F1 6/9.
        // From the high ones 0.75: none of the low ones. Together 2·3 / (6 + 3 + 3).
        assert!(
            (found.macro_f1_by_class.unwrap() - 0.5).abs() < 1e-12,
            "{found:?}"
        );
        // With a single class the common threshold is the same.
        assert!(
            (found.macro_f1_common.unwrap() - 0.5).abs() < 1e-12,
            "{found:?}"
        );
        let all: Vec<&Judged> = recordings.iter().collect();
        let thresholds = fit(&all, 1, 0.5);
        assert!(thresholds.by_class[0] < 0.3, "{thresholds:?}");
        assert_eq!(thresholds.own, 1);
    }
}
