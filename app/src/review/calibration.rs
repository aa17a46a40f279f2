//! What a species' confidences mean: the probability that a detection is right.
//!
//! A logistic regression of the answers on the logit of the confidence, as Wood & Kahl propose
//! for detectors of birds (2024, "Guidelines for appropriate use of `BirdNET` scores and other
//! detector outputs", Journal of Ornithology 165). With few answers, or with answers that a
//! confidence parts perfectly, plain regression runs to infinity. Both coefficients therefore have
//! normal priors, centred at what a calibrated detector would have (intercept 0, slope 1), and are
//! estimated at the posterior's mode; the curvature there gives their uncertainty (Laplace's
//! approximation; Bishop 2006, "Pattern Recognition and Machine Learning", 4.4 and 4.5).

use super::answers::Answered;
use serde::{Deserialize, Serialize};

/// How strong the priors are, and what is enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationConfig {
    /// Standard deviation of the intercept's prior.
    pub intercept_sd: f64,
    /// Standard deviation of the slope's prior.
    pub slope_sd: f64,
    /// Answers of yes or no to rely on a calibration.
    pub min_answers: usize,
    /// Of them at least so many of each kind.
    pub min_of_each: usize,
}

impl Default for CalibrationConfig {
    fn default() -> Self {
        Self {
            intercept_sd: 3.0,
            slope_sd: 1.0,
            min_answers: 30,
            min_of_each: 5,
        }
    }
}

/// The probability that a detection of a species is right, by its confidence:
/// `logistic(intercept + slope · logit(confidence))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Intercept.
    pub intercept: f64,
    /// Slope.
    pub slope: f64,
    /// Their covariance: variance of the intercept, covariance, variance of the slope.
    pub covariance: [f64; 3],
    /// Detections that were right.
    pub n_right: usize,
    /// Detections that were wrong.
    pub n_wrong: usize,
}

/// Confidences nearer to 0 or 1 count as this near: their logits would be infinite.
const NEAREST: f64 = 1e-6;
/// Steps of Newton's method; a handful is enough.
const MAX_STEPS: usize = 50;
/// Standard deviations on either side of an interval that holds 95 %.
const Z_95: f64 = 1.96;

impl Calibration {
    /// Learns from the answers about one species; those that are unsure do not count. Without
    /// answers it is the prior: confidences are taken at their word, with wide intervals.
    #[must_use]
    pub fn fit(answered: &[Answered], config: &CalibrationConfig) -> Self {
        let outcomes: Vec<(f64, bool)> = answered
            .iter()
            .filter_map(|a| Some((logit(a.question.confidence), a.answer.is_right()?)))
            .collect();
        let n_right = outcomes.iter().filter(|(_, is_right)| *is_right).count();
        let posterior = Posterior {
            outcomes: &outcomes,
            config,
        };
        let mut mode = [0.0, 1.0];
        for _ in 0..MAX_STEPS {
            let (gradient, curvature) = posterior.derivatives(mode);
            let step = solve(curvature, gradient);
            mode = posterior.best_along(mode, step);
            if step.iter().all(|change| change.abs() < 1e-9) {
                break;
            }
        }
        let (_, curvature) = posterior.derivatives(mode);
        Self {
            intercept: mode[0],
            slope: mode[1],
            covariance: inverse(curvature),
            n_right,
            n_wrong: outcomes.len() - n_right,
        }
    }

    /// The probability that a detection with this confidence is right.
    #[must_use]
    pub fn probability(&self, confidence: f32) -> f64 {
        logistic(self.intercept + self.slope * logit(confidence))
    }

    /// Where that probability lies with 95 %, by what the answers tell.
    #[must_use]
    pub fn interval(&self, confidence: f32) -> (f64, f64) {
        let x = logit(confidence);
        let [intercept, both, slope] = self.covariance;
        let sd = (intercept + 2.0 * x * both + x * x * slope).max(0.0).sqrt();
        let centre = self.intercept + self.slope * x;
        (logistic(centre - Z_95 * sd), logistic(centre + Z_95 * sd))
    }

