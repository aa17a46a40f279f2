//! Whether a score of 0.8 is right eight times in ten, and numbers that bring it there.

use clap::ValueEnum;
use pipit_core::Calibration;
use serde::{Deserialize, Serialize};

use super::folds::cross_validate;
use super::{Judged, Truth};

/// How scores compare with what is true.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Reliability {
    /// Mean distance of the bins' scores from the share that is present, weighted by their sizes.
    pub(crate) expected_calibration_error: f64,
    /// Mean squared distance of scores from truth.
    pub(crate) brier: f64,
    /// Scores from 0 to 1 in bins of one width; empty bins are left out.
    pub(crate) bins: Vec<Bin>,
}

/// Scores of about one height.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Bin {
    /// How many.
    pub(crate) count: usize,
    /// Their mean.
    pub(crate) mean_score: f64,
    /// The share of them whose class is present.
    pub(crate) share_present: f64,
}

/// How confidences are made of scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CalibrationMethod {
    /// Scores stay as they are.
    #[default]
    None,
    /// Logits are divided by one number (Guo et al., "On Calibration of Modern Neural Networks", 2017).
    Temperature,
    /// Logits are scaled and shifted (Platt, "Probabilistic Outputs for Support Vector Machines", 1999).
    Logistic,
}

/// Width of the bins is one over this.
const BINS: usize = 15;

/// Every clear pair of recording and class: the highest confidence and whether the class is present.
pub(crate) fn pairs<'a>(recordings: impl IntoIterator<Item = &'a Judged>) -> Vec<(f32, bool)> {
    recordings
        .into_iter()
        .flat_map(|judged| judged.peaks.iter().zip(&judged.truth))
        .filter(|(_, truth)| **truth != Truth::Unclear)
        .map(|(score, truth)| (*score, *truth == Truth::Present))
        .collect()
}

