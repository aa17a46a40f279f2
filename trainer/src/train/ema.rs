//! A running average of the weights, which often does better than the weights of any one step.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

/// Moves `average` towards `current`: `average · decay + current · (1 - decay)`.
///
/// Both are clones of one module, without autodiff.
pub(crate) fn update<M: Module>(average: M, current: &M, decay: f32) -> M {
    let mut values = Values(HashMap::new());
    current.visit(&mut values);
    average.map(&mut Blend {
        values: values.0,
        decay,
    })
}

/// The decay after so many `steps`, counted from 0: it rises to `most`, so that a short run is not held by the
/// weights that it began with. The curve is that of `TensorFlow`'s `ExponentialMovingAverage` with `num_updates`.
pub(crate) fn decay_after(steps: usize, most: f32) -> f32 {
    let steps = steps as f32;
    most.min((1.0 + steps) / (10.0 + steps))
}

/// Parameters and running statistics alike, flat because their ranks differ.
struct Values(HashMap<ParamId, Tensor<1>>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let length = value.shape().num_elements();
        self.0.insert(param.id, value.reshape([length]));
    }
}

struct Blend {
    values: HashMap<ParamId, Tensor<1>>,
    decay: f32,
}

impl ModuleMapper for Blend {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(current) = self.values.remove(&param.id) else {
            return param;
        };
        let decay = self.decay;
        param.map(|average| {
            let current = current.reshape(average.shape());
            average.mul_scalar(decay) + current.mul_scalar(1.0 - decay)
        })
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::LinearConfig;
    use burn::prelude::Device;
    use burn::tensor::TensorData;

    use super::*;

    #[test]
    fn the_decay_rises_to_what_was_asked_for() {
        assert!((decay_after(0, 0.999) - 0.1).abs() < 1e-6);
        assert!((decay_after(90, 0.999) - 0.91).abs() < 1e-6);
        assert!((decay_after(1_000_000, 0.999) - 0.999).abs() < 1e-6);
        assert!((decay_after(8, 0.3) - 0.3).abs() < 1e-6);
    }

    #[test]
    fn the_average_moves_by_the_rest_of_the_decay() {
        let device = Device::flex();
        let mut current = LinearConfig::new(1, 1).with_bias(false).init(&device);
        let average = current.clone();
        let start: f32 = average.weight.val().into_scalar();
        current.weight = current.weight.map(|weight| weight + 1.0);

        let average = update(average, &current, 0.9);

        let value = average.weight.val().into_data();
        value.assert_approx_eq::<f32>(
            &TensorData::from([[start + 0.1]]),
            burn::tensor::Tolerance::absolute(1e-6),
        );
    }
}
