//! Identifying recordings.

use serde_json::Value;

use crate::support::{chirps, error_text, model, pipit, succeed, train, write_wav};

fn model_option() -> String {
    format!("--model={}", model().package.display())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_wrong_extension_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let (wav, mp3) = (folder.path().join("a.wav"), folder.path().join("a.mp3"));
    write_wav(&wav, &chirps(500.0, 3.0, 1));
    std::fs::copy(&wav, &mp3).unwrap();

    let text = succeed([
        "identify".as_ref(),
        wav.as_os_str(),
        mp3.as_os_str(),
        model_option().as_ref(),
        "--format=json".as_ref(),
        "--threshold=0".as_ref(),
    ]);

    let files = json(&text);
    assert_eq!(files[0]["detections"], files[1]["detections"]);
    assert_eq!(files[0]["duration_s"], 3.0);
    assert_eq!(files[0]["model"]["name"], "chirps");
    let detections = files[0]["detections"].as_array().unwrap();
    assert_eq!(
        detections.len(),
        3,
        "at threshold 0 each class is heard throughout"
    );
    assert_eq!(detections[0]["start_s"], 0.0);
    assert_eq!(detections[0]["end_s"], 3.0);
}

#[test]
fn a_failing_file_is_reported_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.wav");
    write_wav(&good, &chirps(500.0, 0.4, 0));
    let text_file = folder.path().join("notes.wav");
    std::fs::write(&text_file, "a text, and no audio at all").unwrap();
    let empty = folder.path().join("empty.wav");
    std::fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing.wav");

    let output = pipit([
        "identify".as_ref(),
        text_file.as_os_str(),
        empty.as_os_str(),
        missing.as_os_str(),
        folder.path().as_os_str(),
        good.as_os_str(),
        model_option().as_ref(),
        "--format=json".as_ref(),
    ]);

    assert_eq!(output.status.code(), Some(1));
    let files = json(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(files.as_array().unwrap().len(), 1);
    assert_eq!(files[0]["file"], good.display().to_string());
    let errors = error_text(&output);
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 4, "{errors}");
    assert!(lines[0].contains("not an audio file"), "{errors}");
    assert!(lines[1].contains("empty"), "{errors}");
    assert!(lines[2].contains("missing.wav"), "{errors}");
    assert!(lines[3].contains("folder"), "{errors}");
}

#[test]
fn the_three_formats_agree() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("song.wav");
    write_wav(&file, &chirps(1_300.0, 2.0, 2));
    let identify = |format: &str| {
        succeed([
            "identify".as_ref(),
            file.as_os_str(),
            model_option().as_ref(),
            "--threshold=0".as_ref(),
            format.as_ref(),
        ])
    };

    let table = identify("--format=table");
    let rows = identify("--format=csv");
    let objects = json(&identify("--format=json"));

    let detections = objects[0]["detections"].as_array().unwrap();
    assert_eq!(rows.lines().count(), detections.len() + 1);
    for detection in detections {
        let species = detection["scientific_name"].as_str().unwrap();
        assert!(table.contains(species) && rows.contains(species), "{table}");
    }
    assert!(table.contains("song.wav (0:02.0)"), "{table}");
}