/// The reliability diagram and its figures; all zero for no pairs.
pub(crate) fn reliability(pairs: &[(f32, bool)]) -> Reliability {
    let mut sums = [(0usize, 0.0f64, 0usize); BINS];
    let mut squares = 0.0;
    for &(score, present) in pairs {
        let (score, truth) = (f64::from(score), f64::from(u8::from(present)));
        squares += (score - truth).powi(2);
        let bin = &mut sums[((score * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += 1;
        bin.1 += score;
        bin.2 += usize::from(present);
    }
    let all = pairs.len().max(1) as f64;
    let bins: Vec<Bin> = sums
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, score, present)| Bin {
            count,
            mean_score: score / count as f64,
            share_present: present as f64 / count as f64,
        })
        .collect();
    Reliability {
        expected_calibration_error: bins
            .iter()
            .map(|bin| bin.count as f64 / all * (bin.mean_score - bin.share_present).abs())
            .sum(),
        brier: squares / all,
        bins,
    }
}

/// Fits by maximum likelihood, with Platt's softened targets; `None` if nothing is to be fitted,
/// if no class is ever present or absent, or if higher scores are not likelier to be right.
pub(crate) fn fit(pairs: &[(f32, bool)], method: CalibrationMethod) -> Option<Calibration> {
    let with_intercept = match method {
        CalibrationMethod::None => return None,
        CalibrationMethod::Temperature => false,
        CalibrationMethod::Logistic => true,
    };
    let positives = pairs.iter().filter(|(_, present)| *present).count() as f64;
    let negatives = pairs.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let points: Vec<(f64, f64)> = pairs
        .iter()
        .map(|&(score, present)| {
            let target = if present {
                (positives + 1.0) / (positives + 2.0)
            } else {
                1.0 / (negatives + 2.0)
            };
            (logit(f64::from(score)), target)
        })
        .collect();
    let (slope, intercept) = newton(&points, with_intercept);
    let fits = slope.is_finite() && intercept.is_finite() && slope > 0.0;
    fits.then_some(Calibration {
        slope: slope as f32,
        intercept: intercept as f32,
    })
}

/// The pairs of all recordings, each calibrated by the others' folds.
pub(crate) fn cross_validated(
    recordings: &[Judged],
    folds: &[usize],
    method: CalibrationMethod,
) -> Vec<(f32, bool)> {
    let mut calibrated = Vec::new();
    let of = |indices: &[usize]| pairs(indices.iter().map(|&index| &recordings[index]));
    cross_validate(
        folds,
        |others| fit(&of(others), method),
        |calibration, own| {
            let apply = |score| calibration.map_or(score, |calibration| calibration.apply(score));
            calibrated.extend(
                of(own)
                    .into_iter()
                    .map(|(score, present)| (apply(score), present)),
            );
        },
    );
    calibrated
}

/// Minimises the cross entropy of `sigmoid(slope · x + intercept)`, which is convex.
fn newton(points: &[(f64, f64)], with_intercept: bool) -> (f64, f64) {
    const STEPS: usize = 100;
    let loss = |slope: f64, intercept: f64| -> f64 {
        points
            .iter()
            .map(|&(x, target)| {
                let z = slope * x + intercept;
                z.max(0.0) - z * target + (-z.abs()).exp().ln_1p()
            })
            .sum()
    };
    let (mut slope, mut intercept) = (1.0, 0.0);
    for _ in 0..STEPS {
        // Gradient and Hessian; the small numbers keep flat stretches solvable.
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for &(x, target) in points {
            let p = sigmoid(slope * x + intercept);
            let weight = p * (1.0 - p);
            g0 += (p - target) * x;
            g1 += p - target;
            h00 += weight * x * x;
            h01 += weight * x;
            h11 += weight;
        }
        let (by_slope, by_intercept) = if with_intercept {
            let determinant = h00 * h11 - h01 * h01;
            (
                (h11 * g0 - h01 * g1) / determinant,
                (h00 * g1 - h01 * g0) / determinant,
            )
        } else {
            (g0 / h00, 0.0)
        };
        let before = loss(slope, intercept);
        let mut share = 1.0;
        while share > 1e-6
            && loss(slope - share * by_slope, intercept - share * by_intercept) > before
        {
            share *= 0.5;
        }
        slope -= share * by_slope;
        intercept -= share * by_intercept;
        if by_slope.abs() + by_intercept.abs() < 1e-10 {
            break;
        }
    }
    (slope, intercept)
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Scores of 0 and 1 are rounded ones.
fn logit(score: f64) -> f64 {
    let score = score.clamp(1e-12, 1.0 - 6e-8);
    (score / (1.0 - score)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reliability_by_hand() {
        let found = reliability(&[(0.9, true), (0.9, false), (0.1, false), (0.1, false)]);

        // (0.01 + 0.81 + 0.01 + 0.01) / 4; half of the pairs lie 0.4 off, half 0.1.
        assert!((found.brier - 0.21).abs() < 1e-6, "{found:?}");
        assert!(
            (found.expected_calibration_error - 0.25).abs() < 1e-6,
            "{found:?}"
        );
        assert_eq!(found.bins.len(), 2);
        // A score of 1 belongs to the last bin.
        assert_eq!(reliability(&[(1.0, true)]).bins[0].count, 1);
    }

    /// Scores that claim more than they keep: logits are doubled and moved.
    fn overconfident() -> Vec<(f32, bool)> {
        (0..4_000)
            .map(|i| {
                let truth = f64::from(i % 100) / 100.0 + 0.005;
                let present = f64::from(i * 37 % 4_000) / 4_000.0 < truth;
                (sigmoid(2.0 * logit(truth) - 1.0) as f32, present)
            })
            .collect()
    }

    #[test]
    fn a_fit_undoes_a_distortion() {
        let pairs = overconfident();

        let fitted = fit(&pairs, CalibrationMethod::Logistic).unwrap();

        assert!((fitted.slope - 0.5).abs() < 0.05, "{fitted:?}");
        assert!((fitted.intercept - 0.5).abs() < 0.05, "{fitted:?}");
        let mended: Vec<(f32, bool)> = pairs
            .iter()
            .map(|&(score, present)| (fitted.apply(score), present))
            .collect();
        assert!(reliability(&mended).expected_calibration_error < 0.02);
        assert!(reliability(&pairs).expected_calibration_error > 0.1);
        assert!(reliability(&mended).brier < reliability(&pairs).brier);
        let temperature = fit(&pairs, CalibrationMethod::Temperature).unwrap();
        assert!(
            temperature.intercept.abs() < f32::EPSILON && temperature.slope < 0.9,
            "{temperature:?}"
        );
    }

    #[test]
    fn what_cannot_be_fitted_is_left_alone() {
        let backwards: Vec<(f32, bool)> =
            overconfident().into_iter().map(|(s, p)| (s, !p)).collect();
        assert_eq!(fit(&backwards, CalibrationMethod::Logistic), None);
        assert_eq!(fit(&[(0.5, true); 9], CalibrationMethod::Logistic), None);
        // Separable scores stay finite.
        let apart = [(0.9, true), (0.8, true), (0.2, false), (0.1, false)];
        assert!(
            fit(&apart, CalibrationMethod::Logistic)
                .unwrap()
                .slope
                .is_finite()
        );
    }
}
