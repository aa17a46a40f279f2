//! A constant for each channel, and the activation behind it.

use burn::prelude::*;

use super::affine::{Affine, numbers};
#[cfg(feature = "training")]
use super::gradients;
use crate::model::layers::{Activation, cpu};

/// Adds a constant to each channel, if there is one, and takes the activation of it. On the CPU both are one pass over the
/// numbers.
///
/// # Shapes
/// - `input`: `[n, channels, height, width]`, unchanged
/// - `bias`: `[channels]`
#[must_use]
pub fn shift_act(input: Tensor<4>, bias: Option<Tensor<1>>, activation: Activation) -> Tensor<4> {
    #[cfg(feature = "training")]
    if let Some(output) = gradients::shift_act(bias.as_ref(), activation, &input) {
        return output;
    }
    if cpu::holds(&input) {
        let bias = bias.map_or_else(|| vec![0.0], numbers);
        return Affine::shifting(bias, activation).forward(input);
    }
    by_burn(input, bias, activation)
}

pub(super) fn by_burn(
    input: Tensor<4>,
    bias: Option<Tensor<1>>,
    activation: Activation,
) -> Tensor<4> {
    activation.by_burn(match bias {
        Some(bias) => input + bias.reshape([1, -1, 1, 1]),
        None => input,
    })
}
