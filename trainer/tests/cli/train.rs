//! Training, resuming, judging and publishing.

use std::path::Path;

use pipit_core::package::{Catalogue, ModelPackage};

use crate::support::{
    error_text, model, pipit, succeed, train, train_command, write_backgrounds, write_dataset,
};

/// A column of a CSV file.
fn column(path: &Path, name: &str) -> Vec<String> {
    let mut table = csv::Reader::from_path(path).unwrap();
    let index = table
        .headers()
        .unwrap()
        .iter()
        .position(|n| n == name)
        .unwrap();
    table
        .records()
        .map(|row| row.unwrap()[index].to_owned())
        .collect()
}

#[test]
fn a_run_leaves_settings_metrics_and_the_best_weights() {
    let run = &model().run;

    assert_eq!(column(&run.join("metrics.csv"), "epoch").len(), 8);
    let losses: Vec<f64> = column(&run.join("metrics.csv"), "loss")
        .iter()
        .map(|loss| loss.parse().unwrap())
        .collect();
    assert!(losses.iter().all(|loss| loss.is_finite()), "{losses:?}");
    for share in column(&run.join("metrics.csv"), "data_share") {
        assert!((0.0..=1.0).contains(&share.parse().unwrap()), "{share}");
    }
    let steps: Vec<usize> = column(&run.join("steps.csv"), "step")
        .iter()
        .map(|step| step.parse().unwrap())
        .collect();
    assert!(steps.is_sorted() && steps.len() >= 8, "{steps:?}");
    let epochs = column(&run.join("steps.csv"), "epoch");
    assert_eq!(epochs.last().map(String::as_str), Some("8"));
    assert!(run.join("best.safetensors").is_file());
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(run.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["classes"].as_array().unwrap().len(), 3);
    assert_eq!(config["split_by"], "recordist");
    assert_eq!(config["held_out"].as_array().unwrap().len(), 3);
}

#[test]
fn a_resumed_run_equals_an_unbroken_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let noise = folder.path().join("noise");
    write_backgrounds(&noise);
    let backgrounds = format!("--backgrounds={}", noise.display());
    let settings = [
        "--epochs=3",
        "--freeze=2",
        "--unfreeze-after=1",
        "--ema-decay=0.5",
        "--seed=3",
        "--accumulate=2",
        "--sampling-exponent=0.5",
        "--pooling=attention",
        "--frame-loss-weight=0.5",
        "--dropout=0.2",
        "--drop-path=0.2",
        &backgrounds,
    ];

    let output = train(&data, &whole, &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    let resume = format!("--out={}", broken.display());
    interrupt(
        &data,
        &broken,
        &[&settings[..], &["--save-every=1"]].concat(),
    );
    succeed(["train", "--resume", &resume, "--stop-after=1"]);
    assert_eq!(column(&broken.join("metrics.csv"), "loss").len(), 1);
    resume_where_nothing_fits(&broken);
    succeed(["train", "--resume", &resume]);

    for name in ["loss", "learning_rate", "cmap", "macro_roc_auc", "top_1"] {
        assert_eq!(
            column(&whole.join("metrics.csv"), name),
            column(&broken.join("metrics.csv"), name),
            "{name}"
        );
    }
    for name in ["best.safetensors", "steps.csv"] {
        let [whole, broken] = [&whole, &broken].map(|run| std::fs::read(run.join(name)).unwrap());
        assert!(whole == broken, "{name}");
    }
    // Only the last checkpoint stays, and no half of one.
    let left: Vec<String> = std::fs::read_dir(&broken)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("checkpoint") || name.starts_with('.'))
        .collect();
    assert_eq!(left, ["checkpoint-00003"]);
}

