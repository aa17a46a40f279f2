//! Depthwise convolutions.

#[cfg(feature = "training")]
mod gradients;
mod planes;

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::prelude::*;

use super::cpu::{self, values};
use planes::{Geometry, Scratch};

/// A convolution of each channel by itself, by one kernel or several, without bias. The stem of a network that sees pictures of
/// one channel is one, too; what is none, Burn computes.
///
/// On the CPU it is our own: Burn's keeps its sums in memory rather than in registers, takes one number after the other where
/// the stride is 2, and for the gradients of the weights calls a general convolution for every channel.
///
/// # Shapes
/// `[n, channels, height, width]` to `[n, channels * multiplier, height / stride, width / stride]`, as `conv` pads
#[must_use]
pub fn depthwise(conv: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    let Some(geometry) = geometry(conv, input.dims()) else {
        return conv.forward(input);
    };
    #[cfg(feature = "training")]
    if let Some(output) = gradients::depthwise(conv, geometry, &input) {
        return output;
    }
    if !cpu::holds(&input) {
        return conv.forward(input);
    }
    let (input, weight) = (cpu::take(input), cpu::take(conv.weight.val()));
    Tensor::from_primitive::<Flex>(forward(geometry, &input, &weight))
}

/// Sizes for input `[n, channels, height, width]`; none for what is no depthwise convolution of square kernels.
fn geometry(conv: &Conv2d, [_, channels, height, width]: [usize; 4]) -> Option<Geometry> {
    let [out_chans, per_group, kernel, kernel_width] = conv.weight.dims();
    let [stride, stride_width] = conv.stride;
    let is_depthwise = per_group == 1 && conv.groups == channels;
    let is_square = kernel == kernel_width && stride == stride_width && conv.dilation == [1, 1];
    if !is_depthwise || !is_square || conv.bias.is_some() {
        return None;
    }
    // As TensorFlow pads: the odd row and column behind.
    let same = |size: usize| {
        let needed = ((size.div_ceil(stride) - 1) * stride + kernel).saturating_sub(size);
        (needed / 2, needed - needed / 2)
    };
    let (rows, columns) = match conv.padding {
        PaddingConfig2d::Same => (same(height), same(width)),
        PaddingConfig2d::Valid => ((0, 0), (0, 0)),
        PaddingConfig2d::Explicit(top, left, bottom, right) => ((top, bottom), (left, right)),
    };
    let outputs = |size: usize, (before, behind): (usize, usize)| {
        Some((size + before + behind).checked_sub(kernel)? / stride + 1)
    };
    Some(Geometry {
        multiplier: out_chans / channels,
        kernel,
        stride,
        padding: [rows.0, columns.0],
        input: [height, width],
        output: [outputs(height, rows)?, outputs(width, columns)?],
    })
}

fn forward(
    geometry: Geometry,
    input: &FloatTensor<Flex>,
    weight: &FloatTensor<Flex>,
) -> FloatTensor<Flex> {
    let [n, ..] = cpu::dims::<4>(input);
    let [out_chans, ..] = cpu::dims::<4>(weight);
    let [height, width] = geometry.output;
    let (input, weight) = (values(input), values(weight));
    let mut output = vec![0.0; n * out_chans * height * width];
    cpu::for_each_plane(
        &mut output,
        height * width,
        || Scratch::new(&geometry),
        |scratch, index, output| {
            geometry.forward(scratch, input, weight, index, output);
        },
    );
    cpu::from_values(output, [n, out_chans, height, width])
}

#[cfg(all(test, feature = "training"))]
mod tests {
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
        depthwise_cases().chain(stems.map(|stem| (stem, [3, 1, 9, 14])))
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

        let (ours, theirs) = (step(depthwise), step(Conv2d::forward));

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
            let ours = depthwise(&conv, input.clone()).into_data();
            let theirs = conv.forward(input).into_data();
            ours.assert_approx_eq::<f32>(&theirs, Tolerance::rel_abs(1e-5, 1e-4));
        }
    }
}
