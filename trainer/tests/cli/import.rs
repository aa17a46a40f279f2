//! Importing published weights.

use std::collections::BTreeMap;

use burn::prelude::{Device, Tensor};
use burn::tensor::Distribution;
use pipit_core::Architecture;
use pipit_core::model::Model;
use pipit_core::model::weights::{WeightsDtype, load_weights, save_weights};
use safetensors::SafeTensors;

use crate::support::{error_text, model, pipit, succeed, train};
use crate::torch;

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
fn what_is_imported_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tf_efficientnet_lite0.safetensors");
    let colour = colour_weights();
    std::fs::write(&file, &colour).unwrap();

    let refused = pipit([
        "import",
        &file.display().to_string(),
        &format!("--out={}", folder.path().display()),
    ]);

    let text = error_text(&refused);
    assert!(
        !refused.status.success() && text.contains("--out would write over"),
        "{text}"
    );
    assert!(
        std::fs::read(&file).unwrap() == colour,
        "the file has changed"
    );
}

#[test]
fn a_pytorch_file_gives_what_a_safetensors_file_gives() {
    for architecture in [
        Architecture::TfEfficientNetLite0,
        Architecture::SeResNeXt50_32x4d,
        Architecture::EcaNfNetL0,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let import = |file: &str| {
            let out = folder.path().join("out.safetensors");
            succeed([
                "import".into(),
                folder.path().join(file).display().to_string(),
                format!("--architecture={architecture}"),
                format!("--out={}", out.display()),
            ]);
            std::fs::read(out).unwrap()
        };
        let colour = Model::new(architecture, 3, 4, &Device::flex());
        let colour = save_weights(&colour, WeightsDtype::F32).unwrap();
        std::fs::write(folder.path().join("timm.safetensors"), &colour).unwrap();
        torch::save(&colour, &folder.path().join("timm.pth"));

        let equal = import("timm.pth") == import("timm.safetensors");
        assert!(equal, "{architecture}");
    }
}

#[test]
fn a_file_without_a_classifier_is_a_start_for_training() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("timm.safetensors");
    let colour = colour_weights();
    let tensors = SafeTensors::deserialize(&colour).unwrap();
    let write = |left_out: &str| {
        let mut tensors = tensors.tensors();
        tensors.retain(|(name, _)| !name.starts_with(left_out));
        std::fs::write(&file, safetensors::serialize(tensors, None).unwrap()).unwrap();
    };
    let out = folder.path().join("start.safetensors");
    let import = [
        "import".to_owned(),
        file.display().to_string(),
        format!("--out={}", out.display()),
    ];

    write("classifier.weight");
    let refused = pipit(&import);
    let text = error_text(&refused);
    assert!(!refused.status.success() && !out.exists());
    assert!(
        text.contains("no tensor classifier.weight beside classifier.bias"),
        "{text}"
    );

    write("classifier.");
    let text = succeed(&import);
    assert!(
        text.contains("no classifier, which training does not need"),
        "{text}"
    );
    let weights = format!("--weights={}", out.display());
    let run = folder.path().join("run");
    let output = train(&model().data, &run, &["--epochs=1", "--freeze=7", &weights]);
    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("which has no classifier"), "{text}");
    let trained = std::fs::read(run.join("best.safetensors")).unwrap();
    let trained = SafeTensors::deserialize(&trained).unwrap();
    let frozen = "blocks.0.0.conv_dw.weight";
    assert_eq!(
        trained.tensor(frozen).unwrap().data(),
        tensors.tensor(frozen).unwrap().data()
    );
    assert_eq!(
        trained.tensor("classifier.weight").unwrap().shape(),
        [3, 1280]
    );
}

#[test]
fn grey_gives_what_it_gave_in_colours() {
    let device = Device::flex();
    for architecture in [Architecture::SeResNeXt50_32x4d, Architecture::EcaNfNetL0] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("timm.safetensors");
        device.seed(8);
        let colour = Model::new(architecture, 3, 5, &device);
        std::fs::write(&file, save_weights(&colour, WeightsDtype::F32).unwrap()).unwrap();

        let text = succeed([
            "import".to_owned(),
            file.display().to_string(),
            format!("--architecture={architecture}"),
            format!("--out={}", folder.path().display()),
        ]);

        let stem = format!("{}.weight: summed", architecture.first_conv());
        assert!(text.contains(&stem), "{text}");
        let weights = folder.path().join(format!("{architecture}.safetensors"));
        let grey = Model::new(architecture, 1, 5, &device);
        let grey = load_weights(grey, std::fs::read(weights).unwrap()).unwrap();
        let normal = Distribution::Normal(0.0, 1.0);
        let image = Tensor::<4>::random([1, 1, 64, 64], normal, &device);
        let ours = grey.forward(image.clone());
        let theirs = colour.forward(image.repeat_dim(1, 3));
        let most = theirs.clone().abs().max().into_scalar::<f32>();
        let off = (ours - theirs).abs().max().into_scalar::<f32>();
        assert!(off < 1e-4 * most, "{architecture}: off by {off} of {most}");
    }
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
    lacking.remove("conv_head.weight");
    let error = import(lacking);
    for name in ["blocks.3.1.bn2.weight", "conv_head.weight"] {
        assert!(error.contains(&format!("missing: {name}")), "{error}");
    }

    let mut strange = all.clone();
    strange.insert("aux.weight".to_owned(), all["bn1.weight"].clone());
    let error = import(strange);
    assert!(error.contains("unknown: aux.weight"), "{error}");

    let mut misshapen = all.clone();
    misshapen.insert("conv_head.weight".to_owned(), all["bn1.weight"].clone());
    let error = import(misshapen);
    let told = "misshapen: conv_head.weight of shape [32] where [1280, 320, 1, 1] is needed";
    assert!(error.contains(told), "{error}");
}

#[test]
fn weights_of_another_network_are_refused_and_it_is_named() {
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
    let error = error_text(&output);
    let told = "do not fit tf_efficientnet_b0, but efficientnet_lite0 and tf_efficientnet_lite0: \
                say which by --architecture";
    assert!(error.contains(told), "{error}");
}
