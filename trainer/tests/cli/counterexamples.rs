//! Birds that are none of the classes.

use std::fmt::Write;
use std::path::Path;

use crate::support::{
    chirps, error_text, model, pipit, read_json, train, write_backgrounds, write_wav,
};

/// Recordings of two other birds, of one in whose background a class is heard, of a class, and one that
/// is among the recordings of the data set, too.
fn write_birds(folder: &Path) {
    let birds = [
        ("crow", "[]", "https://example.org/crow"),
        ("owl", "['crow']", "https://example.org/owl"),
        ("swift", "['low']", "https://example.org/swift"),
        ("low", "[]", "https://example.org/other"),
        ("tern", "[]", "https://example.org/low0"),
    ];
    let rows =
        birds.map(|(code, others, url)| format!("{code},{others},Eve,CC BY 4.0,{url},{code}.wav"));
    write_rows(folder, &rows);
}

/// A table of these rows, each with a recording of its own pitch in the file that it ends with.
fn write_rows(folder: &Path, rows: &[String]) {
    let mut table = String::from("primary_label,secondary_labels,author,license,url,filename\n");
    for (bird, row) in rows.iter().enumerate() {
        let (_, file) = row.rsplit_once(',').unwrap();
        let pitch_hz = 700.0 + 100.0 * bird as f32;
        write_wav(&folder.join("audio").join(file), &chirps(pitch_hz, 1.2, 0));
        writeln!(table, "{row}").unwrap();
    }
    std::fs::write(folder.join("train_metadata.csv"), table).unwrap();
}

#[test]
fn they_are_shown_thanked_and_never_one_of_the_classes() {
    let folder = tempfile::tempdir().unwrap();
    let (birds, run) = (folder.path().join("birds"), folder.path().join("run"));
    write_birds(&birds);
    let flag = format!("--counterexamples={}", birds.display());

    let settings = ["--epochs=1", "--freeze=7", "--held-out=0", &flag];
    let output = train(&model().data, &run, &settings);

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let left_out = "left out: 2 with one of the classes, 1 that are among the recordings, too";
    assert!(text.contains(left_out), "{text}");
    assert!(text.contains("\n2 counterexamples\n"), "{text}");
    let config = read_json(&run.join("config.json"));
    assert_eq!(
        config["counterexamples"],
        serde_json::json!(["crow.wav", "owl.wav"])
    );
    assert_eq!(config["classes"].as_array().unwrap().len(), 3);
    let thanked = config["attribution"].as_array().unwrap();
    assert!(
        thanked
            .iter()
            .any(|entry| entry["author"] == "Eve" && entry["recordings"] == 2)
    );

    let without = folder.path().join("without");
    let output = train(&model().data, &without, &settings[..3]);
    assert!(output.status.success(), "{}", error_text(&output));
    let weights = |run: &Path| std::fs::read(run.join("best.safetensors")).unwrap();
    assert!(weights(&run) != weights(&without), "they are shown");

    let evaluated = pipit([
        "evaluate".to_owned(),
        format!("--model={}", run.display()),
        format!("--data={}", model().data.display()),
        format!("--noise={}", birds.display()),
        "--snr=0".to_owned(),
        "--all".to_owned(),
    ]);
    let text = String::from_utf8_lossy(&evaluated.stdout);
    assert!(
        text.contains("3 of 5 sounds are mixed in"),
        "{text}{}",
        error_text(&evaluated)
    );
}

#[test]
fn a_folder_of_nothing_but_the_classes_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let flag = format!("--counterexamples={}", model().data.display());

    let output = train(&model().data, &run, &["--epochs=1", &flag]);

    assert!(!output.status.success());
    let text = error_text(&output);
    assert!(
        text.contains("each of the 13 counterexamples has one of the classes"),
        "{text}"
    );
    assert!(text.contains(&model().data.display().to_string()), "{text}");
    assert!(!run.join("config.json").exists());
}

#[test]
fn without_any_chance_to_be_shown_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let noise = folder.path().join("noise");
    write_backgrounds(&noise);
    let flag = format!("--counterexamples={}", noise.display());
    let backgrounds = format!("--backgrounds={}", noise.display());
    for (name, off) in [
        ("one", "--no-augment"),
        (
            "two",
            "--set=augment={counterexample.probability=0,no_call.probability=0,background.probability=0}",
        ),
    ] {
        let run = folder.path().join(name);
        let output = train(
            &model().data,
            &run,
            &["--epochs=1", "--freeze=7", &flag, &backgrounds, off],
        );
        assert!(output.status.success(), "{}", error_text(&output));
        let text = error_text(&output);
        for told in [
            "counterexamples are not shown",
            "backgrounds are neither mixed in nor shown",
        ] {
            assert!(text.contains(told), "no {told} in {text}");
        }
        let config = read_json(&run.join("config.json"));
        for sounds in ["counterexamples", "backgrounds"] {
            assert_eq!(config[sounds], serde_json::json!([]), "{sounds}");
        }
    }
}

