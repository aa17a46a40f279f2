//! Normalisation, or a shift, and the activation behind it, with gradients, on the CPU.
//!
//! Burn takes more than twenty passes over a feature map for normalisation, activation and their gradients; these are five.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;
use burn::nn::BatchNorm;
use burn::prelude::*;

use super::affine::{Affine, Moments};
use crate::model::layers::Activation;
use crate::model::layers::cpu::{from_values, in_order, recorded, tracked, values, values_mut};

/// The activation of what `norm` makes of `input`, whose running statistics follow as Burn's do.
///
/// None where this is not the CPU, or no gradients are wanted.
pub(super) fn norm_act(
    norm: &BatchNorm,
    activation: Activation,
    input: &Tensor<4>,
) -> Option<Tensor<4>> {
    let (x, x_node) = tracked(input)?.into_parts();
    let (_, gamma_node) = tracked(&norm.gamma.val())?.into_parts();
    let (_, beta_node) = tracked(&norm.beta.val())?.into_parts();
    let [_, channels, height, width] = input.dims();
    let plane = height * width;
    let x = in_order(x);
    let is_frozen = !norm.training.is_enabled();
    let moments = if is_frozen {
        super::running(norm)
    } else {
        let moments = Moments::of(values(&x), channels, plane);
        follow(norm, &moments, &input.device());
        moments
    };
    let affine = Affine::normalising(norm, &moments, activation);
    let output = from_values(affine.applied(values(&x), plane), input.dims());
    let operation = NormAct.prepare::<NoCheckpointing>([x_node, gamma_node, beta_node]);
    let operation = operation.compute_bound().stateful();
    let state = State {
        x,
        plane,
        affine,
        inverse_deviation: moments.inverse_deviation(norm.epsilon),
        is_frozen,
    };
    Some(recorded(operation, state, output))
}

/// The activation of `input`, to which a bias is added if there is one.
///
/// None where this is not the CPU, or no gradients are wanted.
pub(super) fn shift_act(
    bias: Option<&Tensor<1>>,
    activation: Activation,
    input: &Tensor<4>,
) -> Option<Tensor<4>> {
    let (x, x_node) = tracked(input)?.into_parts();
    // Without one, all channels are as one that is not moved.
    let (bias, bias_node) = match bias {
        Some(bias) => tracked(bias)?,
        None => tracked(&Tensor::<1>::zeros([1], &input.device()))?,
    }
    .into_parts();
    let [_, _, height, width] = input.dims();
    let plane = height * width;
    let x = in_order(x);
    let affine = Affine::shifting(values(&bias).to_vec(), activation);
    let output = from_values(affine.applied(values(&x), plane), input.dims());
    let operation = ShiftAct.prepare::<NoCheckpointing>([x_node, bias_node]);
    let operation = operation.compute_bound().stateful();
    Some(recorded(operation, (x, plane, affine), output))
}

/// Moves the running statistics towards those of a batch.
fn follow(norm: &BatchNorm, batch: &Moments, device: &Device) {
    let follow = |running: Tensor<1>, batch: &[f32]| {
        let batch = Tensor::from_floats(batch, device);
        running * (1.0 - norm.momentum) + batch * norm.momentum
    };
    let mean = follow(norm.running_mean.value_sync(), &batch.mean);
    let variance = follow(norm.running_var.value_sync(), &batch.variance);
    norm.running_mean.update(mean.detach());
    norm.running_var.update(variance.detach());
}

#[derive(Debug)]
struct NormAct;

#[derive(Debug, Clone)]
struct State {
    x: FloatTensor<Flex>,
    plane: usize,
    affine: Affine,
    inverse_deviation: Vec<f32>,
    /// Statistics that do not depend on the input.
    is_frozen: bool,
}

impl Backward<Flex, 3> for NormAct {
    type State = State;

    fn backward(self, operation: Ops<State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, gamma_node, beta_node] = operation.parents;
        let State {
            x,
            plane,
            affine,
            inverse_deviation,
            is_frozen,
        } = operation.state;
        let mut gradient = in_order(gradients.consume::<Flex>(&operation.node));
        let (x, channels) = (values(&x), inverse_deviation.len());
        let sums = affine.sums(x, values(&gradient), plane);
        if let Some(node) = gamma_node {
            let of_gamma = (sums.by_distance.iter().zip(&inverse_deviation))
                .map(|(sum, inverse)| (sum * f64::from(*inverse)) as f32)
                .collect();
            gradients.register::<Flex>(node.id, from_values(of_gamma, [channels]));
        }
        if let Some(node) = beta_node {
            let of_beta = sums.gradient.iter().map(|&sum| sum as f32).collect();
            gradients.register::<Flex>(node.id, from_values(of_beta, [channels]));
        }
        if let Some(node) = x_node {
            let count = (x.len() / channels) as f64;
            // Statistics of the batch move with what they were taken of.
            let less: Vec<[f32; 2]> = (sums.gradient.iter())
                .zip(&sums.by_distance)
                .zip(&inverse_deviation)
                .map(|((&sum, &by_distance), &inverse)| {
                    let by_distance = by_distance * f64::from(inverse).powi(2);
                    [sum, by_distance].map(|sum| if is_frozen { 0.0 } else { (sum / count) as f32 })
                })
                .collect();
            affine.backward(x, values_mut(&mut gradient), plane, &less);
            gradients.register::<Flex>(node.id, gradient);
        }
    }
}

#[derive(Debug)]
struct ShiftAct;

impl Backward<Flex, 2> for ShiftAct {
    /// What went in, the numbers of a plane, and what was done.
    type State = (FloatTensor<Flex>, usize, Affine);

    fn backward(
        self,
        operation: Ops<Self::State, 2>,
        gradients: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        let [x_node, bias_node] = operation.parents;
        let (x, plane, affine) = operation.state;
        let mut gradient = in_order(gradients.consume::<Flex>(&operation.node));
        let (x, channels) = (values(&x), affine.shift.len());
        if let Some(node) = bias_node {
            let sums = affine.sums(x, values(&gradient), plane);
            let of_bias = sums.gradient.iter().map(|&sum| sum as f32).collect();
            gradients.register::<Flex>(node.id, from_values(of_bias, [channels]));
        }
        if let Some(node) = x_node {
            affine.backward(x, values_mut(&mut gradient), plane, &[[0.0; 2]]);
            gradients.register::<Flex>(node.id, gradient);
        }
    }
}
