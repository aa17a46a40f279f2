//! BatchNorm, and what folding leaves of it.

mod affine;
mod curve;
#[cfg(feature = "training")]
mod gradients;
mod shift;
#[cfg(feature = "training")]
mod statistics;

use burn::module::{Initializer, Param};
use burn::nn::conv::Conv2d;
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::prelude::*;
use burn::tensor::FloatDType;

use super::{Activation, cpu};
use affine::{Affine, Moments, numbers};
pub use shift::shift_act;

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
        Self::with_gamma(&Initializer::Ones, channels, epsilon, device)
    }

    /// BatchNorm that gives zeros at first: a residual branch that ends in it begins silent.
    #[must_use]
    pub fn silent(channels: usize, epsilon: f64, device: &Device) -> Self {
        Self::with_gamma(&Initializer::Zeros, channels, epsilon, device)
    }

    fn with_gamma(gamma: &Initializer, channels: usize, epsilon: f64, device: &Device) -> Self {
        let norm = BatchNormConfig::new(channels)
            .with_epsilon(epsilon)
            .init(device);
        Self::Batch(BatchNorm {
            gamma: gamma.init([channels], device),
            ..norm
        })
    }

    /// The normalised input, as [`Norm::forward_act`] without an activation.
    ///
    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        self.forward_act(input, Activation::Identity)
    }

    /// The normalised input, and an activation of it. BatchNorm computes in `f32`, in whatever precision its input
    /// comes and its output goes.
    ///
    /// On the CPU both are one pass over the numbers.
    ///
    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward_act(&self, input: Tensor<4>, activation: Activation) -> Tensor<4> {
        let norm = match self {
            Self::Batch(norm) => norm,
            Self::Shift(Shift { bias }) => return shift_act(input, Some(bias.val()), activation),
        };
        #[cfg(feature = "training")]
        if let Some(output) = gradients::norm_act(norm, activation, &input) {
            return output;
        }
        if cpu::holds(&input) {
            return Affine::normalising(norm, &running(norm), activation).forward(input);
        }
        by_burn(norm, input, activation)
    }

    /// Moves the scale of a BatchNorm into the convolution before it. What is folded stays.
    pub fn fold_into(&mut self, conv: &mut Conv2d) {
        let Self::Batch(norm) = self else {
            return;
        };
        let scale = norm.gamma.val() / (norm.running_var.value() + norm.epsilon).sqrt();
        let shift = norm.beta.val() - norm.running_mean.value() * scale.clone();
        let channels = scale.dims()[0];
        let weight = conv.weight.val() * scale.reshape([channels, 1, 1, 1]);
        conv.weight = Param::from_tensor(weight);
        let bias = Param::from_tensor(shift);
        *self = Self::Shift(Shift { bias });
    }
}

fn by_burn(norm: &BatchNorm, input: Tensor<4>, activation: Activation) -> Tensor<4> {
    let dtype = input.dtype();
    let normalised = norm.forward(input.cast(FloatDType::F32)).cast(dtype);
    activation.by_burn(normalised)
}

/// The running statistics.
fn running(norm: &BatchNorm) -> Moments {
    Moments {
        mean: numbers(norm.running_mean.value()),
        variance: numbers(norm.running_var.value()),
    }
}

#[cfg(all(test, feature = "training"))]
mod tests;
