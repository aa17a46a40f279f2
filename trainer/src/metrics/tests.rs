use super::calibration::{self, CalibrationMethod};
use super::*;

#[test]
fn f1_by_hand() {
    // Two of three found, one false alarm: precision 2/3, recall 2/3.
    let scored = [(0.9, true), (0.8, false), (0.7, true), (0.1, true)];
    let close = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-12;
    assert!(close(f1(&scored, 0.5), 2.0 / 3.0));
    // The threshold itself counts as detected.
    assert!(close(f1(&[(0.5, true)], 0.5), 1.0));
    assert!(close(f1(&[(0.4, true)], 0.5), 0.0));
}

#[test]
fn absent_classes_and_unclear_entries_are_left_out() {
    use Truth::{Absent, Present, Unclear};
    let judged = |scores: [f32; 3], truth: [Truth; 3], primary| Judged {
        peaks: scores.to_vec(),
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
    assert!((metrics.cmap.unwrap() - 1.0).abs() < 1e-12);
    assert!((metrics.macro_roc_auc.unwrap() - 1.0).abs() < 1e-12);
    assert!((metrics.top_1.unwrap() - 0.5).abs() < 1e-12);
    assert!((metrics.top_3.unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(metrics.recordings, 2);
    assert_eq!(metrics.per_class[2].average_precision, None);
    assert_eq!(metrics.per_class[1].present, 1);
    assert_eq!(metrics.per_class[0].top_1, Some(0.0));
}

#[test]
fn what_cannot_be_known_is_not_zero() {
    let of_one_class = [0.9, 0.2].map(|score| Judged {
        scores: vec![score],
        peaks: vec![score],
        truth: vec![Truth::Present],
        primary: Some(0),
    });

    let metrics = measure(&of_one_class, 1, 0.5);

    assert_eq!((metrics.cmap, metrics.top_1), (Some(1.0), Some(1.0)));
    assert_eq!(metrics.macro_roc_auc, None, "it is absent nowhere");
    assert!(!metrics.summary().contains_key("macro_roc_auc"));
    // Of nothing the padding alone is left.
    let of_nothing = measure(&[], 1, 0.5).summary();
    assert_eq!(of_nothing.into_keys().collect::<Vec<_>>(), ["padded_cmap"]);
}

#[test]
fn padding_counts_absent_classes_as_perfect() {
    use Truth::{Absent, Present};
    let judged = |score: f32, truth| Judged {
        peaks: vec![score, 0.1],
        scores: vec![score, 0.1],
        truth: vec![truth, Absent],
        primary: None,
    };
    let metrics = measure(&[judged(0.9, Absent), judged(0.5, Present)], 2, 0.5);

    // Class 0: five padded hits, a miss, a hit at place 7 as the sixth: (5·1 + 6/7) / 6.
    let expected = f64::midpoint((5.0 + 6.0 / 7.0) / 6.0, 1.0);
    assert!((metrics.padded_cmap.unwrap() - expected).abs() < 1e-12);
    assert!((metrics.cmap.unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn scores_rank_and_peaks_are_held_against_thresholds() {
    use Truth::{Absent, Present};
    let judged = |score: f32, peak: f32, truth| Judged {
        scores: vec![score],
        peaks: vec![peak],
        truth: vec![truth],
        primary: None,
    };
    let metrics = measure(
        &[judged(0.4, 0.6, Present), judged(0.3, 0.7, Absent)],
        1,
        0.5,
    );

    assert!((metrics.cmap.unwrap() - 1.0).abs() < 1e-12);
    // Both are detected, one of them is right.
    assert!((metrics.macro_f1.unwrap() - 2.0 / 3.0).abs() < 1e-12);
}

/// Scores, truth and scikit-learn's figures for them, written by `make_metrics.py`.
#[derive(serde::Deserialize)]
struct Fixture {
    threshold: f32,
    scores: Vec<Vec<f32>>,
    /// 1 present, 0 absent, −1 unclear.
    truth: Vec<Vec<i8>>,
    primary: Vec<Option<usize>>,
    cmap: f64,
    padded_cmap: f64,
    macro_roc_auc: f64,
    macro_f1: f64,
    top_1: f64,
    top_3: f64,
    average_precision: Vec<Option<f64>>,
    brier: f64,
    expected_calibration_error: f64,
    logistic: [f64; 2],
    temperature: f64,
}

#[test]
fn the_figures_are_those_of_scikit_learn() {
    let text = include_str!("../../tests/fixtures/metrics.json");
    let fixture: Fixture = serde_json::from_str(text).unwrap();
    let classes = fixture.average_precision.len();
    let recordings: Vec<Judged> = fixture
        .scores
        .into_iter()
        .zip(fixture.truth)
        .zip(fixture.primary)
        .map(|((scores, truth), primary)| Judged {
            peaks: scores.clone(),
            scores,
            truth: truth
                .into_iter()
                .map(|truth| match truth {
                    1 => Truth::Present,
                    0 => Truth::Absent,
                    _ => Truth::Unclear,
                })
                .collect(),
            primary,
        })
        .collect();

    let metrics = measure(&recordings, classes, fixture.threshold);
    let pairs = calibration::pairs(&recordings);
    let reliability = calibration::reliability(&pairs);
    let logistic = calibration::fit(&pairs, CalibrationMethod::Logistic).unwrap();
    let temperature = calibration::fit(&pairs, CalibrationMethod::Temperature).unwrap();

    for (name, found, expected, tolerance) in [
        ("cmAP", metrics.cmap.unwrap(), fixture.cmap, 1e-9),
        (
            "padded cmAP",
            metrics.padded_cmap.unwrap(),
            fixture.padded_cmap,
            1e-9,
        ),
        (
            "ROC-AUC",
            metrics.macro_roc_auc.unwrap(),
            fixture.macro_roc_auc,
            1e-9,
        ),
        ("F1", metrics.macro_f1.unwrap(), fixture.macro_f1, 1e-9),
        ("top-1", metrics.top_1.unwrap(), fixture.top_1, 1e-9),
        ("top-3", metrics.top_3.unwrap(), fixture.top_3, 1e-9),
        ("Brier", reliability.brier, fixture.brier, 1e-6),
        (
            "calibration error",
            reliability.expected_calibration_error,
            fixture.expected_calibration_error,
            1e-6,
        ),
        (
            "slope",
            f64::from(logistic.slope),
            fixture.logistic[0],
            1e-4,
        ),
        (
            "intercept",
            f64::from(logistic.intercept),
            fixture.logistic[1],
            1e-4,
        ),
        (
            "temperature",
            1.0 / f64::from(temperature.slope),
            fixture.temperature,
            1e-4,
        ),
    ] {
        assert!(
            (found - expected).abs() < tolerance,
            "{name}: {found} is not {expected}"
        );
    }
    for (class, expected) in fixture.average_precision.iter().enumerate() {
        let found = metrics.per_class[class].average_precision;
        match (found, expected) {
            (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{class}"),
            (found, expected) => assert_eq!(found.is_some(), expected.is_some(), "{class}"),
        }
    }
}
