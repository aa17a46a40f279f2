//! All figures of an evaluation, in the form in which they are written as JSON.

use pipit_core::LabelId;
use serde::Serialize;

use super::networks::{self, Network};
use super::other_birds::OtherBirds;
use crate::dataset::Dataset;
use crate::judging::JudgedSet;
use crate::metrics::breakdown::{self, ByTrainingCount};
use crate::metrics::calibration::{self, Reliability};
use crate::metrics::thresholds::{self, CrossValidatedF1};
use crate::metrics::{self, Judged, Metrics, best_class};

/// What a model is worth on some recordings.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Evaluation {
    /// The model's name and version.
    pub(super) model: String,
    /// How many networks scored the recordings, each another part of them.
    pub(super) networks: usize,
    /// The data set's name.
    pub(super) data: String,
    /// Codes of the classes, in the order of every list by class.
    pub(super) classes: Vec<String>,
    /// Recordings that were scored.
    pub(super) recordings: usize,
    /// Files that could not be read.
    pub(super) unreadable: Vec<String>,
    /// Threshold of F1.
    pub(super) threshold: f32,
    /// The figures.
    pub(super) metrics: Metrics,
    /// F1 at thresholds by class, each fitted on other recordists; `None` where there is only one.
    pub(super) f1_at_fitted_thresholds: Option<CrossValidatedF1>,
    /// Mean of F1 at the thresholds by class that the package brings, if it does.
    pub(super) f1_at_package_thresholds: Option<f64>,
    /// Over all pairs of recording and class.
    pub(super) reliability: Reliability,
    /// Of the best class alone.
    pub(super) top_reliability: Reliability,
    /// Training recordings by class, where they are known.
    pub(super) training_counts: Option<Vec<usize>>,
    /// Accuracy by these.
    pub(super) by_training_count: Vec<ByTrainingCount>,
    /// Recordings by primary label (rows) and best class (columns).
    pub(super) confusion: Vec<Vec<usize>>,
    /// With backgrounds mixed in.
    pub(super) noisy: Vec<Noisy>,
    /// Birds that are none of the classes, where they were asked for.
    pub(super) other_birds: Option<OtherBirds>,
}

/// The figures at one signal-to-noise ratio.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Noisy {
    /// Decibels of the recording above the background.
    pub(super) snr_db: f32,
    /// The figures.
    pub(super) metrics: Metrics,
}

impl Noisy {
    /// Measures what was scored with noise.
    pub(super) fn new(snr_db: f32, set: &JudgedSet<'_>, classes: usize, threshold: f32) -> Self {
        Self {
            snr_db,
            metrics: metrics::measure(&set.judged, classes, threshold),
        }
    }
}

impl Evaluation {
    /// Measures what was scored.
    pub(super) fn new(
        networks: &[Network<'_>],
        dataset: &Dataset,
        set: &JudgedSet<'_>,
        noisy: Vec<Noisy>,
        other_birds: Option<OtherBirds>,
        threshold: f32,
    ) -> Self {
        let manifest = networks[0].classifier.manifest();
        let training_counts = networks::training_counts(networks, dataset);
        let classes = manifest.classes.len();
        let metrics = metrics::measure(&set.judged, classes, threshold);
        Self {
            model: format!("{} {}", manifest.name, manifest.version),
            networks: networks.len(),
            data: dataset.name(),
            classes: manifest
                .classes
                .iter()
                .map(|(_, label)| label.code.clone())
                .collect(),
            recordings: set.judged.len(),
            unreadable: set.unreadable.clone(),
            threshold,
            f1_at_fitted_thresholds: set.folds_by_recordist().map(|folds| {
                thresholds::cross_validated_f1(&set.judged, &folds, classes, threshold)
            }),
            f1_at_package_thresholds: (!manifest.detection.class_thresholds.is_empty())
                .then(|| {
                    let threshold_of = |class| manifest.detection.threshold_of(LabelId(class));
                    metrics::f1_at(&set.judged, classes, threshold_of)
                })
                .flatten(),
            reliability: calibration::reliability(&calibration::pairs(&set.judged)),
            top_reliability: calibration::reliability(&best_pairs(&set.judged)),
            by_training_count: training_counts.as_ref().map_or_else(Vec::new, |counts| {
                breakdown::by_training_count(&set.judged, &metrics, counts)
            }),
            training_counts,
            confusion: breakdown::confusion(&set.judged, classes),
            noisy,
            other_birds,
            metrics,
        }
    }
}

/// The highest confidence in each recording that has a class, and whether it is in the right one.
fn best_pairs(judged: &[Judged]) -> Vec<(f32, bool)> {
    judged
        .iter()
        .filter(|judged| judged.primary.is_some())
        .filter_map(|judged| {
            let best = best_class(&judged.peaks)?;
            Some((judged.peaks[best], Some(best) == judged.primary))
        })
        .collect()
}
