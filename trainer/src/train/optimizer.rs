//! `AdamW` with timm's parameter groups: weight decay leaves vectors alone.

use burn::module::{Module, ModuleVisitor, Param, ParamGroup};
use burn::optim::{AdamWConfig, ModuleOptimizer};
use burn::tensor::Tensor;

/// An `AdamW` for a module, before its first step.
///
/// Kernels and matrices decay; biases and what normalisation scales by do not, as with
/// `weight_decay_exclude_1d` of timm's `create_optimizer_v2`.
pub(crate) fn adam_w<M: Module>(module: &M, weight_decay: f32) -> ModuleOptimizer {
    // Burn's own default of 1e-5 is large beside the gradients of a mean over many classes.
    let config = AdamWConfig::new().with_epsilon(1e-8);
    let without_decay = config.clone().with_weight_decay(0.0).build();
    let mut vectors = Vectors::default();
    module.visit(&mut vectors);
    config
        .with_weight_decay(weight_decay)
        .init()
        // By path: a resumed run gives its parameters the ids of its checkpoint.
        .with_group(ParamGroup::from_paths(vectors.paths), without_decay, None)
}

/// Paths of all parameters of one dimension.
#[derive(Default)]
struct Vectors {
    path: Vec<String>,
    paths: Vec<String>,
}

impl ModuleVisitor for Vectors {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, _param: &Param<Tensor<D>>) {
        if D == 1 {
            self.paths.push(self.path.join("."));
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};
    use burn::optim::GradientsParams;
    use burn::prelude::Device;

    use super::*;

    const RATE: f64 = 0.1;
    const DECAY: f32 = 0.5;

    /// The layer after a step along no gradient, which leaves the decay alone.
    fn step(optimizer: &mut ModuleOptimizer, layer: Linear) -> Linear {
        let input = Tensor::<2>::ones([1, 3], &Device::flex().autodiff());
        let loss = layer.forward(input).sum() * 0.0;
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        optimizer.step(RATE, layer, gradients)
    }

    fn weight_and_bias(layer: &Linear) -> (f32, f32) {
        let weight: f32 = layer.weight.val().sum().into_scalar();
        let bias: f32 = layer.bias.as_ref().unwrap().val().sum().into_scalar();
        (weight, bias)
    }

    fn layer() -> Linear {
        let device = Device::flex().autodiff();
        device.seed(3);
        LinearConfig::new(3, 2).init(&device)
    }

    #[test]
    fn a_matrix_decays_and_its_bias_does_not() {
        let layer = layer();
        let (weight, bias) = weight_and_bias(&layer);
        assert!(weight.abs() > 1e-3 && bias.abs() > 1e-3);

        let after = weight_and_bias(&step(&mut adam_w(&layer, DECAY), layer));

        let left = 1.0 - RATE as f32 * DECAY;
        assert!(
            (after.0 - left * weight).abs() < 1e-6,
            "{} of {weight}",
            after.0
        );
        assert_eq!(after.1.to_bits(), bias.to_bits());
    }

    #[test]
    fn it_stays_so_where_a_checkpoint_goes_on_with_other_ids() {
        let trained = layer();
        let mut optimizer = adam_w(&trained, DECAY);
        let trained = step(&mut optimizer, trained);
        let bias = weight_and_bias(&trained).1;

        let mut resumed = adam_w(&layer(), DECAY).load_record(optimizer.to_record());
        let again = weight_and_bias(&step(&mut resumed, trained));

        assert_eq!(again.1.to_bits(), bias.to_bits());
    }
}