/// Begins a run and presses Ctrl-C as soon as there is something to keep.
#[cfg(unix)]
fn interrupt(data: &Path, out: &Path, more: &[&str]) {
    let run = train_command(data, out, more)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !out.join("config.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let pressed = std::process::Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status()
        .unwrap();
    assert!(pressed.success());

    let output = run.wait_with_output().unwrap();

    let error = error_text(&output);
    assert_eq!(output.status.code(), Some(130), "{error}");
    let goes_on = format!("pipit train --resume --out {}", out.display());
    for part in ["interrupted after batch 2 of epoch 1", &goes_on] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    assert!(out.join("checkpoint-00000-0000002").is_dir());
}

/// Goes on with a run where no file may be large, as on a disk that is full.
#[cfg(unix)]
fn resume_where_nothing_fits(out: &Path) {
    // Only an ignored signal leaves the program to its error.
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" train --resume --out \"$1\"";
    let output = std::process::Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_pipit")])
        .arg(out)
        .output()
        .unwrap();

    let error = error_text(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("cannot write"), "{error}");
    assert!(
        out.join("checkpoint-00001").is_dir(),
        "the last one is lost"
    );
}

#[cfg(not(unix))]
fn resume_where_nothing_fits(_out: &Path) {}

#[cfg(not(unix))]
fn interrupt(data: &Path, out: &Path, more: &[&str]) {
    let output = train(data, out, &[more, &["--stop-after=1"]].concat());
    assert!(output.status.success(), "{}", error_text(&output));
}

#[test]
fn frozen_stages_do_not_change() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    let first = folder.path().join("first");
    let output = train(&data, &first, &["--epochs=1", "--stop-after=1"]);
    assert!(output.status.success(), "{}", error_text(&output));
    let start = first.join("best.safetensors");
    let second = folder.path().join("second");

    let weights = format!("--weights={}", start.display());
    let output = train(&data, &second, &[&weights, "--freeze=7", "--epochs=1"]);
    assert!(output.status.success(), "{}", error_text(&output));

    let before = std::fs::read(start).unwrap();
    let after = std::fs::read(second.join("best.safetensors")).unwrap();
    let before = safetensors::SafeTensors::deserialize(&before).unwrap();
    let after = safetensors::SafeTensors::deserialize(&after).unwrap();
    for (name, tensor) in before.iter() {
        let same = tensor.data() == after.tensor(name).unwrap().data();
        if is_of_stages(name) {
            assert!(same, "{name} has changed");
        }
        if name == "conv_head.weight" || name == "bn2.running_mean" {
            assert!(!same, "{name} has not been trained");
        }
    }
}

/// Whether a tensor belongs to what `--freeze=7` freezes.
fn is_of_stages(name: &str) -> bool {
    ["conv_stem", "bn1", "blocks"]
        .iter()
        .any(|part| name.starts_with(part))
}

#[test]
fn frozen_stages_change_once_they_are_trained_too() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    let run = folder.path().join("run");
    // With nothing to judge by, the last weights are kept.
    let settings = [
        "--freeze=7",
        "--unfreeze-after=1",
        "--held-out=0",
        "--stop-after=1",
    ];
    let weights = || std::fs::read(run.join("best.safetensors")).unwrap();

    let output = train(&data, &run, &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    let before = weights();
    succeed(["train", "--resume", &format!("--out={}", run.display())]);
    let after = weights();

    let before = safetensors::SafeTensors::deserialize(&before).unwrap();
    let after = safetensors::SafeTensors::deserialize(&after).unwrap();
    for name in [
        "conv_stem.weight",
        "bn1.running_mean",
        "blocks.3.0.conv_pw.weight",
    ] {
        assert!(is_of_stages(name));
        let [before, after] = [&before, &after].map(|of| of.tensor(name).unwrap().data());
        assert!(before != after, "{name} has not been trained");
    }
}

#[test]
fn bad_files_are_skipped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    std::fs::write(data.join("audio/low/1.wav"), "this is no audio").unwrap();
    std::fs::write(data.join("audio/mid/2.wav"), "").unwrap();
    std::fs::remove_file(data.join("audio/high/3.wav")).unwrap();

    let output = train(&data, &folder.path().join("run"), &["--epochs=1"]);

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("3 recordings could not be read"), "{text}");
    for name in ["low/1.wav", "mid/2.wav", "high/3.wav"] {
        assert!(
            text.contains(name) && error_text(&output).contains(name),
            "{text}"
        );
    }
}

#[test]
fn a_data_set_with_nothing_to_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    std::fs::remove_dir_all(data.join("audio")).unwrap();

    let output = train(&data, &folder.path().join("run"), &[]);

    assert_eq!(output.status.code(), Some(1));
    let error = error_text(&output);
    assert!(error.contains("training recordings can be read"), "{error}");
    assert!(!folder.path().join("run/config.json").exists());
}

#[test]
fn folders_without_a_table_are_classes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    std::fs::remove_file(data.join("train_metadata.csv")).unwrap();

    let output = train(
        &data,
        &folder.path().join("run"),
        &["--epochs=1", "--no-augment"],
    );

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("3 classes") && text.contains("by recording"),
        "{text}"
    );
}

#[test]
fn a_fold_holds_its_recordists_out() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");

    let output = train(
        &model().data,
        &out,
        &["--fold=2", "--folds=2", "--epochs=1", "--freeze=7"],
    );

    assert!(output.status.success(), "{}", error_text(&output));
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("config.json")).unwrap()).unwrap();
    // Two of the four people, with three recordings each; Ann has a fourth, of no class.
    let held_out = config["held_out"].as_array().unwrap().len();
    assert!((6..=7).contains(&held_out), "{held_out}");
    assert_eq!(config["recordings_per_class"], serde_json::json!([2, 2, 2]));
}

#[test]
fn a_second_run_does_not_overwrite_the_first() {
    let output = train(&model().data, &model().run, &[]);

    assert_eq!(output.status.code(), Some(1));
    assert!(
        error_text(&output).contains("--resume"),
        "{}",
        error_text(&output)
    );
}

