//! The networks against timm 1.0.31, weights and inputs from the recipe of
//! `fixtures/make_model_golden.py`, expected values computed in float64.
#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/device.rs"]
mod device;
#[path = "support/recipe.rs"]
mod recipe;

use burn::prelude::*;
use device::{LOGITS_TOLERANCE, device};
use pipit_core::model::weights::{WeightsDtype, load_backbone, load_weights, save_weights};
use pipit_core::{Architecture, Model, Pooling};
use recipe::recipe;
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};
use serde_json::Value;
use std::collections::BTreeMap;

const IN_CHANS: usize = 1;
const NUM_CLASSES: usize = 20;
/// Taps are compared relative to their own spread; the expected ones are float32.
const TAP_TOLERANCE: f64 = 2.0 * LOGITS_TOLERANCE;

#[test]
fn efficientnet_lite0() {
    check(
        Architecture::EfficientNetLite0,
        include_str!("fixtures/efficientnet_lite0.expected.json"),
    );
}

#[test]
fn tf_efficientnet_lite0() {
    check(
        Architecture::TfEfficientNetLite0,
        include_str!("fixtures/tf_efficientnet_lite0.expected.json"),
    );
}

#[test]
fn tf_efficientnet_b3() {
    check(
        Architecture::TfEfficientNetB3,
        include_str!("fixtures/tf_efficientnet_b3.expected.json"),
    );
}

#[test]
fn seresnext50_32x4d() {
    check(
        Architecture::SeResNeXt50_32x4d,
        include_str!("fixtures/seresnext50_32x4d.expected.json"),
    );
}

#[test]
fn eca_nfnet_l0() {
    check(
        Architecture::EcaNfNetL0,
        include_str!("fixtures/eca_nfnet_l0.expected.json"),
    );
}

fn check(architecture: Architecture, expected: &str) {
    let expected: Value = serde_json::from_str(expected).unwrap();
    let device = device();
    let model = Model::new(architecture, IN_CHANS, NUM_CLASSES, &device);
    let weights = recipe_weights(&model, &expected["bn_exp"]);
    check_names(architecture, &weights);
    let model = load_weights(model, weights).unwrap();
    let folded = model.clone().fold();
    for (size, expected) in expected["sizes"].as_object().unwrap() {
        let (height, width) = size.split_once('x').unwrap();
        let (height, width) = (height.parse().unwrap(), width.parse().unwrap());
        let input = recipe_input("input", height, width, &device);
        let mut taps = BTreeMap::new();
        let logits = model.forward_with_taps(input.clone(), &mut |name, tap| {
            taps.insert(name.to_owned(), tap.clone());
        });
        let is_stage = |name: &&String| {
            let number = name.trim_start_matches("blocks.");
            let number = number.trim_start_matches("stages.");
            number.trim_start_matches("layer").parse::<usize>().is_ok()
        };
        assert_eq!(taps.keys().filter(is_stage).count(), architecture.stages());
        for (name, expected) in expected["taps"].as_object().unwrap() {
            check_tap(
                &format!("{architecture} {size} {name}"),
                &taps[name.trim_start_matches("head.")],
                expected,
            );
        }
        let folded_logits = folded.forward(input);
        let other = model.forward(recipe_input("other", height, width, &device));
        check_logits(size, logits, &expected["logits_f64"]);
        check_logits(
            &format!("{size} folded"),
            folded_logits,
            &expected["logits_f64"],
        );
        check_logits(
            &format!("{size} other"),
            other,
            &expected["logits_other_f64"],
        );
    }
}

fn check_names(architecture: Architecture, weights: &[u8]) {
    let tensors = SafeTensors::deserialize(weights).unwrap();
    let shape = |layer: &str| {
        let weight = tensors.tensor(&format!("{layer}.weight")).unwrap();
        weight.shape().to_vec()
    };
    assert_eq!(shape(architecture.first_conv())[1], IN_CHANS);
    assert_eq!(shape(architecture.classifier())[0], NUM_CLASSES);
}

fn check_logits(what: &str, logits: Tensor<2>, expected: &Value) {
    let logits = values(logits);
    let expected: Vec<f64> = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(logits.len(), expected.len());
    for (i, (ours, theirs)) in logits.iter().zip(&expected).enumerate() {
        let off = (ours - theirs).abs();
        assert!(
            off < LOGITS_TOLERANCE,
            "{what}: logit {i} is {ours}, timm says {theirs}"
        );
    }
}

