//! What a species' confidences mean by a reviewer's answers.

use super::Session;
use crate::review::{CalibrationConfig, PrecisionThreshold, threshold_for_precision};
use crate::settings::DEFAULT_PRECISION;
use pipit_core::LabelId;

/// What the answers about a species come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    /// Only so many of yes and no: too few to tell.
    TooFew(usize),
    /// From this threshold on, the wanted part of its detections should be right.
    From(PrecisionThreshold),
    /// No confidence is high enough for that.
    Nowhere,
}

impl Session {
    /// The part of a species' detections that should be right above the threshold to be found.
    #[must_use]
    pub fn wanted_precision(&self) -> f32 {
        self.settings.precision.unwrap_or(DEFAULT_PRECISION)
    }

    /// The user wants another part of detections to be right.
    pub fn set_wanted_precision(&mut self, precision: f32) {
        let is_default = (precision - DEFAULT_PRECISION).abs() < 1e-6;
        self.settings.precision = (!is_default).then_some(precision);
    }

    /// What the answers about a species come to.
    #[must_use]
    pub fn meaning(&self, label: LabelId) -> Meaning {
        let config = CalibrationConfig::default();
        let calibration = self.calibration(&self.code(label));
        if !calibration.is_supported(&config) {
            return Meaning::TooFew(calibration.n_answers());
        }
        let wanted = f64::from(self.wanted_precision());
        threshold_for_precision(&calibration, &self.confidences(label), wanted)
            .map_or(Meaning::Nowhere, Meaning::From)
    }
}
