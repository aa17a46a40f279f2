//! Normalisation by given numbers, with an activation behind it.

use burn::backend::Flex;
use burn::nn::BatchNorm;
use burn::prelude::*;
use multiversion::multiversion;

use super::curve::{Curve, by_curve};
use crate::model::layers::{Activation, cpu};

/// `(x - mean) * scale + shift`, with numbers for each channel, and an activation of it.
#[derive(Debug, Clone)]
pub(super) struct Affine {
    pub(super) mean: Vec<f32>,
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) activation: Activation,
}

/// Mean and biased variance of each channel.
pub(super) struct Moments {
    pub(super) mean: Vec<f32>,
    pub(super) variance: Vec<f32>,
}

impl Moments {
    /// One over the standard deviation.
    pub(super) fn inverse_deviation(&self, epsilon: f64) -> Vec<f32> {
        let inverse = |variance: &f32| 1.0 / (variance + epsilon as f32).sqrt();
        self.variance.iter().map(inverse).collect()
    }
}

impl Affine {
    /// What a normalisation with these moments does.
    pub(super) fn normalising(norm: &BatchNorm, moments: &Moments, activation: Activation) -> Self {
        let gamma = numbers(norm.gamma.val());
        let inverse_deviation = moments.inverse_deviation(norm.epsilon);
        Self {
            mean: moments.mean.clone(),
            scale: (gamma.iter().zip(inverse_deviation))
                .map(|(gamma, inverse)| gamma * inverse)
                .collect(),
            shift: numbers(norm.beta.val()),
            activation,
        }
    }

    /// What adding a bias does.
    pub(super) fn shifting(bias: Vec<f32>, activation: Activation) -> Self {
        Self {
            mean: vec![0.0; bias.len()],
            scale: vec![1.0; bias.len()],
            shift: bias,
            activation,
        }
    }

    /// What becomes of feature maps that the CPU [holds](cpu::holds), which are changed where they are.
    pub(super) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = input.dims();
        let mut x = cpu::take(input);
        self.apply(cpu::values_mut(&mut x), height * width);
        Tensor::from_primitive::<Flex>(x)
    }

    /// Changes feature maps in place.
    fn apply(&self, values: &mut [f32], plane: usize) {
        cpu::for_each_plane(
            values,
            plane,
            || (),
            |(), index, x| {
                by_curve!(self.activation, apply(x, self.of(index)));
            },
        );
    }

    /// What feature maps become.
    #[cfg(feature = "training")]
    pub(super) fn applied(&self, values: &[f32], plane: usize) -> Vec<f32> {
        let mut output = vec![0.0; values.len()];
        cpu::for_each_plane(
            &mut output,
            plane,
            || (),
            |(), index, x| {
                x.copy_from_slice(&values[index * plane..][..plane]);
                by_curve!(self.activation, apply(x, self.of(index)));
            },
        );
        output
    }

    /// Mean, scale and shift of a plane's channel.
    pub(super) fn of(&self, plane: usize) -> [f32; 3] {
        let channel = plane % self.scale.len();
        [self.mean[channel], self.scale[channel], self.shift[channel]]
    }
}

/// The numbers of a parameter, or of running statistics.
pub(super) fn numbers(tensor: Tensor<1>) -> Vec<f32> {
    if cpu::holds(&tensor) {
        return cpu::values(&cpu::take(tensor)).to_vec();
    }
    tensor.into_data().iter().collect()
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn apply<C: Curve>(x: &mut [f32], [mean, scale, shift]: [f32; 3]) {
    for x in x {
        *x = C::at((*x - mean) * scale + shift);
    }
}
