//! Input that is wrong: a sentence that says what, or a count of what was left out.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{error_text, model, pipit, train, write_dataset, write_wav};

fn write_table(folder: &Path, text: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("train_metadata.csv"), text).unwrap();
}

fn evaluate(data: &Path) -> std::process::Output {
    pipit([
        "evaluate".to_owned(),
        format!("--model={}", model().package.display()),
        format!("--data={}", data.display()),
    ])
}

#[test]
fn a_table_without_a_needed_column_names_it_and_those_it_has() {
    let folder = tempfile::tempdir().unwrap();
    for (header, missing) in [
        ("primary_label,file,author", "filename"),
        ("species,filename,author", "primary_label"),
    ] {
        write_table(folder.path(), &format!("{header}\na,b,c\n"));
        for command in ["check", "train"] {
            let data = format!("--data={}", folder.path().display());
            let out = format!("--out={}", folder.path().join("run").display());
            let args = [command, &data, &out];
            let output = pipit(&args[..if command == "train" { 3 } else { 2 }]);
            assert_eq!(output.status.code(), Some(1));
            let error = error_text(&output);
            for part in [
                missing,
                "train_metadata.csv",
                header.split(',').next().unwrap(),
            ] {
                assert!(error.contains(part), "{part}: {error}");
            }
        }
    }
}

#[test]
fn a_row_that_cannot_be_taken_is_named_by_its_line() {
    for rows in [
        "wren,1.wav\n,2.wav\n",
        "wren,1.wav\nwren,Wren, Eurasian,2.wav\n",
    ] {
        let folder = tempfile::tempdir().unwrap();
        write_table(folder.path(), &format!("primary_label,filename\n{rows}"));

        let output = pipit(["check", "--data", &folder.path().display().to_string()]);

        assert_eq!(output.status.code(), Some(1));
        let error = error_text(&output);
        assert!(
            error.contains("line 3") || error.contains("line: 3"),
            "{error}"
        );
    }
}

#[test]
fn a_label_whose_files_are_all_missing_is_named_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_dataset(&data);
    std::fs::remove_dir_all(data.join("audio/mid")).unwrap();

    let output = train(
        &data,
        &folder.path().join("run"),
        &["--epochs=1", "--freeze=7"],
    );

    assert!(output.status.success(), "{}", error_text(&output));
    let error = error_text(&output);
    assert!(error.contains("will not be learned: mid"), "{error}");
}

#[test]
fn recordings_without_a_sample_are_skipped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    write_dataset(folder.path());
    write_wav(&folder.path().join("audio/low/0.wav"), &[]);

    let output = evaluate(folder.path());

    assert!(output.status.success(), "{}", error_text(&output));
    assert!(
        error_text(&output).contains("low/0.wav"),
        "{}",
        error_text(&output)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 recordings could not be read"), "{text}");
    assert!(text.contains("12 recordings, 11 of them"), "{text}");
}

#[test]
fn labels_that_the_model_does_not_know_are_counted_and_refused_if_it_knows_none() {
    let output = evaluate(&model().data);
    let error = error_text(&output);
    assert!(output.status.success(), "{error}");
    assert!(
        error.contains("1 recordings of 1 labels") && error.contains("rare"),
        "{error}"
    );
    let known = "13 of the 13 recordings are by recordists whom the model's card names";
    assert!(error.contains(known), "{error}");

    let folder = tempfile::tempdir().unwrap();
    write_wav(&folder.path().join("audio/1.wav"), &vec![0.1; 8_000]);
    write_table(folder.path(), "primary_label,filename\nauk,1.wav\n");
    let output = evaluate(folder.path());
    assert_eq!(output.status.code(), Some(1));
    let error = error_text(&output);
    for part in ["no label is a class", "auk", "low"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_reader_may_stop_reading() {
    let mut evaluate = Command::new(env!("CARGO_BIN_EXE_pipit"))
        .arg("evaluate")
        .arg(format!("--model={}", model().package.display()))
        .arg(format!("--data={}", model().data.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(evaluate.stdout.take());

    let output = evaluate.wait_with_output().unwrap();

    assert!(
        !error_text(&output).contains("panicked"),
        "{}",
        error_text(&output)
    );
}

#[test]
fn numbers_out_of_range_are_refused_by_name() {
    let data = format!("--data={}", model().data.display());
    let package = format!("--model={}", model().package.display());
    let nowhere = tempfile::tempdir().unwrap();
    let out = format!("--out={}", nowhere.path().join("run").display());
    let empty = format!("--noise={}", nowhere.path().display());
    for (args, part) in [
        (
            vec!["evaluate", &package, &data, "--threshold=2"],
            "--threshold",
        ),
        (vec!["evaluate", &package, &data, &empty], "no audio files"),
        (vec!["evaluate", &package, &data, "--snr=3"], "--noise"),
        (vec!["check", &data, "--silence-db=3"], "--silence-db"),
        (vec!["check", &data, "--clipped=2"], "--clipped"),
        (
            vec!["train", &data, &out, "--fold=3", "--folds=2"],
            "--fold must be from 1 to 2",
        ),
        (
            vec!["train", &data, &out, "--fold=1", "--folds=1"],
            "--folds",
        ),
        (vec!["train", &data, &out, "--fold=1"], "--folds"),
        (vec!["check", &data, "--fold=3", "--folds=2"], "from 1 to 2"),
        (
            vec!["train", &data, &out, "--fold=9", "--folds=9"],
            "no recordist is left for part 9",
        ),
        (
            vec!["train", &data, &out, "--learning-rate=nan"],
            "--learning-rate must be a number",
        ),
        (vec!["train", &data, &out, "--stop-after=0"], "--stop-after"),
        (
            vec!["train", &data, &out, "--freeze=8"],
            "from 0 to 7, as tf_efficientnet_lite0 has so many stages: 8",
        ),
        (
            vec![
                "train",
                &data,
                &out,
                "--freeze=1",
                "--epochs=2",
                "--unfreeze-after=2",
            ],
            "less than --epochs 2",
        ),
        (
            vec!["train", &data, &out, "--patience=2", "--held-out=0"],
            "--held-out is 0",
        ),
        (
            vec!["train", &data, &out, "--n-fft=512", "--n-mels=300"],
            "--n-mels must be at most half of --n-fft 512",
        ),
    ] {
        let output = pipit(&args);
        assert!(!output.status.success(), "{args:?}");
        assert!(
            error_text(&output).contains(part),
            "{args:?}: {}",
            error_text(&output)
        );
    }
}
