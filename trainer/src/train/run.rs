//! A training run from start to end.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use burn::module::Module;
use burn::prelude::Device;
use indicatif::ProgressBar;

use super::batch::{BatchMaker, Frontends};
use super::checkpoint::{self, BegunEpoch, EpochRecord, TrainingState};
use super::data::{self, Data};
use super::epoch::{self, Steps, Trained};
use super::overlap::LeftOut;
use super::recordings::progress_style;
use super::validate::{HeldOut, Judge, judge};
use super::{outcome, settle, start};
use crate::files;
use crate::interrupt;
use crate::run_folder::{BEST_WEIGHTS_FILE, RunConfig};
use crate::settings::Settings;

/// What is to be trained, and where.
pub(crate) struct Request<'a> {
    /// The data set.
    pub(crate) data: &'a Path,
    /// What it must not learn from.
    pub(super) left_out: &'a LeftOut,
    /// The run's folder.
    pub(crate) out: &'a Path,
    /// All settings.
    pub(crate) settings: &'a Settings,
    /// Whether to go on with the run in `out`.
    pub(crate) resume: bool,
    /// Epochs after which to stop early.
    pub(crate) stop_after: Option<usize>,
}

/// How far a run has come.
pub(crate) struct Stand {
    /// Epochs that were trained this time.
    pub(crate) epochs: usize,
    /// Whether nothing is left to be trained.
    pub(crate) finished: bool,
    /// Where it was interrupted, if it was.
    pub(crate) interrupted: Option<String>,
}

/// What computes.
///
/// # Errors
/// A device that there is not, or that does not compute in the precision that is asked for.
pub(crate) fn open_devices(settings: &Settings) -> anyhow::Result<Vec<Device>> {
    let devices = (settings.device).open_all(&settings.devices)?;
    (settings.options.precision).check(settings.device, &devices)?;
    Ok(devices)
}

/// Trains until the last epoch, until `stop_after`, or until somebody wishes to stop.
pub(crate) fn train(request: &Request<'_>) -> anyhow::Result<Stand> {
    let options = &request.settings.options;
    let devices = open_devices(request.settings)?;
    let checkpoint = if request.resume {
        checkpoint::latest(request.out)?
    } else {
        None
    };
    let best = request.out.join(BEST_WEIGHTS_FILE);
    ensure!(
        !request.resume || checkpoint.is_some() || !best.is_file(),
        "there is no checkpoint to go on from, so begin another run with --weights {}",
        best.display()
    );
    // A run that has begun needs the weights that it began with no more.
    let weights = options.weights.as_deref().filter(|_| checkpoint.is_none());
    if weights.is_some() {
        start::check_weights(options)?;
    }
    let data = data::load(request.data, options, request.left_out)?;
    let audio = &options.audio;
    let frontends = Frontends::new(audio.sample_rate, &audio.mel())?;
    files::create_folder(request.out)?;
    // Nothing is lost before the first stage gets here, so that Ctrl-C may end the program at once.
    interrupt::listen()?;
    let config = settle::settle(request, &data, &frontends)?;
    let mut state = start::start(&config, &data, weights, &devices[0])?;
    if !request.resume {
        // Now that nothing can be refused any more, it is a run.
        config.write(request.out)?;
    }
    if let Some(checkpoint) = checkpoint {
        state = checkpoint::load(&checkpoint, state)?;
        // Loaded tensors are new ones, which would be trained again.
        state.model = start::freeze(state.model, options);
    }
    let before = state.progress.history.len();
    let progress = epochs(request, state, &data, &config, &frontends, &devices)?.progress;
    let finished = progress.history.len() >= options.epochs
        || outcome::has_stalled(&progress, options.patience);
    if !progress.history.is_empty() {
        outcome::report(request, &data.unreadable, &progress)?;
    }
    Ok(Stand {
        epochs: progress.history.len() - before,
        finished,
        interrupted: (interrupt::is_wished() && !finished).then(|| outcome::place(&progress)),
    })
}

