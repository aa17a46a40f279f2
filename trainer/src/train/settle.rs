//! What is settled before the first step: the configuration, the network and the optimizer.

use anyhow::{Context, ensure};
use burn::module::Module;
use burn::optim::AdamWConfig;
use burn::prelude::Device;
use pipit_core::model::Model;
use pipit_core::model::weights::load_weights;
use pipit_core::{AudioConfig, DetectionConfig};

use super::attribution::attribution;
use super::batch::Frontends;
use super::checkpoint::{Progress, TrainingState};
use super::data::Data;
use super::recordings::StoredAudio;
use super::run::Request;
use super::{TrainOptions, head, normalization, plan};
use crate::classes;
use crate::dataset::Recording;
use crate::files;
use crate::run_folder::RunConfig;
use crate::split::SplitBy;

/// The run's configuration: measured and written for a new run, read for a resumed one.
pub(crate) fn settle(
    request: &Request<'_>,
    data: &Data,
    frontends: &Frontends,
) -> anyhow::Result<RunConfig> {
    if request.resume {
        let config = RunConfig::read(request.out)?;
        let names = file_names(&data.training);
        ensure!(
            config.classes == data.classes && config.training == names,
            "the recordings have changed since the run began: {}",
            request.data.display()
        );
        return Ok(config);
    }
    let options = request.options;
    let audio: AudioConfig = options.audio.audio();
    let lengths: Vec<usize> = data.training_audio.iter().map(StoredAudio::len).collect();
    let crops = plan::batches(
        &lengths,
        audio.window_samples(),
        options.crops_per_epoch,
        options.batch_size,
        options.seed,
        0,
    )
    .concat();
    let normalization = normalization::measure(
        &data.training_audio,
        &crops,
        audio.window_samples(),
        frontends,
        options.audio.reference(),
    );
    let config = RunConfig {
        command: command_line(),
        data: request.data.to_path_buf(),
        data_name: data.dataset.name(),
        device: request.device.describe(),
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
        recordings_per_class: classes::count(&data.classes, &data.training),
        unreadable: data
            .unreadable
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
        attribution: attribution(data.training.iter().chain(&data.held_out_recordings)),
    };
    let untaught = classes::without_recordings(&config.classes, &config.recordings_per_class);
    if !untaught.is_empty() {
        eprintln!(
            "classes without a training recording that can be read, which will not be learned: {}",
            untaught.join(", ")
        );
    }
    config.write(request.out)?;
    println!(
        "{} classes, {} recordings to train on, {} held out {}, mean {} dB, std {} dB",
        config.classes.len(),
        config.training.len(),
        config.held_out.len(),
        match config.split_by {
            SplitBy::Recordist => "by recordist",
            SplitBy::Recording => "by recording",
        },
        normalization.mean,
        normalization.std,
    );
    Ok(config)
}

/// A network and an optimizer that have not made a step.
pub(crate) fn start(
    config: &RunConfig,
    data: &Data,
    device: &Device,
) -> anyhow::Result<TrainingState> {
    let options = &config.options;
    let device = device.clone().autodiff();
    device.seed(options.seed);
    let classes = config.classes.len();
    let prior = mean(&data.training_targets);
    let model = match &options.weights {
        Some(path) => {
            let bytes = files::read(path)?;
            let pretrained = Model::new(config.architecture, 1, imported_classes(&bytes)?, &device);
            load_weights(pretrained, bytes)
                .with_context(|| format!("cannot start from {}", path.display()))?
                .reset_classifier(classes, &device)
        }
        None => Model::new(config.architecture, 1, classes, &device),
    };
    let model = head::calm(model, prior);
    let model = freeze(model, options);
    let optimizer = AdamWConfig::new()
        // Burn's own default of 1e-5 is large beside the gradients of a mean over many classes.
        .with_epsilon(1e-8)
        .with_weight_decay(options.weight_decay)
        .init();
    Ok(TrainingState {
        average: (options.ema_decay > 0.0).then(|| model.valid()),
        model,
        optimizer,
        progress: Progress::default(),
    })
}

/// Freezes what the options say, if anything.
pub(crate) fn freeze(model: Model, options: &TrainOptions) -> Model {
    match options.freeze {
        Some(stages) => model.freeze(stages),
        None => model,
    }
}

/// How many classes the head of imported weights has.
fn imported_classes(bytes: &[u8]) -> anyhow::Result<usize> {
    let tensors = safetensors::SafeTensors::deserialize(bytes)
        .context("the weights are no safetensors file")?;
    let head = tensors
        .tensor("classifier.bias")
        .context("the weights have no tensor classifier.bias")?;
    Ok(head.shape().iter().product())
}

fn file_names(recordings: &[Recording]) -> Vec<String> {
    recordings
        .iter()
        .map(|recording| recording.filename.clone())
        .collect()
}

/// The command as it was typed, with the program's name instead of its path.
fn command_line() -> String {
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
