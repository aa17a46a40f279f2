use clap::Parser;

use super::*;

#[derive(Parser)]
#[command(args_override_self = true)]
struct Line {
    #[command(flatten)]
    args: SettingsArgs,
}

/// What holds with this file and these flags.
fn resolve(toml: &str, flags: &[&str]) -> anyhow::Result<Settings> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("birds.toml");
    std::fs::write(&file, toml).unwrap();
    let config = format!("--config={}", file.display());
    let line = ["pipit", &config].into_iter().chain(flags.iter().copied());
    Line::parse_from(line).args.resolve()
}

fn error(toml: &str, flags: &[&str]) -> String {
    format!("{:#}", resolve(toml, flags).unwrap_err())
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let file = "epochs = 7\nbatch_size = 4\nloss = 'focal'\n[audio]\nn_mels = 64\nf_min = 20\n\
                [augment.mixup]\nprobability = 1\n";

    let settings = resolve(file, &["--batch-size=16", "--n-mels=32"]).unwrap();

    let options = &settings.options;
    assert_eq!((options.epochs, options.batch_size), (7, 16));
    assert_eq!((options.audio.n_mels, options.audio.f_min), (32, 20.0));
    assert_eq!(
        options.loss,
        resolve("loss = 'focal'", &[]).unwrap().options.loss
    );
    assert!((options.augment.mixup.probability - 1.0).abs() < 1e-12);
    assert_eq!(options.augment.gain, TrainOptions::default().augment.gain);
    assert_eq!(resolve("", &[]).unwrap().options, TrainOptions::default());
}

#[test]
fn single_settings_can_be_typed() {
    let settings = resolve(
        "seed = 1",
        &[
            "--set=augment.gain.decibels=[0, 3]",
            "--set=seed=5",
            "--set=data=my birds",
        ],
    )
    .unwrap();

    assert_eq!(settings.options.augment.gain.decibels.to_vec(), [0.0, 3.0]);
    assert_eq!(settings.options.seed, 5);
    assert_eq!(settings.data.unwrap(), Path::new("my birds"));
    assert!(error("", &["--set=seed"]).contains("KEY=VALUE"));
}

#[test]
fn a_stage_before_has_what_differs_over_the_rest() {
    let file = "epochs = 7\nseed = 3\nclasses = ['wren']\ncounterexamples = 'crows'\nheld_out_counterexamples = 0.2\n\
                [pretrain]\ndata = 'other'\nepochs = 2\nfreeze = 3\n\
                audio.hop = 2.5\n[pretrain.augment.mixup]\nprobability = 1\n";
    let settings = resolve(file, &["--seed=5", "--set=pretrain.freeze=4"]).unwrap();

    let before = settings.pretraining(Path::new("run")).unwrap().unwrap();

    assert_eq!(before.data.as_deref(), Some(Path::new("other")));
    assert_eq!(before.out.as_deref(), Some(Path::new("run/pretrain")));
    let options = &before.options;
    assert_eq!(
        (options.epochs, options.seed, options.freeze),
        (2, 5, Some(4))
    );
    assert_eq!(options.audio.hop, Some(2.5));
    let counterexamples = (&options.counterexamples, options.held_out_counterexamples);
    assert_eq!(counterexamples, (&None, 0.0));
    assert_eq!(
        (options.classes.len(), settings.options.classes.len()),
        (0, 1)
    );
    assert!((options.augment.mixup.probability - 1.0).abs() < 1e-12);
    assert_eq!(before.pretrain, None);
    let options = &settings.options;
    assert_eq!((options.epochs, options.freeze), (7, None));
    assert_eq!(options.augment, TrainOptions::default().augment);

    let folds = ["--fold=1", "--folds=3"];
    let settings = resolve(file, &folds).unwrap();
    let before = settings.pretraining(Path::new("run")).unwrap().unwrap();
    assert_eq!(settings.options.fold, Some(1));
    assert_eq!((before.options.fold, before.options.folds), (None, None));

    let plain = resolve("epochs = 7", &[]).unwrap();
    assert_eq!(plain.pretraining(Path::new("run")).unwrap(), None);
}

