//! What a training step reaches in each family of networks.
#![cfg(feature = "training")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use burn::module::{ModuleVisitor, Param};
use burn::prelude::*;
use burn::tensor::{Distribution, Gradients};
use pipit_core::{Architecture, Model};

/// Every parameter that is trained, or could be.
#[derive(Default)]
struct Parameters<'a> {
    gradients: Option<&'a Gradients>,
    path: Vec<String>,
    found: Vec<Parameter>,
}

struct Parameter {
    name: String,
    elements: usize,
    has_gradient: bool,
}

impl ModuleVisitor for Parameters<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        if !container_type.starts_with("Enum:") {
            self.path.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        if !container_type.starts_with("Enum:") {
            self.path.pop();
        }
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        // BatchNorm does not learn its statistics.
        if !name.contains("running_") {
            self.found.push(Parameter {
                name,
                elements: param.lazy_shape().num_elements(),
                has_gradient: self.gradients.is_some_and(|g| param.grad(g).is_some()),
            });
        }
    }
}

#[test]
fn a_step_reaches_everything_but_the_frozen_stages() {
    let device = Device::flex().autodiff();
    for (architecture, frozen, trained) in [
        (
            Architecture::TfEfficientNetB0,
            &["conv_stem.", "bn1.", "blocks.0.", "blocks.1."][..],
            &["blocks.2.0.se.conv_reduce.weight", "classifier.bias"][..],
        ),
        (
            Architecture::SeResNeXt50_32x4d,
            &["conv1.", "bn1.", "layer1.", "layer2."],
            &[
                "layer3.0.downsample.1.gamma",
                "layer4.2.se.fc2.bias",
                "fc.weight",
            ],
        ),
        (
            Architecture::EcaNfNetL0,
            &["stem.", "stages.0.", "stages.1."],
            &[
                "stages.2.5.attn_last.conv.weight",
                "final_conv.gain",
                "head.fc.weight",
            ],
        ),
    ] {
        let model = Model::new(architecture, 1, 3, &device)
            .reset_classifier(4, &device)
            .freeze(2);
        let images = Tensor::random([2, 1, 32, 32], Distribution::Default, &device);
        let logits = model.forward(images);
        assert_eq!(logits.dims(), [2, 4]);
        let gradients = logits.sum().backward();
        let mut parameters = Parameters {
            gradients: Some(&gradients),
            ..Parameters::default()
        };
        model.visit(&mut parameters);

        for Parameter {
            name, has_gradient, ..
        } in &parameters.found
        {
            let is_frozen = frozen.iter().any(|part| name.starts_with(part));
            assert_ne!(is_frozen, *has_gradient, "{architecture}: {name}");
        }
        let has = |part: &str| parameters.found.iter().any(|p| p.name.starts_with(part));
        for part in frozen.iter().chain(trained) {
            assert!(has(part), "{architecture}: nothing is called {part}");
        }
    }
}

/// The counts of timm's model cards, for three channels and 1000 classes, in millions.
#[test]
fn networks_have_as_many_parameters_as_in_timm() {
    for (architecture, millions) in [
        (Architecture::TfEfficientNetB3, 12.2),
        (Architecture::SeResNeXt50_32x4d, 27.6),
        (Architecture::SeResNeXt101_32x4d, 49.0),
        (Architecture::EcaNfNetL0, 24.1),
        (Architecture::EcaNfNetL1, 41.4),
    ] {
        let mut parameters = Parameters::default();
        Model::new(architecture, 3, 1000, &Device::flex()).visit(&mut parameters);
        let count: usize = parameters.found.iter().map(|p| p.elements).sum();
        let ours = (count as f64 / 1e5).round() / 1e1;
        assert!((ours - millions).abs() < 1e-9, "{architecture}: {ours}");
    }
}
