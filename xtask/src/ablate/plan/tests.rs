use super::*;

fn table(text: &str) -> Table {
    text.parse().expect("TOML")
}

fn experiment(variants: &[(&str, &str, &[&str])]) -> Experiment {
    let variant = |&(name, set, without): &(&str, &str, &[&str])| Variant {
        name: name.to_owned(),
        about: String::new(),
        set: table(set),
        without: without.iter().map(ToString::to_string).collect(),
    };
    Experiment {
        name: "test.toml".into(),
        page: "page.md".into(),
        record: "test.csv".into(),
        folds: 2,
        recipe: table("epochs = 15\nfreeze = 3\n[pretrain]\nepochs = 7\n"),
        variants: variants.iter().map(variant).collect(),
    }
}

fn inputs() -> Inputs {
    Inputs {
        data: "birds".into(),
        pretrain_data: Some("others".into()),
        backgrounds: None,
        counterexamples: None,
        weights: Some("imagenet.safetensors".into()),
    }
}

/// Settings over the one default that these tests know.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a real program can refuse settings"
)]
fn resolve(settings: &Table) -> Result<Table> {
    let mut all = table("ema_decay = 0.0");
    all.extend(settings.clone());
    Ok(all)
}

#[test]
fn variants_share_the_pretraining_unless_they_change_it() {
    let experiment = experiment(&[
        ("full", "", &[]),
        ("all", "", &["freeze"]),
        ("random", "", &["pretrain.weights"]),
        ("plain", "", &["pretrain"]),
    ]);

    let plan = plan(&experiment, &inputs(), Path::new("work"), resolve).expect("a plan");

    let before: Vec<_> = (plan.iter())
        .map(|planned| Some(planned.before.as_ref()?.folder.as_path()))
        .collect();
    let of = |name| Some(Path::new(name));
    assert_eq!(
        before,
        [
            of("work/pretraining/full"),
            of("work/pretraining/full"),
            of("work/pretraining/random"),
            None
        ]
    );
    let run = &plan[2].folds[1];
    assert_eq!(run.name, "random, fold 2 of 2");
    assert_eq!(run.folder, Path::new("work/random/fold-2-of-2"));
    assert_eq!(run.epochs, 15);
    assert_eq!(
        run.flags,
        [
            "--data",
            "birds",
            "--weights",
            "work/pretraining/random/best.safetensors",
            "--fold=2",
            "--folds=2"
        ]
    );
}

#[test]
fn a_variant_that_changes_nothing_is_refused() {
    let error = |variant| {
        let experiment = experiment(&[("full", "", &[]), variant]);
        let plan = plan(&experiment, &inputs(), Path::new("work"), resolve);
        format!("{:#}", plan.expect_err("it is refused"))
    };

    assert!(error(("same", "freeze = 3", &[])).contains("same equals full"));
    assert!(error(("default", "ema_decay = 0.0", &[])).contains("default equals full"));
    assert!(error(("rain", "", &["backgrounds"])).contains("variant rain: backgrounds"));
}

#[test]
fn only_new_defaults_may_differ_from_what_a_run_was_made_with() {
    let kept = table("epochs = 15\n[augment.gain]\nprobability = 1.0");
    let holds = |text: &str| table(&format!("epochs = 15\n{text}"));
    let nobody = table("epochs = 15");

    let same = holds("echo = 0\naugment.gain.probability = 1.0");
    assert_eq!(difference(&kept, &same, &nobody), None);
    assert_eq!(
        difference(&kept, &same, &table("echo = 0")).as_deref(),
        Some("echo")
    );
    let other = holds("augment.gain.probability = 0.5");
    assert_eq!(
        difference(&kept, &other, &nobody).as_deref(),
        Some("augment.gain.probability")
    );
    assert_eq!(
        difference(&kept, &holds(""), &nobody).as_deref(),
        Some("augment.gain.probability")
    );
}

/// Has a run stand after so many epochs, as `pipit` would leave it.
fn train(run: &Run, epochs: usize) {
    let row = |epoch| format!("{epoch},0.5,0.8,0.3,0.4,10.0\n");
    let rows: String = (1..=epochs).map(row).collect();
    let head = "epoch,cmap,macro_roc_auc,macro_f1,top_1,seconds\n";
    run.prepare().expect("prepared");
    let device = r#"{ "device": "CPU, 2 threads" }"#;
    fs::write(run.folder.join(BEGUN_FILE), device).expect("written");
    fs::write(run.folder.join("metrics.csv"), format!("{head}{rows}")).expect("written");
}

#[test]
fn a_finished_run_is_known_by_its_folder() {
    let work = tempfile::tempdir().expect("a folder");
    let experiment = experiment(&[("full", "", &[])]);
    let plan = plan(&experiment, &inputs(), work.path(), resolve).expect("a plan");
    let run = &plan[0].folds[0];

    assert!(!run.has_begun() && !run.is_finished().expect("no run"));
    train(run, 14);
    assert!(run.has_begun() && !run.is_finished().expect("a begun run"));
    train(run, 15);
    assert!(run.is_finished().expect("a finished run"));

    let changed = Run {
        holds: table("epochs = 16"),
        ..run.clone()
    };
    let error = changed.outcome().expect_err("other settings").to_string();
    assert!(
        error.contains("another") && error.contains("--work"),
        "{error}"
    );
}

#[test]
fn figures_outlast_the_folder() {
    let work = tempfile::tempdir().expect("a folder");
    let experiment = experiment(&[("full", "", &[])]);
    let plan = plan(&experiment, &inputs(), work.path(), resolve).expect("a plan");
    let mut record = Record::read(&work.path().join("test.csv")).expect("no table yet");
    let [first, second] = &plan[0].folds[..] else {
        panic!("not two folds");
    };
    train(first, 15);
    train(second, 14);

    plan[0].enter_finished(&mut record).expect("entered");
    fs::remove_dir_all(&first.folder).expect("removed");

    let rows = plan[0].finished(&record).expect("the same settings");
    let [Some(row), None] = rows[..] else {
        panic!("{rows:?}");
    };
    let settings = record::fingerprint(&first.said).expect("a fingerprint");
    assert_eq!(
        *row,
        Finished {
            variant: "full".to_owned(),
            fold: 1,
            folds: 2,
            settings,
            cmap: 0.5,
            macro_roc_auc: 0.8,
            top_1: 0.4,
            macro_f1: 0.3,
            seconds: 150.0,
            device: "CPU, 2 threads".to_owned(),
        }
    );
}
