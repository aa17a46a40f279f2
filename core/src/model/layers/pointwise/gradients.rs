//! 1×1 convolutions with gradients, on the CPU.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::prelude::*;
use burn::tensor::Shape;

use crate::model::layers::cpu::{self, in_order, recorded, tracked, values};

/// None where this is not the CPU, or no gradients are wanted.
pub(super) fn convolve(input: &Tensor<4>, weight: &Tensor<4>) -> Option<Tensor<4>> {
    let (x, x_node) = tracked(input)?.into_parts();
    let (weight, weight_node) = tracked(weight)?.into_parts();
    let [n, in_chans, height, width] = input.dims();
    let [out_chans, ..] = cpu::dims::<4>(&weight);
    let x = Flex::float_reshape(in_order(x), Shape::new([n, in_chans, height * width]));
    let weight = Flex::float_reshape(weight, Shape::new([1, out_chans, in_chans]));
    let output = Flex::float_matmul(weight.clone(), x.clone());
    let output = Flex::float_reshape(output, Shape::new([n, out_chans, height, width]));
    let operation = Pointwise.prepare::<NoCheckpointing>([x_node, weight_node]);
    let operation = operation.compute_bound().stateful();
    Some(recorded(operation, (x, weight, [height, width]), output))
}

#[derive(Debug)]
struct Pointwise;

impl Backward<Flex, 2> for Pointwise {
    /// Input `[n, in_chans, plane]`, weights `[1, out_chans, in_chans]`, and height and width of a plane.
    type State = (FloatTensor<Flex>, FloatTensor<Flex>, [usize; 2]);

    fn backward(
        self,
        operation: Ops<Self::State, 2>,
        gradients: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        let [x_node, weight_node] = operation.parents;
        let (x, weight, [height, width]) = operation.state;
        let [n, in_chans, plane] = cpu::dims(&x);
        let [_, out_chans, _] = cpu::dims::<3>(&weight);
        let of_output = in_order(gradients.consume::<Flex>(&operation.node));
        let of_output = Flex::float_reshape(of_output, Shape::new([n, out_chans, plane]));
        if let Some(node) = weight_node {
            let of_weight = of_weight(&x, &of_output);
            let shape = Shape::new([out_chans, in_chans, 1, 1]);
            gradients.register::<Flex>(node.id, Flex::float_reshape(of_weight, shape));
        }
        if let Some(node) = x_node {
            let of_x = Flex::float_matmul(Flex::float_swap_dims(weight, 1, 2), of_output);
            let shape = Shape::new([n, in_chans, height, width]);
            gradients.register::<Flex>(node.id, Flex::float_reshape(of_x, shape));
        }
    }
}

/// The gradient of the weights, in one of two ways that give the same.
fn of_weight(x: &FloatTensor<Flex>, of_output: &FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [_, in_chans, plane] = cpu::dims(x);
    let [_, out_chans, _] = cpu::dims::<3>(of_output);
    // Deep in a network planes are small and channels many: a product for each image would fill, and add up, much more memory
    // than both factors take.
    if out_chans * in_chans > plane * (out_chans + in_chans) {
        let (of_output, x) = (by_channel(of_output), by_channel(x));
        return Flex::float_matmul(of_output, Flex::float_swap_dims(x, 0, 1));
    }
    let x = Flex::float_swap_dims(x.clone(), 1, 2);
    Flex::float_sum_dim(Flex::float_matmul(of_output.clone(), x), 0)
}

/// `[n, channels, plane]` to `[channels, n * plane]`.
fn by_channel(x: &FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [n, channels, plane] = cpu::dims(x);
    let x = values(x);
    let mut output = vec![0.0; x.len()];
    cpu::for_each_plane(
        &mut output,
        plane,
        || (),
        |(), index, output| {
            let (channel, image) = (index / n, index % n);
            output.copy_from_slice(&x[(image * channels + channel) * plane..][..plane]);
        },
    );
    cpu::from_values(output, [channels, n * plane])
}
