//! Gates that weigh the channels of a feature map.

use super::{Activation, ConvShape, global_average, uniform};
use burn::module::Initializer;
use burn::nn::PaddingConfig1d;
use burn::nn::conv::{Conv1d, Conv1dConfig, Conv2d};
use burn::prelude::*;
use burn::tensor::activation::sigmoid;

/// Squeeze-and-excitation (arXiv:1709.01507): channels weighted by a gate computed from their
/// means. Fields are those of timm's `SqueezeExcite`, in EfficientNet.
#[derive(Module, Debug)]
pub struct SqueezeExcite {
    /// 1×1 with bias to fewer channels.
    pub conv_reduce: Conv2d,
    /// 1×1 with bias back.
    pub conv_expand: Conv2d,
    #[module(skip)]
    activation: Activation,
}

impl SqueezeExcite {
    /// A gate over `channels` that squeezes to `reduced`; biases begin at 0.
    #[must_use]
    pub fn new(
        channels: usize,
        reduced: usize,
        activation: Activation,
        weight: &Initializer,
        device: &Device,
    ) -> Self {
        let conv = |in_chans, out_chans| {
            ConvShape::pointwise(in_chans, out_chans).init_with_bias(
                weight.clone(),
                &Initializer::Zeros,
                device,
            )
        };
        Self {
            conv_reduce: conv(channels, reduced),
            conv_expand: conv(reduced, channels),
            activation,
        }
    }

    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        weigh(input, &self.conv_reduce, self.activation, &self.conv_expand)
    }
}

/// The same with the fields of timm's `SEModule`, in the `ResNet` family.
#[derive(Module, Debug)]
pub struct SeModule {
    /// 1×1 with bias to fewer channels.
    pub fc1: Conv2d,
    /// 1×1 with bias back.
    pub fc2: Conv2d,
}

impl SeModule {
    /// A gate over `channels` that squeezes to `reduced`; biases begin as PyTorch's do.
    #[must_use]
    pub fn new(channels: usize, reduced: usize, weight: &Initializer, device: &Device) -> Self {
        let conv = |in_chans: usize, out_chans| {
            let bias = uniform(1.0 / (in_chans as f64).sqrt());
            ConvShape::pointwise(in_chans, out_chans).init_with_bias(weight.clone(), &bias, device)
        };
        Self {
            fc1: conv(channels, reduced),
            fc2: conv(reduced, channels),
        }
    }

    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        weigh(input, &self.fc1, Activation::Relu, &self.fc2)
    }
}

/// Efficient channel attention (arXiv:1910.03151): each channel is weighted by a gate computed
/// from the means of its neighbours. Fields are those of timm's `EcaModule`.
#[derive(Module, Debug)]
pub struct EfficientChannelAttention {
    /// Along the channels, without bias.
    pub conv: Conv1d,
}

impl EfficientChannelAttention {
    /// A gate over `channels`.
    #[must_use]
    pub fn new(channels: usize, device: &Device) -> Self {
        let reach = 0.5 * ((channels as f64).log2() + 1.0);
        // Odd, so that a channel has as many neighbours on both sides.
        let kernel = (reach as usize | 1).max(3);
        let conv = Conv1dConfig::new(1, 1, kernel)
            .with_padding(PaddingConfig1d::Explicit(kernel / 2, kernel / 2))
            .with_bias(false)
            .init(device);
        Self { conv }
    }

    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let [n, channels, _, _] = input.dims();
        let means = global_average(input.clone()).reshape([n, 1, channels]);
        let gate = sigmoid(self.conv.forward(means));
        input * gate.reshape([n, channels, 1, 1])
    }
}

fn weigh(input: Tensor<4>, reduce: &Conv2d, activation: Activation, expand: &Conv2d) -> Tensor<4> {
    let squeezed = activation.forward(reduce.forward(global_average(input.clone())));
    input * sigmoid(expand.forward(squeezed))
}
