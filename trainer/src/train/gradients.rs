//! Clipping by the norm of all gradients together; Burn's own clips tensor by tensor.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::head::HeadPath;

/// Scales all gradients so that their common norm is at most `max_norm`.
///
/// The norm stays on the device: nothing waits for it.
pub(crate) fn clip_by_global_norm<M: Module>(
    mut gradients: GradientsParams,
    module: &M,
    max_norm: f32,
) -> GradientsParams {
    let Some(norm) = global_norm(&gradients, module) else {
        return gradients;
    };
    let factor = (norm + 1e-6).recip().mul_scalar(max_norm).clamp_max(1.0);
    module.visit(&mut Scale {
        gradients: &mut gradients,
        factor,
    });
    gradients
}

/// The norm of all gradients together, if there are any.
pub(crate) fn global_norm<M: Module>(gradients: &GradientsParams, module: &M) -> Option<Tensor<1>> {
    let mut norm = SumOfSquares {
        gradients,
        sum: None,
    };
    module.visit(&mut norm);
    norm.sum.map(Tensor::sqrt)
}

/// The gradients of the classifier, and those of all other layers.
pub(crate) fn split_head<M: Module>(
    gradients: GradientsParams,
    module: &M,
) -> (GradientsParams, GradientsParams) {
    let mut split = SplitHead {
        path: HeadPath::default(),
        backbone: gradients,
        head: GradientsParams::new(),
    };
    module.visit(&mut split);
    (split.head, split.backbone)
}

struct SplitHead {
    path: HeadPath,
    backbone: GradientsParams,
    head: GradientsParams,
}

impl ModuleVisitor for SplitHead {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.path.is_head()
            && let Some(gradient) = self.backbone.remove::<D>(param.id)
        {
            self.head.register(param.id, gradient);
        }
    }
}

struct SumOfSquares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SumOfSquares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let squares = gradient.square().sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + squares,
                None => squares,
            });
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            let factor: Tensor<D> = self.factor.clone().reshape([1; D]);
            self.gradients.register(param.id, gradient * factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};
    use burn::prelude::Device;

    use super::*;

    fn norm(gradients: &GradientsParams, layer: &Linear) -> f32 {
        let weight = gradients.get::<2>(layer.weight.id).unwrap();
        let bias = gradients.get::<1>(layer.bias.as_ref().unwrap().id).unwrap();
        (weight.square().sum() + bias.square().sum())
            .sqrt()
            .into_scalar()
    }

    fn gradients(layer: &Linear, scale: f32) -> GradientsParams {
        let device = Device::flex().autodiff();
        let input = Tensor::<2>::from_floats([[1.0, -2.0, 0.5]], &device) * scale;
        GradientsParams::from_grads(layer.forward(input).square().sum().backward(), layer)
    }

    #[test]
    fn the_classifier_and_the_rest_part_without_loss() {
        use pipit_core::Architecture;
        use pipit_core::model::Model;

        let device = Device::flex().autodiff();
        let model = Model::new(Architecture::TfEfficientNetLite0, 1, 2, &device).freeze(7);
        let image = Tensor::<4>::ones([2, 1, 32, 32], &device);
        let loss = model.forward(image).square().sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let all = gradients.len();

        let (head, backbone) = split_head(gradients, &model);

        assert_eq!(head.len(), 2, "weight and bias");
        assert_eq!(backbone.len(), all - 2);
        assert!(!backbone.is_empty());
    }

    #[test]
    fn large_gradients_shrink_to_the_norm_and_small_ones_stay() {
        let device = Device::flex().autodiff();
        device.seed(1);
        let layer = LinearConfig::new(3, 2).init(&device);

        let large = clip_by_global_norm(gradients(&layer, 1e3), &layer, 1.0);
        assert!((norm(&large, &layer) - 1.0).abs() < 1e-3);

        let before = norm(&gradients(&layer, 1e-3), &layer);
        let small = clip_by_global_norm(gradients(&layer, 1e-3), &layer, 2.0 * before);
        assert!((norm(&small, &layer) - before).abs() < 1e-6);
    }
}
