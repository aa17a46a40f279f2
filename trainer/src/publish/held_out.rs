//! What a model is judged by: recordings that it never heard, or that runs like it never heard.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use burn::prelude::Device;
use clap::Args;
use pipit_core::package::TrainingSummary;
use pipit_core::{Classifier, ModelPackage};

use crate::dataset::Dataset;
use crate::judging::{self, JudgedSet};
use crate::metrics;
use crate::run_folder::{BestEpoch, RunConfig};
use crate::score::score_file;
use crate::split::SplitBy;
use crate::train::TrainOptions;

/// Whose figures stand for the model.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judged by")]
pub(super) struct HeldOutArgs {
    /// Runs with the same settings, each a --fold: each recording is scored by the one that never heard
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
    let mut heard: BTreeSet<String> = BTreeSet::new();
    let mut all = JudgedSet::default();
    for folder in &args.folds {
        let context = || format!("cannot judge by the fold {}", folder.display());
        let fold = RunConfig::read(folder).with_context(context)?;
        ensure_alike(&fold, config).with_context(context)?;
        for filename in &fold.held_out {
            ensure!(
                heard.insert(filename.clone()),
                "{filename} is held out by two folds, the second is {}",
                folder.display()
            );
        }
        let (best, last) = (BestEpoch::read(folder)?.epoch, fold.options.epochs);
        ensure!(
            best == last,
            "the fold {} keeps epoch {best} of {last}, which was chosen by the recordings that it judges: \
             train it with --validate-every {last}, so that the last one counts",
            folder.display()
        );
        let package = fold.best_package(folder).with_context(context)?;
        all.extend(score(&fold, &package, dataset, device).with_context(context)?);
    }
    Ok(all)
}

/// Writes the folds' figures where the run's own would stand.
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
    training.folds = Some(args.folds());
    training.held_out_recordings = set.judged.len();
    training.metrics = metrics.summary();
    let figures: Vec<String> = (training.metrics.iter())
        .map(|(name, value)| format!("{name} {value:.4}"))
        .collect();
    println!(
        "{} recordings, each judged by the one of {} folds that never heard its recordist: {}",
        set.judged.len(),
        args.folds(),
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
    judging::judge(&classifier, &held_out, "scoring", |recording| {
        Ok(score_file(&classifier, &recording.path)?.windows)
    })
}

/// Refuses figures of a network that was made in another way.
fn ensure_alike(fold: &RunConfig, published: &RunConfig) -> anyhow::Result<()> {
    ensure!(
        fold.options.fold.is_some() && fold.split_by == SplitBy::Recordist,
        "it is no --fold, or not every recording names its recordist"
    );
    ensure!(
        fold.classes == published.classes,
        "its classes are others than those of the run to publish"
    );
    let (own, published) = (recipe(fold)?, recipe(published)?);
    let names: BTreeSet<&String> = own.keys().chain(published.keys()).collect();
    let other: Vec<&str> = (names.into_iter())
        .filter(|name| own.get(*name) != published.get(*name))
        .map(String::as_str)
        .collect();
    ensure!(
        other.is_empty(),
        "its settings are others than those of the run to publish: {}",
        other.join(", ")
    );
    Ok(())
}

/// The settings that shape a network, whatever is held out and wherever files are.
fn recipe(run: &RunConfig) -> anyhow::Result<toml::Table> {
    let name = |path: &PathBuf| path.file_name().map(PathBuf::from);
    let free = TrainOptions::default();
    let options = TrainOptions {
        held_out: free.held_out,
        fold: None,
        folds: None,
        seed: free.seed,
        split_seed: None,
        validate_every: free.validate_every,
        save_every: None,
        weights: run.options.weights.as_ref().and_then(name),
        backgrounds: run.options.backgrounds.as_ref().and_then(name),
        ..run.options.clone()
    };
    Ok(toml::Table::try_from(options)?)
}
