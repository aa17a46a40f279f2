//! Layers that the networks share.

mod attention;
mod conv;
mod cpu;
mod drop_path;
mod grouped;
mod norm;
mod pointwise;
mod std_conv;

pub use attention::{EfficientChannelAttention, SeModule, SqueezeExcite};
pub use conv::{ConvShape, Padding};
pub use drop_path::DropPath;
pub use grouped::{grouped, grouped_sums};
pub use norm::{Norm, Shift, shift_act};
pub use pointwise::{pointwise, pointwise_sums};
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
    ///
    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward(self, input: Tensor<4>) -> Tensor<4> {
        shift_act(input, None, self)
    }

    fn by_burn(self, input: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Identity => input,
            Self::Relu => relu(input),
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