#[test]
fn evaluate_writes_scores_and_prints_the_figures() {
    let model = model();
    let folder = tempfile::tempdir().unwrap();
    let scores = folder.path().join("scores.csv");
    let data = format!("--data={}", model.data.display());
    let evaluate = |of: &Path, more: &[&str]| {
        let of = format!("--model={}", of.display());
        let scores = format!("--scores={}", scores.display());
        succeed(
            ["evaluate", &of, &data, &scores]
                .into_iter()
                .chain(more.iter().copied()),
        )
    };

    let text = evaluate(&model.run, &[]);
    assert!(text.contains("cmAP") && text.contains("top-1"), "{text}");
    assert_eq!(
        column(&scores, "filename").len(),
        3,
        "only held-out recordings"
    );

    evaluate(&model.run, &["--all"]);
    let names = column(&scores, "filename");
    assert_eq!(names.len(), 13);
    assert_eq!(names[0], "low/0.wav");
    let of_run: Vec<f32> = column(&scores, "mid")
        .iter()
        .map(|s| s.parse().unwrap())
        .collect();

    evaluate(&model.package, &[]);
    let of_package: Vec<f32> = column(&scores, "mid")
        .iter()
        .map(|s| s.parse().unwrap())
        .collect();
    for (run, package) in of_run.iter().zip(&of_package) {
        assert!((run - package).abs() < 0.02, "{run} is far from {package}");
    }
    // The chirps are easy: the model knows its own training recordings.
    let own = names
        .iter()
        .zip(&of_package)
        .filter(|(name, _)| name.starts_with("mid/"));
    let other = names
        .iter()
        .zip(&of_package)
        .filter(|(name, _)| name.starts_with("low/"));
    let mean = |scores: Vec<f32>| scores.iter().sum::<f32>() / scores.len() as f32;
    let (own, other) = (
        mean(own.map(|s| *s.1).collect()),
        mean(other.map(|s| *s.1).collect()),
    );
    assert!(own > other, "{own} is not above {other}");
}

#[test]
fn publish_writes_a_package_that_opens_and_names_everybody() {
    let model = model();
    let read = |name: &str| std::fs::read(model.package.join(name)).unwrap();

    let package = ModelPackage::open(&read("manifest.json"), read("weights.safetensors")).unwrap();
    let manifest = &package.manifest;
    assert_eq!(manifest.name, "chirps");
    assert_eq!(manifest.licence, "CC BY-NC-SA 4.0");
    let training = manifest.training.as_ref().unwrap();
    assert_eq!((training.recordings, training.held_out_recordings), (10, 3));
    assert!(
        training.command.starts_with("pipit train "),
        "{}",
        training.command
    );
    assert!(training.metrics.contains_key("cmap"));
    let card = String::from_utf8(read("README.md")).unwrap();
    for author in ["Ann", "Bo", "Cy", "Di"] {
        assert!(card.contains(&format!("| {author} |")), "{card}");
    }
    assert!(
        model.published.contains("largest change of a score"),
        "{}",
        model.published
    );

    let tensors = safetensors::SafeTensors::deserialize(&package.weights).unwrap();
    let dtype = |name| tensors.tensor(name).unwrap().dtype();
    assert_eq!(dtype("conv_head.weight"), safetensors::Dtype::F16);
    assert_eq!(dtype("bn1.running_var"), safetensors::Dtype::F32);

    let index = std::fs::read(model.package.with_file_name("index.json")).unwrap();
    let catalogue = Catalogue::from_json(&index).unwrap();
    assert_eq!(catalogue.models.len(), 1);
    assert_eq!(catalogue.models[0].path, "chirps/");
}

#[test]
fn numbers_that_make_no_training_are_refused() {
    for (option, part) in [
        ("--batch-size=1", "--batch-size"),
        ("--held-out=0.9", "--held-out"),
        ("--learning-rate=0", "--learning-rate"),
        ("--f-max=9000", "9000"),
        ("--accumulate=0", "--accumulate"),
        ("--unfreeze-after=1", "--freeze"),
        ("--save-every=0", "--save-every"),
        ("--focal-alpha=1.5", "--focal-alpha"),
        ("--backgrounds=nowhere", "nowhere"),
        ("--min-recordings=99", "99"),
        ("--architecture=resnet18", "resnet18"),
        ("--pooling=max", "max"),
        ("--precision=bf16", "the CPU trains in f32"),
        ("--devices=0,1", "the CPU is one device"),
        ("--dropout=1", "--dropout"),
        ("--frame-loss-weight=0.5", "--pooling attention"),
        ("--weights=nowhere.safetensors", "nowhere.safetensors"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = pipit([
            "train",
            &format!("--data={}", model().data.display()),
            &format!("--out={}", folder.path().join("run").display()),
            "--sample-rate=8000",
            "--window=1",
            "--f-max=3900",
            option,
        ]);
        assert!(!output.status.success(), "{option}");
        assert!(
            error_text(&output).contains(part),
            "{option}: {}",
            error_text(&output)
        );
    }
}
