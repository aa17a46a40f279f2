//! Runs that stop on the way, and go on.

use std::path::Path;

use crate::support::{
    column, error_text, pipit, succeed, train, train_command, write_backgrounds, write_dataset,
};

#[test]
fn a_resumed_run_equals_an_unbroken_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let noise = folder.path().join("noise");
    write_backgrounds(&noise);
    let backgrounds = format!("--backgrounds={}", noise.display());
    let counterexamples = format!("--counterexamples={}", noise.display());
    let settings = [
        "--epochs=3",
        "--freeze=2",
        "--unfreeze-after=1",
        "--ema-decay=0.5",
        "--seed=3",
        "--accumulate=3",
        "--sampling-exponent=0.5",
        "--pooling=attention",
        "--frame-loss-weight=0.5",
        "--dropout=0.2",
        "--drop-path=0.2",
        &backgrounds,
        &counterexamples,
    ];

    let output = train(&data, &whole, &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    let resume = format!("--out={}", broken.display());
    interrupt(
        &data,
        &broken,
        &[&settings[..], &["--save-every=1"]].concat(),
    );
    // Left by a program that was ended while it wrote.
    std::fs::create_dir(broken.join(".partial-123")).unwrap();
    succeed(["train", "--resume", &resume, "--stop-after=1"]);
    assert!(column(&broken.join("metrics.csv"), "loss").len() < 3);
    resume_where_nothing_fits(&broken);
    let refused = pipit(["train", "--resume", &resume, "--epochs=9", "--seed=3"]);
    let text = error_text(&refused);
    assert!(!refused.status.success(), "{text}");
    assert!(text.contains("these are others: epochs;"), "{text}");
    succeed([
        "train",
        "--resume",
        &resume,
        "--set=epochs=3",
        "--stop-after=1",
    ]);
    // What it is shown may lie in another place by now.
    let moved = folder.path().join("moved");
    std::fs::rename(&noise, &moved).unwrap();
    let [backgrounds, counterexamples] =
        ["backgrounds", "counterexamples"].map(|what| format!("--{what}={}", moved.display()));
    succeed(["train", "--resume", &resume, &backgrounds, &counterexamples]);

    assert_same(&whole, &broken);
    // Only the last checkpoint stays, and no half of one.
    assert_eq!(checkpoints(&broken), ["checkpoint-00003"]);
    // Without it a run would begin anew, and write over what it had come to.
    std::fs::remove_dir_all(broken.join("checkpoint-00003")).unwrap();
    let refused = pipit(["train", "--resume", &resume, &backgrounds, &counterexamples]);
    let text = error_text(&refused);
    assert!(
        !refused.status.success() && text.contains("no checkpoint to go on from"),
        "{text}"
    );
}

#[test]
fn a_run_goes_on_where_an_epoch_was_whole_and_not_yet_judged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    let [whole, broken] = ["whole", "broken"].map(|name| folder.path().join(name));
    let settings = ["--freeze=7", "--epochs=2", "--seed=3", "--save-every=1"];
    let output = train(&data, &whole, &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    // The weights of the first epoch, which is the best so far, have no place.
    let taken = broken.join("best.safetensors/taken");
    std::fs::create_dir_all(&taken).unwrap();

    let output = train(&data, &broken, &settings);
    let error = error_text(&output);
    assert!(!output.status.success(), "{error}");
    assert!(error.contains("best.safetensors"), "{error}");
    assert_eq!(column(&whole.join("metrics.csv"), "loss").len(), 2);
    let steps: usize = column(&whole.join("steps.csv"), "step")[0].parse().unwrap();
    assert_eq!(
        checkpoints(&broken),
        [format!("checkpoint-00000-{steps:07}")]
    );
    std::fs::remove_dir_all(broken.join("best.safetensors")).unwrap();
    succeed(["train", "--resume", &format!("--out={}", broken.display())]);

    assert_same(&whole, &broken);
}

/// Figures, steps and weights of two runs, to the last digit.
fn assert_same(one: &Path, other: &Path) {
    for name in ["loss", "learning_rate", "cmap", "macro_roc_auc", "top_1"] {
        assert_eq!(
            column(&one.join("metrics.csv"), name),
            column(&other.join("metrics.csv"), name),
            "{name}"
        );
    }
    for name in ["best.safetensors", "steps.csv"] {
        let [one, other] = [one, other].map(|run| std::fs::read(run.join(name)).unwrap());
        assert!(one == other, "{name}");
    }
}

/// Folders of checkpoints, and what was left of a broken one.
fn checkpoints(run: &Path) -> Vec<String> {
    std::fs::read_dir(run)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("checkpoint") || name.starts_with('.'))
        .collect()
}

/// Begins a run and presses Ctrl-C as soon as there is something to keep.
#[cfg(unix)]
fn interrupt(data: &Path, out: &Path, more: &[&str]) {
    let run = train_command(data, out, more)
        .stdout(std::process::Stdio::null())
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
    for part in ["interrupted after ", &goes_on] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    assert_eq!(checkpoints(out).len(), 1);
}

/// Goes on with a run where no file may be large, as on a disk that is full.
#[cfg(unix)]
fn resume_where_nothing_fits(out: &Path) {
    // Only an ignored signal leaves the program to its error.
    let before = checkpoints(out);
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" train --resume --out \"$1\"";
    let output = std::process::Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_pipit")])
        .arg(out)
        .output()
        .unwrap();

    let error = error_text(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("cannot write"), "{error}");
    assert_eq!(checkpoints(out), before);
}

#[cfg(not(unix))]
fn resume_where_nothing_fits(_out: &Path) {}

#[cfg(not(unix))]
fn interrupt(data: &Path, out: &Path, more: &[&str]) {
    let output = train(data, out, &[more, &["--stop-after=0"]].concat());
    assert!(output.status.success(), "{}", error_text(&output));
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
        let [before, after] = [&before, &after].map(|of| of.tensor(name).unwrap().data());
        assert!(before != after, "{name} has not been trained");
    }
}

#[test]
fn a_run_goes_on_with_its_own_classes_and_recordings_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (folder.path().join("data"), folder.path().join("run"));
    write_dataset(&data);
    let output = train(&data, &run, &["--freeze=7", "--stop-after=1"]);
    assert!(output.status.success(), "{}", error_text(&output));
    let table = data.join("train_metadata.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    let resumed_with = |text: &str| {
        std::fs::write(&table, text).unwrap();
        let output = pipit(["train", "--resume", &format!("--out={}", run.display())]);
        assert_eq!(output.status.code(), Some(1));
        error_text(&output)
    };

    let error = resumed_with(&text.replace("\nlow,", "\nlark,"));
    for part in ["classes have changed", "gone: low", "new: lark"] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    let error = resumed_with(&text.replace("rare,['low']", "rare,['mid']"));
    assert!(error.contains("labels or ratings have changed"), "{error}");
    std::fs::rename(data.join("audio/mid"), data.join("audio/moved")).unwrap();
    let error = resumed_with(&text.replace(",mid/", ",moved/"));
    for part in [
        "training recordings have changed",
        "gone: mid/",
        "new: moved/",
    ] {
        assert!(error.contains(part), "no {part} in {error}");
    }
}
