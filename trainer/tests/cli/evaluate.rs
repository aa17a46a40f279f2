//! Judging a model, and what publishing fits on the recordings it was judged on.

use std::fmt::Write;
use std::path::Path;

use pipit_core::Calibration;
use pipit_core::package::ModelPackage;
use serde_json::{Value, json};

use crate::support::{chirps, error_text, model, pipit, read_json, succeed, train, write_wav};

/// Scores of one class by `evaluate --scores`, recording by recording.
fn scores(package: &Path, class: &str) -> Vec<f32> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scores.csv");
    succeed([
        "evaluate".to_owned(),
        format!("--model={}", package.display()),
        format!("--data={}", model().data.display()),
        format!("--scores={}", file.display()),
    ]);
    let mut table = csv::Reader::from_path(&file).unwrap();
    let column = table
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == class)
        .unwrap();
    table
        .records()
        .map(|row| row.unwrap()[column].parse().unwrap())
        .collect()
}

#[test]
fn the_report_holds_every_figure_and_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (report, figures) = (
        folder.path().join("report.html"),
        folder.path().join("figures.json"),
    );
    let noise = folder.path().join("noise");
    let hiss: Vec<f32> = (0u32..9_000)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0 - 0.5)
        .collect();
    write_wav(&noise.join("hiss.wav"), &hiss);
    write_wav(&noise.join("deep/hum.wav"), &chirps(150.0, 1.0, 0));
    // Nothing to hear, nothing to mix in: another file is chosen.
    write_wav(&noise.join("silence.wav"), &vec![0.0; 8_000]);
    let evaluate = || {
        let text = succeed([
            "evaluate".to_owned(),
            format!("--model={}", model().package.display()),
            format!("--data={}", model().data.display()),
            format!("--report={}", report.display()),
            format!("--json={}", figures.display()),
            format!("--noise={}", noise.display()),
            "--snr=20,-5".to_owned(),
            "--seed=7".to_owned(),
        ]);
        (text, read_json(&figures))
    };

    let (text, found) = evaluate();
    let page = std::fs::read_to_string(&report).unwrap();

    for part in [
        "padded cmAP",
        "top-3",
        "20 dB",
        "-5 dB",
        "calibration error",
        "3–4",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert_eq!(found["recordings"], 13);
    assert_eq!(found["metrics"]["top_3"], 1.0, "there are three classes");
    assert_eq!(found["noisy"].as_array().unwrap().len(), 2);
    assert_eq!(found["noisy"][1]["snr_db"], -5.0);
    assert_ne!(found["noisy"][1]["metrics"], found["metrics"]);
    assert!(found["f1_at_fitted_thresholds"]["macro_f1_common"].is_number());
    let counts: Vec<u64> = serde_json::from_value(found["training_counts"].clone()).unwrap();
    assert_eq!(
        counts,
        [3, 3, 3],
        "the package notes what it was trained on"
    );
    assert_eq!(found["by_training_count"][0]["recordings"], 12);
    assert_eq!(evaluate().1, found, "the seed decides what is mixed in");

    for part in [
        "<svg",
        "Avis low",
        "padded cmAP",
        "-5 dB",
        "Confusion",
        "prefers-color-scheme",
    ] {
        assert!(page.contains(part), "no {part}");
    }
    let without_namespaces = page.replace("http://www.w3.org/2000/svg", "");
    for part in ["://", "src=", "href=", "@import", "url("] {
        assert!(
            !without_namespaces.contains(part),
            "the page loads something: {part}"
        );
    }
}

