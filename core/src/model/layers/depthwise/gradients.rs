//! Depthwise convolutions with gradients, on the CPU.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::nn::conv::Conv2d;
use burn::prelude::*;
use burn::tensor::DType;

use super::planes::{Geometry, Scratch};
use crate::model::layers::cpu::{self, in_order, values};

/// None where this is not the CPU, or no gradients are wanted.
pub(super) fn depthwise(conv: &Conv2d, geometry: Geometry, input: &Tensor<4>) -> Option<Tensor<4>> {
    if !input.device().is_autodiff() || input.dtype() != DType::F32 {
        return None;
    }
    let primitive = |tensor: Tensor<4>| tensor.try_into_primitive::<Autodiff<Flex>>().ok();
    let (input, input_node) = primitive(input.clone())?.into_parts();
    let (weight, weight_node) = primitive(conv.weight.val())?.into_parts();
    let (input, weight) = (in_order(input), in_order(weight));
    let output = super::forward(geometry, &input, &weight);
    let operation = Depthwise.prepare::<NoCheckpointing>([input_node, weight_node]);
    let output = match operation.compute_bound().stateful() {
        OpsKind::Tracked(operation) => operation.finish((input, weight, geometry), output),
        OpsKind::UnTracked(operation) => operation.finish(output),
    };
    Some(Tensor::from_primitive::<Autodiff<Flex>>(output))
}

#[derive(Debug)]
struct Depthwise;

impl Backward<Flex, 2> for Depthwise {
    /// Input, kernels, and how they were convolved.
    type State = (FloatTensor<Flex>, FloatTensor<Flex>, Geometry);

    fn backward(
        self,
        operation: Ops<Self::State, 2>,
        gradients: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        let [input_node, weight_node] = operation.parents;
        let (input, weight, geometry) = operation.state;
        let of_output = in_order(gradients.consume::<Flex>(&operation.node));
        if let Some(node) = input_node {
            let of_input = of_input(geometry, &weight, &of_output);
            gradients.register::<Flex>(node.id, of_input);
        }
        if let Some(node) = weight_node {
            let of_weight = of_weight(geometry, &input, &of_output);
            gradients.register::<Flex>(node.id, of_weight);
        }
    }
}

fn of_input(
    geometry: Geometry,
    weight: &FloatTensor<Flex>,
    of_output: &FloatTensor<Flex>,
) -> FloatTensor<Flex> {
    let [n, out_chans, ..] = cpu::dims::<4>(of_output);
    let [height, width] = geometry.input;
    let channels = out_chans / geometry.multiplier;
    let (weight, of_output) = (values(weight), values(of_output));
    let mut of_input = vec![0.0; n * channels * height * width];
    cpu::for_each_plane(
        &mut of_input,
        height * width,
        || Scratch::new(&geometry),
        |scratch, index, of_input| {
            geometry.backward_input(scratch, of_output, weight, index, of_input);
        },
    );
    cpu::from_values(of_input, [n, channels, height, width])
}

fn of_weight(
    geometry: Geometry,
    input: &FloatTensor<Flex>,
    of_output: &FloatTensor<Flex>,
) -> FloatTensor<Flex> {
    let [n, out_chans, ..] = cpu::dims::<4>(of_output);
    let (input, of_output) = (values(input), values(of_output));
    let of_channels = cpu::collect(
        out_chans,
        || Scratch::new(&geometry),
        |scratch, channel| {
            let mut of_weights = vec![0.0; geometry.kernel.pow(2)];
            for index in (channel..n * out_chans).step_by(out_chans) {
                geometry.backward_weights(scratch, input, of_output, index, &mut of_weights);
            }
            of_weights
        },
    );
    let shape = [out_chans, 1, geometry.kernel, geometry.kernel];
    cpu::from_values(of_channels.concat(), shape)
}
