//! Convolutions as timm pads and initialises them.

use burn::module::{Initializer, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::prelude::*;

/// How convolutions treat the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// TensorFlow SAME: as little as gives `ceil(size / stride)`, the odd pixel behind.
    Same,
    /// PyTorch's usual `kernel / 2` on both sides.
    Symmetric,
}

/// Shape of a convolution.
#[derive(Debug, Clone, Copy)]
pub struct ConvShape {
    /// Input channels.
    pub in_chans: usize,
    /// Output channels.
    pub out_chans: usize,
    /// Kernel size in both directions.
    pub kernel: usize,
    /// Stride in both directions.
    pub stride: usize,
    /// Groups of channels.
    pub groups: usize,
    /// Border.
    pub padding: Padding,
}

impl ConvShape {
    /// A 1×1 convolution.
    #[must_use]
    pub fn pointwise(in_chans: usize, out_chans: usize) -> Self {
        Self::square(in_chans, out_chans, 1, 1)
    }

    /// A convolution of all channels with PyTorch's padding.
    #[must_use]
    pub fn square(in_chans: usize, out_chans: usize, kernel: usize, stride: usize) -> Self {
        Self {
            in_chans,
            out_chans,
            kernel,
            stride,
            groups: 1,
            padding: Padding::Symmetric,
        }
    }

    /// A convolution of each channel by itself.
    #[must_use]
    pub fn depthwise(channels: usize, kernel: usize, stride: usize, padding: Padding) -> Self {
        Self {
            in_chans: channels,
            out_chans: channels,
            kernel,
            stride,
            groups: channels,
            padding,
        }
    }

    /// The convolution without bias.
    #[must_use]
    pub fn init(&self, weight: Initializer, device: &Device) -> Conv2d {
        let half = self.kernel / 2;
        // At stride 1 SAME is symmetric for odd kernels, and cheaper to say so.
        let padding = match self.padding {
            Padding::Same if self.stride > 1 => PaddingConfig2d::Same,
            _ => PaddingConfig2d::Explicit(half, half, half, half),
        };
        Conv2dConfig::new([self.in_chans, self.out_chans], [self.kernel; 2])
            .with_stride([self.stride; 2])
            .with_groups(self.groups)
            .with_padding(padding)
            .with_bias(false)
            .with_initializer(weight)
            .init(device)
    }

    /// The same with a bias.
    #[must_use]
    pub fn init_with_bias(
        &self,
        weight: Initializer,
        bias: &Initializer,
        device: &Device,
    ) -> Conv2d {
        Conv2d {
            bias: Some(bias.init([self.out_chans], device)),
            ..self.init(weight, device)
        }
    }
}

/// A 1×1 convolution without stride, padding or groups.
///
/// Where gradients are wanted it is a [`pointwise_product`].
#[must_use]
pub fn pointwise(conv: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    if !input.device().is_autodiff() {
        return conv.forward(input);
    }
    let bias = conv.bias.as_ref().map(Param::val);
    pointwise_product(input, conv.weight.val(), bias)
}

/// What a convolution of `input` `[n, in_chans, height, width]` by 1×1 kernels `weight` `[out_chans, in_chans, 1, 1]` gives,
/// as a matrix product.
///
/// On the CPU its gradients are two more products, while those of a convolution go through transposed copies of the
/// input, and a step took 1.28 times as long.
#[must_use]
pub fn pointwise_product(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
) -> Tensor<4> {
    let [windows, in_chans, height, width] = input.dims();
    let [out_chans, ..] = weight.dims();
    let weight = weight.reshape([1, out_chans, in_chans]);
    let product = weight.matmul(input.reshape([windows, in_chans, height * width]));
    let output = product.reshape([windows, out_chans, height, width]);
    match bias {
        Some(bias) => output + bias.reshape([1, out_chans, 1, 1]),
        None => output,
    }
}

#[cfg(all(test, feature = "training"))]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, Tolerance};

    #[test]
    fn a_pointwise_product_and_its_gradients_are_those_of_the_convolution() {
        let device = Device::flex().autodiff();
        let spread = Initializer::Normal {
            mean: 0.0,
            std: 1.0,
        };
        let conv = ConvShape::pointwise(5, 7).init_with_bias(spread.clone(), &spread, &device);
        let input = Tensor::<4>::random([3, 5, 4, 6], Distribution::Default, &device);
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
