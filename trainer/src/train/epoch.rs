//! The steps of one epoch.

use std::sync::mpsc::sync_channel;

use anyhow::ensure;
use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::prelude::Device;
use burn::tensor::Tensor;
use indicatif::ProgressBar;
use pipit_core::model::Model;

use super::batch::{Batch, BatchMaker};
use super::checkpoint::TrainingState;
use super::{TrainOptions, ema, gradients, loss, plan, schedule};

/// What all steps of an epoch share.
#[allow(clippy::struct_field_names, reason = "two of them count steps")]
pub(crate) struct Steps<'a> {
    /// All settings.
    pub(crate) options: &'a TrainOptions,
    /// Device with autodiff.
    pub(crate) device: &'a Device,
    /// Moves on with every step.
    pub(crate) bar: &'a ProgressBar,
    /// Counted from 0.
    pub(crate) epoch: usize,
    /// Steps of the epochs before.
    pub(crate) first_step: usize,
    /// Steps of the whole run, which shape the learning rate.
    pub(crate) all_steps: usize,
}

/// What an epoch came to.
pub(crate) struct Trained {
    /// The run after it.
    pub(crate) state: TrainingState,
    /// Mean loss of its steps.
    pub(crate) loss: f64,
    /// Learning rate of its last step.
    pub(crate) learning_rate: f64,
}

/// Makes one step for each batch.
pub(crate) fn train(
    mut state: TrainingState,
    maker: &BatchMaker<'_>,
    batches: &[Vec<plan::Crop>],
    steps: &Steps<'_>,
) -> anyhow::Result<Trained> {
    // The next batches are made while the network works on this one.
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Batch>(2);
        scope.spawn(move || {
            for crops in batches {
                if sender.send(maker.make(crops)).is_err() {
                    break; // The training side has failed and says so itself.
                }
            }
        });

        let options = steps.options;
        let mut losses = Losses::default();
        let mut rate = 0.0;
        for (index, batch) in receiver.iter().enumerate() {
            rate = schedule::learning_rate(
                steps.first_step + index,
                steps.all_steps,
                options.learning_rate,
                options.warm_up,
            );
            // Dropout is a function of the seed and the step, so that a resumed run drops the same.
            let seed = options.seed.wrapping_add((steps.first_step + index) as u64);
            steps.device.seed(seed);
            let loss;
            (state.model, loss) = step(state.model, &mut state.optimizer, batch, rate, steps);
            if let Some(average) = state.average.take() {
                let current = state.model.valid();
                state.average = Some(ema::update(average, &current, options.ema_decay));
            }
            losses.add(loss);
            if (index + 1) % STEPS_PER_LOOK == 0 || index + 1 == batches.len() {
                losses.look()?;
            }
            steps.bar.set_message(format!(
                "epoch {}/{}  loss {:.4}  rate {rate:.1e}",
                steps.epoch + 1,
                options.epochs,
                losses.mean(),
            ));
            steps.bar.inc(1);
        }
        Ok(Trained {
            state,
            loss: losses.mean(),
            learning_rate: rate,
        })
    })
}

/// Steps between looks at the loss: each look waits for the device.
const STEPS_PER_LOOK: usize = 8;

fn step(
    model: Model,
    optimizer: &mut ModuleOptimizer,
    batch: Batch,
    rate: f64,
    steps: &Steps<'_>,
) -> (Model, Tensor<1>) {
    let (input, targets) = batch.into_device(steps.device);
    let loss = loss::binary_cross_entropy(model.forward(input), targets);
    let mut gradients = GradientsParams::from_grads(loss.backward(), &model);
    if steps.options.clip_norm > 0.0 {
        gradients = gradients::clip_by_global_norm(gradients, &model, steps.options.clip_norm);
    }
    (optimizer.step(rate, model, gradients), loss.inner())
}

/// Losses of an epoch, read from the device now and then.
#[derive(Default)]
struct Losses {
    unread: Vec<Tensor<1>>,
    sum: f64,
    count: f64,
}

impl Losses {
    fn add(&mut self, loss: Tensor<1>) {
        self.unread.push(loss);
    }

    fn look(&mut self) -> anyhow::Result<()> {
        for loss in self.unread.drain(..) {
            let loss = f64::from(loss.into_scalar::<f32>());
            ensure!(
                loss.is_finite(),
                "the loss is no longer a number; a lower --learning-rate may help"
            );
            self.sum += loss;
            self.count += 1.0;
        }
        Ok(())
    }

    fn mean(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::AdamWConfig;
    use clap::Parser;
    use pipit_core::Architecture;

    use super::*;

    #[derive(Parser)]
    struct Defaults {
        #[command(flatten)]
        options: TrainOptions,
    }

    #[test]
    fn repeated_steps_learn_a_batch_by_heart() {
        let device = Device::flex().autodiff();
        device.seed(5);
        let options = Defaults::parse_from(["pipit"]).options;
        let bar = ProgressBar::hidden();
        let steps = Steps {
            options: &options,
            device: &device,
            bar: &bar,
            epoch: 0,
            first_step: 0,
            all_steps: 1,
        };
        // Each window has a bright band of its own.
        let bright = |window: usize, pixel: usize| pixel / 256 == window;
        let input = (0..4 * 1024).map(|i| f32::from(u8::from(bright(i / 1024, i % 1024))));
        let batch = Batch {
            input: input.collect(),
            shape: [4, 1, 32, 32],
            targets: (0..16)
                .map(|i| f32::from(u8::from(i / 4 == i % 4)))
                .collect(),
        };
        // Gradients of a deep random network are too wild to learn anything in a few steps.
        let mut model = Model::new(Architecture::TfEfficientNetLite0, 1, 4, &device).freeze(7);
        let mut optimizer = AdamWConfig::new().init();

        let mut losses = Vec::new();
        for _ in 0..20 {
            let loss;
            (model, loss) = step(model, &mut optimizer, batch.clone(), 1e-3, &steps);
            losses.push(loss.into_scalar::<f32>());
        }

        assert!(
            losses[19] < 0.5 * losses[0],
            "nothing is learned: {losses:?}"
        );
    }
}
