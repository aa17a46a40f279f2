//! Checking a data set.

use std::f32::consts::TAU;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{RATE_HZ, error_text, model, pipit, write_dataset, write_wav};

const HEADER: &str = "primary_label,secondary_labels,author,license,filename\n";

/// Whistles that wander over a soft hiss, other ones for every seed.
fn song(seconds: f32, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 24) as f32
    };
    let (mut pitch_hz, mut goal_hz, mut phase) = (1_500.0f32, 1_500.0f32, 0.0f32);
    (0..(seconds * RATE_HZ as f32) as usize)
        .map(|index| {
            if index % 800 == 0 {
                goal_hz = 600.0 + 3_000.0 * random();
            }
            pitch_hz += 0.002 * (goal_hz - pitch_hz);
            phase = (phase + pitch_hz / RATE_HZ as f32).fract();
            0.3 * (TAU * phase).sin() + 0.03 * (random() - 0.5)
        })
        .collect()
}

fn write_float_wav(path: &Path, samples: &[f32]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
}

/// The files of each finding of a kind.
fn files(report: &Value, kind: &str) -> Vec<Vec<String>> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["kind"] == kind)
        .map(|finding| serde_json::from_value(finding["files"].clone()).unwrap())
        .collect()
}

fn check(data: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let data = format!("--data={}", data.display());
    let output = pipit(
        ["check", &data, "--format=json"]
            .into_iter()
            .chain(more.iter().copied()),
    );
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", error_text(&output)));
    (output.status.code(), report)
}

/// A data set with one of each flaw.
fn write_flawed(folder: &Path) {
    let audio = |file: &str| folder.join("audio").join(file);
    let mut table = HEADER.to_owned();
    let mut add = |label: &str, file: &str, samples: &[f32]| {
        write_wav(&audio(file), samples);
        writeln!(table, "{label},[],Ann,CC BY 4.0,{file}").unwrap();
    };
    add("wren", "0.wav", &song(5.0, 0));
    add("wren", "1.wav", &song(5.0, 1));
    add("wren", "2.wav", &song(5.0, 2));
    add("wren", "copy.wav", &song(5.0, 0));
    add("wren", "float.wav", &[]);
    // A part of the song, softer.
    let part = &song(5.0, 2)[7_777..36_000];
    let part: Vec<f32> = part.iter().map(|sample| 0.4 * sample).collect();
    add("robin", "part.wav", &part);
    add("robin", "silent.wav", &vec![0.0; 16_000]);
    let half = [song(2.0, 5), vec![0.0; 20_000]].concat();
    add("robin", "half.wav", &half);
    add("robin", "half.wav", &half);
    add("robin", "short.wav", &song(0.3, 6));
    let loud = song(3.0, 7);
    let loud: Vec<f32> = loud.iter().map(|s| (5.0 * s).clamp(-1.0, 1.0)).collect();
    add("robin", "loud.wav", &loud);
    add("robin", "cut.wav", &song(4.0, 11));
    add("robin", "text.wav", &[]);
    add("ghost", "missing.wav", &[]);
    table += "robin,['crow'],,,single.wav\n";
    std::fs::write(folder.join("train_metadata.csv"), table).unwrap();

    // The same samples in another format.
    let stored = |sample: &f32| f32::from((sample * 32_767.0) as i16) / 32_768.0;
    let heard: Vec<f32> = song(5.0, 1).iter().map(stored).collect();
    write_float_wav(&audio("float.wav"), &heard);
    std::fs::write(audio("text.wav"), "no audio").unwrap();
    // Half of what was to be copied.
    let whole = std::fs::read(audio("cut.wav")).unwrap();
    std::fs::write(audio("cut.wav"), &whole[..whole.len() / 2]).unwrap();
    std::fs::remove_file(audio("missing.wav")).unwrap();
    write_wav(&audio("single.wav"), &song(3.0, 9));
    write_wav(&audio("unlisted.wav"), &song(3.0, 8));
}

#[test]
fn a_split_that_can_hold_nothing_out_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = HEADER.to_owned();
    for (take, label) in (0..).zip(["wren", "wren", "wren", "tit", "tit", "tit"]) {
        let file = format!("{take}.wav");
        write_wav(&folder.path().join("audio").join(&file), &song(2.0, take));
        writeln!(table, "{label},[],Ann,CC BY 4.0,{file}").unwrap();
    }
    std::fs::write(folder.path().join("train_metadata.csv"), table).unwrap();

    let (code, report) = check(folder.path(), &[]);

    assert_eq!(code, Some(0));
    let kind = "nothing-held-out";
    assert_eq!(files(&report, kind), [Vec::<&str>::new()]);
    let (_, report) = check(folder.path(), &["--held-out=0"]);
    assert!(files(&report, kind).is_empty());
}

#[test]
fn a_part_for_which_nobody_is_left_is_refused_as_training_refuses_it() {
    let data = format!("--data={}", model().data.display());
    let out = tempfile::tempdir().unwrap();
    let out = format!("--out={}", out.path().join("run").display());
    // Four recordists.
    let part = ["--fold=9", "--folds=9"];

    let checked = pipit(["check", &data].into_iter().chain(part));
    let trained = pipit(["train", &data, &out].into_iter().chain(part));

    for output in [checked, trained] {
        let text = error_text(&output);
        assert!(!output.status.success(), "{text}");
        assert!(text.contains("no recordist is left for part 9"), "{text}");
        assert!(text.contains(&model().data.display().to_string()), "{text}");
    }
}

