//! Generalised-mean pooling.

use burn::module::{Initializer, Param};
use burn::prelude::*;

/// The exponent at first, as in the paper.
const EXPONENT: f64 = 3.0;
/// Features below it count as it: the mean has no meaning for negative ones.
const LEAST: f64 = 1e-6;

/// `mean(x^p)^(1/p)` over frequency and time with a learnt `p` (arXiv:1711.02512): 1 is the mean,
/// infinity the maximum.
#[derive(Module, Debug)]
pub(super) struct Gem {
    /// `[1]`
    p: Param<Tensor<1>>,
}

impl Gem {
    pub(super) fn new(device: &Device) -> Self {
        let exponent = Initializer::Constant { value: EXPONENT };
        Self {
            p: exponent.init([1], device),
        }
    }

    /// # Shapes
    /// `[n, channels, height, width]` to `[n, channels, 1, 1]`
    pub(super) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let [n, channels, height, width] = input.dims();
        let exponent = self.p.val().reshape([1, 1, 1]);
        // Powers through logarithms, which every backend can differentiate by `p`.
        let logarithm = input
            .reshape([n, channels, height * width])
            .clamp_min(LEAST)
            .log();
        let powers = logarithm * exponent.clone();
        // The largest is taken out: of small features no number would be left by a large `p`.
        let largest = powers.clone().max_dim(2).detach();
        let mean = (powers - largest.clone()).exp().mean_dim(2).log() + largest;
        (mean / exponent).exp().reshape([n, channels, 1, 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_cubic_mean_of_what_is_positive() {
        let device = Device::flex();
        let input = Tensor::<4>::from_floats([[[[1.0, 2.0], [3.0, -5.0]]]], &device);

        let pooled = Gem::new(&device).forward(input).into_scalar::<f32>();

        let expected = ((1.0_f32 + 8.0 + 27.0) / 4.0).cbrt();
        assert!(
            (pooled - expected).abs() < 1e-4,
            "{pooled} is not {expected}"
        );
    }

    #[test]
    fn small_features_stay_numbers_however_large_the_exponent() {
        let device = Device::flex().autodiff();
        let input = Tensor::<4>::from_floats([[[[0.0, 0.0], [0.0, 1e-3]]]], &device).require_grad();
        let mut gem = Gem::new(&device);
        gem.p = Initializer::Constant { value: 12.0 }.init([1], &device);

        let pooled = gem.forward(input.clone());
        let gradients = pooled.clone().sum().backward();

        let expected = 1e-3 * 0.25_f32.powf(1.0 / 12.0);
        let pooled = pooled.into_scalar::<f32>();
        assert!(
            (pooled / expected - 1.0).abs() < 1e-4,
            "{pooled} is not {expected}"
        );
        let slope = gem.p.grad(&gradients).unwrap().into_scalar::<f32>();
        let slopes = input.grad(&gradients).unwrap().into_data();
        let slopes = slopes.try_to_vec::<f32>().unwrap();
        assert!(
            slope.is_finite() && slopes.iter().all(|slope| slope.is_finite()),
            "{slope}, {slopes:?}"
        );
    }

    #[test]
    fn the_exponent_is_learnt() {
        let device = Device::flex().autodiff();
        let input = Tensor::<4>::from_floats([[[[1.0, 2.0], [3.0, 4.0]]]], &device);
        let gem = Gem::new(&device);

        let gradients = gem.forward(input).sum().backward();

        let slope = gem.p.grad(&gradients).unwrap().into_scalar::<f32>();
        let mean = |p: f64| {
            let sum: f64 = [1.0_f64, 2.0, 3.0, 4.0].iter().map(|x| x.powf(p)).sum();
            (sum / 4.0).powf(p.recip())
        };
        let expected = (mean(3.001) - mean(2.999)) / 0.002;
        assert!(
            (f64::from(slope) - expected).abs() < 1e-4,
            "{slope} is not {expected}"
        );
    }
}
