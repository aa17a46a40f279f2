//! Importing published weights.

use std::collections::BTreeMap;

use burn::prelude::Device;
use pipit_core::Architecture;
use pipit_core::model::Model;
use pipit_core::model::weights::{WeightsDtype, load_weights, save_weights};
use safetensors::SafeTensors;

use crate::support::{error_text, pipit, succeed};

/// A timm-like file of a network that sees colours.
fn colour_weights() -> Vec<u8> {
    let model = Model::new(Architecture::TfEfficientNetLite0, 3, 10, &Device::flex());
    save_weights(&model, WeightsDtype::F32).unwrap()
}

#[test]
fn a_timm_file_gets_a_stem_for_one_channel() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("timm.safetensors");
    let colour = colour_weights();
    std::fs::write(&file, &colour).unwrap();

    let text = succeed([
        "import",
        &file.display().to_string(),
        &format!("--out={}", folder.path().display()),
    ]);

    assert!(text.contains("conv_stem.weight"), "{text}");
    let grey = std::fs::read(folder.path().join("tf_efficientnet_lite0.safetensors")).unwrap();
    let stem = SafeTensors::deserialize(&grey)
        .unwrap()
        .tensor("conv_stem.weight")
        .unwrap();
    assert_eq!(stem.shape(), [32, 1, 3, 3]);
    let model = Model::new(Architecture::TfEfficientNetLite0, 1, 10, &Device::flex());
    load_weights(model, grey).unwrap();
}

#[test]
fn a_missing_tensor_and_a_strange_one_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let colour = colour_weights();
    let tensors = SafeTensors::deserialize(&colour).unwrap();
    let all: BTreeMap<String, _> = tensors.tensors().into_iter().collect();
    let import = |tensors: BTreeMap<String, safetensors::tensor::TensorView<'_>>| {
        let file = folder.path().join("timm.safetensors");
        std::fs::write(&file, safetensors::serialize(tensors, None).unwrap()).unwrap();
        let out = folder.path().join("out.safetensors");
        let output = pipit([
            "import".as_ref(),
            file.as_os_str(),
            "--out".as_ref(),
            out.as_os_str(),
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(!out.exists());
        error_text(&output)
    };

    let mut lacking = all.clone();
    lacking.remove("blocks.3.1.bn2.weight");
    let error = import(lacking);
    assert!(error.contains("blocks.3.1.bn2"), "{error}");

    let mut strange = all.clone();
    strange.insert("aux.weight".to_owned(), all["bn1.weight"].clone());
    let error = import(strange);
    assert!(error.contains("aux.weight"), "{error}");

    let mut misshapen = all.clone();
    misshapen.insert("conv_head.weight".to_owned(), all["bn1.weight"].clone());
    let error = import(misshapen);
    assert!(error.contains("conv_head.weight"), "{error}");
}

#[test]
fn weights_of_another_network_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("timm.safetensors");
    std::fs::write(&file, colour_weights()).unwrap();

    let output = pipit([
        "import".as_ref(),
        file.as_os_str(),
        "--architecture=tf_efficientnet_b0".as_ref(),
        "--out".as_ref(),
        folder.path().as_os_str(),
    ]);

    assert_eq!(output.status.code(), Some(1));
    assert!(
        error_text(&output).contains("do not fit tf_efficientnet_b0"),
        "{}",
        error_text(&output)
    );
}
