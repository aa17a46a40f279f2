//! Which figures stand on which chart.

use maud::Markup;

use super::plot::{Axis, Chart, Colour, Mark, Series};
use crate::evaluate::evaluation::Evaluation;
use crate::evaluate::table::range;
use crate::metrics::calibration::{self, Reliability};
use crate::metrics::ranking::precision_recall;
use crate::metrics::{Judged, scores_of};

/// Accuracy against the number of training recordings.
pub(super) fn by_training_count(evaluation: &Evaluation) -> anyhow::Result<Markup> {
    let rows = &evaluation.by_training_count;
    let names: Vec<String> = rows.iter().map(|row| range(row.from, row.to)).collect();
    let points = rows
        .iter()
        .enumerate()
        .map(|(place, row)| (place as f64, row.top_1));
    Chart {
        description: "Top-1 accuracy by number of training recordings",
        size: (420, 240),
        x: Axis::places("training recordings of the class", &names),
        y: Axis::share("top-1"),
        series: vec![series(points, Mark::Bars, Colour::Measured)],
    }
    .svg()
}

/// cmAP and top-1 against noise.
pub(super) fn by_noise(evaluation: &Evaluation) -> anyhow::Result<Markup> {
    let names: Vec<String> = std::iter::once("clean".to_owned())
        .chain(
            evaluation
                .noisy
                .iter()
                .map(|noisy| format!("{} dB", noisy.snr_db)),
        )
        .collect();
    let metrics: Vec<_> = std::iter::once(&evaluation.metrics)
        .chain(evaluation.noisy.iter().map(|noisy| &noisy.metrics))
        .collect();
    let cmap: Vec<(f64, f64)> = metrics
        .iter()
        .enumerate()
        .filter_map(|(x, m)| Some((x as f64, m.cmap?)))
        .collect();
    let top_1: Vec<(f64, f64)> = metrics
        .iter()
        .enumerate()
        .filter_map(|(x, m)| Some((x as f64, m.top_1?)))
        .collect();
    Chart {
        description: "cmAP (blue) and top-1 (orange) by signal-to-noise ratio",
        size: (420, 240),
        x: Axis::places("recording above the mixed-in sound", &names),
        y: Axis::share("cmAP blue, top-1 orange"),
        series: vec![
            series(cmap.iter().copied(), Mark::Line, Colour::Measured),
            series(cmap.iter().copied(), Mark::Dots, Colour::Measured),
            series(top_1.iter().copied(), Mark::Line, Colour::Second),
            series(top_1.iter().copied(), Mark::Dots, Colour::Second),
        ],
    }
    .svg()
}

/// Scores against how often they are right.
pub(super) fn reliability(of_what: &str, found: &Reliability) -> anyhow::Result<Markup> {
    let points: Vec<(f64, f64)> = found
        .bins
        .iter()
        .map(|bin| (bin.mean_score, bin.share_present))
        .collect();
    Chart {
        description: &format!("Reliability of {of_what}"),
        size: (320, 300),
        x: Axis::share("score"),
        y: Axis::share("share that is right"),
        series: vec![
            series([(0.0, 0.0), (1.0, 1.0)], Mark::Line, Colour::Reference),
            series(points.iter().copied(), Mark::Line, Colour::Measured),
            series(points.iter().copied(), Mark::Dots, Colour::Measured),
        ],
    }
    .svg()
}

/// One curve over all pairs of recording and class.
pub(super) fn precision_recall_of_all(judged: &[Judged]) -> anyhow::Result<Markup> {
    let curve = curve(&calibration::pairs(judged)).unwrap_or_default();
    Chart {
        description: "Precision against recall over all pairs of recording and class",
        size: (420, 300),
        x: Axis::share("recall, all classes together"),
        y: Axis::share("precision"),
        series: vec![series(curve, Mark::Line, Colour::Measured)],
    }
    .svg()
}

/// A small curve of one class; `None` where it is never present.
pub(super) fn precision_recall_of(
    judged: &[Judged],
    class: usize,
    name: &str,
) -> anyhow::Result<Option<Markup>> {
    let Some(curve) = curve(&scores_of(class, judged)) else {
        return Ok(None);
    };
    Chart {
        description: &format!("Precision against recall of {name}"),
        size: (190, 140),
        x: Axis::share(""),
        y: Axis::share(""),
        series: vec![series(curve, Mark::Line, Colour::Measured)],
    }
    .svg()
    .map(Some)
}

/// Steps from recall 0: precision holds until the next recording is found.
fn curve(scored: &[(f32, bool)]) -> Option<Vec<(f64, f64)>> {
    let points = precision_recall(scored)?;
    let mut steps = Vec::new();
    let mut recall_before = 0.0;
    for point in points {
        if point.recall > recall_before {
            steps.push((recall_before, point.precision));
            steps.push((point.recall, point.precision));
            recall_before = point.recall;
        }
    }
    Some(steps)
}

fn series(points: impl IntoIterator<Item = (f64, f64)>, mark: Mark, colour: Colour) -> Series {
    Series {
        points: points.into_iter().collect(),
        mark,
        colour,
    }
}
