//! 1×1 convolutions.

#[cfg(feature = "training")]
mod gradients;

use burn::module::Param;
use burn::nn::conv::Conv2d;
use burn::prelude::*;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

/// A 1×1 convolution without stride, padding or groups.
///
/// # Shapes
/// `[n, in_chans, height, width]` to `[n, out_chans, height, width]`
#[must_use]
pub fn pointwise(conv: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    let sums = pointwise_sums(input, conv.weight.val());
    match conv.bias.as_ref().map(Param::val) {
        Some(bias) => sums + bias.reshape([1, -1, 1, 1]),
        None => sums,
    }
}

/// The same of kernels `weight`, `[out_chans, in_chans, 1, 1]`, that are no parameter.
///
/// Where gradients are wanted they are matrix products, on the CPU our own: those of Burn's convolution go through
/// transposed copies of the input there, and a step took 1.28 times as long.
#[must_use]
pub fn pointwise_sums(input: Tensor<4>, weight: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "training")]
    if let Some(output) = gradients::convolve(&input, &weight) {
        return output;
    }
    if !input.device().is_autodiff() {
        let options = ConvOptions::new([1; 2], [0; 2], [1; 2], 1);
        return conv2d(input, weight, None, options);
    }
    let [n, in_chans, height, width] = input.dims();
    let [out_chans, ..] = weight.dims();
    let weight = weight.reshape([1, out_chans, in_chans]);
    let product = weight.matmul(input.reshape([n, in_chans, height * width]));
    product.reshape([n, out_chans, height, width])
}

#[cfg(all(test, feature = "training"))]
mod tests {
    use super::*;
    use crate::model::layers::ConvShape;
    use burn::module::Initializer;
    use burn::tensor::{Distribution, Tolerance};

    #[test]
    fn a_pointwise_product_and_its_gradients_are_those_of_the_convolution() {
        let device = Device::flex().autodiff();
        let spread = Initializer::Normal {
            mean: 0.0,
            std: 1.0,
        };
        // Of many numbers to a channel, and of few.
        for size in [[3, 5, 4, 6], [3, 5, 1, 2]] {
            let conv = ConvShape::pointwise(5, 7).init_with_bias(spread.clone(), &spread, &device);
            let input = Tensor::<4>::random(size, Distribution::Default, &device);
            let step = |forward: fn(&Conv2d, Tensor<4>) -> Tensor<4>| {
                let input = input.clone().require_grad();
                let output = forward(&conv, input.clone());
                let gradients = output.clone().square().sum().backward();
                let bias = conv.bias.as_ref().expect("it has one");
                let grads = [input.grad(&gradients), conv.weight.grad(&gradients)];
                let [of_input, of_weight] = grads.map(|grad| grad.expect("a gradient"));
                let of_bias = bias.grad(&gradients).expect("a gradient");
                [
                    output.into_data(),
                    of_input.into_data(),
                    of_weight.into_data(),
                    of_bias.into_data(),
                ]
            };

            let (ours, theirs) = (step(pointwise), step(Conv2d::forward));

            for (ours, theirs) in ours.iter().zip(&theirs) {
                ours.assert_approx_eq::<f32>(theirs, Tolerance::rel_abs(1e-5, 1e-4));
            }
        }
    }
}