#[test]
fn a_package_gives_calibrated_confidences_and_detects_from_its_own_thresholds() {
    let folder = tempfile::tempdir().unwrap();
    let raw = scores(&model().package, "mid");
    let mut manifest = read_json(&model().package.join("manifest.json"));
    let calibration = Calibration {
        slope: 0.5,
        intercept: 1.0,
    };
    manifest["calibration"] = json!(calibration);
    // "high" is never certain enough, the others always are.
    manifest["detection"]["class_thresholds"] = json!([1.0, 0.0, 0.0]);
    std::fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    let weights = model().package.join("weights.safetensors");
    std::fs::copy(weights, folder.path().join("weights.safetensors")).unwrap();

    let calibrated = scores(folder.path(), "mid");
    for (raw, calibrated) in raw.iter().zip(calibrated) {
        let expected = calibration.apply(*raw);
        assert!(
            (expected - calibrated).abs() < 1e-5,
            "{calibrated} is not {expected}"
        );
    }

    let song = folder.path().join("song.wav");
    write_wav(&song, &chirps(2_800.0, 1.0, 0));
    let heard = |more: &[&str]| -> Vec<String> {
        let model = format!("--model={}", folder.path().display());
        let song = song.display().to_string();
        let args = ["identify", &song, &model, "--format=json"];
        let text = succeed(args.iter().chain(more));
        let files: Value = serde_json::from_str(&text).unwrap();
        let detections = files[0]["detections"].as_array().unwrap();
        let mut codes: Vec<String> = detections
            .iter()
            .map(|detection| detection["code"].as_str().unwrap().to_owned())
            .collect();
        codes.sort();
        codes
    };
    assert_eq!(heard(&[]), ["low", "mid"]);
    // A threshold that a person asks for counts for all.
    assert_eq!(heard(&["--threshold=0"]), ["high", "low", "mid"]);
}

#[test]
fn publish_fits_a_calibration_and_thresholds_on_held_out_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("models/chirps");

    let text = succeed([
        "publish".to_owned(),
        format!("--run={}", model().run.display()),
        "--name=chirps".to_owned(),
        "--title=Chirps".to_owned(),
        "--version=1.1.0".to_owned(),
        "--calibrate=temperature".to_owned(),
        "--fit-thresholds".to_owned(),
        format!("--out={}", out.display()),
    ]);

    assert!(
        text.contains("calibration: slope") && text.contains("thresholds: "),
        "{text}"
    );
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    let package = ModelPackage::open(&read("manifest.json"), read("weights.safetensors")).unwrap();
    let calibration = package.manifest.calibration.unwrap();
    assert!(calibration.slope > 0.0 && calibration.intercept.abs() < f32::EPSILON);
    assert_eq!(package.manifest.detection.class_thresholds.len(), 3);
    let card = String::from_utf8(read("README.md")).unwrap();
    assert!(card.contains("calibrated on held-out recordings"), "{card}");

    let plain = model().package.join("manifest.json");
    assert!(read_json(&plain).get("calibration").is_none());
}

#[test]
fn publish_takes_names_in_other_languages_and_refuses_strangers() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("names.csv");
    let out = folder.path().join("models/chirps");
    let arguments = [
        "publish".to_owned(),
        format!("--run={}", model().run.display()),
        "--name=chirps".to_owned(),
        "--title=Chirps".to_owned(),
        "--version=1.2.0".to_owned(),
        format!("--names={}", table.display()),
        format!("--out={}", out.display()),
    ];

    std::fs::write(
        &table,
        "scientific_name,es\nAvis low,Ave baja\nAvis none,Nadie\n",
    )
    .unwrap();
    let refused = pipit(&arguments);
    let error = error_text(&refused);
    assert!(
        !refused.status.success() && error.contains("Avis none (row 3)"),
        "{error}"
    );
    assert!(!out.exists(), "something was written");

    std::fs::write(&table, "code,es\nlow,Ave baja\n").unwrap();
    let text = succeed(&arguments);
    assert!(text.contains("names in es: 1 of 3 classes"), "{text}");
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    let package = ModelPackage::open(&read("manifest.json"), read("weights.safetensors")).unwrap();
    let classes = &package.manifest.classes;
    let low = classes.get(classes.id("low").unwrap());
    assert_eq!(low.name_in("es"), Some("Ave baja"));
    let card = String::from_utf8(read("README.md")).unwrap();
    assert!(card.contains("| low bird | Ave baja |"), "{card}");
}

