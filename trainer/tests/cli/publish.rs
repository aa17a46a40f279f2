//! Whose figures a package carries, and what publishing leaves when it fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pipit_core::Manifest;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::support::{column, error_text, model, pipit, succeed, train};

/// Those that publish a run as the model `chirps`.
fn arguments(run: &Path, version: &str, out: &Path) -> [String; 6] {
    [
        "publish".to_owned(),
        format!("--run={}", run.display()),
        "--name=chirps".to_owned(),
        "--title=Chirps".to_owned(),
        format!("--version={version}"),
        format!("--out={}", out.display()),
    ]
}

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
    let arguments = |version: &str| arguments(&run, version, &out);
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

#[test]
fn a_run_that_was_stopped_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (run, out) = (folder.path().join("run"), folder.path().join("chirps"));
    let settings = [
        "--freeze=7",
        "--epochs=2",
        "--validate-every=2",
        "--stop-after=1",
        "--fold=1",
        "--folds=2",
    ];
    let output = train(&model().data, &run, &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    let told = format!("{} is not finished, after epoch 1 of 2", run.display());

    let published = pipit(arguments(&run, "1.0.0", &out));
    let text = error_text(&published);
    assert!(published.status.success() && text.contains(&told), "{text}");

    // As a fold it is refused, and so is an epoch that was chosen among others.
    let refused_as_a_fold = |words: &str| {
        let refused = pipit([
            "evaluate".to_owned(),
            format!("--folds={}", run.display()),
            format!("--data={}", model().data.display()),
        ]);
        let text = error_text(&refused);
        assert!(!refused.status.success() && text.contains(words), "{text}");
    };
    refused_as_a_fold(&told);
    let config = run.join("config.json");
    let settings = std::fs::read_to_string(&config).unwrap();
    let often = settings.replace("\"validate_every\": 2", "\"validate_every\": 1");
    std::fs::write(&config, often).unwrap();
    refused_as_a_fold("train it with --validate-every 2");
}

#[test]
fn a_package_takes_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let publish = |name: &str, version: &str, out: &str| {
        pipit([
            "publish".to_owned(),
            format!("--run={}", model().run.display()),
            format!("--name={name}"),
            "--title=Chirps".to_owned(),
            format!("--version={version}"),
            format!("--out={}", folder.path().join(out).display()),
        ])
    };
    let notes = folder.path().join("project/README.md");
    std::fs::create_dir(folder.path().join("project")).unwrap();
    std::fs::write(&notes, "mine").unwrap();
    let first = publish("chirps", "1.0.0", "models/chirps");
    assert!(first.status.success(), "{}", error_text(&first));

    for (name, version, out, why) in [
        ("chirps", " ", "models/chirps", "--version is empty"),
        ("peeps", "1.0.0", "models/chirps", "another model, chirps"),
        (
            "peeps",
            "1.0.0",
            "models",
            "a folder of its own for the package",
        ),
        (
            "peeps",
            "1.0.0",
            "project",
            "a folder of its own for the package",
        ),
    ] {
        let refused = publish(name, version, out);
        let text = error_text(&refused);
        assert!(!refused.status.success() && text.contains(why), "{text}");
    }

    assert_eq!(std::fs::read_to_string(notes).unwrap(), "mine");
    let again = publish("chirps", "1.0.1", "models/chirps");
    assert!(again.status.success(), "{}", error_text(&again));
}

