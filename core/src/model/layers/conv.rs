//! Convolutions as timm pads and initialises them.

use burn::module::Initializer;
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