#[test]
fn it_is_told_how_often_they_are_taken_for_a_class() {
    let folder = tempfile::tempdir().unwrap();
    let (birds, run) = (folder.path().join("birds"), folder.path().join("run"));
    write_birds(&birds);
    let flag = format!("--counterexamples={}", birds.display());
    let evaluate = |judged: &Path, more: &[&str]| {
        let (judged, data) = (judged.display(), model().data.display());
        let flags = [
            format!("--model={judged}"),
            format!("--data={data}"),
            flag.clone(),
        ];
        let more = more.iter().map(ToString::to_string);
        pipit(
            std::iter::once("evaluate".to_owned())
                .chain(flags)
                .chain(more),
        )
    };

    let [json, report] = ["all.json", "report.html"].map(|name| folder.path().join(name));
    let output = evaluate(
        &model().package,
        &[
            "--threshold=0",
            &format!("--json={}", json.display()),
            &format!("--report={}", report.display()),
        ],
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", error_text(&output));
    let told =
        "2 recordings of other birds: a class is detected in 100.0 % of them; its own in 100.0 %";
    assert!(text.contains(told), "{text}");
    let figures = &read_json(&json)["other_birds"];
    assert_eq!(figures["recordings"], 2);
    assert!(
        (0.0..=1.0).contains(&figures["roc_auc"].as_f64().unwrap()),
        "{figures}"
    );
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("Birds that it does not know"));
    let none = evaluate(
        &model().package,
        &["--threshold=1", &format!("--json={}", json.display())],
    );
    assert!(none.status.success(), "{}", error_text(&none));
    assert_eq!(read_json(&json)["other_birds"]["detected"], 0.0);

    let output = train(&model().data, &run, &["--epochs=1", "--freeze=7", &flag]);
    assert!(output.status.success(), "{}", error_text(&output));
    let refused = evaluate(&run, &[]);
    let text = error_text(&refused);
    assert!(
        !refused.status.success() && text.contains("shown all 2 counterexamples"),
        "{text}"
    );

    // Their names decide: the owl is held out, in a background as well, and the crow is shown.
    let rows = [("crow", "[]"), ("owl", "[]"), ("wren", "['owl']")];
    let rows = rows.map(|(code, others)| format!("{code},{others},Eve,CC BY 4.0,,{code}.wav"));
    write_rows(&birds, &rows);
    let run = folder.path().join("half");
    let half = [
        "--epochs=1",
        "--freeze=7",
        "--held-out-counterexamples=0.5",
        &flag,
    ];
    let output = train(&model().data, &run, &half);
    assert!(output.status.success(), "{}", error_text(&output));
    let shown = &read_json(&run.join("config.json"))["counterexamples"];
    assert_eq!(*shown, serde_json::json!(["crow.wav"]));
    let told = evaluate(&run, &[]);
    let text = String::from_utf8_lossy(&told.stdout);
    assert!(
        text.contains("1 of 3 counterexamples were shown in training"),
        "{text}"
    );
    assert!(text.contains("\n2 recordings of other birds"), "{text}");

    // Another crow is no bird that it does not know.
    write_rows(
        &birds,
        &[&rows[..], &["crow,[],Eve,CC BY 4.0,,crow2.wav".to_owned()]].concat(),
    );
    let told = evaluate(&run, &[]);
    let text = String::from_utf8_lossy(&told.stdout);
    assert!(
        text.contains("2 of 4 counterexamples were shown in training, or others of their species"),
        "{text}"
    );
    assert!(text.contains("\n2 recordings of other birds"), "{text}");
}