#[test]
fn a_run_that_is_asked_about_other_recordings_says_which_it_scores() {
    let folder = tempfile::tempdir().unwrap();
    let run = read_json(&model().run.join("config.json"));
    let held_out = run["held_out"][0].as_str().unwrap().to_owned();
    let mut table = String::from("primary_label,filename\n");
    for file in [&*held_out, "low/new.wav", "mid/new.wav"] {
        write_wav(
            &folder.path().join("audio").join(file),
            &chirps(500.0, 1.2, 0),
        );
        let (label, _) = file.split_once('/').unwrap();
        writeln!(table, "{label},{file}").unwrap();
    }
    std::fs::write(folder.path().join("train_metadata.csv"), table).unwrap();
    let evaluate = |data: &Path, more: &[&str]| {
        let flags = [
            "evaluate".to_owned(),
            format!("--model={}", model().run.display()),
            format!("--data={}", data.display()),
        ];
        let output = pipit(
            flags
                .into_iter()
                .chain(more.iter().map(ToString::to_string)),
        );
        assert!(output.status.success(), "{}", error_text(&output));
        (
            String::from_utf8(output.stdout.clone()).unwrap(),
            error_text(&output),
        )
    };

    let (text, told) = evaluate(folder.path(), &[]);
    assert!(text.contains("\n1 recordings, 1 of them"), "{text}");
    let words = "scored of the 3 recordings in";
    assert!(
        told.contains(words) && told.contains(": 1, whose"),
        "{told}"
    );
    assert!(told.contains("--all scores all"), "{told}");
    // One class alone is absent nowhere.
    assert!(text.contains("macro ROC-AUC –"), "{text}");
    let (text, told) = evaluate(folder.path(), &["--all"]);
    assert!(text.contains("\n3 recordings, 3 of them"), "{text}");
    assert!(!told.contains(words), "{told}");
    let (_, told) = evaluate(&model().data, &[]);
    assert!(!told.contains("scored of"), "{told}");
}

#[test]
fn sounds_that_training_has_heard_are_not_mixed_in() {
    let folder = tempfile::tempdir().unwrap();
    let noise = folder.path().join("noise");
    for sound in 0..8u16 {
        let hum = chirps(100.0 + f32::from(sound), 1.0, 0);
        write_wav(&noise.join(format!("{sound}.wav")), &hum);
    }
    let backgrounds = format!("--backgrounds={}", noise.display());
    let evaluated_after = |share: &str| {
        let run = folder.path().join(share);
        let share = format!("--held-out-backgrounds={share}");
        let settings = ["--epochs=1", "--freeze=7", &backgrounds, &share];
        let output = train(&model().data, &run, &settings);
        assert!(output.status.success(), "{}", error_text(&output));
        let heard = read_json(&run.join("config.json"))["backgrounds"].clone();
        let evaluated = pipit([
            "evaluate".to_owned(),
            format!("--model={}", run.display()),
            format!("--data={}", model().data.display()),
            format!("--noise={}", noise.display()),
            "--snr=0".to_owned(),
        ]);
        (heard.as_array().unwrap().len(), evaluated)
    };

    let (heard, evaluated) = evaluated_after("0.5");
    assert!((1..8).contains(&heard), "{heard}");
    let text = String::from_utf8_lossy(&evaluated.stdout);
    let part = format!("{} of 8 sounds are mixed in", 8 - heard);
    assert!(text.contains(&part), "no {part} in {text}");

    let too_few = ["--held-out-backgrounds=0.001", &backgrounds];
    let refused = train(&model().data, &folder.path().join("none"), &too_few);
    let error = error_text(&refused);
    assert!(error.contains("0.001 holds out none of the 8"), "{error}");

    // Sounds need no labels, and a table may list few of them.
    let rows = "filename,author\n3.wav,Eve\n2.wav,\n1.wav,NA\n";
    std::fs::write(noise.join("train_metadata.csv"), rows).unwrap();
    let (heard, evaluated) = evaluated_after("0.4");
    let text = String::from_utf8_lossy(&evaluated.stdout);
    let part = format!("{} of 3 sounds are mixed in", 3 - heard);
    assert!(text.contains(&part), "no {part} in {text}");
    std::fs::remove_file(noise.join("train_metadata.csv")).unwrap();

    let (heard, evaluated) = evaluated_after("0");
    assert_eq!(heard, 8);
    assert_eq!(evaluated.status.code(), Some(1));
    let error = error_text(&evaluated);
    assert!(error.contains("has heard all 8 sounds"), "{error}");
}
