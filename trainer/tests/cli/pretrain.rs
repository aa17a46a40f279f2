//! A stage of training before the main one.

use std::fmt::Write as _;
use std::path::Path;

use pipit_core::Manifest;

use crate::support::{
    TINY, chirps, error_text, model, pipit, read_json, succeed, train, write_wav,
};

/// Files that tell how two runs went.
const OUTCOME: [&str; 5] = [
    "best.safetensors",
    "best.json",
    "steps.csv",
    "pretrain/best.safetensors",
    "pretrain/steps.csv",
];

#[test]
fn what_stage_2_lacks_is_said_before_stage_1() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let pretrain = format!("--set=pretrain.data='{}'", model().data.display());
    for (flag, part) in [
        ("--backgrounds=nowhere", "cannot open nowhere"),
        ("--counterexamples=nowhere", "cannot open nowhere"),
        ("--weights=nowhere", "pipit import"),
        ("--classes=auk", ": auk"),
    ] {
        let output = train(&model().data, &out, &[&pretrain, flag]);
        let text = error_text(&output);
        assert!(!output.status.success() && text.contains(part), "{text}");
        assert!(!out.join("pretrain/config.json").exists(), "{flag}");
    }
}

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
    // What both stages have heard counts once.
    let thanked = read_json(&whole.join("config.json"))["attribution"].clone();
    let counts = thanked.as_array().expect("a list").iter();
    let n_thanked: u64 = counts
        .filter_map(|entry| entry["recordings"].as_u64())
        .sum();
    let table = std::fs::read_to_string(model().data.join("train_metadata.csv")).unwrap();
    assert_eq!(n_thanked, table.lines().count() as u64 - 1, "{thanked}");

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

/// Four recordings of each of two other species, and of what the shared run was judged on: one under
/// its name, the bytes of another under a new one, and a new one by the same recordist.
fn write_overlapping(folder: &Path) -> String {
    let held_out = read_json(&model().run.join("config.json"))["held_out"].clone();
    let [first, second] = [0, 1].map(|i| held_out[i].as_str().unwrap().to_owned());
    let take = Path::new(&first).file_stem().unwrap().to_str().unwrap();
    let recordist = ["Ann", "Bo", "Cy", "Di"][take.parse::<usize>().unwrap()];
    let mut rows = vec![
        (format!("wren,{recordist}"), "wren/new.wav".to_owned(), 5),
        ("rail,Ivo".to_owned(), first, 6),
    ];
    for (code, base) in [("wren", 10), ("rail", 20)] {
        for (take, author) in ["Eva", "Flo", "Gus", "Hal"].into_iter().enumerate() {
            let file = format!("{code}/{author}.wav");
            rows.push((format!("{code},{author}"), file, base + take));
        }
    }
    let audio = folder.join("audio");
    let mut table = "primary_label,author,filename,license\n".to_owned();
    for (who, file, take) in rows {
        write_wav(&audio.join(&file), &chirps(2_000.0, 1.2, take));
        writeln!(table, "{who},{file},CC BY 4.0").unwrap();
    }
    std::fs::copy(
        model().data.join("audio").join(second),
        audio.join("copy.wav"),
    )
    .unwrap();
    table += "wren,Ivo,copy.wav,CC BY 4.0\n";
    std::fs::write(folder.join("train_metadata.csv"), table).unwrap();
    recordist.to_owned()
}

#[test]
fn a_stage_before_hears_nothing_that_the_main_one_is_judged_on_and_is_named_with_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let more = folder.path().join("more-birds");
    let recordist = write_overlapping(&more);
    let run = folder.path().join("run");
    let pretrain = format!("--set=pretrain.data='{}'", more.display());
    let sounds = folder.path().join("sounds");
    write_wav(&sounds.join("wind.wav"), &chirps(500.0, 0.9, 30));
    std::fs::copy(more.join("audio/copy.wav"), sounds.join("copy.wav")).unwrap();
    let backgrounds = format!("--backgrounds={}", sounds.display());

    let output = train(
        &model().data,
        &run,
        &["--epochs=1", "--freeze=7", &pretrain, &backgrounds],
    );

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("2 of 11 recordings are left out of stage 1"),
        "{text}"
    );
    let n_stages = text.matches("backgrounds left out: 1 ").count();
    assert_eq!(n_stages, 2, "{text}");
    let warning = error_text(&output);
    let part = format!("recordists: 1, recordings: 1: {recordist} (1)");
    assert!(warning.contains(&part), "{warning}");
    let [before, main] =
        ["pretrain", "."].map(|part| read_json(&run.join(part).join("config.json")));
    let heard: Vec<&str> = [&before["training"], &before["held_out"]]
        .into_iter()
        .flat_map(|names| names.as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(heard.len(), 9, "{heard:?}");
    for held_out in main["held_out"].as_array().unwrap() {
        assert!(!heard.contains(&held_out.as_str().unwrap()), "{heard:?}");
    }
    assert!(!heard.contains(&"copy.wav"), "{heard:?}");

    let out = folder.path().join("models/chirps");
    succeed([
        "publish".to_owned(),
        format!("--run={}", run.display()),
        "--name=chirps".to_owned(),
        "--title=Chirps".to_owned(),
        "--version=2.0.0".to_owned(),
        // The sounds of a plain folder name none.
        "--licence=CC BY 4.0".to_owned(),
        format!("--out={}", out.display()),
    ]);
    let manifest = Manifest::from_json(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let training = manifest.training.unwrap();
    let pretraining = &training.pretraining[..];
    assert_eq!(pretraining.len(), 1);
    assert_eq!(pretraining[0].data, "more-birds");
    assert_eq!(pretraining[0].classes, 2);
    let trained = before["training"].as_array().unwrap().len();
    assert_eq!(pretraining[0].recordings, trained);
    for author in ["Eva", "Flo", "Gus", "Hal"] {
        let entry = manifest
            .attribution
            .iter()
            .find(|entry| entry.author == author);
        assert_eq!(entry.unwrap().licence, "CC BY 4.0");
    }
    let card = std::fs::read_to_string(out.join("README.md")).unwrap();
    let sentence = format!("learned from {trained} recordings of 2 classes of `more-birds`");
    assert!(card.contains(&sentence), "{card}");
}

#[test]
fn weights_that_know_what_is_held_out_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let weights = model().run.join("best.safetensors");
    let weights = format!("--weights={}", weights.display());

    // Of the two recordists in a fold one at least was trained on.
    let output = train(
        &model().data,
        &folder.path().join("run"),
        &[
            &weights,
            "--fold=1",
            "--folds=2",
            "--epochs=1",
            "--freeze=7",
        ],
    );

    assert!(output.status.success(), "{}", error_text(&output));
    let warning = error_text(&output);
    assert!(
        warning.contains("the weights have learned from"),
        "{warning}"
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
