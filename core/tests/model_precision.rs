//! Convolutions in half precision, against the same network in full precision.
//!
//! Alone in its program: both must drop the same by chance, and tests beside it would draw from the
//! same numbers.
#![cfg(feature = "training")]

use burn::module::{ModuleVisitor, Param};
use burn::prelude::*;
use burn::tensor::{DType, Distribution, FloatDType, Gradients};
use pipit_core::{Architecture, Model};

#[test]
fn half_precision_says_the_same_within_its_precision_and_teaches_the_weights() {
    let device = Device::flex().autodiff();
    for architecture in [Architecture::TfEfficientNetB0, Architecture::EcaNfNetL0] {
        device.seed(3);
        let model = Model::new(architecture, 1, 3, &device).with_drop_path(0.1);
        let images = Tensor::<4>::random([8, 1, 64, 64], Distribution::Default, &device);
        let half = model.with_convolutions_in(FloatDType::BF16);

        device.seed(4);
        let plain: Tensor<2> = model.forward_with_frames(images.clone()).0;
        device.seed(4);
        let rounded = half.forward_with_frames(images.cast(FloatDType::BF16)).0;

        assert_eq!(rounded.dtype(), DType::F32);
        let size = plain.clone().abs().max().into_scalar::<f32>();
        let off = (rounded.clone() - plain).abs().max().into_scalar::<f32>();
        assert!(
            off > 0.0 && off < 0.1 * size,
            "{architecture}: {off} of {size}"
        );

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
    gradients: &'a Gradients,
    reached: usize,
    others: Vec<String>,
}

impl ModuleVisitor for Taught<'_> {
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
