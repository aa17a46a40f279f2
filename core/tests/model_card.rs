//! A training step on a graphics card, against the same step on the CPU. Compiled only for a card.
#![cfg(any(feature = "cuda", feature = "vulkan"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/device.rs"]
mod device;
#[path = "support/recipe.rs"]
mod recipe;

use burn::module::{ModuleVisitor, Param};
use burn::prelude::*;
use burn::tensor::Gradients;
use device::LOGITS_TOLERANCE;
use pipit_core::model::weights::{WeightsDtype, load_weights, save_weights};
use pipit_core::{Architecture, Model};
use recipe::recipe;

/// Of the length of a parameter's gradient.
const GRADIENT_TOLERANCE: f64 = 1e-2;
const CLASSES: usize = 3;

#[test]
fn a_card_teaches_what_the_cpu_teaches() {
    let (cpu, card) = (Device::flex().autodiff(), device::device().autodiff());
    for architecture in [
        Architecture::TfEfficientNetLite0,
        Architecture::TfEfficientNetB0,
        Architecture::SeResNeXt50_32x4d,
        Architecture::EcaNfNetL0,
    ] {
        cpu.seed(5);
        let weights = save_weights(
            &Model::new(architecture, 1, CLASSES, &cpu),
            WeightsDtype::F32,
        )
        .unwrap();
        let [ours, theirs] = [&cpu, &card].map(|device| {
            let model = Model::new(architecture, 1, CLASSES, device);
            step(&load_weights(model, weights.clone()).unwrap(), device)
        });

        let off = distance(&ours.logits, &theirs.logits);
        assert!(off < LOGITS_TOLERANCE, "{architecture}: logits by {off}");
        assert_eq!(ours.gradients.len(), theirs.gradients.len());
        let longest = (ours.gradients.iter())
            .map(|gradient| length(gradient))
            .fold(0.0, f64::max);
        for (index, (ours, theirs)) in ours.gradients.iter().zip(&theirs.gradients).enumerate() {
            // What is next to nothing is rounding on both.
            let scale = length(ours).max(1e-3 * longest);
            let off = length_between(ours, theirs) / scale;
            assert!(
                off < GRADIENT_TOLERANCE,
                "{architecture}: gradient {index} by {off}"
            );
        }
    }
}

struct Step {
    logits: Vec<f32>,
    gradients: Vec<Vec<f32>>,
}

fn step(model: &Model, device: &Device) -> Step {
    let (windows, size) = (4, 64);
    let values = recipe("windows", windows * size * size, -2.0, 2.0);
    let input = Tensor::<4>::from_data(TensorData::new(values, [windows, 1, size, size]), device);
    let logits = model.forward(input);
    let gradients = logits.clone().square().mean().backward();
    let mut all = Collected {
        gradients: &gradients,
        found: Vec::new(),
    };
    model.visit(&mut all);
    assert!(all.found.len() > 100, "{}", all.found.len());
    Step {
        logits: read(logits),
        gradients: all.found,
    }
}

struct Collected<'a> {
    gradients: &'a Gradients,
    found: Vec<Vec<f32>>,
}

impl ModuleVisitor for Collected<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.grad(self.gradients) {
            self.found.push(read(gradient));
        }
    }
}

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn distance(ours: &[f32], theirs: &[f32]) -> f64 {
    let pairs = ours.iter().zip(theirs);
    pairs.fold(0.0, |most, (a, b)| most.max(f64::from((a - b).abs())))
}

fn length(vector: &[f32]) -> f64 {
    let squares = vector.iter().map(|&value| f64::from(value).powi(2));
    squares.sum::<f64>().sqrt()
}

fn length_between(ours: &[f32], theirs: &[f32]) -> f64 {
    let between: Vec<f32> = ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
    length(&between)
}