#[test]
fn folders_name_their_species() {
    let folder = tempfile::tempdir().unwrap();
    let (birds, run) = (folder.path().join("birds"), folder.path().join("run"));
    for (bird, name) in ["low/1.wav", "crow/1.wav", "crow/2.wav", "3.wav"]
        .iter()
        .enumerate()
    {
        write_wav(
            &birds.join(name),
            &chirps(600.0 + 100.0 * bird as f32, 1.2, 0),
        );
    }
    let flag = format!("--counterexamples={}", birds.display());

    let output = train(&model().data, &run, &["--epochs=1", "--freeze=7", &flag]);

    assert!(output.status.success(), "{}", error_text(&output));
    let shown = &read_json(&run.join("config.json"))["counterexamples"];
    assert_eq!(
        *shown,
        serde_json::json!(["3.wav", "crow/1.wav", "crow/2.wav"])
    );
    // What is judged may lie in a folder within.
    let text = error_text(&pipit([
        "evaluate".to_owned(),
        format!("--model={}", run.display()),
        format!("--data={}", model().data.display()),
        format!("--counterexamples={}", birds.join("crow").display()),
    ]));
    assert!(
        text.contains("training has shown all 2 counterexamples"),
        "{text}"
    );

    std::fs::remove_file(birds.join("crow/2.wav")).unwrap();
    let output = pipit([
        "train".to_owned(),
        "--resume".to_owned(),
        format!("--out={}", run.display()),
    ]);
    let text = error_text(&output);
    assert!(!output.status.success(), "{text}");
    assert!(
        text.contains("counterexamples have changed since the run began; gone: crow/2.wav"),
        "{text}"
    );
}

#[test]
fn birds_whose_files_are_called_like_those_of_training_are_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let (data, birds) = (folder.path().join("data"), folder.path().join("birds"));
    let mut rows = Vec::new();
    for (bird, species) in ["wren", "tit"].iter().enumerate() {
        for take in 0..4 {
            let file = format!("{}.wav", 4 * bird + take);
            rows.push(format!("{species},[],A{take},CC0,,{file}"));
        }
    }
    write_rows(&data, &rows);
    let name = "crow/0.wav";
    write_wav(&birds.join(name), &chirps(350.0, 1.2, 0));
    let run = folder.path().join("run");
    let output = train(&data, &run, &["--epochs=1", "--freeze=7"]);
    assert!(output.status.success(), "{}", error_text(&output));

    let output = pipit([
        "evaluate".to_owned(),
        format!("--model={}", run.display()),
        format!("--data={}", data.display()),
        format!("--counterexamples={}", birds.display()),
    ]);

    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("\n1 recordings of other birds"), "{text}");
}

#[test]
fn nobody_who_is_held_out_is_heard_in_them_and_folds_are_judged_together() {
    let folder = tempfile::tempdir().unwrap();
    let birds = folder.path().join("birds");
    let people = ["Ann", "Bo", "Cy", "Di", "Eve"];
    let mut rows = Vec::new();
    for (bird, author) in people.iter().enumerate() {
        rows.push(format!("crow{bird},[],{author},CC BY 4.0,,{author}.wav"));
    }
    write_rows(&birds, &rows);
    let flag = format!("--counterexamples={}", birds.display());
    let backgrounds = format!("--backgrounds={}", birds.display());
    let mut evaluate = vec![
        "evaluate".to_owned(),
        format!("--data={}", model().data.display()),
        flag.clone(),
    ];
    evaluate.push("--folds".to_owned());
    for fold in ["1", "2"] {
        let run = folder.path().join(fold);
        let fold = format!("--fold={fold}");
        let settings = [
            "--epochs=1",
            "--freeze=7",
            "--folds=2",
            &fold,
            &flag,
            &backgrounds,
            "--held-out-counterexamples=0.4",
        ];
        let output = train(&model().data, &run, &settings);
        assert!(output.status.success(), "{}", error_text(&output));
        let config = read_json(&run.join("config.json"));
        let names = |of: &str| -> Vec<String> {
            (config[of].as_array().unwrap().iter())
                .map(|name| name.as_str().unwrap().to_owned())
                .collect()
        };
        // The data set has a recording of each species by each of four people.
        let people = &people[..4];
        let held_out = |take: usize| {
            names("held_out")
                .iter()
                .any(|name| name.ends_with(&format!("/{take}.wav")))
        };
        assert_eq!(names("backgrounds").len(), 3, "of five, without two people");
        for name in [names("counterexamples"), names("backgrounds")].concat() {
            let take = people
                .iter()
                .position(|person| name == format!("{person}.wav"));
            assert!(take.is_none_or(|take| !held_out(take)), "{name} is shown");
        }
        evaluate.push(run.display().to_string());
    }
    let output = pipit(evaluate);
    assert!(output.status.success(), "{}", error_text(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("recordings of other birds: a class is detected"),
        "{text}"
    );
}
