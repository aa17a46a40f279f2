//! A network before its first step, and the weights that it begins with.

use std::path::Path;

use anyhow::{Context, ensure};
use burn::module::Module;
use burn::prelude::Device;
use pipit_core::model::Model;
use pipit_core::model::weights::{load_backbone, load_weights};
use pipit_core::package::MANIFEST_FILE;
use pipit_core::{Architecture, Taxonomy};

use super::TrainOptions;
use super::checkpoint::{Progress, TrainingState};
use super::data::Data;
use super::optimizer::adam_w;
use super::settle::codes;
use crate::files;
use crate::run_folder::{RunConfig, is_run};

/// A network, with `weights` in it where they are given, and an optimizer that has not made a step.
pub(crate) fn start(
    config: &RunConfig,
    data: &Data,
    weights: Option<&Path>,
    device: &Device,
) -> anyhow::Result<TrainingState> {
    let options = &config.options;
    let device = device.clone().autodiff();
    device.seed(options.seed);
    let classes = config.classes.len();
    let prior = mean(&data.training_targets);
    let model = Model::new(config.architecture, 1, classes, &device)
        .with_pooling(options.pooling)
        .with_dropout(options.dropout)
        .with_drop_path(options.drop_path);
    let model = match weights {
        Some(path) if config.keeps_classifier => {
            println!(
                "goes on from {}, whose classes are the same, with its classifier and mean and std",
                path.display()
            );
            load_weights(model, files::read(path)?)
                .with_context(|| cannot_start(config.architecture, path))?
        }
        Some(path) => {
            let (model, left) = load_backbone(model, config.architecture, files::read(path)?)
                .with_context(|| cannot_start(config.architecture, path))?;
            let without = match left.as_slice() {
                [] => "which has no classifier".to_owned(),
                left => format!("without {}", left.join(", ")),
            };
            println!("starts from {}, {without}", path.display());
            model.with_prior(prior)
        }
        None => model.with_prior(prior),
    };
    let model = freeze(model, options);
    Ok(TrainingState {
        average: (options.ema_decay > 0.0).then(|| model.valid()),
        optimizer: adam_w(&model, options.weight_decay),
        model,
        progress: Progress::default(),
    })
}

/// Refuses weights that fit no network of these settings, before anything takes long; says where nobody knows
/// what they have heard.
pub(crate) fn check_weights(options: &TrainOptions) -> anyhow::Result<()> {
    let Some(path) = &options.weights else {
        return Ok(());
    };
    source_run(options)?;
    if path.with_file_name(MANIFEST_FILE).is_file() {
        eprintln!(
            "what these weights have heard is noted in their run alone, so make sure that it is none of what is held \
             out: {}",
            path.display()
        );
    }
    let model = Model::new(options.architecture, 1, 1, &Device::flex());
    files::read(path)
        .and_then(|bytes| Ok(load_backbone(model, options.architecture, bytes)?))
        .with_context(|| cannot_start(options.architecture, path))?;
    Ok(())
}

fn cannot_start(architecture: Architecture, weights: &Path) -> String {
    format!(
        "cannot start {architecture} from {} (`pipit import` makes weights for it, and tells which network a file is \
         of)",
        weights.display()
    )
}

/// Freezes what the options say, if anything.
pub(crate) fn freeze(model: Model, options: &TrainOptions) -> Model {
    match options.freeze {
        Some(stages) => model.freeze(stages),
        None => model,
    }
}

/// Trains what was frozen from the epoch on, counted from 0, for which the options say so.
pub(crate) fn unfreeze(model: Model, options: &TrainOptions, epoch: usize) -> Model {
    match options.unfreeze_after {
        Some(epochs) if epoch >= epochs => model.unfreeze(),
        _ => model,
    }
}

/// The run that left the weights to start from, if they lie in a run's folder.
pub(super) fn source_run(options: &TrainOptions) -> anyhow::Result<Option<RunConfig>> {
    let Some(weights) = &options.weights else {
        return Ok(None);
    };
    let folder = weights.parent().unwrap_or(Path::new(""));
    if !is_run(folder) {
        return Ok(None);
    }
    let run = RunConfig::read(folder)?;
    ensure!(
        run.architecture == options.architecture,
        "cannot start {} from {}, which is a run of {}: --architecture must name the same network",
        options.architecture,
        weights.display(),
        run.architecture
    );
    Ok(Some(run))
}

/// Whether a run's network answers the question that is asked now, so that its classifier is worth keeping.
pub(super) fn is_same_task(run: &RunConfig, classes: &Taxonomy, options: &TrainOptions) -> bool {
    codes(&run.classes) == codes(classes)
        && run.options.pooling == options.pooling
        && run.audio == options.audio.audio()
        && run.mel == options.audio.mel()
        && run.normalization.reference == options.audio.reference()
}

fn mean(targets: &[Vec<f32>]) -> f32 {
    let sum: f32 = targets.iter().flatten().sum();
    let count: usize = targets.iter().map(Vec::len).sum();
    sum / count.max(1) as f32
}
