//! Training, judging and publishing.

use std::path::Path;

use pipit_core::package::{Catalogue, ModelPackage};

use crate::support::{
    EPOCHS, column, error_text, model, pipit, read_json, succeed, train, write_dataset, write_wav,
};

#[test]
fn a_run_leaves_settings_metrics_and_the_best_weights() {
    let run = &model().run;

    assert_eq!(column(&run.join("metrics.csv"), "epoch").len(), EPOCHS);
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
    assert!(steps.is_sorted() && steps.len() >= EPOCHS, "{steps:?}");
    let epochs = column(&run.join("steps.csv"), "epoch");
    assert_eq!(epochs.last(), Some(&EPOCHS.to_string()));
    assert!(run.join("best.safetensors").is_file());
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(run.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["classes"].as_array().unwrap().len(), 3);
    assert_eq!(config["split_by"], "recordist");
    assert_eq!(config["held_out"].as_array().unwrap().len(), 3);
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
        let frozen = ["conv_stem", "bn1", "blocks"];
        if frozen.iter().any(|part| name.starts_with(part)) {
            assert!(same, "{name} has changed");
        }
        if name == "conv_head.weight" || name == "bn2.running_mean" {
            assert!(!same, "{name} has not been trained");
        }
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
    write_wav(&data.join("audio/high/0.wav"), &[]);

    let output = train(&data, &folder.path().join("run"), &["--epochs=1"]);

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("4 recordings could not be read"), "{text}");
    for name in ["low/1.wav", "mid/2.wav", "high/3.wav", "high/0.wav"] {
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
    assert!(
        error.contains("none of the 13 recordings is there") && error.contains("low/0.wav"),
        "{error}"
    );
    assert!(!folder.path().join("run").exists());

    for code in ["low", "mid", "high"] {
        for take in 0..4 {
            write_wav(&data.join(format!("audio/{code}/{take}.wav")), &[]);
        }
    }
    let output = train(&data, &folder.path().join("run"), &[]);
    let error = error_text(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
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
fn recordings_of_no_class_judge_no_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");

    // Ann alone has a recording of the only class, so that she is in no fold.
    let settings = ["--classes=rare", "--fold=1", "--folds=2", "--freeze=7"];
    let output = train(&model().data, &out, &settings);

    let text = error_text(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("none of the recordings held out is of one of the classes"),
        "{text}"
    );
    let config = read_json(&out.join("config.json"));
    assert!(!config["held_out"].as_array().unwrap().is_empty());
    let best = read_json(&out.join("best.json"));
    assert_eq!(best, serde_json::json!({ "epoch": 2, "metrics": {} }));
}

#[test]
fn runs_of_other_seeds_can_be_judged_on_the_same_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let held_out = |seed: &str, more: &[&str]| {
        let out = folder.path().join(format!("{seed}-{}", more.len()));
        let seed = format!("--seed={seed}");
        let flags = [&[seed.as_str(), "--epochs=1"], more].concat();
        let output = train(&model().data, &out, &flags);
        assert!(output.status.success(), "{}", error_text(&output));
        let config: serde_json::Value =
            serde_json::from_slice(&std::fs::read(out.join("config.json")).unwrap()).unwrap();
        config["held_out"].clone()
    };

    let first = held_out("3", &[]);
    let other = (4..10).find(|seed| held_out(&seed.to_string(), &[]) != first);
    let other = other.expect("a seed that holds others out").to_string();

    assert_eq!(held_out(&other, &["--split-seed=3"]), first);
}

#[test]
fn weights_that_do_not_fit_leave_no_run_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (run, weights) = (folder.path().join("run"), folder.path().join("weights"));
    std::fs::write(&weights, "no weights").unwrap();
    let weights = format!("--weights={}", weights.display());
    let begin = |more: &[&str]| {
        let settings = [&["--epochs=1", "--freeze=7"], more].concat();
        train(&model().data, &run, &settings)
    };

    let output = begin(&[&weights]);
    assert_eq!(output.status.code(), Some(1));
    assert!(error_text(&output).contains("cannot start"));

    let output = begin(&[]);
    assert!(output.status.success(), "{}", error_text(&output));
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
fn chosen_species_are_classes_and_the_others_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let settings = [
        "--epochs=1",
        "--freeze=7",
        "--classes=rare,high",
        "--held-out=0",
    ];

    let output = train(&model().data, &run, &settings);

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains(
            "not among --classes, which become no class and serve as counterexamples: 2, low, mid"
        ),
        "{text}"
    );
    let config = read_json(&run.join("config.json"));
    let codes: Vec<&str> = (config["classes"].as_array().unwrap().iter())
        .map(|label| label["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["high", "rare"]);
    assert_eq!(config["recordings_per_class"], serde_json::json!([4, 1]));
    assert_eq!(config["training"].as_array().unwrap().len(), 13);

    let output = train(
        &model().data,
        &folder.path().join("other"),
        &["--classes=high,auk"],
    );
    let text = error_text(&output);
    assert!(
        !output.status.success() && text.contains("no recording in"),
        "{text}"
    );
    assert!(text.contains(": auk"), "{text}");
}

#[test]
fn a_run_of_the_same_classes_goes_on_with_its_classifier() {
    let folder = tempfile::tempdir().unwrap();
    let begun = model().run.join("best.safetensors");
    let weights = format!("--weights={}", begun.display());
    let run = folder.path().join("run");
    // With almost no learning, what is judged is what it began with.
    let settings = [
        "--epochs=1",
        "--freeze=7",
        "--learning-rate=1e-9",
        "--held-out=0",
        &weights,
    ];

    let output = train(&model().data, &run, &settings);

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("goes on from"), "{text}");
    let [before, after] = [&model().run, &run].map(|run| read_json(&run.join("config.json")));
    assert_ne!(before["training"], after["training"]);
    assert_eq!(before["normalization"], after["normalization"]);
    let [before, after] = [&begun, &run.join("best.safetensors")].map(|path| {
        let bytes = std::fs::read(path).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let weight = tensors.tensor("classifier.weight").unwrap();
        (weight.data().chunks_exact(4))
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
            .collect::<Vec<_>>()
    });
    assert!((before.iter().zip(&after)).all(|(before, after)| (before - after).abs() < 1e-6));

    // Other classes have a classifier of their own.
    let settings = [&settings[..], &["--min-recordings=1"]].concat();
    let output = train(&model().data, &folder.path().join("other"), &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("without classifier.bias"), "{text}");
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
        ("--hop=1.5", "1 s every 1.5 s"),
        ("--window=0", "a window must be above 0 s"),
        ("--n-fft=16384", "at most a window of 8000 samples"),
        ("--clip-norm=-1", "--clip-norm"),
        ("--focal-below=3", "--loss focal"),
        ("--held-out-backgrounds=0.5", "takes --backgrounds"),
        ("--held-out-counterexamples=0.5", "takes --counterexamples"),
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
