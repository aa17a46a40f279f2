//! One pass gives what Burn's steps give.

use super::*;
use burn::tensor::TensorData;
use burn::tensor::{Distribution, Tolerance};

const CHANNELS: usize = 6;
const ACTIVATIONS: [Activation; 4] = [
    Activation::Identity,
    Activation::Relu,
    Activation::Relu6,
    Activation::Silu,
];

/// Numbers that differ from channel to channel.
fn parameters(device: &Device) -> [Tensor<1>; 4] {
    let spread = Distribution::Normal(1.0, 0.5);
    let [gamma, beta, mean, variance] =
        [2.0, 1.0, 5.0, 1.0].map(|factor| Tensor::random([CHANNELS], spread, device) * factor);
    [gamma, beta, mean, variance.square() + 0.1]
}

fn norm([gamma, beta, mean, variance]: [Tensor<1>; 4], device: &Device) -> Norm {
    let Norm::Batch(mut norm) = Norm::batch(CHANNELS, 1e-3, device) else {
        unreachable!("it is not folded");
    };
    norm.gamma = Param::from_tensor(gamma);
    norm.beta = Param::from_tensor(beta);
    norm.running_mean.update(mean);
    norm.running_var.update(variance);
    Norm::Batch(norm)
}

fn input(device: &Device) -> Tensor<4> {
    // Far from zero, and channels with different means.
    let levels = Tensor::arange(0..CHANNELS as i64, device).float() * 7.0;
    let noise = Tensor::<4>::random([3, CHANNELS, 5, 7], Distribution::Default, device);
    noise * 4.0 + levels.reshape([1, CHANNELS, 1, 1])
}

/// By Burn's steps.
fn theirs(norm: &Norm, input: Tensor<4>, activation: Activation) -> Tensor<4> {
    match norm {
        Norm::Batch(norm) => by_burn(norm, input, activation),
        Norm::Shift(Shift { bias }) => shift::by_burn(input, Some(bias.val()), activation),
    }
}

/// What comes out, the gradients of input, gamma and beta where there are some, and the running statistics.
fn step(
    norm: &Norm,
    input: Tensor<4>,
    forward: impl Fn(&Norm, Tensor<4>) -> Tensor<4>,
) -> Vec<TensorData> {
    let Norm::Batch(batch) = norm else {
        unreachable!("it is not folded");
    };
    let input = input.require_grad();
    let output = forward(norm, input.clone());
    // Not the same gradient everywhere, which BatchNorm would swallow.
    let gradients = (output.clone() * input.clone().detach().sin())
        .sum()
        .backward();
    let mut numbers = vec![output.into_data()];
    numbers.extend(input.grad(&gradients).map(Tensor::into_data));
    numbers.extend(batch.gamma.val().grad(&gradients).map(Tensor::into_data));
    numbers.extend(batch.beta.val().grad(&gradients).map(Tensor::into_data));
    numbers.push(batch.running_mean.value_sync().into_data());
    numbers.push(batch.running_var.value_sync().into_data());
    numbers
}

#[test]
fn a_step_in_one_pass_is_burns() {
    let device = Device::flex().autodiff();
    let (numbers, input) = (parameters(&device), input(&device));
    for frozen in [false, true] {
        for activation in ACTIVATIONS {
            let prepared = || {
                let norm = norm(numbers.clone(), &device);
                if frozen { norm.freeze() } else { norm }
            };

            let ours = step(&prepared(), input.clone(), |norm, x| {
                norm.forward_act(x, activation)
            });

            let theirs = step(&prepared(), input.clone(), |norm, x| {
                theirs(norm, x, activation)
            });
            assert_eq!(ours.len(), if frozen { 4 } else { 6 });
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(&theirs) {
                ours.assert_approx_eq::<f32>(theirs, Tolerance::rel_abs(1e-4, 1e-4));
            }
        }
    }
}

#[test]
fn what_is_folded_is_shifted_in_one_pass() {
    let device = Device::flex();
    let bias = Tensor::random([CHANNELS], Distribution::Default, &device);
    let norm = Norm::Shift(Shift {
        bias: Param::from_tensor(bias),
    });
    let input = input(&device) - 20.0;
    for activation in ACTIVATIONS {
        let shared = input.clone();

        let ours = norm.forward_act(shared, activation).into_data();

        let theirs = theirs(&norm, input.clone(), activation).into_data();
        ours.assert_approx_eq::<f32>(&theirs, Tolerance::rel_abs(1e-6, 1e-6));
    }
    let part = input.clone().slice([1..2, 0..CHANNELS, 0..5, 2..6]);
    let ours = norm.forward_act(part.clone(), Activation::Relu6);
    let theirs = theirs(&norm, part, Activation::Relu6);
    assert_eq!(ours.into_data(), theirs.into_data());
    assert!(ours_keeps_nan(&norm, &device));
}

#[test]
fn without_gradients_a_norm_goes_by_its_running_statistics() {
    let device = Device::flex();
    let norm = norm(parameters(&device), &device);
    let input = input(&device);
    for activation in ACTIVATIONS {
        let ours = norm.forward_act(input.clone(), activation).into_data();
        let theirs = theirs(&norm, input.clone(), activation).into_data();
        ours.assert_approx_eq::<f32>(&theirs, Tolerance::rel_abs(1e-5, 1e-5));
    }
}

fn ours_keeps_nan(norm: &Norm, device: &Device) -> bool {
    let input = Tensor::<4>::full([1, CHANNELS, 1, 1], f32::NAN, device);
    [Activation::Relu, Activation::Relu6]
        .map(|activation| norm.forward_act(input.clone(), activation).into_data())
        .iter()
        .all(|data| data.iter::<f32>().all(f32::is_nan))
}

#[test]
fn a_step_of_a_shift_in_one_pass_is_burns() {
    let device = Device::flex().autodiff();
    let input = input(&device) - 20.0;
    let bias = Tensor::<1>::random([CHANNELS], Distribution::Default, &device);
    let step = |forward: &dyn Fn(Tensor<4>, Tensor<1>) -> Tensor<4>| {
        let (input, bias) = (input.clone().require_grad(), bias.clone().require_grad());
        let output = forward(input.clone(), bias.clone());
        let gradients = (output.clone() * input.clone().detach().sin())
            .sum()
            .backward();
        let of_bias = bias.grad(&gradients).map(Tensor::into_data);
        let of_input = input.grad(&gradients).map(Tensor::into_data);
        [Some(output.into_data()), of_input, of_bias]
    };
    for activation in ACTIVATIONS {
        for is_biased in [false, true] {
            let bias_of = |bias| is_biased.then_some(bias);
            let ours = step(&|x, bias| shift_act(x, bias_of(bias), activation));
            let theirs = step(&|x, bias| shift::by_burn(x, bias_of(bias), activation));
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!(ours.is_some(), theirs.is_some(), "a gradient");
                if let (Some(ours), Some(theirs)) = (ours, theirs) {
                    ours.assert_approx_eq::<f32>(theirs, Tolerance::rel_abs(1e-4, 1e-4));
                }
            }
        }
    }
}