fn check_tap(what: &str, tap: &Tensor<4>, expected: &Value) {
    let shape: Vec<usize> = serde_json::from_value(expected["shape"].clone()).unwrap();
    // timm flattens what it has pooled.
    assert_eq!(tap.dims()[..shape.len()], shape, "{what}");
    let tap = values(tap.clone());
    let number = |key: &str| expected[key].as_f64().unwrap();
    let list = |key: &str| serde_json::from_value::<Vec<f64>>(expected[key].clone()).unwrap();
    let n = tap.len() as f64;
    let mean = tap.iter().sum::<f64>() / n;
    let std = (tap.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let scale = number("std");
    let close = |ours: f64, theirs: f64, which: &str| {
        let off = (ours - theirs).abs() / scale;
        assert!(
            off < TAP_TOLERANCE,
            "{what}: {which} is {ours}, timm says {theirs}"
        );
    };
    close(mean, number("mean"), "the mean");
    close(std, scale, "the standard deviation");
    for (ours, theirs) in tap.iter().zip(list("first8")) {
        close(*ours, theirs, "one of the first values");
    }
    for (ours, theirs) in tap[tap.len() - 4..].iter().zip(list("last4")) {
        close(*ours, theirs, "one of the last values");
    }
}

#[test]
fn weights_come_back_as_they_were_saved() {
    let device = device();
    let new = || Model::new(Architecture::TfEfficientNetLite0, IN_CHANS, 3, &device);
    let saved = new();
    let bytes = save_weights(&saved, WeightsDtype::F32).unwrap();
    let loaded = load_weights(new(), bytes.clone()).unwrap();
    let input = recipe_input("input", 64, 64, &device);
    assert_eq!(
        values(saved.forward(input.clone())),
        values(loaded.forward(input.clone()))
    );

    let half = save_weights(&saved, WeightsDtype::F16).unwrap();
    assert!(
        half.len() < bytes.len() * 6 / 10,
        "{} of {}",
        half.len(),
        bytes.len()
    );
    let tensors = SafeTensors::deserialize(&half).unwrap();
    assert_eq!(
        tensors.tensor("conv_stem.weight").unwrap().dtype(),
        Dtype::F16
    );
    assert_eq!(
        tensors.tensor("bn1.running_var").unwrap().dtype(),
        Dtype::F32
    );
    assert_eq!(
        tensors.tensor("classifier.weight").unwrap().shape(),
        [3, 1280]
    );
    let halved = load_weights(new(), half).unwrap();
    let (a, b) = (
        values(saved.forward(input.clone())),
        values(halved.forward(input)),
    );
    let largest = a.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    assert!(
        a.iter()
            .zip(&b)
            .all(|(a, b)| (a - b).abs() < 1e-2 * largest),
        "{a:?} {b:?}"
    );
}

#[test]
fn every_pooling_comes_back_as_it_was_saved() {
    let device = device();
    let new = |pooling| {
        Model::new(Architecture::TfEfficientNetLite0, IN_CHANS, 3, &device).with_pooling(pooling)
    };
    let input = recipe_input("input", 64, 64, &device);
    for (pooling, own) in [
        (Pooling::Gem, "classifier.global_pool.p"),
        (Pooling::Attention, "classifier.attention.att.weight"),
    ] {
        let saved = new(pooling);
        let bytes = save_weights(&saved, WeightsDtype::F32).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        assert!(tensors.tensor(own).is_ok(), "{:?}", tensors.names());
        let loaded = load_weights(new(pooling), bytes.clone()).unwrap();
        assert_eq!(
            values(saved.forward(input.clone())),
            values(loaded.forward(input.clone()))
        );
        let error = load_weights(new(Pooling::Average), bytes).unwrap_err();
        assert!(error.to_string().contains("classifier."), "{error}");
    }
}

#[test]
fn a_backbone_is_loaded_under_another_classifier() {
    let device = device();
    let architecture = Architecture::TfEfficientNetLite0;
    let pretrained = Model::new(architecture, IN_CHANS, 3, &device);
    let bytes = save_weights(&pretrained, WeightsDtype::F32).unwrap();
    let fresh = Model::new(architecture, IN_CHANS, 5, &device)
        .with_pooling(Pooling::Attention)
        .with_prior(0.5);
    let (model, left) = load_backbone(fresh, architecture, bytes).unwrap();
    assert_eq!(left, ["classifier.bias", "classifier.weight"]);

    let input = recipe_input("input", 64, 64, &device);
    assert_eq!(
        values(model.forward_features(input.clone())),
        values(pretrained.forward_features(input.clone()))
    );
    let (logits, frames) = model.forward_with_frames(input);
    assert_eq!((logits.dims(), frames.unwrap().dims()), ([1, 5], [1, 2, 5]));

    let other = Model::new(Architecture::TfEfficientNetLite1, IN_CHANS, 3, &device);
    let bytes = save_weights(&other, WeightsDtype::F32).unwrap();
    let error = load_backbone(pretrained, architecture, bytes).unwrap_err();
    assert!(error.to_string().contains("not know: blocks."), "{error}");
}

#[test]
fn weights_that_do_not_fit_are_refused_by_name() {
    let device = device();
    let model = |classes| {
        Model::new(
            Architecture::TfEfficientNetLite0,
            IN_CHANS,
            classes,
            &device,
        )
    };
    let bytes = save_weights(&model(3), WeightsDtype::F32).unwrap();
    let refused =
        |classes, bytes: Vec<u8>| load_weights(model(classes), bytes).unwrap_err().to_string();

    let shape = refused(4, bytes.clone());
    assert!(shape.contains("classifier.weight"), "{shape}");

    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let all: Vec<(String, TensorView)> = tensors.tensors();
    let without: Vec<_> = all
        .iter()
        .filter(|(name, _)| name != "blocks.3.1.bn2.weight")
        .cloned()
        .collect();
    let missing = refused(3, serialize(without, None).unwrap());
    assert!(
        missing.contains("lack 1 ") && missing.contains("blocks.3.1.bn2"),
        "{missing}"
    );

    let mut more = all.clone();
    more.push(("blocks.9.0.conv_pw.weight".into(), all[0].1.clone()));
    let unused = refused(3, serialize(more, None).unwrap());
    assert!(
        unused.contains("not know: blocks.9.0.conv_pw.weight"),
        "{unused}"
    );

    let garbage = refused(3, b"not safetensors".to_vec());
    assert!(garbage.contains("not readable as safetensors"), "{garbage}");
}

/// Fills every tensor of the network from the recipe, as safetensors.
fn recipe_weights(model: &Model, bn_exp: &Value) -> Vec<u8> {
    let saved = save_weights(model, WeightsDtype::F32).unwrap();
    let tensors = SafeTensors::deserialize(&saved).unwrap();
    let filled: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let standardised = tensors.tensor("stem.conv1.gain").is_ok();
            let values = recipe_tensor(&name, view.shape(), bn_exp, standardised);
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (name, view.shape().to_vec(), bytes)
        })
        .collect();
    let views = filled.iter().map(|(name, shape, bytes)| {
        (
            name,
            TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap(),
        )
    });
    serialize(views, None).unwrap()
}

