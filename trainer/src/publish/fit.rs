//! What a package is given beyond its weights: a calibration and thresholds, fitted on the run's
//! held-out recordings.

use anyhow::ensure;
use clap::Args;
use pipit_core::{Calibration, DetectionConfig};

use crate::judging::JudgedSet;
use crate::metrics::calibration::{self, CalibrationMethod};
use crate::metrics::{Judged, exact, f1_at, thresholds};

/// What is to be fitted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fitted on the held-out recordings")]
pub(super) struct FitArgs {
    /// How confidences are made of scores.
    #[arg(long, value_enum, default_value_t)]
    calibrate: CalibrationMethod,
    /// Fit the default threshold, and one for each species that is held out often enough.
    #[arg(long)]
    pub(super) fit_thresholds: bool,
}

impl FitArgs {
    /// Whether there is anything to fit.
    pub(super) fn is_wanted(&self) -> bool {
        self.calibrate != CalibrationMethod::None || self.fit_thresholds
    }
}

/// What was fitted.
pub(super) struct Fitted {
    /// From scores to confidences.
    pub(super) calibration: Option<Calibration>,
    /// With the thresholds that hold now.
    pub(super) detection: DetectionConfig,
    /// Macro F1 at thresholds that were fitted to other recordists, where thresholds were fitted.
    pub(super) macro_f1: Option<f64>,
}

/// Fits what is asked for and says what it is worth.
pub(super) fn fit(
    args: &FitArgs,
    set: JudgedSet<'_>,
    classes: usize,
    mut detection: DetectionConfig,
) -> anyhow::Result<Fitted> {
    let folds = set.folds_by_recordist();
    let mut judged = set.judged;

    let pairs = calibration::pairs(&judged);
    let calibration = calibration::fit(&pairs, args.calibrate);
    ensure!(
        calibration.is_some() || args.calibrate == CalibrationMethod::None,
        "cannot calibrate: on the {} held-out recordings higher scores are not likelier to be right",
        judged.len()
    );
    if let Some(fitted) = calibration {
        report_calibration(fitted, &judged, folds.as_deref(), args.calibrate);
        for judged in &mut judged {
            for score in judged.scores.iter_mut().chain(&mut judged.peaks) {
                *score = fitted.apply(*score);
            }
        }
    }
    let mut macro_f1 = None;
    if args.fit_thresholds {
        let all: Vec<&Judged> = judged.iter().collect();
        let fitted = thresholds::fit(&all, classes, detection.threshold);
        macro_f1 = report_thresholds(
            &fitted,
            &judged,
            folds.as_deref(),
            classes,
            detection.threshold,
        );
        detection.threshold = rounded(fitted.common);
        detection.class_thresholds = fitted.by_class.into_iter().map(rounded).collect();
    }
    Ok(Fitted {
        calibration,
        detection,
        macro_f1,
    })
}

fn report_calibration(
    fitted: Calibration,
    judged: &[Judged],
    folds: Option<&[usize]>,
    method: CalibrationMethod,
) {
    println!(
        "calibration: slope {:.4}, intercept {:.4}",
        fitted.slope, fitted.intercept
    );
    let Some(folds) = folds else {
        println!("  fitted on a single recordist, so nothing says how well it holds for others");
        return;
    };
    let before = calibration::reliability(&calibration::pairs(judged));
    let after = calibration::cross_validated(judged, folds, method);
    let after = calibration::reliability(&after);
    println!(
        "  on recordists that it was not fitted on: calibration error {:.4} → {:.4}, Brier {:.4} → {:.4}",
        before.expected_calibration_error,
        after.expected_calibration_error,
        before.brier,
        after.brier
    );
}

fn report_thresholds(
    fitted: &thresholds::Thresholds,
    judged: &[Judged],
    folds: Option<&[usize]>,
    classes: usize,
    before: f32,
) -> Option<f64> {
    println!(
        "thresholds: {:.4} for all, and one of their own for {} of {classes} species",
        fitted.common, fitted.own
    );
    let Some(folds) = folds else {
        println!("  fitted on a single recordist, so nothing says how well they hold for others");
        return None;
    };
    let found = thresholds::cross_validated_f1(judged, folds, classes, before);
    println!(
        "  on recordists that they were not fitted on: macro F1 {} at {before}, {} at one for all, {} by species",
        exact(f1_at(judged, classes, |_| before)),
        exact(found.macro_f1_common),
        exact(found.macro_f1_by_class)
    );
    found.macro_f1_by_class
}

/// Three digits of its distance from 0 or 1: more would claim more than some dozen recordings tell, and
/// fewer might make it 0 or 1, which are always and never.
fn rounded(threshold: f32) -> f32 {
    let distance = f64::from(threshold).min(1.0 - f64::from(threshold));
    if distance <= 0.0 {
        return threshold;
    }
    let scale = 10f64.powf(2.0 - distance.log10().floor());
    ((f64::from(threshold) * scale).round() / scale) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_near_the_ends_stay_off_them() {
        for (threshold, expected) in [
            (0.0, 0.0),
            (1.0, 1.0),
            (0.123_456, 0.123),
            (0.000_012_345, 0.000_012_3),
            (0.999_987_65, 0.999_987_7),
        ] {
            let found = rounded(threshold);
            assert!((found - expected).abs() < 1e-7, "{threshold}: {found}");
        }
        assert!(rounded(1e-30) > 0.0 && rounded(0.999_999) < 1.0);
    }
}
