//! The confidence threshold for a wanted precision.

use super::calibration::Calibration;

/// A threshold, and what to expect above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrecisionThreshold {
    /// Detections with at least this confidence are kept.
    pub confidence: f32,
    /// How many of the given detections that are.
    pub n_kept: usize,
    /// The part of them that is expected to be right.
    pub precision: f64,
    /// The 95 % interval of that part, by what the answers tell. It supposes the worst, that the
    /// probabilities of all detections err together.
    pub interval: (f64, f64),
}

/// The lowest threshold above which a species' detections are expected to be right in the wanted
/// part, so that as many as possible are kept; none if not even the surest detections reach it.
///
/// `confidences` are those of all the species' detections, reviewed or not: the expected part is
/// the mean of their calibrated probabilities. So answers may be drawn evenly over confidences
/// although detections are not spread evenly. Where confidence tells nothing or the contrary
/// (the slope is not positive), no threshold is better than another, and there is none.
#[must_use]
pub fn threshold_for_precision(
    calibration: &Calibration,
    confidences: &[f32],
    wanted: f64,
) -> Option<PrecisionThreshold> {
    if !(calibration.slope > 0.0) {
        return None;
    }
    let mut falling: Vec<f32> = confidences
        .iter()
        .copied()
        .filter(|c| !c.is_nan())
        .collect();
    falling.sort_unstable_by(|a, b| b.total_cmp(a));
    let mut sums = [0.0; 3];
    let mut found = None;
    for (i, confidence) in falling.iter().enumerate() {
        let (low, high) = calibration.interval(*confidence);
        let probability = calibration.probability(*confidence);
        for (sum, value) in sums.iter_mut().zip([probability, low, high]) {
            *sum += value;
        }
        // A threshold keeps all detections of one confidence or none of them.
        let is_last_of_equals = falling.get(i + 1) != Some(confidence);
        let [precision, low, high] = sums.map(|sum| sum / (i + 1) as f64);
        if is_last_of_equals && precision >= wanted {
            found = Some(PrecisionThreshold {
                confidence: *confidence,
                n_kept: i + 1,
                precision,
                interval: (low, high),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Confidences are probabilities.
    const CALIBRATED: Calibration = Calibration {
        intercept: 0.0,
        slope: 1.0,
        covariance: [0.01, 0.0, 0.01],
        n_right: 50,
        n_wrong: 50,
    };

    #[test]
    fn the_lowest_threshold_with_the_precision_is_found() {
        let confidences = [0.5, 0.9, 0.7, 0.3, 0.1];
        let threshold = |wanted| threshold_for_precision(&CALIBRATED, &confidences, wanted);
        let found = threshold(0.699).expect("a threshold");
        assert_eq!((found.confidence, found.n_kept), (0.5, 3));
        assert!((found.precision - 0.7).abs() < 1e-6);
        assert!(found.interval.0 < 0.7 && found.interval.1 > 0.7);
        assert_eq!(threshold(0.499).map(|t| t.n_kept), Some(5));
        assert_eq!(threshold(0.95), None);
    }

    #[test]
    fn detections_of_one_confidence_stay_together() {
        let confidences = [0.9, 0.6, 0.6];
        let found = threshold_for_precision(&CALIBRATED, &confidences, 0.72);
        assert_eq!(found.map(|t| t.n_kept), Some(1));
        let found = threshold_for_precision(&CALIBRATED, &confidences, 0.699);
        assert_eq!(found.map(|t| t.n_kept), Some(3));
    }

    #[test]
    fn confidence_that_tells_nothing_gives_no_threshold() {
        let flat = Calibration {
            slope: 0.0,
            intercept: 3.0,
            ..CALIBRATED
        };
        assert_eq!(threshold_for_precision(&flat, &[0.9], 0.5), None);
        assert_eq!(threshold_for_precision(&CALIBRATED, &[], 0.5), None);
        assert_eq!(threshold_for_precision(&CALIBRATED, &[f32::NAN], 0.0), None);
    }
}
