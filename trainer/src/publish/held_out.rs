//! What a model is judged by: recordings that it never heard, or that runs like it never heard.

use std::path::PathBuf;

use anyhow::ensure;
use burn::prelude::Device;
use clap::Args;
use pipit_core::package::TrainingSummary;
use pipit_core::{Classifier, ModelPackage};

use crate::cross_validation;
use crate::dataset::Dataset;
use crate::judging::{self, JudgedSet};
use crate::metrics;
use crate::run_folder::RunConfig;

/// Whose figures stand for the model.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judged by")]
pub(super) struct HeldOutArgs {
    /// Runs with the same settings, each a --fold: each recording is scored by the one that held out
    /// its recordist, so that the run to publish may learn from all (--held-out 0).
    #[arg(long, value_name = "RUN", num_args = 1..)]
    folds: Vec<PathBuf>,
    /// Where the run's data are now [default: where they were].
    #[arg(long)]
    data: Option<PathBuf>,
}

impl HeldOutArgs {
    /// How many other runs judge; none where the run judges itself.
    pub(super) fn folds(&self) -> usize {
        self.folds.len()
    }

    /// Opens the run's data, where they are.
    pub(super) fn dataset(&self, config: &RunConfig) -> anyhow::Result<Dataset> {
        Dataset::open(self.data.as_ref().unwrap_or(&config.data))
    }
}

/// Scores what was held out of the run, or of its folds.
pub(super) fn judge<'a>(
    args: &HeldOutArgs,
    config: &RunConfig,
    trained: &ModelPackage,
    dataset: &'a Dataset,
    device: &Device,
) -> anyhow::Result<JudgedSet<'a>> {
    if args.folds.is_empty() {
        return score(config, trained, dataset, device);
    }
    let mut all = JudgedSet::default();
    for fold in cross_validation::open(&args.folds, Some(config))? {
        all.extend(score(&fold.config, &fold.package, dataset, device)?);
    }
    Ok(all)
}

/// Writes the folds' figures where the run's own would stand, or the run's own where it has none.
pub(super) fn replace_figures(
    training: &mut TrainingSummary,
    args: &HeldOutArgs,
    set: &JudgedSet<'_>,
    config: &RunConfig,
) {
    let metrics = metrics::measure(
        &set.judged,
        config.classes.len(),
        config.detection.threshold,
    );
    training.folds = Some(args.folds()).filter(|folds| *folds > 0);
    training.held_out_recordings = set.judged.len();
    training.metrics = metrics.summary();
    let figures: Vec<String> = (training.metrics.iter())
        .map(|(name, value)| format!("{name} {value:.4}"))
        .collect();
    let by = match args.folds() {
        0 => String::new(),
        folds => format!(", each judged by the one of {folds} folds that held out its recordist"),
    };
    println!(
        "{} recordings{by}: {}",
        set.judged.len(),
        figures.join(", ")
    );
}

fn score<'a>(
    run: &RunConfig,
    package: &ModelPackage,
    dataset: &'a Dataset,
    device: &Device,
) -> anyhow::Result<JudgedSet<'a>> {
    let held_out = judging::held_out(run, dataset);
    ensure!(
        !held_out.is_empty(),
        "nothing was held out of the run, or nothing of it is in the data (--data says where they are)"
    );
    let classifier = Classifier::new(package, device)?;
    judging::judge_files(&classifier, &held_out, "scoring")
}