fn recipe_tensor(name: &str, shape: &[usize], bn_exp: &Value, standardised: bool) -> Vec<f32> {
    let n = shape.iter().product();
    let (layer, field) = name.rsplit_once('.').unwrap();
    let symmetric = |bound: f64| recipe(name, n, -bound, bound);
    if let Some(exponent) = bn_exp.get(layer).and_then(Value::as_i64) {
        let scaled = |values: Vec<f32>, exponent: i64| {
            values
                .into_iter()
                .map(|v| v * 2.0_f32.powi(exponent as i32))
                .collect()
        };
        return match field {
            "weight" if is_last_in_branch(layer) => recipe(name, n, 0.5, 0.9),
            "weight" => recipe(name, n, 0.8, 1.2),
            "bias" => symmetric(0.2),
            "running_mean" => scaled(symmetric(0.2), exponent.div_euclid(2)),
            "running_var" => scaled(recipe(name, n, 0.6, 1.6), exponent),
            _ => panic!("unexpected tensor {name}"),
        };
    }
    match shape {
        _ if field == "gain" => recipe(name, n, 0.6, 1.4),
        [_, _, _, _] if standardised => symmetric(1.0),
        [_, fan_in @ ..] if shape.len() == 4 => {
            symmetric((6.0 / fan_in.iter().product::<usize>() as f64).sqrt())
        }
        [_, _, _] => symmetric(0.6),
        [_, inputs] => symmetric((3.0 / *inputs as f64).sqrt()),
        [_] if standardised || ["classifier", "fc"].contains(&layer) => symmetric(0.1),
        [_] => symmetric(0.5),
        _ => panic!("unexpected tensor {name} {shape:?}"),
    }
}

/// The last BatchNorm of a residual branch.
fn is_last_in_branch(layer: &str) -> bool {
    match layer.rsplit_once('.') {
        Some((block, "bn3")) => block.starts_with("blocks.") || block.starts_with("layer"),
        Some((block, "bn2")) => block.starts_with("blocks.0."),
        _ => false,
    }
}

/// Coarse patches with fine noise, `[1, 1, height, width]`.
fn recipe_input(tag: &str, height: usize, width: usize, device: &Device) -> Tensor<4> {
    let (rows, columns) = (height.div_ceil(16), width.div_ceil(16));
    let coarse = recipe(
        &format!("{tag}:coarse:{height}x{width}"),
        rows * columns,
        -1.0,
        1.0,
    );
    let fine = recipe(
        &format!("{tag}:fine:{height}x{width}"),
        height * width,
        -1.0,
        1.0,
    );
    let values: Vec<f32> = (0..height * width)
        .map(|i| {
            let patch = coarse[(i / width / 16) * columns + i % width / 16];
            (1.5 * f64::from(patch) + 0.5 * f64::from(fine[i])) as f32
        })
        .collect();
    Tensor::from_data(TensorData::new(values, [1, 1, height, width]), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor
        .into_data()
        .convert::<f32>()
        .iter::<f32>()
        .map(f64::from)
        .collect()
}
