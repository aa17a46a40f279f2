//! Layers that the networks share.

mod attention;
mod conv;
mod cpu;
mod depthwise;
mod drop_path;
mod norm;
mod std_conv;

pub use attention::{EfficientChannelAttention, SeModule, SqueezeExcite};
pub use conv::{ConvShape, Padding, pointwise, pointwise_product};
pub use depthwise::depthwise;
pub use drop_path::DropPath;
pub use norm::{Norm, Shift};
pub use std_conv::ScaledStdConv2d;

use burn::module::Initializer;
use burn::prelude::*;
use burn::tensor::activation::{relu, silu};

/// Non-linearity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x`
    Identity,
    /// `max(x, 0)`
    Relu,
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
            Self::Identity => input,
            Self::Relu => relu(input),
            // Not `clamp`: Burn's CPU code for it is not vectorised, and took a quarter of the time.
            Self::Relu6 => relu(input).clamp_max(6.0),
            Self::Silu => silu(input),
        }
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

/// Values evenly spread within `±bound`.
#[must_use]
pub fn uniform(bound: f64) -> Initializer {
    Initializer::Uniform {
        min: -bound,
        max: bound,
    }
}

/// Takes a part of a network out of training.
pub fn freeze<M: Module>(part: &mut M) {
    *part = part.clone().freeze();
}
