//! What is settled before the first step: the configuration, the network and the optimizer.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};
use burn::module::Module;
use burn::prelude::Device;
use pipit_core::model::Model;
use pipit_core::model::weights::{load_backbone, load_weights};
use pipit_core::package::sha256_hex;
use pipit_core::{Architecture, AudioConfig, DetectionConfig, Taxonomy};

use super::attribution::attribution;
use super::batch::Frontends;
use super::checkpoint::{Progress, TrainingState};
use super::data::Data;
use super::optimizer::adam_w;
use super::run::Request;
use super::{TrainOptions, normalization, overlap};
use crate::classes;
use crate::dataset::Recording;
use crate::files;
use crate::listing::some_of;
use crate::run_folder::{RunConfig, is_run};
use crate::split::SplitBy;

/// The run's configuration: measured for a new run, read for a resumed one.
pub(crate) fn settle(
    request: &Request<'_>,
    data: &Data,
    frontends: &Frontends,
) -> anyhow::Result<RunConfig> {
    if request.resume {
        let config = RunConfig::read(request.out)?;
        ensure_same(&codes(&config.classes), &codes(&data.classes), "classes")
            .and_then(|()| {
                let names = file_names(&data.training);
                ensure_same(&config.training, &names, "training recordings")
            })
            .and_then(|()| {
                let names = file_names(&data.held_out_recordings);
                ensure_same(&config.held_out, &names, "held-out recordings")
            })
            .and_then(|()| {
                ensure!(
                    (config.labels.as_ref()).is_none_or(|labels| *labels == data.labels()),
                    "labels or ratings have changed since the run began"
                );
                Ok(())
            })
            .with_context(|| format!("cannot resume with {}", request.data.display()))?;
        ensure!(
            config.classes == data.classes,
            "the names of the classes have changed since the run began: {}",
            request.data.display()
        );
        let options = &config.options;
        let sounds = [
            (
                "backgrounds",
                &options.backgrounds,
                &config.backgrounds,
                &data.backgrounds,
            ),
            (
                "counterexamples",
                &options.counterexamples,
                &config.counterexamples,
                &data.counterexamples,
            ),
        ];
        for (what, path, then, now) in sounds {
            if let Some(path) = path {
                ensure_same(then, &file_names(&now.recordings), what)
                    .with_context(|| format!("cannot resume with {}", path.display()))?;
            }
        }
        return Ok(config);
    }
    let options = &request.settings.options;
    let source = source_run(options)?;
    let heard = (source.as_ref()).map_or_else(BTreeSet::new, RunConfig::heard_by_weights);
    overlap::warn_of_heard(&heard, &data.held_out_recordings);
    let audio: AudioConfig = options.audio.audio();
    let goes_on = (source.as_ref()).filter(|run| is_same_task(run, &data.classes, options));
    let normalization = match goes_on {
        Some(run) => run.normalization,
        None => normalization::measure(
            &data.training_audio,
            audio.window_samples(),
            frontends,
            options.audio.reference(),
        ),
    };
    let keeps_classifier = goes_on.is_some();
    let pretraining = (source.as_ref()).map_or_else(Vec::new, RunConfig::trained_on);
    let (others, judged) = source.map_or_else(Default::default, |source| {
        (source.attribution, source.held_out)
    });
    let thanked = heard.iter().cloned().chain(judged).collect();
    let own = (data.training.iter())
        .chain(&data.held_out_recordings)
        .chain(&data.backgrounds.recordings)
        .chain(&data.counterexamples.recordings);
    let attribution = attribution(own, &thanked, others);
    let config = RunConfig {
        command: command_line(),
        data: request.data.to_path_buf(),
        data_name: data.dataset.name(),
        device: (request.settings.device).describe(request.settings.devices.len()),
        options: options.clone(),
        architecture: options.architecture,
        audio,
        mel: options.audio.mel(),
        normalization,
        detection: DetectionConfig {
            threshold: options.threshold,
            class_thresholds: Vec::new(),
            merge_gap_s: 0.0,
        },
        classes: data.classes.clone(),
        split_by: data.split_by,
        training: file_names(&data.training),
        held_out: file_names(&data.held_out_recordings),
        backgrounds: file_names(&data.backgrounds.recordings),
        counterexamples: file_names(&data.counterexamples.recordings),
        recordings_per_class: classes::count(&data.classes, &data.training),
        labels: Some(data.labels()),
        began_with: (options.weights.as_ref())
            .map(|path| Ok::<_, anyhow::Error>(sha256_hex(&files::read(path)?)))
            .transpose()?,
        keeps_classifier,
        pretraining,
        averaged_with: Vec::new(),
        heard: heard.into_iter().collect(),
        unreadable: data
            .unreadable
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
        attribution,
    };
    announce(&config, data);
    Ok(config)
}

