use burn::optim::{AdamWConfig, GradientsAccumulator};
use pipit_core::{Architecture, Normalization, Waveform};

use super::*;
use crate::train::batch::Frontends;
use crate::train::checkpoint::{self, Progress};
use crate::train::loss::LossChoice;
use crate::train::precision::Precision;
use crate::train::recordings::StoredAudio;

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
        devices: &[Device::flex().autodiff()],
        bar: &ProgressBar::hidden(),
        epoch: 0,
        first_step: 0,
        all_steps: 1,
        is_over: &|_| false,
    })
}

fn gradients(model: &Model, in_step: usize, steps: &Steps<'_>) -> (Tensor<1>, GradientsParams) {
    gradients_of(model, batch(), in_step, steps, &steps.devices[0])
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
fn repeated_steps_learn_a_batch_by_heart_with_either_loss_in_either_precision() {
    for (loss, precision) in [
        (LossChoice::Bce, Precision::F32),
        (LossChoice::Focal, Precision::F32),
        (LossChoice::Bce, Precision::Bf16),
    ] {
        let options = TrainOptions {
            precision,
            loss,
            ..TrainOptions::default()
        };
        with_steps(&options, |steps| {
            let mut model = model(&steps.devices[0]);
            let mut optimizer = AdamWConfig::new().init();
            let mut losses = Vec::new();
            for _ in 0..20 {
                let (loss, gradients) = gradients(&model, 1, steps);
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
            let model = model(&steps.devices[0]);
            let before = weights(&model);
            let (_, gradients) = gradients(&model, 1, steps);
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

/// What an epoch of five batches makes of the classifier and the last convolution.
fn trained(start: &Model, accumulate: usize, devices: &[Device]) -> (Vec<f32>, Vec<f32>) {
    let (state, _) = trained_in_parts(start, accumulate, devices, usize::MAX);
    weights(&state.model)
}

/// The same in parts of so many steps, with a checkpoint written and read after each, and after the last
/// there is nothing left to train; and how it went.
fn trained_in_parts(
    start: &Model,
    accumulate: usize,
    devices: &[Device],
    part: usize,
) -> (TrainingState, BegunEpoch) {
    let mut options = TrainOptions {
        accumulate,
        ema_decay: 0.5,
        ..TrainOptions::default()
    };
    options.audio.sample_rate = 1_000;
    options.audio.n_fft = 64;
    options.audio.hop_length = 32;
    options.audio.n_mels = 16;
    options.audio.f_max = 500.0;
    let tone = |hz: u32| -> StoredAudio {
        let sine = |i| (std::f32::consts::TAU * (hz * i) as f32 / 1_000.0).sin();
        StoredAudio::new(&Waveform {
            samples: (0..2_000).map(sine).collect(),
            sample_rate_hz: 1_000,
        })
    };
    let audio = [100, 180, 260, 420].map(tone);
    let targets: Vec<Vec<f32>> = (0..4)
        .map(|i| {
            (0..4)
                .map(|class| f32::from(u8::from(class == i)))
                .collect()
        })
        .collect();
    let maker = BatchMaker {
        audio: &audio,
        targets: &targets,
        weights: &[1.0; 4],
        backgrounds: &[],
        counterexamples: &[],
        window: 1_000,
        sample_rate_hz: 1_000,
        frontends: &Frontends::new(1_000, &options.audio.mel()).unwrap(),
        normalization: Normalization {
            reference: options.audio.reference(),
            mean: -30.0,
            std: 20.0,
        },
        augment: None,
        label_smoothing: 0.0,
    };
    let crop = |recording, start| plan::Crop {
        recording,
        start,
        seed: 0,
    };
    let batches: Vec<Vec<plan::Crop>> = (0..5)
        .map(|i| vec![crop(i % 4, 10 * i), crop((i + 1) % 4, 20 * i)])
        .collect();
    let steps = Steps {
        options: &options,
        loss: &options.loss(&[1; 4]),
        devices,
        bar: &ProgressBar::hidden(),
        epoch: 0,
        first_step: 0,
        all_steps: 3,
        is_over: &|steps| steps >= part,
    };
    let fresh = || TrainingState {
        // A copy, or statistics would be shared.
        model: start.valid().train(),
        average: Some(start.valid()),
        optimizer: AdamWConfig::new().init(),
        progress: Progress::default(),
    };
    let run = tempfile::tempdir().unwrap();
    let mut state = fresh();
    loop {
        let begun = state.progress.begun.as_ref();
        let was_whole = begun.is_some_and(|begun| begun.batches == batches.len());
        let trained = train(state, &maker, &batches, &steps).unwrap();
        state = trained.state;
        if was_whole || part == usize::MAX {
            return (state, trained.epoch);
        }
        state.progress.begun = Some(trained.epoch);
        checkpoint::save(run.path(), &state).unwrap();
        let latest = checkpoint::latest(run.path()).unwrap().unwrap();
        state = checkpoint::load(&latest, fresh()).unwrap();
        state.model = state.model.freeze(7);
    }
}

#[test]
fn an_epoch_that_was_cut_off_after_any_step_ends_as_an_unbroken_one() {
    let devices = [Device::flex().autodiff()];
    let start = model(&devices[0]);
    for accumulate in [1, 2] {
        let (whole, shown) = trained_in_parts(&start, accumulate, &devices, usize::MAX);
        for part in [1, 2] {
            let (broken, resumed) = trained_in_parts(&start, accumulate, &devices, part);

            assert!(weights(&whole.model) == weights(&broken.model), "weights");
            let averages = [&whole, &broken].map(|state| state.average.clone().unwrap());
            assert!(weights(&averages[0]) == weights(&averages[1]), "averages");
            assert_eq!(shown.batches, resumed.batches);
            assert_eq!(shown.steps.len(), resumed.steps.len());
            let [whole, broken] = [&shown, &resumed].map(|epoch| epoch.losses.mean());
            assert!((whole - broken).abs() < 1e-12, "{whole} is not {broken}");
        }
    }
}

#[test]
fn two_devices_learn_what_one_learns_from_batches_of_both() {
    let device = || Device::flex().autodiff();
    let start = model(&device());

    let together = trained(&start, 1, &[device(), device()]);

    // No assert_eq!, which would print thousands of numbers.
    let accumulated = trained(&start, 2, &[device()]);
    assert!(together == accumulated, "devices are not added up");
    assert!(together != trained(&start, 1, &[device()]));
    assert!(together != weights(&start), "nothing is learned");
}

#[test]
fn accumulated_gradients_are_the_mean_over_their_batches() {
    with_steps(&TrainOptions::default(), |steps| {
        let model = model(&steps.devices[0]);
        let norm = |gradients: GradientsParams| {
            let norm = gradients::global_norm(&gradients, &model).unwrap();
            norm.into_scalar::<f32>()
        };
        let whole = norm(gradients(&model, 1, steps).1);
        let mut accumulated = GradientsAccumulator::new();
        for _ in 0..3 {
            let (_, gradients) = gradients(&model, 3, steps);
            accumulated.accumulate(&model, gradients);
        }
        let mean = norm(accumulated.grads());
        assert!((mean - whole).abs() < 1e-4 * whole, "{mean} is not {whole}");
    });
}