#[test]
fn every_flaw_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    write_flawed(folder.path());

    let (code, report) = check(folder.path(), &["--held-out=0"]);

    assert_eq!(code, Some(1));
    for (kind, expected) in [
        ("unreadable", vec![vec!["text.wav"], vec!["missing.wav"]]),
        ("label-without-audio", vec![vec!["missing.wav"]]),
        ("repeated-row", vec![vec!["half.wav"]]),
        ("silent", vec![vec!["silent.wav"]]),
        ("conflicting-labels", vec![vec!["2.wav", "part.wav"]]),
        ("leaked-recording", vec![]),
        (
            "duplicate",
            vec![vec!["0.wav", "copy.wav"], vec!["1.wav", "float.wav"]],
        ),
        ("clipped", vec![vec!["loud.wav"]]),
        ("short", vec![vec!["short.wav"]]),
        ("damaged", vec![vec!["cut.wav"]]),
        ("single-recording", vec![vec!["missing.wav"]]),
        ("unknown-secondary-label", vec![vec!["single.wav"]]),
        ("unlisted-file", vec![vec!["unlisted.wav"]]),
        ("missing-author", vec![vec!["single.wav"]]),
        ("missing-licence", vec![vec!["single.wav"]]),
    ] {
        assert_eq!(files(&report, kind), expected, "{kind}");
    }
    let details: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["detail"].as_str())
        .collect();
    for part in [
        "identical files",
        "identical audio",
        "the same sound for 3.",
    ] {
        assert!(
            details.iter().any(|detail| detail.contains(part)),
            "{part}: {details:?}"
        );
    }

    let table = pipit([
        "check",
        "--data",
        &folder.path().display().to_string(),
        "--held-out=0",
    ]);
    assert_eq!(table.status.code(), Some(1));
    let text = String::from_utf8_lossy(&table.stdout);
    for part in [
        "silent recording",
        "mostly silence",
        "part.wav",
        "missing.wav",
        "to mend",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn sound_data_pass_and_warnings_alone_do_not_fail() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = HEADER.to_owned();
    for seed in 0..8 {
        let label = ["wren", "robin"][seed as usize % 2];
        let author = ["Ann", "Bo", "Cy", "Di"][seed as usize / 2];
        write_wav(
            &folder.path().join(format!("audio/{seed}.wav")),
            &song(3.0, 20 + seed),
        );
        writeln!(table, "{label},[],{author},CC BY 4.0,{seed}.wav").unwrap();
    }
    std::fs::write(folder.path().join("train_metadata.csv"), &table).unwrap();

    let few = "--min-recordings=2";
    let (code, report) = check(folder.path(), &[few]);
    assert_eq!(
        (code, &report["findings"]),
        (Some(0), &serde_json::json!([]))
    );
    assert_eq!(report["recordists"], 4);

    let (code, report) = check(folder.path(), &["--min-recordings=5"]);
    assert_eq!(code, Some(1));
    assert_eq!(files(&report, "no-class").len(), 1);
    assert_eq!(files(&report, "too-few-for-a-class").len(), 2);

    let (code, report) = check(folder.path(), &[few, "--shortest=4"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        (report["errors"].as_u64(), report["warnings"].as_u64()),
        (Some(0), Some(8))
    );
}

#[test]
fn speakers_in_the_names_of_files_are_recordists() {
    let folder = tempfile::tempdir().unwrap();
    for (speaker, word) in [("0c40e715", "bird"), ("1d50f826", "cat")] {
        for take in 0..3 {
            let name = format!("{word}/{speaker}_nohash_{take}.wav");
            let seed = u32::from(word == "cat") * 3 + take;
            write_wav(&folder.path().join(name), &song(3.0, 40 + seed));
        }
    }

    let (_, report) = check(folder.path(), &[]);

    assert_eq!(report["recordists"], 2);
    assert_eq!(files(&report, "missing-author"), Vec::<Vec<String>>::new());
}

#[test]
fn a_copy_of_a_held_out_recording_among_the_training_ones_leaks() {
    let folder = tempfile::tempdir().unwrap();
    write_dataset(folder.path());
    let run = std::fs::read(model().run.join("config.json")).unwrap();
    let run: Value = serde_json::from_slice(&run).unwrap();
    let held_out = run["held_out"][0].as_str().unwrap();
    let audio = folder.path().join("audio");
    write_wav(&audio.join(held_out), &song(4.0, 30));
    std::fs::copy(audio.join(held_out), audio.join("new.wav")).unwrap();
    let table = folder.path().join("train_metadata.csv");
    let mut rows = std::fs::read_to_string(&table).unwrap();
    let label = held_out.split('/').next().unwrap();
    writeln!(rows, "{label},[],Avis,bird,Eve,CC BY 4.0,,new.wav").unwrap();
    std::fs::write(&table, rows).unwrap();

    let run = format!("--run={}", model().run.display());
    let (code, report) = check(folder.path(), &[&run]);

    assert_eq!(code, Some(1));
    let leaked = files(&report, "leaked-recording");
    let expected = [held_out.to_owned(), "new.wav".to_owned()];
    assert!(
        leaked.iter().any(|files| files[..] == expected),
        "{leaked:?}"
    );
}
