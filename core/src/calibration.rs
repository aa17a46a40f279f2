//! From the network's scores to confidences that can be taken at their word.

use serde::{Deserialize, Serialize};

/// Platt's logistic calibration, `sigmoid(slope · logit(score) + intercept)`; with no intercept it
/// is temperature scaling, the slope being one over the temperature.
///
/// It keeps the order of scores, so it moves no ranking of windows, and commutes with their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Factor of the logits; positive.
    pub slope: f32,
    /// Added to the scaled logits.
    pub intercept: f32,
}

/// The largest number below 1: a score of 1 is one that was rounded.
const ALMOST_ONE: f32 = 1.0 - f32::EPSILON / 2.0;

impl Calibration {
    /// The confidence for a score, both 0…1.
    #[must_use]
    pub fn apply(&self, score: f32) -> f32 {
        let score = score.clamp(f32::MIN_POSITIVE, ALMOST_ONE);
        let logit = (score / (1.0 - score)).ln();
        1.0 / (1.0 + (-(self.slope * logit + self.intercept)).exp())
    }

    /// The score that has a confidence, both 0…1.
    #[must_use]
    pub fn undo(&self, confidence: f32) -> f32 {
        let inverse = Self {
            slope: 1.0 / self.slope,
            intercept: -self.intercept / self.slope,
        };
        inverse.apply(confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_one_and_no_intercept_change_nothing() {
        let identity = Calibration {
            slope: 1.0,
            intercept: 0.0,
        };
        for score in [1e-6, 0.1, 0.5, 0.9, 0.999] {
            assert!((identity.apply(score) - score).abs() < 1e-6, "{score}");
        }
    }

    #[test]
    fn a_half_moves_to_where_the_intercept_says() {
        let calibration = Calibration {
            slope: 2.0,
            intercept: 3.0_f32.ln(),
        };
        assert!((calibration.apply(0.5) - 0.75).abs() < 1e-6);
        // logit(0.75) = ln 3, twice of it and once more is ln 27.
        assert!((calibration.apply(0.75) - 27.0 / 28.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_undone_was_never_done() {
        let calibration = Calibration {
            slope: 0.7,
            intercept: -1.3,
        };
        for score in [1e-6, 0.1, 0.5, 0.9, 0.999] {
            let found = calibration.undo(calibration.apply(score));
            assert!((found - score).abs() < 1e-6, "{score}: {found}");
        }
    }

    #[test]
    fn the_ends_stay_finite_and_in_order() {
        let calibration = Calibration {
            slope: 0.5,
            intercept: -1.0,
        };
        let found = [0.0, 1e-30, 0.3, 1.0].map(|score| calibration.apply(score));
        assert!(
            found.is_sorted() && found[0] >= 0.0 && found[3] <= 1.0,
            "{found:?}"
        );
    }
}
