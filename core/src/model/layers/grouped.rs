//! Convolutions by kernels of several pixels.

#[cfg(feature = "training")]
mod backward;
mod geometry;
#[cfg(feature = "training")]
mod gradients;
mod planes;

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::prelude::*;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::cpu::{self, values};
use geometry::Geometry;
use planes::Scratch;

/// A convolution of all channels, of groups of them, or of each by itself.
///
/// On the CPU it is our own, if it has square kernels and no bias: Burn's keeps the sums of depthwise ones in memory
/// rather than in registers, and gathers what every kernel sees for the others; for gradients it calls a general
/// convolution for every group.
///
/// # Shapes
/// `[n, in_chans, height, width]` to `[n, out_chans, height / stride, width / stride]`, as `conv` pads
#[must_use]
pub fn grouped(conv: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    let [kernel, ..] = conv.kernel_size;
    let [stride, ..] = conv.stride;
    let [_, _, height, width] = input.dims();
    let padding = match conv.padding {
        PaddingConfig2d::Same => [height, width].map(|size| same(size, kernel, stride)),
        PaddingConfig2d::Valid => [(0, 0); 2],
        PaddingConfig2d::Explicit(top, left, bottom, right) => [(top, bottom), (left, right)],
    };
    let options = ConvOptions::new(conv.stride, [0; 2], conv.dilation, conv.groups);
    let ours = if conv.bias.is_none() {
        on_cpu(&input, conv.weight.val(), &options, padding)
    } else {
        None
    };
    ours.unwrap_or_else(|| conv.forward(input))
}

/// The same of kernels `weight`, `[out_chans, in_chans / groups, kernel, kernel]`, that are no parameter.
#[must_use]
pub fn grouped_sums(input: Tensor<4>, weight: Tensor<4>, options: ConvOptions<2>) -> Tensor<4> {
    on_cpu(&input, weight.clone(), &options, options.padding)
        .unwrap_or_else(|| conv2d(input, weight, None, options))
}

/// Rows before and behind as TensorFlow pads: the odd one behind.
fn same(size: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let needed = ((size.div_ceil(stride) - 1) * stride + kernel).saturating_sub(size);
    (needed / 2, needed - needed / 2)
}

/// None for what Burn computes. The padding is that of rows and of columns.
fn on_cpu(
    input: &Tensor<4>,
    weight: Tensor<4>,
    options: &ConvOptions<2>,
    padding: [(usize, usize); 2],
) -> Option<Tensor<4>> {
    let [out_chans, in_chans, kernel, kernel_width] = weight.dims();
    let [stride, stride_width] = options.stride;
    if kernel != kernel_width || stride != stride_width || options.dilation != [1; 2] {
        return None;
    }
    let [_, _, height, width] = input.dims();
    let outputs = |size: usize, (before, behind): (usize, usize)| {
        Some((size + before + behind).checked_sub(kernel)? / stride + 1)
    };
    let [rows, columns] = padding;
    let geometry = Geometry {
        in_chans,
        out_chans: out_chans / options.groups,
        kernel,
        stride,
        padding: [rows.0, columns.0],
        input: [height, width],
        output: [outputs(height, rows)?, outputs(width, columns)?],
    };
    #[cfg(feature = "training")]
    if let Some(output) = gradients::convolve(geometry, input, &weight) {
        return Some(output);
    }
    if !cpu::holds(input) {
        return None;
    }
    let output = forward(geometry, &cpu::take(input.clone()), &cpu::take(weight));
    Some(Tensor::from_primitive::<Flex>(output))
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
    let planes = geometry.output_planes();
    cpu::for_each_plane(
        &mut output,
        planes * geometry.output_plane(),
        || Scratch::new(&geometry),
        |scratch, index, output| {
            geometry.forward(scratch, input, weight, index * planes, output);
        },
    );
    cpu::from_values(output, [n, out_chans, height, width])
}

#[cfg(all(test, feature = "training"))]
mod tests;