/// Says what is trained on, and what of it will teach nothing.
fn announce(config: &RunConfig, data: &Data) {
    let options = &config.options;
    let rare: Vec<&str> = (data.dataset.recordings_per_code().into_iter())
        .filter(|&(_, recordings)| recordings < options.min_recordings)
        .map(|(code, _)| code)
        .collect();
    if !rare.is_empty() {
        println!(
            "species with fewer than {} recordings, which become no class and serve as counterexamples: {}, {}",
            options.min_recordings,
            rare.len(),
            some_of(&rare)
        );
    }
    if options.freeze.is_some() && options.weights.is_none() {
        eprintln!("--freeze without --weights: the frozen stages stay as random as they begin");
    }
    if config.held_out.is_empty() && (options.held_out > 0.0 || options.fold.is_some()) {
        eprintln!("nothing can be held out, so that nothing judges the network: see pipit check");
    }
    if options.fold.is_some() && config.split_by == SplitBy::Recording {
        eprintln!(
            "--fold: no recording names its recordist, and `evaluate --folds` takes no runs that may know those \
             whom they judge"
        );
    }
    if options.fold.is_some() && options.validate_every < options.epochs {
        eprintln!(
            "--fold: an epoch is chosen by the recordings that it judges, and `evaluate --folds` takes no such run: \
             with --validate-every {} the last one counts",
            options.epochs
        );
    }
    let is_rated = |recording: &Recording| recording.rating.is_some();
    if options.rating_weight < 1.0 && !data.training.iter().any(is_rated) {
        eprintln!("--rating-weight: none of the recordings is rated, so that all count alike");
    }
    let untaught = classes::without_recordings(&config.classes, &config.recordings_per_class);
    if !untaught.is_empty() {
        eprintln!(
            "classes without a training recording that can be read, which will not be learned: {}",
            untaught.join(", ")
        );
    }
    if !config.backgrounds.is_empty() {
        println!("{} backgrounds", config.backgrounds.len());
    }
    if !config.counterexamples.is_empty() {
        println!("{} counterexamples", config.counterexamples.len());
    }
    println!(
        "{} classes, {} recordings to train on, {} held out {}, mean {} dB, std {} dB",
        config.classes.len(),
        config.training.len(),
        config.held_out.len(),
        config.split_by.words(),
        config.normalization.mean,
        config.normalization.std,
    );
}

/// The run that left the weights to start from, if they lie in a run's folder.
fn source_run(options: &TrainOptions) -> anyhow::Result<Option<RunConfig>> {
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
fn is_same_task(run: &RunConfig, classes: &Taxonomy, options: &TrainOptions) -> bool {
    codes(&run.classes) == codes(classes)
        && run.options.pooling == options.pooling
        && run.audio == options.audio.audio()
        && run.mel == options.audio.mel()
        && run.normalization.reference == options.audio.reference()
}

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

/// Refuses weights that fit no network of these settings, before anything takes long.
pub(crate) fn check_weights(options: &TrainOptions) -> anyhow::Result<()> {
    let Some(path) = &options.weights else {
        return Ok(());
    };
    source_run(options)?;
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

/// Refuses another list than the run began with, and names the difference.
fn ensure_same(then: &[String], now: &[String], what: &str) -> anyhow::Result<()> {
    let missing = |from: &[String], other: &[String]| {
        let names: Vec<&str> = (from.iter())
            .filter(|name| !other.contains(name))
            .map(String::as_str)
            .collect();
        match names.len() {
            0 => "none".to_owned(),
            _ => some_of(&names),
        }
    };
    ensure!(
        then == now,
        "the {what} have changed since the run began; gone: {}; new: {}",
        missing(then, now),
        missing(now, then)
    );
    Ok(())
}

fn codes(classes: &Taxonomy) -> Vec<String> {
    (classes.iter())
        .map(|(_, label)| label.code.clone())
        .collect()
}

fn file_names(recordings: &[Recording]) -> Vec<String> {
    recordings
        .iter()
        .map(|recording| recording.filename.clone())
        .collect()
}

/// The command as it was typed, with the program's name instead of its path.
pub(crate) fn command_line() -> String {
    let quote = |argument: String| {
        if argument.contains(char::is_whitespace) {
            format!("'{argument}'")
        } else {
            argument
        }
    };
    std::iter::once("pipit".to_owned())
        .chain(std::env::args().skip(1).map(quote))
        .collect::<Vec<_>>()
        .join(" ")
}

fn mean(targets: &[Vec<f32>]) -> f32 {
    let sum: f32 = targets.iter().flatten().sum();
    let count: usize = targets.iter().map(Vec::len).sum();
    sum / count.max(1) as f32
}
