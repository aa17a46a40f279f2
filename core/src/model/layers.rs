//! Layers that the networks share.

use burn::module::{Initializer, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::prelude::*;
use burn::tensor::activation::{sigmoid, silu};

/// Non-linearity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `min(max(x, 0), 6)`
    Relu6,
    /// `x sigmoid(x)`
    Silu,
}

impl Activation {
    /// Element by element.
    #[must_use]
    pub fn forward<const D: usize>(self, input: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu6 => input.clamp(0.0, 6.0),
            Self::Silu => silu(input),
        }
    }
}

/// How convolutions treat the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// TensorFlow SAME: as little as gives `ceil(size / stride)`, the odd pixel behind.
    Same,
    /// PyTorch's usual `kernel / 2` on both sides.
    Symmetric,
}

/// Shape of a convolution without bias.
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
        Self {
            in_chans,
            out_chans,
            kernel: 1,
            stride: 1,
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

    /// The convolution, initialised as timm does for EfficientNet: normal, variance `2 / fan_out`.
    #[must_use]
    pub fn init(&self, device: &Device) -> Conv2d {
        self.config().with_bias(false).init(device)
    }

    /// The same with a bias of zero.
    #[must_use]
    pub fn init_with_bias(&self, device: &Device) -> Conv2d {
        let mut conv = self.init(device);
        conv.bias = Some(Initializer::Zeros.init([self.out_chans], device));
        conv
    }

    fn config(&self) -> Conv2dConfig {
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
            .with_initializer(Initializer::KaimingNormal {
                gain: std::f64::consts::SQRT_2,
                fan_out_only: true,
            })
    }
}

/// A fully connected layer, initialised as timm does for EfficientNet: uniform within
/// `±1 / sqrt(out)`, bias 0.
#[must_use]
pub fn linear(in_features: usize, out_features: usize, device: &Device) -> Linear {
    let bound = 1.0 / (out_features as f64).sqrt();
    let mut linear = LinearConfig::new(in_features, out_features)
        .with_initializer(Initializer::Uniform {
            min: -bound,
            max: bound,
        })
        .init(device);
    linear.bias = Some(Initializer::Zeros.init([out_features], device));
    linear
}

/// What follows a convolution: BatchNorm, or what is left of it once its scale is folded into
/// the convolution's weights.
#[derive(Module, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a network has a few dozen, and a module cannot be boxed"
)]
pub enum Norm {
    /// For training.
    Batch(BatchNorm),
    /// For inference.
    Shift(Shift),
}

/// Adds a constant to each channel. It stands outside the convolution because Burn's tuned
/// depthwise kernels decline a bias.
#[derive(Module, Debug)]
pub struct Shift {
    /// `[channels]`
    pub bias: Param<Tensor<1>>,
}

impl Norm {
    /// BatchNorm with PyTorch's momentum of 0.1.
    #[must_use]
    pub fn batch(channels: usize, epsilon: f64, device: &Device) -> Self {
        Self::Batch(
            BatchNormConfig::new(channels)
                .with_epsilon(epsilon)
                .init(device),
        )
    }

    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Batch(norm) => norm.forward(input),
            Self::Shift(Shift { bias }) => {
                let channels = bias.dims()[0];
                input + bias.val().reshape([1, channels, 1, 1])
            }
        }
    }

    /// Moves the scale of a BatchNorm into the convolution before it. What is folded stays.
    #[must_use]
    pub fn fold(self, conv: Conv2d) -> (Conv2d, Self) {
        let Self::Batch(norm) = self else {
            return (conv, self);
        };
        let scale = norm.gamma.val() / (norm.running_var.value() + norm.epsilon).sqrt();
        let shift = norm.beta.val() - norm.running_mean.value() * scale.clone();
        let channels = scale.dims()[0];
        let weight = conv.weight.val() * scale.reshape([channels, 1, 1, 1]);
        let conv = Conv2d {
            weight: Param::from_tensor(weight),
            ..conv
        };
        let bias = Param::from_tensor(shift);
        (conv, Self::Shift(Shift { bias }))
    }
}

/// Squeeze-and-excitation (arXiv:1709.01507): channels weighted by a gate computed from their means.
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
    /// A gate over `channels` that squeezes to `reduced`.
    #[must_use]
    pub fn new(channels: usize, reduced: usize, activation: Activation, device: &Device) -> Self {
        Self {
            conv_reduce: ConvShape::pointwise(channels, reduced).init_with_bias(device),
            conv_expand: ConvShape::pointwise(reduced, channels).init_with_bias(device),
            activation,
        }
    }

    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let squeezed = self.conv_reduce.forward(global_average(input.clone()));
        let gate = self.conv_expand.forward(self.activation.forward(squeezed));
        input * sigmoid(gate)
    }
}

/// # Shapes
/// `[n, channels, height, width]` to `[n, channels, 1, 1]`
#[must_use]
pub fn global_average(input: Tensor<4>) -> Tensor<4> {
    let [n, channels, height, width] = input.dims();
    input
        .reshape([n, channels, height * width])
        .mean_dim(2)
        .reshape([n, channels, 1, 1])
}
