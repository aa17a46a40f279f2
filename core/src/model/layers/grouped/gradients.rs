//! Convolutions with gradients, on the CPU.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::tensor::FloatTensor;
use burn::prelude::*;

use super::backward::GradientScratch;
use super::geometry::Geometry;
use super::planes::Scratch;
use crate::model::layers::cpu::{self, in_order, recorded, tracked, values};

/// None where this is not the CPU, or no gradients are wanted.
pub(super) fn convolve(
    geometry: Geometry,
    input: &Tensor<4>,
    weight: &Tensor<4>,
) -> Option<Tensor<4>> {
    let (input, input_node) = tracked(input)?.into_parts();
    let (weight, weight_node) = tracked(weight)?.into_parts();
    let (input, weight) = (in_order(input), in_order(weight));
    let output = super::forward(geometry, &input, &weight);
    let operation = Convolution.prepare::<NoCheckpointing>([input_node, weight_node]);
    let operation = operation.compute_bound().stateful();
    Some(recorded(operation, (input, weight, geometry), output))
}

#[derive(Debug)]
struct Convolution;

impl Backward<Flex, 2> for Convolution {
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
            let of_input = of_input(geometry, cpu::dims(&input), &weight, &of_output);
            gradients.register::<Flex>(node.id, of_input);
        }
        if let Some(node) = weight_node {
            let of_weight = of_weight(geometry, &input, cpu::dims(&weight), &of_output);
            gradients.register::<Flex>(node.id, of_weight);
        }
    }
}

fn of_input(
    geometry: Geometry,
    shape: [usize; 4],
    weight: &FloatTensor<Flex>,
    of_output: &FloatTensor<Flex>,
) -> FloatTensor<Flex> {
    let (weight, of_output) = (values(weight), values(of_output));
    let mut of_input = vec![0.0; shape.iter().product()];
    let planes = geometry.input_planes();
    cpu::for_each_plane(
        &mut of_input,
        planes * geometry.input_plane(),
        GradientScratch::default,
        |scratch, index, of_input| {
            geometry.backward_input(scratch, of_output, weight, index * planes, of_input);
        },
    );
    cpu::from_values(of_input, shape)
}

fn of_weight(
    geometry: Geometry,
    input: &FloatTensor<Flex>,
    shape: [usize; 4],
    of_output: &FloatTensor<Flex>,
) -> FloatTensor<Flex> {
    let [n, out_chans, ..] = cpu::dims::<4>(of_output);
    let (input, of_output) = (values(input), values(of_output));
    let (planes, weights) = (
        geometry.output_planes(),
        geometry.in_chans * geometry.taps(),
    );
    let of_channels = cpu::collect(
        out_chans / planes,
        || (Scratch::new(&geometry), Vec::new()),
        |(scratch, rows), block| {
            let mut of_weights = vec![0.0; planes * weights];
            for image in 0..n {
                let first = image * out_chans + block * planes;
                for (index, of_weights) in (first..).zip(of_weights.chunks_exact_mut(weights)) {
                    geometry.backward_weights(scratch, rows, input, of_output, index, of_weights);
                }
            }
            of_weights
        },
    );
    cpu::from_values(of_channels.concat(), shape)
}
