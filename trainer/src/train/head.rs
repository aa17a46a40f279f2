//! A new classifier that begins by guessing what is common.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;

/// Shrinks the weights of a fresh classifier and sets its bias to the logit of `prior`, the
/// average target.
///
/// With the usual initialisation a few classes over many features begin with large, wrong
/// logits, and their gradients disturb the pretrained layers.
pub(crate) fn calm<M: Module>(model: M, prior: f32) -> M {
    let prior = prior.clamp(1e-3, 0.5);
    model.map(&mut Calm {
        path: HeadPath::default(),
        bias: (prior / (1.0 - prior)).ln(),
    })
}

const SHRINK: f32 = 0.1;

/// Where a walk through a network is.
#[derive(Debug, Default)]
pub(crate) struct HeadPath(Vec<String>);

impl HeadPath {
    /// Goes into a part of the network.
    pub(crate) fn enter(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    /// Comes back out of it.
    pub(crate) fn exit(&mut self) {
        self.0.pop();
    }

    /// Whether the walk is in the classifier.
    pub(crate) fn is_head(&self) -> bool {
        self.0.iter().any(|name| name == "classifier")
    }
}

struct Calm {
    path: HeadPath,
    bias: f32,
}

impl ModuleMapper for Calm {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !self.path.is_head() {
            return param;
        }
        let bias = self.bias;
        param.map(|tensor| {
            let (autodiff, trained) = (tensor.is_autodiff(), tensor.is_require_grad());
            // Outside the graph, or the result would be no parameter but a computation.
            let tensor = tensor.without_autodiff();
            let is_weight = D == 2;
            let changed = if is_weight {
                tensor * SHRINK
            } else {
                tensor.zeros_like() + bias
            };
            let changed = if autodiff {
                changed.autodiff()
            } else {
                changed
            };
            if trained {
                changed.require_grad()
            } else {
                changed
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use burn::prelude::Device;
    use pipit_core::Architecture;
    use pipit_core::model::Model;

    use super::*;

    #[test]
    fn a_fresh_network_guesses_the_prior() {
        let device = Device::flex();
        device.seed(1);
        let model = Model::new(Architecture::TfEfficientNetLite0, 1, 20, &device);
        let image = Tensor::<4>::ones([1, 1, 32, 32], &device);

        let logits = calm(model, 0.05).forward(image * 0.0);

        let logits = logits.into_data().try_to_vec::<f32>().unwrap();
        let expected = (0.05f32 / 0.95).ln();
        for logit in logits {
            assert!((logit - expected).abs() < 0.01, "{logit} is not {expected}");
        }
    }
}
