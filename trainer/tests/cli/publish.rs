//! What publishing leaves when it fails.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::support::{error_text, model, pipit, succeed};

#[test]
fn a_package_stays_when_the_next_one_cannot_replace_it() {
    let folder = tempfile::tempdir().unwrap();
    let (run, out) = (
        folder.path().join("run"),
        folder.path().join("models/chirps"),
    );
    std::fs::create_dir(&run).unwrap();
    for file in ["config.json", "best.json", "best.safetensors"] {
        std::fs::copy(model().run.join(file), run.join(file)).unwrap();
    }
    let arguments = |version: &str| {
        [
            "publish".to_owned(),
            format!("--run={}", run.display()),
            "--name=chirps".to_owned(),
            "--title=Chirps".to_owned(),
            format!("--version={version}"),
            format!("--out={}", out.display()),
        ]
    };
    succeed(arguments("1.0.0"));
    let files = || {
        ["manifest.json", "weights.safetensors", "README.md"]
            .map(|file| std::fs::read(out.join(file)).unwrap())
    };
    let before = files();

    // Too large for the 16 bits that a package has for a weight.
    scale(&run.join("best.safetensors"), "conv_stem.weight", 1e8);
    let refused = pipit(arguments("2.0.0"));

    assert!(!refused.status.success());
    assert!(
        error_text(&refused).contains("not numbers"),
        "{}",
        error_text(&refused)
    );
    assert!(files() == before, "the package has changed");
    let catalogue = std::fs::read_to_string(out.with_file_name("index.json")).unwrap();
    assert!(catalogue.contains("1.0.0"), "{catalogue}");
}

fn scale(path: &std::path::Path, tensor: &str, factor: f32) {
    let bytes = std::fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let scaled: Vec<u8> = tensors
        .tensor(tensor)
        .unwrap()
        .data()
        .as_chunks()
        .0
        .iter()
        .flat_map(|bytes| (f32::from_le_bytes(*bytes) * factor).to_le_bytes())
        .collect();
    let changed = tensors.tensors().into_iter().map(|(name, view)| {
        if name == tensor {
            let shape = view.shape().to_vec();
            (name, TensorView::new(Dtype::F32, shape, &scaled).unwrap())
        } else {
            (name, view)
        }
    });
    let written = safetensors::serialize(changed, None).unwrap();
    std::fs::write(path, written).unwrap();
}
