//! Output and gradients are those of Burn's convolution.

use super::*;
use crate::model::layers::{ConvShape, Padding};
use burn::module::Initializer;
use burn::tensor::{Distribution, Tolerance};

const WEIGHT: Initializer = Initializer::Normal {
    mean: 0.0,
    std: 1.0,
};

/// Every kernel, stride and padding of the networks, on planes of even and odd sizes, and of hardly any.
fn cases() -> impl Iterator<Item = (ConvShape, [usize; 4])> {
    let stems = [
        (3, Padding::Same),
        (3, Padding::Symmetric),
        (7, Padding::Symmetric),
    ];
    let stems = stems.map(|(kernel, padding)| ConvShape {
        padding,
        ..ConvShape::square(1, 5, kernel, 2)
    });
    let in_groups = [(6, 4, 2, 1), (6, 9, 3, 2), (4, 10, 1, 2), (3, 16, 1, 1)].map(
        |(in_chans, out_chans, groups, stride)| ConvShape {
            groups,
            ..ConvShape::square(in_chans, out_chans, 3, stride)
        },
    );
    depthwise_cases()
        .chain(stems.map(|stem| (stem, [3, 1, 9, 14])))
        .chain(in_groups.map(|shape| (shape, [2, shape.in_chans, 5, 12])))
}

fn depthwise_cases() -> impl Iterator<Item = (ConvShape, [usize; 4])> {
    let paddings = [Padding::Same, Padding::Symmetric];
    let sizes = [[7, 9], [8, 40], [6, 14], [1, 2], [33, 5]];
    let kernels = [(3, 1), (5, 1), (3, 2), (5, 2)];
    kernels.into_iter().flat_map(move |(kernel, stride)| {
        paddings.into_iter().flat_map(move |padding| {
            sizes.map(|[height, width]| {
                let shape = ConvShape::depthwise(6, kernel, stride, padding);
                (shape, [2, 6, height, width])
            })
        })
    })
}

#[test]
fn output_and_gradients_are_those_of_the_convolution() {
    let device = Device::flex().autodiff();
    for (shape, size) in cases() {
        let conv = shape.init(WEIGHT, &device);
        let input = Tensor::<4>::random(size, Distribution::Default, &device);
        compare(&conv, &input);
    }
}

/// Output and gradients beside those that Burn has.
fn compare(conv: &Conv2d, input: &Tensor<4>) {
    let step = |forward: fn(&Conv2d, Tensor<4>) -> Tensor<4>| {
        let input = input.clone().require_grad();
        let output = forward(conv, input.clone());
        let gradients = output.clone().square().sum().backward();
        let grads = [input.grad(&gradients), conv.weight.grad(&gradients)];
        let [of_input, of_weight] = grads.map(|grad| grad.expect("a gradient"));
        [output, of_input, of_weight].map(Tensor::into_data)
    };

    let (ours, theirs) = (step(grouped), step(Conv2d::forward));

    for (ours, theirs) in ours.iter().zip(&theirs) {
        ours.assert_approx_eq::<f32>(theirs, Tolerance::rel_abs(1e-5, 1e-4));
    }
}

#[test]
fn channels_with_several_kernels_keep_their_order() {
    let device = Device::flex().autodiff();
    let shape = ConvShape {
        out_chans: 6,
        ..ConvShape::depthwise(3, 3, 1, Padding::Same)
    };
    let input = Tensor::<4>::random([2, 3, 4, 5], Distribution::Default, &device);
    let conv = shape.init(WEIGHT, &device);
    compare(&conv, &input);
}

#[test]
fn without_gradients_the_output_is_the_same() {
    let device = Device::flex();
    for (shape, size) in cases() {
        let conv = shape.init(WEIGHT, &device);
        let input = Tensor::<4>::random(size, Distribution::Default, &device);
        let ours = grouped(&conv, input.clone()).into_data();
        let theirs = conv.forward(input).into_data();
        ours.assert_approx_eq::<f32>(&theirs, Tolerance::rel_abs(1e-5, 1e-4));
    }
}
