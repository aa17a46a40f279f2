//! 1×1 convolutions with gradients, on the CPU.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::ops::{FloatTensorOps, ModuleOps};
use burn::backend::tensor::FloatTensor;
use burn::prelude::*;
use burn::tensor::Shape;
use burn::tensor::ops::ConvOptions;

use crate::model::layers::cpu::{self, in_order, recorded, tracked, values};

/// None where this is not the CPU, or no gradients are wanted.
pub(super) fn convolve(input: &Tensor<4>, weight: &Tensor<4>) -> Option<Tensor<4>> {
    let (x, x_node) = tracked(input)?.into_parts();
    let (weight, weight_node) = tracked(weight)?.into_parts();
    let x = in_order(x);
    let output = product(x.clone(), weight.clone());
    let operation = Pointwise.prepare::<NoCheckpointing>([x_node, weight_node]);
    let operation = operation.compute_bound().stateful();
    Some(recorded(operation, (x, weight), output))
}

/// The weights times each image. As a convolution, for Burn's product of matrices writes its result twice.
fn product(x: FloatTensor<Flex>, weight: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let options = ConvOptions::new([1; 2], [0; 2], [1; 2], 1);
    Flex::conv2d(x, weight, None, options)
}

#[derive(Debug)]
struct Pointwise;

impl Backward<Flex, 2> for Pointwise {
    /// Input `[n, in_chans, height, width]` and weights `[out_chans, in_chans, 1, 1]`.
    type State = (FloatTensor<Flex>, FloatTensor<Flex>);

    fn backward(
        self,
        operation: Ops<Self::State, 2>,
        gradients: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        let [x_node, weight_node] = operation.parents;
        let (x, weight) = operation.state;
        let of_output = in_order(gradients.consume::<Flex>(&operation.node));
        if let Some(node) = weight_node {
            let of_weight = of_weight(&by_image(&x), &by_image(&of_output));
            let shape = Shape::new(cpu::dims::<4>(&weight));
            gradients.register::<Flex>(node.id, Flex::float_reshape(of_weight, shape));
        }
        if let Some(node) = x_node {
            let of_x = product(of_output, Flex::float_swap_dims(weight, 0, 1));
            gradients.register::<Flex>(node.id, of_x);
        }
    }
}

/// `[n, channels, height, width]` as `[n, channels, plane]`.
fn by_image(x: &FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [n, channels, height, width] = cpu::dims(x);
    Flex::float_reshape(x.clone(), Shape::new([n, channels, height * width]))
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
