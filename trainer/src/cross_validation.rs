//! Runs of one recipe that each hold out another part of the data: each recording is judged by the one
//! that never trained on its recordist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use pipit_core::ModelPackage;

use crate::run_folder::{BestEpoch, RunConfig};
use crate::split::SplitBy;
use crate::train::TrainOptions;
use crate::train::overlap::ensure_unheard;

/// One of the runs.
pub(crate) struct Fold {
    /// Its settings, and what it held out.
    pub(crate) config: RunConfig,
    /// Its last epoch.
    pub(crate) package: ModelPackage,
}

/// Opens the runs that judge in the place of `published`, or of the first of them.
///
/// # Errors
/// When they were not trained alike, when one holds out what another does, when a run keeps an epoch that
/// was chosen by the recordings that it judges, or began with weights that know them.
pub(crate) fn open(
    folders: &[PathBuf],
    published: Option<&RunConfig>,
) -> anyhow::Result<Vec<Fold>> {
    let mut folds: Vec<Fold> = Vec::with_capacity(folders.len());
    let mut heard: BTreeSet<String> = BTreeSet::new();
    for folder in folders {
        let context = || format!("cannot judge by the fold {}", folder.display());
        let config = RunConfig::read(folder).with_context(context)?;
        let first = || folds.first().map(|fold| &fold.config);
        ensure_alike(&config, published.or_else(first).unwrap_or(&config)).with_context(context)?;
        // A table may name a file twice.
        for filename in config.held_out.iter().collect::<BTreeSet<_>>() {
            ensure!(
                heard.insert(filename.clone()),
                "{filename} is held out by two folds, the second is {}",
                folder.display()
            );
        }
        ensure_last(folder, &config)?;
        ensure_unheard(&config).with_context(context)?;
        let package = config.best_package(folder).with_context(context)?;
        folds.push(Fold { config, package });
    }
    let parts = folds.first().and_then(|fold| fold.config.options.folds);
    if let Some(parts) = parts.filter(|parts| *parts > folds.len()) {
        eprintln!(
            "{} of {parts} folds are given: the recordings that the others hold out are judged by none",
            folds.len()
        );
    }
    Ok(folds)
}

/// Refuses an epoch that was chosen among others, or goes on from one.
pub(crate) fn ensure_last(folder: &Path, config: &RunConfig) -> anyhow::Result<()> {
    let best = BestEpoch::read(folder)?;
    if let Some(unfinished) = config.unfinished(&best, folder) {
        bail!("the fold {unfinished}");
    }
    let (best, last) = (best.epoch, config.options.epochs);
    ensure!(
        !config.begins_chosen,
        "the fold {} went on from an epoch that was chosen by recordings that it judges: train it from other weights",
        folder.display()
    );
    ensure!(
        best == last,
        "the fold {} keeps epoch {best} of {last}, which was chosen by the recordings that it judges: \
         train it with --validate-every {last}, so that the last one counts",
        folder.display()
    );
    Ok(())
}

/// Refuses figures of a network that was made in another way.
fn ensure_alike(fold: &RunConfig, other: &RunConfig) -> anyhow::Result<()> {
    ensure!(fold.options.fold.is_some(), "it is no --fold");
    ensure!(
        fold.split_by != SplitBy::Recording,
        "no recording names its recordist, so that a person may be on both sides of the split"
    );
    ensure!(
        fold.classes == other.classes,
        "its classes are others than those of the other runs"
    );
    // A stage before may have left out what this fold holds out, and then counts other recordings.
    let stages = |run: &RunConfig| -> Vec<String> {
        (run.pretraining.iter())
            .map(|stage| stage.data.clone())
            .collect()
    };
    ensure!(
        stages(fold) == stages(other),
        "the weights that it began with had learned from other data than those of the other runs"
    );
    let (own, other) = (recipes(fold)?, recipes(other)?);
    let names: BTreeSet<&String> = own.keys().chain(other.keys()).collect();
    let different: Vec<&str> = (names.into_iter())
        .filter(|name| own.get(*name) != other.get(*name))
        .map(String::as_str)
        .collect();
    ensure!(
        different.is_empty(),
        "its settings are others than those of the other runs: {}",
        different.join(", ")
    );
    Ok(())
}

/// The settings that shape a network; those of runs that are averaged with it, by their place among these.
fn recipes(run: &RunConfig) -> anyhow::Result<toml::Table> {
    let mut all = recipe(&run.options)?;
    for (place, options) in run.averaged_with.iter().enumerate() {
        all.insert(format!("averaged-with-{place}"), recipe(options)?.into());
    }
    Ok(all)
}

/// The settings, whatever is held out and wherever files are.
fn recipe(options: &TrainOptions) -> anyhow::Result<toml::Table> {
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
        weights: options.weights.as_ref().and_then(name),
        backgrounds: options.backgrounds.as_ref().and_then(name),
        counterexamples: options.counterexamples.as_ref().and_then(name),
        ..options.clone()
    };
    Ok(toml::Table::try_from(options)?)
}