fn epochs(
    request: &Request<'_>,
    mut state: TrainingState,
    data: &Data,
    config: &RunConfig,
    frontends: &Frontends,
    devices: &[Device],
) -> anyhow::Result<TrainingState> {
    let options = &request.settings.options;
    let maker = BatchMaker {
        audio: &data.training_audio,
        targets: &data.training_targets,
        weights: &data.training_weights,
        backgrounds: &data.backgrounds.audio,
        counterexamples: &data.counterexamples.audio,
        window: config.audio.window_samples(),
        sample_rate_hz: config.audio.sample_rate_hz,
        frontends,
        normalization: config.normalization,
        augment: options.augment(),
        label_smoothing: options.label_smoothing,
    };
    let judging = Judge {
        audio: config.audio,
        frontends,
        normalization: config.normalization,
        batch_size: options.batch_size,
        threshold: options.threshold,
        classes: config.classes.len(),
        device: &devices[0],
    };
    let training_devices: Vec<Device> = (devices.iter())
        .map(|device| device.clone().autodiff())
        .collect();
    let loss = options.loss(&data.class_counts());
    let plan = data.plan(maker.window, options);
    let batches_per_epoch = plan.batches(0).len();
    let steps_per_epoch = batches_per_epoch.div_ceil(options.accumulate * devices.len());
    let first = state.progress.history.len();
    let begun = state.progress.begun.as_ref();
    let done = begun.map_or(0, |begun| begun.batches) as u64;
    let last = request
        .stop_after
        .map_or(options.epochs, |epochs| options.epochs.min(first + epochs));
    let bar = ProgressBar::new((batches_per_epoch * last.saturating_sub(first)) as u64).with_style(
        progress_style("{msg}  {bar:24} batch {pos}/{len}, {eta} left"),
    );
    bar.set_position(done);
    let is_over = |steps: usize| {
        interrupt::is_wished() || options.save_every.is_some_and(|most| steps >= most)
    };

    while state.progress.history.len() < last
        && !interrupt::is_wished()
        && !outcome::has_stalled(&state.progress, options.patience)
    {
        let epoch = state.progress.history.len();
        state.model = start::unfreeze(state.model, options, epoch);
        let steps = Steps {
            options,
            loss: &loss,
            devices: &training_devices,
            bar: &bar,
            epoch,
            first_step: epoch * steps_per_epoch,
            all_steps: options.epochs * steps_per_epoch,
            is_over: &is_over,
        };
        let batches = plan.batches(epoch);
        let had = (state.progress.begun.as_ref()).map_or(0, |begun| begun.batches);
        let Trained {
            state: after,
            epoch: shown,
        } = epoch::train(state, &maker, &batches, &steps)?;
        state = after;
        let is_whole = shown.batches == batches.len();
        let due = (epoch + 1).is_multiple_of(options.validate_every) || epoch + 1 == options.epochs;
        let judged_on = Some(&data.held_out).filter(|held_out| due && held_out.has_classes());
        // Judging may take long, and what comes before it is not lost if it does not end.
        if !is_whole || judged_on.is_some() {
            state.progress.begun = Some(shown.clone());
            if shown.batches > had {
                checkpoint::save(request.out, &state)?;
            }
            if !is_whole || interrupt::is_wished() {
                continue;
            }
        }
        end_epoch(request, &mut state, shown, judged_on, &judging, &bar)?;
    }
    bar.finish_and_clear();
    Ok(state)
}

/// Judges a network after an epoch if there is something to judge it on, and keeps all that there is to know.
fn end_epoch(
    request: &Request<'_>,
    state: &mut TrainingState,
    shown: BegunEpoch,
    judged_on: Option<&HeldOut>,
    judging: &Judge<'_>,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let epochs = request.settings.options.epochs;
    let epoch = state.progress.history.len() + 1;
    let judging_began = Instant::now();
    let model = match &state.average {
        Some(average) => average.clone(),
        None => state.model.valid(),
    };
    let metrics = match judged_on {
        Some(held_out) => {
            bar.set_message(format!("epoch {epoch}/{epochs}  judging"));
            judge(&model, held_out, judging)?.summary()
        }
        None => BTreeMap::new(),
    };
    let record = EpochRecord {
        epoch,
        learning_rate: shown.steps.last().map_or(0.0, |step| step.learning_rate),
        loss: shown.losses.mean(),
        metrics,
        seconds: shown.seconds + judging_began.elapsed().as_secs_f64(),
        data_share: shown.waited_s / shown.seconds.max(f64::MIN_POSITIVE),
        steps: shown.steps,
    };
    bar.suspend(|| println!("{}", outcome::describe(&record, epochs)));
    outcome::keep_if_best(request.out, &model, &record, &state.progress)?;
    state.progress.begun = None;
    state.progress.history.push(record);
    outcome::write_tables(request.out, &state.progress)?;
    checkpoint::save(request.out, state)
}
