//! The steps of one epoch.

use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::ensure;
use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::prelude::Device;
use burn::tensor::Tensor;
use indicatif::ProgressBar;
use pipit_core::model::Model;

use super::batch::{Batch, BatchMaker};
use super::checkpoint::{StepRecord, TrainingState};
use super::loss::Loss;
use super::{TrainOptions, ema, gradients, plan, schedule};

/// What all steps of an epoch share.
#[allow(clippy::struct_field_names, reason = "two of them count steps")]
pub(crate) struct Steps<'a> {
    /// All settings.
    pub(crate) options: &'a TrainOptions,
    /// What is to become small.
    pub(crate) loss: &'a Loss,
    /// Device with autodiff.
    pub(crate) device: &'a Device,
    /// Moves on with every batch.
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
    /// Share of its time in which the network waited for batches.
    pub(crate) data_share: f64,
    /// On the way, in order.
    pub(crate) steps: Vec<StepRecord>,
}

/// Makes one step for each batch, or for as many as are accumulated.
pub(crate) fn train(
    mut state: TrainingState,
    maker: &BatchMaker<'_>,
    batches: &[Vec<plan::Crop>],
    steps: &Steps<'_>,
) -> anyhow::Result<Trained> {
    // The next batches are made while the network works on this one.
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<anyhow::Result<Batch>>(2);
        scope.spawn(move || {
            for crops in batches {
                if sender.send(maker.make(crops)).is_err() {
                    break; // The training side has failed and says so itself.
                }
            }
        });

        let options = steps.options;
        let mut losses = Losses::default();
        let mut accumulated = GradientsAccumulator::new();
        let mut rate = 0.0;
        let mut records = Vec::new();
        let began = Instant::now();
        let mut waited = Duration::ZERO;
        let mut next = || {
            let began = Instant::now();
            let batch = receiver.recv().ok();
            waited += began.elapsed();
            batch
        };
        for (index, batch) in std::iter::from_fn(&mut next).enumerate() {
            // Dropout is a function of the seed and the batch, so that a resumed run drops the same.
            let seed = steps.first_step * options.accumulate + index;
            steps.device.seed(options.seed.wrapping_add(seed as u64));
            let step = index / options.accumulate;
            let in_step = (batches.len() - step * options.accumulate).min(options.accumulate);
            let (loss, gradients) = gradients_of(&state.model, batch?, in_step, steps);
            accumulated.accumulate(&state.model, gradients);
            losses.add(loss);
            if index + 1 == step * options.accumulate + in_step {
                rate = schedule::learning_rate(
                    steps.first_step + step,
                    steps.all_steps,
                    options.learning_rate,
                    options.warm_up,
                );
                let gradients = accumulated.grads();
                state.model = apply(state.model, &mut state.optimizer, gradients, rate, options);
                if let Some(average) = state.average.take() {
                    let current = state.model.valid();
                    state.average = Some(ema::update(average, &current, options.ema_decay));
                }
            }
            if (index + 1) % BATCHES_PER_LOOK == 0 || index + 1 == batches.len() {
                records.push(StepRecord {
                    step: steps.first_step + step + 1,
                    learning_rate: rate,
                    loss: losses.look()?,
                });
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
            data_share: waited.as_secs_f64() / began.elapsed().as_secs_f64(),
            steps: records,
        })
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
) -> (Tensor<1>, GradientsParams) {
    let (input, labels) = batch.into_device(steps.device);
    let (logits, framewise) = model.forward_with_frames(input);
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

    /// The mean of those that were not looked at yet.
    fn look(&mut self) -> anyhow::Result<f64> {
        let (sum, count) = (self.sum, self.count);
        for loss in self.unread.drain(..) {
            let loss = f64::from(loss.into_scalar::<f32>());
            ensure!(
                loss.is_finite(),
                "the loss is no longer a number; a lower --learning-rate may help"
            );
            self.sum += loss;
            self.count += 1.0;
        }
        Ok((self.sum - sum) / (self.count - count).max(1.0))
    }

    fn mean(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::AdamWConfig;
    use pipit_core::Architecture;

    use super::super::loss::LossChoice;
    use super::*;

    /// Four windows, each with a bright band and a class of its own.
    fn batch() -> Batch {
        let bright = |window: usize, pixel: usize| pixel / 256 == window;
        let input = (0..4 * 1024).map(|i| f32::from(u8::from(bright(i / 1024, i % 1024))));
        Batch {
            input: input.collect(),
            shape: [4, 1, 32, 32],
            targets: (0..16)
                .map(|i| f32::from(u8::from(i / 4 == i % 4)))
                .collect(),
            weights: vec![1.0; 4],
        }
    }

    /// A network that learns in a few steps: gradients of a deep random one are too wild.
    fn model(device: &Device) -> Model {
        device.seed(5);
        Model::new(Architecture::TfEfficientNetLite0, 1, 4, device).freeze(7)
    }

    fn with_steps<T>(options: &TrainOptions, test: impl FnOnce(&Steps<'_>) -> T) -> T {
        test(&Steps {
            options,
            loss: &options.loss(&[1; 4]),
            device: &Device::flex().autodiff(),
            bar: &ProgressBar::hidden(),
            epoch: 0,
            first_step: 0,
            all_steps: 1,
        })
    }

    fn weights(model: &Model) -> (Vec<f32>, Vec<f32>) {
        let bytes = pipit_core::model::weights::save_weights(
            model,
            pipit_core::model::weights::WeightsDtype::F32,
        )
        .unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let values = |name| {
            let data = tensors.tensor(name).unwrap().data().to_vec();
            (data.chunks_exact(4))
                .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
                .collect()
        };
        (values("classifier.weight"), values("conv_head.weight"))
    }

    #[test]
    fn repeated_steps_learn_a_batch_by_heart_with_either_loss() {
        for loss in [LossChoice::Bce, LossChoice::Focal] {
            let options = TrainOptions {
                loss,
                ..TrainOptions::default()
            };
            with_steps(&options, |steps| {
                let mut model = model(steps.device);
                let mut optimizer = AdamWConfig::new().init();
                let mut losses = Vec::new();
                for _ in 0..20 {
                    let (loss, gradients) = gradients_of(&model, batch(), 1, steps);
                    model = apply(model, &mut optimizer, gradients, 1e-3, &options);
                    losses.push(loss.into_scalar::<f32>());
                }
                let learned = losses[19] < 0.5 * losses[0];
                assert!(learned, "nothing is learned: {losses:?}");
            });
        }
    }

    #[test]
    fn the_backbone_has_a_rate_of_its_own() {
        let moved = |backbone_rate| {
            let options = TrainOptions {
                backbone_rate,
                weight_decay: 0.0,
                ..TrainOptions::default()
            };
            with_steps(&options, |steps| {
                let model = model(steps.device);
                let before = weights(&model);
                let (_, gradients) = gradients_of(&model, batch(), 1, steps);
                let mut optimizer = AdamWConfig::new()
                    .with_epsilon(1e-8)
                    .with_weight_decay(0.0)
                    .init();
                let after = weights(&apply(model, &mut optimizer, gradients, 1e-3, &options));
                let largest = |a: &[f32], b: &[f32]| {
                    a.iter()
                        .zip(b)
                        .fold(0.0f32, |most, (a, b)| most.max((a - b).abs()))
                };
                (largest(&before.0, &after.0), largest(&before.1, &after.1))
            })
        };

        // A first step of Adam is as long as its rate.
        let (head, backbone) = moved(1.0);
        assert!(
            (head - 1e-3).abs() < 2e-5 && (backbone - 1e-3).abs() < 2e-5,
            "{head} {backbone}"
        );
        let (head, backbone) = moved(0.1);
        assert!(
            (head - 1e-3).abs() < 2e-5 && (backbone - 1e-4).abs() < 2e-6,
            "{head} {backbone}"
        );
        assert!(moved(0.0).1 < 1e-9);
    }

    #[test]
    fn accumulated_gradients_are_the_mean_over_their_batches() {
        with_steps(&TrainOptions::default(), |steps| {
            let model = model(steps.device);
            let norm = |gradients: GradientsParams| {
                let norm = gradients::global_norm(&gradients, &model).unwrap();
                norm.into_scalar::<f32>()
            };
            let whole = norm(gradients_of(&model, batch(), 1, steps).1);
            let mut accumulated = GradientsAccumulator::new();
            for _ in 0..3 {
                let (_, gradients) = gradients_of(&model, batch(), 3, steps);
                accumulated.accumulate(&model, gradients);
            }
            let mean = norm(accumulated.grads());
            assert!((mean - whole).abs() < 1e-4 * whole, "{mean} is not {whole}");
        });
    }
}