#[test]
fn a_stage_before_can_be_without_what_the_main_stage_has() {
    let file = "epochs = 9\npatience = 3\nloss = 'focal'\nfocal_below = 10\nfreeze = 3\n\
                unfreeze_after = 6\nbackgrounds = 'rain'\n[pretrain]\ndata = 'other'\nepochs = 5\n\
                held_out = 0\npatience = false\nloss = 'bce'\nfocal_below = false\nfreeze = false\n\
                unfreeze_after = false\nbackgrounds = false\nno_augment = false\n";
    let settings = resolve(file, &[]).unwrap();

    let before = settings.pretraining(Path::new("run")).unwrap().unwrap();

    before.options.check().unwrap();
    let expected = TrainOptions {
        epochs: 5,
        held_out: 0.0,
        ..TrainOptions::default()
    };
    assert_eq!(before.options, expected);
    settings.options.check().unwrap();
    assert_eq!(settings.options.freeze, Some(3));
    let text = settings.to_toml().unwrap();
    assert!(text.contains("focal_below = false"), "{text}");
}

#[test]
fn what_is_written_reads_back() {
    let mut settings = resolve(
        "learning_rate = 1e-4\n[pretrain]\ndata = 'other'\nlearning_rate = 3e-4\n\
         augment.mixup.probability = 0.5",
        &[
            "--data=a \"b\"",
            "--backgrounds=rain",
            "--patience=3",
            "--label-smoothing=0.1",
        ],
    )
    .unwrap();
    settings.options.augment.speed.factor = [0.93, 1.01];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("train.toml");

    settings.write(&file).unwrap();

    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(resolve(&text, &[]).unwrap(), settings);
    assert_eq!(Settings::read(&file).unwrap(), settings);
    assert!(text.contains("label_smoothing = 0.1\n"), "{text}");
}

#[test]
fn mistakes_are_named_with_what_is_known() {
    let text = error("epoch = 3", &[]);
    assert!(
        text.contains("birds.toml") && text.contains("no key epoch;"),
        "{text}"
    );
    assert!(
        text.contains("epochs") && text.contains("augment"),
        "{text}"
    );
    let text = error("[augment.gian]\nprobability = 1", &[]);
    assert!(
        text.contains("no key augment.gian;") && text.contains("gain"),
        "{text}"
    );
    let text = error("n_mels = 64", &[]);
    assert!(text.contains("no key n_mels, but audio.n_mels"), "{text}");
    let text = error("epochs = 'many'", &[]);
    assert!(text.contains("epochs") && text.contains("many"), "{text}");
    let text = error("loss = 'hinge'", &[]);
    assert!(text.contains("loss") && text.contains("focal"), "{text}");
    let text = error("augment = 3", &[]);
    assert!(text.contains("augment is a table"), "{text}");
    let text = error("[pretrain]\nepoch = 3", &[]);
    assert!(
        text.contains("[pretrain]") && text.contains("no key epoch;"),
        "{text}"
    );
    let text = error("[pretrain]\nepochs = 'many'", &[]);
    assert!(
        text.contains("[pretrain]") && text.contains("many"),
        "{text}"
    );
    let text = error("[pretrain]\ncounterexamples = 'crows'", &[]);
    assert!(text.contains("for the main stage"), "{text}");
    let text = error("[pretrain]\nepochs = false", &[]);
    assert!(
        text.contains("[pretrain]") && text.contains("epochs"),
        "{text}"
    );
    let text = error("[pretrain]\narchitecture = 'eca_nfnet_l0'", &[]);
    assert!(text.contains("same in both stages"), "{text}");
    let text = error("seed.deep = 3", &[]);
    assert!(text.contains("seed is no table"), "{text}");
    let text = error("seed = = 3", &[]);
    assert!(text.contains("birds.toml"), "{text}");
    let text = error("[augment.gain]\ndecibels = [1, 2, 3]", &[]);
    assert!(text.contains("augment.gain.decibels"), "{text}");
}