    /// The confidence at which a detection is right with this probability; none where confidence
    /// tells nothing or the contrary, or where no confidence is enough.
    #[must_use]
    pub fn confidence_at(&self, probability: f64) -> Option<f32> {
        let x = (log_odds(probability) - self.intercept) / self.slope;
        let confidence = logistic(x);
        let exists = self.slope > 0.0 && (NEAREST..=1.0 - NEAREST).contains(&confidence);
        exists.then_some(confidence as f32)
    }

    /// Whether there are enough answers, and of both kinds, to rely on it.
    #[must_use]
    pub fn is_supported(&self, config: &CalibrationConfig) -> bool {
        self.n_answers() >= config.min_answers
            && self.n_right.min(self.n_wrong) >= config.min_of_each
    }

    /// Answers of yes or no.
    #[must_use]
    pub fn n_answers(&self) -> usize {
        self.n_right + self.n_wrong
    }
}

/// What the answers and the priors say about intercept and slope.
struct Posterior<'a> {
    /// Logit of the confidence, and whether the detection was right.
    outcomes: &'a [(f64, bool)],
    config: &'a CalibrationConfig,
}

impl Posterior<'_> {
    fn log_density(&self, [intercept, slope]: [f64; 2]) -> f64 {
        let likelihood: f64 = self
            .outcomes
            .iter()
            .map(|(x, is_right)| {
                let towards = if *is_right { 1.0 } else { -1.0 };
                -softplus(-towards * (intercept + slope * x))
            })
            .sum();
        let prior = [
            intercept / self.config.intercept_sd,
            (slope - 1.0) / self.config.slope_sd,
        ];
        likelihood - prior.iter().map(|z| z * z / 2.0).sum::<f64>()
    }

    /// Gradient and negative curvature (the upper triangle of a symmetric matrix).
    fn derivatives(&self, [intercept, slope]: [f64; 2]) -> ([f64; 2], [f64; 3]) {
        let precision = [self.config.intercept_sd, self.config.slope_sd].map(|sd| 1.0 / (sd * sd));
        let mut gradient = [-intercept * precision[0], (1.0 - slope) * precision[1]];
        let mut curvature = [precision[0], 0.0, precision[1]];
        for (x, is_right) in self.outcomes {
            let p = logistic(intercept + slope * x);
            let miss = f64::from(u8::from(*is_right)) - p;
            gradient[0] += miss;
            gradient[1] += miss * x;
            let weight = p * (1.0 - p);
            curvature[0] += weight;
            curvature[1] += weight * x;
            curvature[2] += weight * x * x;
        }
        (gradient, curvature)
    }

    /// Goes the step, or as much of it as does not lead downhill.
    fn best_along(&self, from: [f64; 2], step: [f64; 2]) -> [f64; 2] {
        let here = self.log_density(from);
        let mut length = 1.0;
        while length > 1e-6 {
            let to = [from[0] + length * step[0], from[1] + length * step[1]];
            if self.log_density(to) >= here {
                return to;
            }
            length /= 2.0;
        }
        from
    }
}

fn logit(confidence: f32) -> f64 {
    log_odds(f64::from(confidence))
}

/// Finite for all numbers; NaN counts as 0.
#[allow(clippy::manual_clamp, reason = "clamp lets NaN through")]
fn log_odds(probability: f64) -> f64 {
    let probability = if probability.is_nan() {
        0.0
    } else {
        probability
    };
    let p = probability.clamp(NEAREST, 1.0 - NEAREST);
    (p / (1.0 - p)).ln()
}

pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(1 + exp(x))` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Solves a symmetric positive system.
fn solve(matrix: [f64; 3], right: [f64; 2]) -> [f64; 2] {
    let [a, b, c] = inverse(matrix);
    [a * right[0] + b * right[1], b * right[0] + c * right[1]]
}

/// Of a symmetric positive matrix; the priors keep it away from singular ones.
fn inverse([a, b, c]: [f64; 3]) -> [f64; 3] {
    let determinant = a * c - b * b;
    [c, -b, a].map(|entry| entry / determinant)
}

#[cfg(test)]
mod tests;
