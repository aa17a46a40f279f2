use super::super::Answer;
use super::super::answers::Question;
use super::super::fixture::question;
use super::*;

fn answered(n: usize, confidence: f32, answer: Answer) -> Answered {
    Answered {
        question: Question {
            confidence,
            ..question(n)
        },
        answer,
    }
}

fn fit(outcomes: &[(f32, bool)]) -> Calibration {
    let answers: Vec<Answered> = outcomes
        .iter()
        .enumerate()
        .map(|(n, (confidence, is_right))| {
            let answer = if *is_right { Answer::Yes } else { Answer::No };
            answered(n, *confidence, answer)
        })
        .collect();
    Calibration::fit(&answers, &CalibrationConfig::default())
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected} ± {tolerance}"
    );
}

/// The expected values come from a search for the mode over a grid in `NumPy`, and from finite
/// differences there.
#[test]
fn mode_and_covariance_are_those_of_a_grid_search() {
    let wrong = [0.1, 0.2, 0.35, 0.5, 0.72].map(|c| (c, false));
    let right = [0.3, 0.55, 0.7, 0.8, 0.9, 0.95, 0.99].map(|c| (c, true));
    let calibration = fit(&[wrong.as_slice(), right.as_slice()].concat());
    near(calibration.intercept, -0.050_608, 1e-5);
    near(calibration.slope, 1.143_008, 1e-5);
    let expected = [0.537_955, -0.043_551, 0.318_525];
    for (found, expected) in calibration.covariance.into_iter().zip(expected) {
        near(found, expected, 1e-4);
    }
    assert_eq!((calibration.n_right, calibration.n_wrong), (7, 5));
}

/// Answers in the proportions of an overconfident detector: of a hundred at each confidence.
#[test]
fn many_answers_show_the_detectors_own_curve() {
    let truth = |c: f32| logistic(-1.5 + 0.6 * logit(c));
    let outcomes: Vec<(f32, bool)> = [0.1, 0.3, 0.5, 0.7, 0.9, 0.99]
        .into_iter()
        .flat_map(|c| {
            let n_right = (400.0 * truth(c)).round() as usize;
            (0..400).map(move |i| (c, i < n_right))
        })
        .collect();
    let calibration = fit(&outcomes);
    near(calibration.intercept, -1.5, 0.05);
    near(calibration.slope, 0.6, 0.05);
    for confidence in [0.2, 0.6, 0.95] {
        let (low, high) = calibration.interval(confidence);
        near(calibration.probability(confidence), truth(confidence), 0.01);
        assert!(low < truth(confidence) && truth(confidence) < high && high - low < 0.15);
    }
    let half = calibration.confidence_at(0.5).expect("a confidence");
    near(calibration.probability(half), 0.5, 1e-6);
}

#[test]
fn without_answers_confidences_are_taken_at_their_word() {
    let prior = fit(&[]);
    near(prior.probability(0.7), 0.7, 1e-6);
    let (low, high) = prior.interval(0.7);
    assert!(low < 0.05 && high > 0.95);
    assert!(!prior.is_supported(&CalibrationConfig::default()));
}

#[test]
fn answers_that_a_confidence_parts_perfectly_stay_finite() {
    let parted: Vec<(f32, bool)> = (0..60_u8)
        .map(|i| (if i < 30 { 0.4 } else { 0.6 }, i >= 30))
        .collect();
    let calibration = fit(&parted);
    assert!(calibration.slope > 1.0 && calibration.slope < 20.0);
    assert!(calibration.probability(0.6) > 0.6);
    let all_right = fit(&[(0.5, true); 40]);
    assert!(all_right.probability(0.5) > 0.9 && all_right.probability(0.5) < 1.0);
    assert!(!all_right.is_supported(&CalibrationConfig::default()));
}

#[test]
fn extreme_confidences_are_bearable() {
    for confidence in [0.0, 1.0, f32::NAN] {
        let calibration = fit(&[(confidence, true), (confidence, false), (0.5, true)]);
        assert!(calibration.intercept.is_finite() && calibration.slope.is_finite());
        assert!(calibration.probability(confidence).is_finite());
    }
}

#[test]
fn unsure_answers_do_not_count_and_another_species_is_a_no() {
    let answers = [
        answered(0, 0.9, Answer::Yes),
        answered(1, 0.8, Answer::Other(None)),
        answered(2, 0.7, Answer::Unsure),
    ];
    let calibration = Calibration::fit(&answers, &CalibrationConfig::default());
    assert_eq!((calibration.n_right, calibration.n_wrong), (1, 1));
    assert_eq!(calibration, fit(&[(0.9, true), (0.8, false)]));
}

#[test]
fn a_confidence_that_misleads_gives_no_threshold() {
    let contrary: Vec<(f32, bool)> = (0..200_u8)
        .map(|i| (if i < 100 { 0.2 } else { 0.9 }, i < 100))
        .collect();
    let calibration = fit(&contrary);
    assert!(calibration.slope < 0.0);
    assert_eq!(calibration.confidence_at(0.9), None);
}

#[test]
fn enough_answers_of_both_kinds_support_a_calibration() {
    let of = |n_right: usize, n_wrong: usize| {
        let right = vec![(0.8, true); n_right];
        fit(&[right, vec![(0.3, false); n_wrong]].concat())
    };
    let config = CalibrationConfig::default();
    assert!(of(25, 5).is_supported(&config));
    assert!(!of(24, 5).is_supported(&config));
    assert!(!of(40, 4).is_supported(&config));
}