#[test]
fn frames_of_all_recordings_are_one_table_for_models_that_look_at_them() {
    let folder = tempfile::tempdir().unwrap();
    let [run, song, notes, text_file, table] =
        ["run", "song.wav", "notes.wav", "text.wav", "frames.csv"]
            .map(|name| folder.path().join(name));
    write_wav(&song, &chirps(1_300.0, 2.2, 1));
    write_wav(&notes, &chirps(500.0, 0.7, 0));
    std::fs::write(&text_file, "a text, and no audio at all").unwrap();
    // Windows of one second, each with two frames, overlap.
    let settings = [
        "--pooling=attention",
        "--hop=0.5",
        "--epochs=1",
        "--freeze=7",
    ];
    let output = train(&model().data, &run, &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    let identify = |model: &std::path::Path| {
        pipit([
            "identify".to_owned(),
            song.display().to_string(),
            text_file.display().to_string(),
            notes.display().to_string(),
            format!("--model={}", model.display()),
            format!("--frames={}", table.display()),
        ])
    };

    let refused = identify(&model().package);

    assert_eq!(refused.status.code(), Some(1));
    let error = error_text(&refused);
    for part in ["average pooling", "--pooling attention", "models/chirps"] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    assert!(!table.exists());

    let output = identify(&run);

    assert_eq!(
        output.status.code(),
        Some(1),
        "one of the files is no audio"
    );
    let mut frames = csv::Reader::from_path(&table).unwrap();
    let head = ["filename", "start_s", "end_s", "high", "low", "mid"];
    assert_eq!(frames.headers().unwrap(), &head[..]);
    let rows: Vec<(String, [f64; 5])> = frames.deserialize().map(Result::unwrap).collect();
    let spans = |file: &std::path::Path| -> Vec<[f64; 2]> {
        (rows.iter())
            .filter(|(name, _)| *name == file.display().to_string())
            .map(|(_, [start_s, end_s, ..])| [*start_s, *end_s])
            .collect()
    };
    let expected = [[0.0, 0.5], [0.5, 1.0], [1.0, 1.5], [1.5, 2.0], [2.0, 2.2]];
    assert_eq!(spans(&song), expected);
    assert_eq!(spans(&notes), [[0.0, 0.5], [0.5, 0.7]]);
    assert_eq!(rows.len(), 7, "nothing of what is no audio");
    let confidences = || rows.iter().flat_map(|(_, numbers)| &numbers[2..]);
    assert!(confidences().all(|value| (0.0..=1.0).contains(value)));
    let first = rows[0].1[2];
    assert!(confidences().any(|value| (value - first).abs() > 1e-6));
}

#[test]
fn windows_of_all_recordings_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a.wav", "b.wav"].map(|name| folder.path().join(name));
    write_wav(&files[0], &chirps(500.0, 2.5, 1));
    write_wav(&files[1], &chirps(2_800.0, 1.0, 2));
    let table = folder.path().join("windows.csv");

    let text = succeed([
        "identify".to_owned(),
        files[0].display().to_string(),
        files[1].display().to_string(),
        model_option(),
        format!("--windows={}", table.display()),
        "--threshold=0".to_owned(),
        "--format=json".to_owned(),
    ]);

    let mut reader = csv::Reader::from_path(&table).unwrap();
    let head: Vec<String> = (reader.headers().unwrap().iter())
        .map(str::to_owned)
        .collect();
    assert_eq!(head[..3], ["filename", "start_s", "end_s"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let spans: Vec<(&str, &str)> = rows.iter().map(|row| (&row[1], &row[2])).collect();
    assert_eq!(spans, [("0", "1"), ("1", "2"), ("2", "2.5"), ("0", "1")]);
    assert!(rows[2][0].ends_with("a.wav") && rows[3][0].ends_with("b.wav"));
    // A detection of the whole recording has its highest window's confidence.
    for detection in json(&text)[0]["detections"].as_array().unwrap() {
        let code = detection["label"]["code"]
            .as_str()
            .or(detection["code"].as_str());
        let column = head.iter().position(|name| Some(&**name) == code).unwrap();
        let highest = (rows[..3].iter())
            .map(|row| row[column].parse::<f32>().unwrap())
            .fold(0.0, f32::max);
        let confidence = detection["confidence"].as_f64().unwrap() as f32;
        assert!((highest - confidence).abs() < 1e-6, "{detection}");
    }
}

#[test]
fn tables_are_not_written_over_recordings_or_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("a.wav");
    write_wav(&wav, &chirps(500.0, 1.0, 1));
    let before = std::fs::read(&wav).unwrap();
    let table = folder.path().join("table.csv").display().to_string();
    let same = folder
        .path()
        .join(".")
        .join("table.csv")
        .display()
        .to_string();
    let wav = wav.display().to_string();
    for (outputs, part) in [
        (vec![format!("--windows={wav}")], "would write over"),
        (
            vec![format!("--windows={table}"), format!("--frames={same}")],
            "would write over",
        ),
        (
            vec![format!("--windows={}", folder.path().display())],
            "must name a file",
        ),
    ] {
        let arguments = ["identify".to_owned(), wav.clone(), model_option()];
        let output = pipit(arguments.into_iter().chain(outputs));
        let text = error_text(&output);
        assert!(!output.status.success() && text.contains(part), "{text}");
    }
    let table = model().data.join("train_metadata.csv");
    let labels = std::fs::read(&table).unwrap();
    let output = pipit([
        "evaluate".to_owned(),
        model_option(),
        format!("--data={}", model().data.display()),
        format!("--scores={}", table.display()),
    ]);
    let text = error_text(&output);
    assert!(text.contains("would write over"), "{text}");
    assert_eq!(std::fs::read(wav).unwrap(), before);
    assert_eq!(std::fs::read(table).unwrap(), labels);
}

#[cfg(target_os = "linux")]
#[test]
fn where_the_output_is_full_it_ends_with_a_sentence() {
    let full = std::fs::File::create("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_pipit"))
        .args(["check", "--data"])
        .arg(&model().data)
        .stdout(full)
        .output()
        .unwrap();

    let text = error_text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("stdout") && !text.contains("panicked"),
        "{text}"
    );
}

#[test]
fn a_truncated_recording_is_identified_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.wav");
    write_wav(&file, &chirps(500.0, 4.0, 0));
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();

    let text = succeed([
        "identify".as_ref(),
        file.as_os_str(),
        model_option().as_ref(),
        "--format=json".as_ref(),
    ]);

    let seconds = json(&text)[0]["duration_s"].as_f64().unwrap();
    assert!((1.8..=2.0).contains(&seconds), "{seconds}");
}

#[test]
fn a_missing_or_damaged_model_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let song = folder.path().join("song.wav");
    write_wav(&song, &chirps(500.0, 1.0, 0));
    let broken = folder.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    for name in ["manifest.json", "weights.safetensors"] {
        std::fs::copy(model().package.join(name), broken.join(name)).unwrap();
    }
    let weights = broken.join("weights.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&weights, bytes).unwrap();

    for (place, part) in [("nowhere", "no model folder"), ("broken", "sha-256")] {
        let output = pipit([
            "identify".as_ref(),
            song.as_os_str(),
            format!("--model={}", folder.path().join(place).display()).as_ref(),
        ]);
        assert_eq!(output.status.code(), Some(1));
        let error = error_text(&output);
        assert!(
            error.contains(part) && error.lines().count() == 1,
            "{error}"
        );
    }
}
