//! The steps of one epoch.

#[cfg(test)]
mod tests;

use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::prelude::Device;
use burn::tensor::Tensor;
use indicatif::ProgressBar;
use pipit_core::model::Model;

use super::batch::{Batch, BatchMaker};
use super::checkpoint::{BegunEpoch, LossSums, StepRecord, TrainingState};
use super::loss::Loss;
use super::replicas::Replicas;
use super::{TrainOptions, ema, gradients, plan, schedule};

/// What all steps of an epoch share.
#[allow(clippy::struct_field_names, reason = "two of them count steps")]
pub(crate) struct Steps<'a> {
    /// All settings.
    pub(crate) options: &'a TrainOptions,
    /// What is to become small.
    pub(crate) loss: &'a Loss,
    /// Devices with autodiff that share each step; the first has the network.
    pub(crate) devices: &'a [Device],
    /// Moves on with every batch.
    pub(crate) bar: &'a ProgressBar,
    /// Counted from 0.
    pub(crate) epoch: usize,
    /// Steps of the epochs before.
    pub(crate) first_step: usize,
    /// Steps of the whole run, which shape the learning rate.
    pub(crate) all_steps: usize,
    /// Whether to stop after so many steps of this call.
    pub(crate) is_over: &'a dyn Fn(usize) -> bool,
}

/// What an epoch came to.
pub(crate) struct Trained {
    /// The run after it.
    pub(crate) state: TrainingState,
    /// All of it, or what there was until it was over.
    pub(crate) epoch: BegunEpoch,
}

/// Makes one step for each batch, or for as many as are accumulated and shared by devices. An epoch that
/// has begun goes on behind the batches that it had.
pub(crate) fn train(
    mut state: TrainingState,
    maker: &BatchMaker<'_>,
    batches: &[Vec<plan::Crop>],
    steps: &Steps<'_>,
) -> anyhow::Result<Trained> {
    let mut epoch = state.progress.begun.take().unwrap_or_default();
    let options = steps.options;
    let per_step = options.accumulate * steps.devices.len();
    let first = epoch.batches;
    let left = (batches.get(first..))
        .filter(|left| first == 0 || left.is_empty() || epoch.batches_per_step == per_step)
        .context("within an epoch a run goes on with as many --devices as it had before")?;
    epoch.batches_per_step = per_step;
    // The next batches are made while the network works on this one.
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<anyhow::Result<Batch>>(2);
        scope.spawn(move || {
            for crops in left {
                if sender.send(maker.make(crops)).is_err() {
                    break; // The training side is over, or has failed and says so itself.
                }
            }
        });

        let mut losses = Losses {
            unread: Vec::new(),
            sums: epoch.losses,
        };
        let mut replicas = Replicas::new(&state.model, steps.devices);
        let began = Instant::now();
        let mut waited = Duration::ZERO;
        let mut next = || {
            let began = Instant::now();
            let batch = receiver.recv().ok();
            waited += began.elapsed();
            batch
        };
        for (index, batch) in (first..).zip(std::iter::from_fn(&mut next)) {
            // Dropout is a function of the seed and the batch, so that a resumed run drops the same.
            let seed = steps.first_step * per_step + index;
            let step = index / per_step;
            let in_step = (batches.len() - step * per_step).min(per_step);
            let (device, model) = replicas.of_batch(&state.model, index);
            device.seed(options.seed.wrapping_add(seed as u64));
            let (loss, gradients) = gradients_of(model, batch?, in_step, steps, device);
            replicas.accumulate(&state.model, index, gradients);
            losses.add(loss);
            let rate = schedule::learning_rate(
                steps.first_step + step,
                steps.all_steps,
                options.learning_rate,
                options.warm_up,
            );
            let is_step = index + 1 == step * per_step + in_step;
            if is_step {
                let gradients = replicas.gradients(&state.model);
                state.model = apply(state.model, &mut state.optimizer, gradients, rate, options);
                replicas.follow(&state.model);
                if let Some(average) = state.average.take() {
                    let current = state.model.valid();
                    let decay = ema::decay_after(steps.first_step + step, options.ema_decay);
                    state.average = Some(ema::update(average, &current, decay));
                }
            }
            if (index + 1) % BATCHES_PER_LOOK == 0 || index + 1 == batches.len() {
                epoch.steps.push(StepRecord {
                    step: steps.first_step + step + 1,
                    learning_rate: rate,
                    loss: losses.look()?,
                });
            }
            steps.bar.set_message(format!(
                "epoch {}/{}  loss {:.4}  rate {rate:.1e}",
                steps.epoch + 1,
                options.epochs,
                losses.sums.mean(),
            ));
            steps.bar.inc(1);
            epoch.batches = index + 1;
            if is_step && (steps.is_over)(step + 1 - first / per_step) {
                break;
            }
        }
        losses.read()?;
        epoch.losses = losses.sums;
        epoch.seconds += began.elapsed().as_secs_f64();
        epoch.waited_s += waited.as_secs_f64();
        Ok(Trained { state, epoch })
    })
}

/// Batches between looks at the loss: each look waits for the device.
const BATCHES_PER_LOOK: usize = 8;

/// The loss of a batch, and its gradients as one of `in_step` batches of a step.
fn gradients_of(
    model: &Model,
    batch: Batch,
    in_step: usize,
    steps: &Steps<'_>,
    device: &Device,
) -> (Tensor<1>, GradientsParams) {
    let (input, labels) = batch.into_device(device);
    let (logits, framewise) = steps.options.precision.forward(model, input);
    let loss = steps.loss.with_frames(logits, framewise, labels);
    let share = loss.clone() / in_step as f64;
    let gradients = GradientsParams::from_grads(share.backward(), model);
    (loss.inner(), gradients)
}

/// Moves the weights against their gradients.
fn apply(
    model: Model,
    optimizer: &mut ModuleOptimizer,
    mut gradients: GradientsParams,
    rate: f64,
    options: &TrainOptions,
) -> Model {
    if options.clip_norm > 0.0 {
        gradients = gradients::clip_by_global_norm(gradients, &model, options.clip_norm);
    }
    if (options.backbone_rate - 1.0).abs() < f64::EPSILON {
        return optimizer.step(rate, model, gradients);
    }
    let (head, backbone) = gradients::split_head(gradients, &model);
    let model = optimizer.step(rate, model, head);
    optimizer.step(rate * options.backbone_rate, model, backbone)
}

/// Losses of an epoch, read from the device now and then.
struct Losses {
    unread: Vec<Tensor<1>>,
    sums: LossSums,
}

impl Losses {
    fn add(&mut self, loss: Tensor<1>) {
        self.unread.push(loss);
    }

    /// Adds up those that are still on the device.
    fn read(&mut self) -> anyhow::Result<()> {
        for loss in self.unread.drain(..) {
            let loss = f64::from(loss.into_scalar::<f32>());
            ensure!(
                loss.is_finite(),
                "the loss is no longer a number; begin a run with a lower --learning-rate"
            );
            self.sums.all += loss;
            self.sums.batches += 1.0;
            self.sums.since += loss;
            self.sums.batches_since += 1.0;
        }
        Ok(())
    }

    /// The mean of those since the last look.
    fn look(&mut self) -> anyhow::Result<f64> {
        self.read()?;
        let mean = self.sums.since / self.sums.batches_since.max(1.0);
        (self.sums.since, self.sums.batches_since) = (0.0, 0.0);
        Ok(mean)
    }
}
