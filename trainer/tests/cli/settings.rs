//! Settings from a file.

use crate::support::{error_text, model, pipit, succeed, train, write_backgrounds};

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
