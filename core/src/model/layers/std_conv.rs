//! The convolution of networks without normalisation layers.

use super::{Activation, ConvShape, grouped_sums, pointwise_sums, shift_act};
use burn::module::{Initializer, Param};
use burn::prelude::*;
use burn::tensor::ops::ConvOptions;

/// Keeps the variance of what `silu` makes of normally distributed values.
const SILU_GAMMA: f64 = 1.788_129_329_681_396_5;

/// Scaled weight standardisation (arXiv:2101.08692, section 4): a convolution whose kernels are
/// brought to mean 0 and a fixed variance each time they are used. Fields are those of timm's
/// `ScaledStdConv2d`.
#[derive(Module, Debug)]
pub struct ScaledStdConv2d {
    /// `[out_chans, in_chans / groups, kernel, kernel]`
    pub weight: Param<Tensor<4>>,
    /// `[out_chans]`
    pub bias: Param<Tensor<1>>,
    /// `[out_chans, 1, 1, 1]`; none once the weights are standardised for good.
    pub gain: Option<Param<Tensor<4>>>,
    #[module(skip)]
    options: ConvOptions<2>,
    /// Of single pixels, without stride and groups.
    #[module(skip)]
    pointwise: bool,
}

impl ScaledStdConv2d {
    /// Added to the variance of a kernel.
    pub const EPSILON: f64 = 1e-5;

    /// With symmetric padding; weights normal with variance `1 / fan_in`, bias 0.
    #[must_use]
    pub fn new(shape: &ConvShape, gain: &Initializer, device: &Device) -> Self {
        let kernel = shape.kernel;
        let in_chans = shape.in_chans / shape.groups;
        let weight = Initializer::KaimingNormal {
            gain: 1.0,
            fan_out_only: false,
        };
        let fan_in = in_chans * kernel * kernel;
        let dims = [shape.out_chans, in_chans, kernel, kernel];
        Self {
            weight: weight.init_with(dims, Some(fan_in), None, device),
            bias: Initializer::Zeros.init([shape.out_chans], device),
            gain: Some(gain.init([shape.out_chans, 1, 1, 1], device)),
            options: ConvOptions::new([shape.stride; 2], [kernel / 2; 2], [1; 2], shape.groups),
            pointwise: (kernel, shape.stride, shape.groups) == (1, 1, 1),
        }
    }

    /// As [`ScaledStdConv2d::forward_act`], without an activation.
    ///
    /// # Shapes
    /// `[n, in_chans, height, width]` to `[n, out_chans, height / stride, width / stride]`, rounded up
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        self.forward_act(input, Activation::Identity)
    }

    /// The convolution, and an activation of it.
    ///
    /// # Shapes
    /// `[n, in_chans, height, width]` to `[n, out_chans, height / stride, width / stride]`, rounded up
    #[must_use]
    pub fn forward_act(&self, input: Tensor<4>, activation: Activation) -> Tensor<4> {
        // Weights are standardised in their own precision.
        let dtype = input.dtype();
        let kernels = self.kernels().cast(dtype);
        let sums = if self.pointwise {
            pointwise_sums(input, kernels)
        } else {
            grouped_sums(input, kernels, self.options.clone())
        };
        shift_act(sums, Some(self.bias.val().cast(dtype)), activation)
    }

    /// Number of output channels.
    #[must_use]
    pub fn out_chans(&self) -> usize {
        self.bias.lazy_shape()[0]
    }

    /// Standardises the weights for good, for inference. What is folded stays.
    pub fn fold(&mut self) {
        self.weight = Param::from_tensor(self.kernels());
        self.gain = None;
    }

    /// The weights that the convolution uses.
    fn kernels(&self) -> Tensor<4> {
        let weight = self.weight.val();
        let Some(gain) = &self.gain else {
            return weight;
        };
        let dims = weight.dims();
        let fan_in = dims[1..].iter().product::<usize>();
        let flat = weight.reshape([dims[0], fan_in]);
        let (variance, mean) = flat.clone().var_mean_bias(1);
        let scale = SILU_GAMMA / (fan_in as f64).sqrt();
        let gain = gain.val().reshape([dims[0], 1]) * scale;
        ((flat - mean) / (variance + Self::EPSILON).sqrt() * gain).reshape(dims)
    }
}

#[cfg(all(test, feature = "training"))]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, Tolerance};

    #[test]
    fn where_gradients_are_wanted_a_pointwise_convolution_gives_the_same() {
        let plain = Device::flex();
        let shape = ConvShape::pointwise(5, 7);
        let conv = ScaledStdConv2d::new(&shape, &Initializer::Ones, &plain);
        let input = Tensor::<4>::random([3, 5, 4, 6], Distribution::Default, &plain);
        let convolved = conv.forward(input.clone()).into_data();

        let device = plain.autodiff();
        let input = Tensor::from_data(input.into_data(), &device);
        let multiplied = conv.to_device(&device).forward(input).into_data();

        multiplied.assert_approx_eq::<f32>(&convolved, Tolerance::rel_abs(1e-5, 1e-4));
    }
}
