//! A stage of training before the main one.

use std::path::Path;

use serde_json::Value;

use crate::support::{TINY, error_text, model, pipit, succeed, train};

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Files that tell how two runs went.
const OUTCOME: [&str; 5] = [
    "best.safetensors",
    "best.json",
    "steps.csv",
    "pretrain/best.safetensors",
    "pretrain/steps.csv",
];

#[test]
fn two_stages_learn_other_classes_and_resume_in_either() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    // The main stage knows a fourth class, of which there is a single recording.
    let pretrain = format!("--set=pretrain.data='{}'", model().data.display());
    let settings = [
        "--min-recordings=1",
        "--learning-rate=3e-3",
        "--set=pretrain.min_recordings=3",
        "--set=pretrain.epochs=3",
        &pretrain,
    ];
    let resume = |more: &[&str]| {
        let out = format!("--out={}", broken.display());
        succeed(["train", "--resume", &out].iter().chain(more))
    };

    let output = train(&model().data, &whole, &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    for part in [
        "stage 1 of 2",
        "stage 2 of 2",
        "without classifier.bias, classifier.weight",
        "4 classes",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }

    let one = [&settings[..], &["--stop-after=1"]].concat();
    let output = train(&model().data, &broken, &one);
    assert!(output.status.success(), "{}", error_text(&output));
    assert!(!broken.join("config.json").exists());
    let output = train(&model().data, &broken, &settings);
    assert!(
        error_text(&output).contains("--resume"),
        "{}",
        error_text(&output)
    );
    let text = resume(&["--stop-after=3"]);
    assert!(text.contains("1 of 2 epochs done"), "{text}");
    // What the main stage began with is no longer needed.
    let began_with = broken.join("pretrain/best.safetensors");
    let moved = folder.path().join("moved");
    std::fs::rename(&began_with, &moved).unwrap();
    resume(&[]);
    std::fs::rename(&moved, &began_with).unwrap();

    for name in OUTCOME {
        let [whole, broken] = [&whole, &broken].map(|run| std::fs::read(run.join(name)).unwrap());
        assert!(whole == broken, "{name}");
    }
    let [before, main] = ["pretrain/config.json", "config.json"]
        .map(|name| read_json(&broken.join(name))["recordings_per_class"].clone());
    assert_eq!(before.as_array().map(Vec::len), Some(3));
    assert_eq!(main.as_array().map(Vec::len), Some(4));
    let kept = std::fs::read_to_string(whole.join("train.toml")).unwrap();
    assert!(kept.contains("[pretrain]"), "{kept}");
    // Ann's four recordings of both stages.
    let thanked = read_json(&whole.join("config.json"))["attribution"][0].clone();
    assert_eq!(thanked["recordings"], 8, "{thanked}");

    let figures = folder.path().join("figures.json");
    let text = succeed([
        "evaluate".to_owned(),
        "--all".to_owned(),
        format!("--model={}", whole.display()),
        format!("--data={}", model().data.display()),
        format!("--json={}", figures.display()),
    ]);
    assert!(text.contains("by number of training recordings"), "{text}");
    let row = read_json(&figures)["by_training_count"][0].clone();
    let field = |name: &str| row[name].as_u64();
    assert_eq!(
        ["from", "to", "classes", "recordings"].map(field),
        [Some(1), Some(1), Some(1), Some(1)],
        "a class with one recording has a row: {row}"
    );
}

#[test]
fn a_stage_before_names_its_recordings_and_shares_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    for (setting, part) in [
        ("--set=pretrain.epochs=3", "pretrain.data is missing"),
        (
            "--set=pretrain.architecture=eca_nfnet_l0",
            "architecture is the same in both stages",
        ),
        ("--set=pretrain.epoch=3", "no key epoch;"),
    ] {
        let output = train(&model().data, &out, &[setting]);
        assert_eq!(output.status.code(), Some(1), "{setting}");
        let error = error_text(&output);
        assert!(error.contains(part), "{setting}: {error}");
        assert!(!out.exists(), "{setting}");
    }
}

#[test]
fn weights_of_another_network_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let weights = model().run.join("best.safetensors");
    let alone = folder.path().join("alone.safetensors");
    std::fs::copy(&weights, &alone).unwrap();
    for (weights, parts) in [
        (
            &weights,
            ["a run of tf_efficientnet_lite0", "--architecture"],
        ),
        (&alone, ["cannot start eca_nfnet_l0", "alone.safetensors"]),
    ] {
        let output = pipit(
            [
                "train",
                "--architecture=eca_nfnet_l0",
                &format!("--data={}", model().data.display()),
                &format!("--out={}", folder.path().join("run").display()),
                &format!("--weights={}", weights.display()),
            ]
            .iter()
            .chain(TINY),
        );
        assert_eq!(output.status.code(), Some(1));
        let error = error_text(&output);
        for part in parts {
            assert!(error.contains(part), "no {part} in {error}");
        }
        std::fs::remove_dir_all(folder.path().join("run")).unwrap();
    }
}