#[test]
fn folds_stand_for_a_model_that_learned_from_all() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &[&str]| {
        let run = folder.path().join(name);
        let output = train(&model().data, &run, more);
        assert!(output.status.success(), "{}", error_text(&output));
        run
    };
    let all = run("all", &["--held-out=0"]);
    let folds = [1, 2].map(|fold| {
        let name = format!("fold-{fold}");
        let fold = format!("--fold={fold}");
        run(&name, &[&fold, "--folds=2", "--validate-every=2"])
    });
    let last = "--validate-every=3";
    let weights = format!("--weights={}", all.join("best.safetensors").display());
    let knowing = run(
        "knowing",
        &["--fold=2", "--folds=2", "--validate-every=2", &weights],
    );
    let longer = run("longer", &["--fold=2", "--folds=2", "--epochs=3", last]);
    let out = folder.path().join("models/chirps");
    let publish = |folds: &[&Path]| {
        let more = ["--fit-thresholds", "--folds"].map(str::to_owned);
        let folds = folds.iter().map(|fold| fold.display().to_string());
        pipit((arguments(&all, "1.0.0", &out).into_iter().chain(more)).chain(folds))
    };

    published_alone_it_says_what_it_knew(&knowing, &folder.path().join("others/chirps"));
    for (folds, words) in [
        ([&*folds[0], &*folds[0]], "held out by two folds"),
        ([&*folds[0], &*longer], "the other runs: epochs"),
        ([&*folds[0], &*all], "it is no --fold"),
        ([&*knowing, &*folds[0]], "had learned from"),
    ] {
        let refused = publish(&folds);
        assert!(!refused.status.success() && !out.exists());
        let text = error_text(&refused);
        assert!(text.contains(words), "{text}");
    }

    let published = publish(&[&folds[0], &folds[1]]);

    assert!(published.status.success(), "{}", error_text(&published));
    let manifest = Manifest::from_json(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let training = manifest.training.unwrap();
    assert_eq!(
        (training.recordings, training.held_out_recordings),
        (13, 13)
    );
    assert_eq!(training.folds, Some(2));
    // Every recording was scored by the fold that had not heard it.
    let count = |fold: &Path| {
        let scores = fold.join("scores.csv");
        succeed([
            "evaluate".to_owned(),
            format!("--model={}", fold.display()),
            format!("--data={}", model().data.display()),
            format!("--scores={}", scores.display()),
        ]);
        column(&scores, "filename")
    };
    let mut scored = [count(&folds[0]), count(&folds[1])].concat();
    scored.sort();
    scored.dedup();
    assert_eq!(scored.len(), 13);
    assert_eq!(training.metrics.len(), 6, "{:?}", training.metrics);
    evaluated_together_they_come_to_the_same(&folds, &training.metrics);
    assert_eq!(manifest.detection.class_thresholds.len(), 3);
    let card = std::fs::read_to_string(out.join("README.md")).unwrap();
    assert!(
        card.contains("by 2 networks trained in the same way")
            && card.contains("learned from all of them"),
        "{card}"
    );
}

/// A run whose weights had heard what it holds out.
fn published_alone_it_says_what_it_knew(knowing: &Path, out: &Path) {
    let alone = pipit(arguments(knowing, "1.0.0", out));
    assert!(alone.status.success(), "{}", error_text(&alone));
    let text = error_text(&alone);
    assert!(text.contains("the figures are too good"), "{text}");
    let card = std::fs::read_to_string(out.join("README.md")).unwrap();
    assert!(card.contains("so the figures are too good"), "{card}");
}

fn evaluated_together_they_come_to_the_same(
    folds: &[PathBuf; 2],
    published: &BTreeMap<String, f64>,
) {
    let folder = tempfile::tempdir().unwrap();
    let (scores, json) = (
        folder.path().join("scores.csv"),
        folder.path().join("all.json"),
    );
    let text = succeed([
        "evaluate".to_owned(),
        format!("--data={}", model().data.display()),
        format!("--scores={}", scores.display()),
        format!("--json={}", json.display()),
        "--folds".to_owned(),
        folds[0].display().to_string(),
        folds[1].display().to_string(),
    ]);
    assert!(text.contains("13 recordings, 12 of them"), "{text}");
    assert_eq!(column(&scores, "filename").len(), 13);
    let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    for name in ["cmap", "macro_roc_auc", "top_1"] {
        let found = figures["metrics"][name].as_f64().unwrap();
        assert!((found - published[name]).abs() < 1e-4, "{name}: {found}");
    }
}

fn scale(path: &Path, tensor: &str, factor: f32) {
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
