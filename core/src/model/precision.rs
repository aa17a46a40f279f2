//! Convolutions in half precision, while the weights that are trained keep their own.

use super::Model;
use burn::module::{Module, ModuleMapper, Param};
use burn::prelude::*;
use burn::tensor::FloatDType;

impl Model {
    /// A copy whose convolutions compute in another precision, for images of that precision. The copy is
    /// a part of the graph: gradients reach the weights of this network, in theirs. Normalisation,
    /// pooling and classifier stay as they are, as PyTorch's `autocast` has it.
    #[must_use]
    pub fn with_convolutions_in(&self, dtype: FloatDType) -> Self {
        self.clone().map(&mut CastConvolutions {
            dtype,
            within: Vec::new(),
        })
    }
}

struct CastConvolutions {
    dtype: FloatDType,
    /// Whether each module on the way here is a convolution.
    within: Vec<bool>,
}

impl ModuleMapper for CastConvolutions {
    fn enter_module(&mut self, _name: &str, container_type: &str) {
        let is_convolution = matches!(container_type, "Struct:Conv1d" | "Struct:Conv2d");
        self.within.push(is_convolution);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.within.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.within.last() == Some(&true) {
            param.map(|weights| weights.cast(self.dtype))
        } else {
            param
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::Architecture;
    use burn::tensor::{DType, Distribution};

    #[test]
    fn half_precision_says_the_same_within_its_precision_and_teaches_the_weights() {
        let device = Device::flex().autodiff();
        for architecture in [Architecture::TfEfficientNetB0, Architecture::EcaNfNetL0] {
            device.seed(3);
            let model = Model::new(architecture, 1, 3, &device);
            let images = Tensor::<4>::random([8, 1, 64, 64], Distribution::Default, &device);
            let in_half = |model: &Model| {
                let half = model.with_convolutions_in(FloatDType::BF16);
                half.forward_with_frames(images.clone().cast(FloatDType::BF16))
                    .0
            };

            let plain: Tensor<2> = model.forward_with_frames(images.clone()).0;
            let rounded = in_half(&model);

            assert_eq!(rounded.dtype(), DType::F32);
            let size = plain.clone().abs().max().into_scalar::<f32>();
            let off = (rounded - plain).abs().max().into_scalar::<f32>();
            // Untrained and normalised by few values, networks of some 80 convolutions amplify each
            // rounding: up to 0.18 was seen with other weights.
            assert!(
                off > 0.0 && off < 0.25 * size,
                "{architecture}: {off} of {size}"
            );

            // What is dropped is drawn by chance, which other tests share.
            let model = model.with_drop_path(0.1);
            let rounded = in_half(&model);
            let gradients = rounded.square().sum().backward();
            let mut visitor = Taught {
                gradients: &gradients,
                reached: 0,
                others: Vec::new(),
            };
            model.visit(&mut visitor);
            assert!(visitor.reached > 100, "{architecture}: {}", visitor.reached);
            assert_eq!(visitor.others, Vec::<String>::new(), "{architecture}");
        }
    }

    /// Parameters with a gradient in their own precision, and the others.
    struct Taught<'a> {
        gradients: &'a burn::tensor::Gradients,
        reached: usize,
        others: Vec<String>,
    }

    impl burn::module::ModuleVisitor for Taught<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if !param.is_require_grad() {
                return;
            }
            match param.val().grad(self.gradients) {
                Some(gradient) if gradient.dtype() == DType::F32 => self.reached += 1,
                _ => self.others.push(format!("{:?}", param.shape())),
            }
        }
    }
}
