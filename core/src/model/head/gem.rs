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
        let mean = (logarithm * exponent.clone()).exp().mean_dim(2);
        (mean.log() / exponent).exp().reshape([n, channels, 1, 1])
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
