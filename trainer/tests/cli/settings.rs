//! Settings from a file.

use std::path::Path;

use crate::support::{
    column, error_text, model, pipit, succeed, train, write_backgrounds, write_dataset,
};

#[test]
fn a_run_can_be_repeated_from_the_settings_that_it_left() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let noise = folder.path().join("noise");
    write_backgrounds(&noise);
    let output = train(
        &model().data,
        &first,
        &[
            "--epochs=1",
            &format!("--backgrounds={}", noise.display()),
            "--loss=focal",
            "--focal-alpha=0.25",
            "--focal-below=3",
            "--class-weight-exponent=0.5",
            "--rating-weight=0.5",
            "--crop-candidates=3",
            "--backbone-rate=0.1",
            "--label-smoothing=0.05",
            "--set=augment.no_call.probability=0.2",
            "--set=augment.speed.probability=0.5",
            "--set=augment.pitch.probability=0.5",
            "--set=augment.mixup.probability=0.5",
            "--set=augment.low_pass.probability=0.5",
            "--set=augment.random_filter.probability=0.5",
            "--set=augment.spectrogram_mixup.probability=0.5",
            "--set=augment.cutmix.probability=0.5",
        ],
    );
    assert!(output.status.success(), "{}", error_text(&output));

    let config = format!("--config={}", first.join("train.toml").display());
    succeed(["train", &config, &format!("--out={}", second.display())]);

    let read = |name: &str| [&first, &second].map(|run| std::fs::read(run.join(name)).unwrap());
    let [one, other] = read("best.safetensors");
    assert!(one == other, "the weights differ");
    let [one, other] = read("train.toml");
    assert_eq!(String::from_utf8(one), String::from_utf8(other));
}

/// A data set with more of one species than of another, and with ratings.
fn write_uneven(folder: &Path) {
    write_dataset(folder);
    let table = folder.join("train_metadata.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    let rows: Vec<String> = (text.lines().enumerate())
        .filter(|(_, row)| !row.ends_with("high/3.wav"))
        .map(|(index, row)| match index {
            0 => format!("{row},rating"),
            _ => format!("{row},{}", 1 + index % 5),
        })
        .collect();
    std::fs::write(&table, rows.join("\n")).unwrap();
}

#[test]
fn every_setting_changes_what_is_learned() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_uneven(&data);
    let learned = |settings: &[&str]| {
        let run = folder
            .path()
            .join(settings.concat().replace(['.', '='], "-"));
        let settings = [&["--epochs=1", "--freeze=5"], settings].concat();
        let output = train(&data, &run, &settings);
        assert!(output.status.success(), "{}", error_text(&output));
        std::fs::read(run.join("best.safetensors")).unwrap()
    };
    let plain = learned(&["--seed=0"]);
    let focal = learned(&["--loss=focal"]);

    assert!(plain != focal, "--loss");
    for setting in [
        "--learning-rate=0.002",
        "--backbone-rate=0.5",
        "--accumulate=2",
        "--warm-up=0.5",
        "--weight-decay=0.1",
        "--clip-norm=0.01",
        "--ema-decay=0.9",
        "--dropout=0.3",
        "--drop-path=0.3",
        "--secondary-weight=0.9",
        "--class-weight-exponent=1",
        "--rating-weight=0.5",
        "--label-smoothing=0.1",
        "--sampling-exponent=1",
        "--crops-per-epoch=1",
        "--crop-candidates=4",
        "--no-augment",
        "--set=augment.gain.probability=0",
    ] {
        assert!(learned(&[setting]) != plain, "{setting}");
    }
    for setting in ["--focal-gamma=1", "--focal-alpha=0.9", "--focal-below=4"] {
        assert!(learned(&["--loss=focal", setting]) != focal, "{setting}");
    }
}

#[test]
fn patience_ends_a_run_that_learns_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let settings = [
        "--epochs=6",
        "--freeze=7",
        "--patience=2",
        "--learning-rate=1e-12",
    ];

    let output = train(&model().data, &run, &settings);

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("stopped early"), "{text}");
    assert_eq!(column(&run.join("metrics.csv"), "epoch"), ["1", "2", "3"]);
}

#[test]
fn a_mistake_in_the_file_is_named_and_nothing_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("birds.toml");
    let out = folder.path().join("run");
    for (text, part) in [
        ("learning_rat = 1e-3", "no key learning_rat; known are"),
        (
            "[augment.mixup]\nprobability = 1.5",
            "augment.mixup.probability",
        ),
        ("epochs = 3", "--data is missing"),
        ("learning_rate = nan", "learning_rate must be a number"),
        ("[pretrian]\nepochs = 3", "pretrain"),
        (
            "data = 'birds'\npatience = 3\nvalidate_every = 40",
            "only the last of 30",
        ),
        ("epochs", "birds.toml"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = pipit([
            "train",
            &format!("--config={}", file.display()),
            &format!("--out={}", out.display()),
        ]);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(
            error_text(&output).contains(part),
            "{}",
            error_text(&output)
        );
        assert!(!out.exists());
    }
}

#[test]
fn flags_that_are_no_numbers_are_named() {
    for (flag, value, part) in [
        ("--learning-rate", "nan", "--learning-rate must be a number"),
        ("--window", "inf", "--window must be a number"),
        ("--focal-alpha", "nan", "--focal-alpha must be a number"),
        ("--epochs", "-1", "--epochs"),
        ("--learning-rate", "-1", "--learning-rate must be above 0"),
    ] {
        let output = pipit(["train", "--data=birds", "--out=run", flag, value]);
        let text = error_text(&output);
        assert!(!output.status.success() && text.contains(part), "{text}");
    }
}

#[test]
fn a_dry_run_prints_what_would_hold_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("birds.toml");
    let out = folder.path().join("run");
    let arguments = [
        "train".to_owned(),
        "--dry-run".to_owned(),
        format!("--config={}", file.display()),
        format!("--out={}", out.display()),
    ];

    std::fs::write(&file, "epochs = 7\nfreeze = 3\n[audio]\nn_mels = 64\n").unwrap();
    let text = succeed(arguments.iter().chain(&["--seed=5".to_owned()]));

    for line in ["epochs = 7", "freeze = 3", "n_mels = 64", "seed = 5"] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    std::fs::write(&file, &text).unwrap();
    assert_eq!(succeed(&arguments), text, "what is printed reads back");

    std::fs::write(&file, "[pretrain]\ndata = 'other'\nepochs = 0\n").unwrap();
    let output = pipit(&arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error_text(&output).contains("in the stage before"),
        "{}",
        error_text(&output)
    );
    assert!(!out.exists());
}
