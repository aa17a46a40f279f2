//! Settings from three places: defaults, a TOML file, and what is typed, each over the one before.
//!
//! A key is a flag's name with underscores; those of the spectrogram stand in `[audio]`, and the
//! augmentations, which have no flags, in `[augment]`. What differs in a stage before stands in
//! `[pretrain]`.

mod pretrain;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::device::DeviceChoice;
use crate::files;
use crate::train::TrainOptions;
use tree::{check_known, leaves, put};

/// Where settings come from.
#[derive(Debug, Clone, Args)]
pub(crate) struct SettingsArgs {
    // Comes first: reading the others takes them out of what clap has found.
    #[command(flatten)]
    typed: Typed,
    /// A TOML file of settings; a key is a flag's name with underscores, and a flag wins. Of several the last
    /// one counts.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One more setting as in the file, such as `augment.mixup.probability=0.5`.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    settings: Settings,
}

/// Everything that can stand in a file.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// A folder with `train_metadata.csv`, such a table, or a folder of one folder a class.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// The folder that is filled.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// What to compute on.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) device: DeviceChoice,
    /// Graphics cards that share the training, counted from 0: each takes batches of its own, and a
    /// step is made with the gradients of all [default: the first].
    #[arg(long, value_name = "I,I,…", value_delimiter = ',')]
    #[serde(default)]
    pub(crate) devices: Vec<usize>,
    /// The rest.
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) options: TrainOptions,
    /// What differs in a stage before, on other recordings; none if there is no such stage.
    #[arg(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pretrain: Option<Map<String, Value>>,
}

impl SettingsArgs {
    /// Whether a flag stands on the command line.
    pub(crate) fn is_typed(&self, flag: &str) -> bool {
        self.typed.0.contains(flag)
    }

    /// Names of what is asked for, here by `given`, and is otherwise in a run that was begun with `kept`;
    /// where files are and what computes may change.
    pub(crate) fn others_than(
        &self,
        given: &Settings,
        kept: &Settings,
    ) -> anyhow::Result<Vec<String>> {
        let kept = leaves(serde_json::to_value(kept)?);
        let written = self.written()?;
        let given = leaves(serde_json::to_value(given)?);
        let others = given.into_iter().filter_map(|leaf| {
            let names: Vec<&str> = leaf.0.iter().map(String::as_str).collect();
            let is_asked = written.contains(&leaf.0) || self.is_typed(flag(&names));
            let may_change = matches!(
                names.as_slice(),
                ["data" | "out" | "device" | "devices" | "backgrounds" | "counterexamples"]
                    | [pretrain::TABLE, "data"]
            );
            (is_asked && !may_change && !kept.contains(&leaf)).then(|| names.join("."))
        });
        Ok(others.collect())
    }

    /// The settings that hold.
    pub(crate) fn resolve(&self) -> anyhow::Result<Settings> {
        let mut tree = serde_json::to_value(&self.settings)?;
        for (path, default) in leaves(serde_json::to_value(TrainOptions::default())?) {
            // JSON knows no other numbers.
            let is_lost = tree.pointer(&format!("/{}", path.join("/"))) == Some(&Value::Null);
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            ensure!(
                default.is_null() || !is_lost,
                "--{} must be a number, and nan and inf are none",
                flag(&names).replace('_', "-")
            );
        }
        for (text, context) in self.sources()? {
            self.lay_over(&mut tree, &text).context(context)?;
        }
        Ok(serde_json::from_value(tree)?)
    }

    /// The file and the single settings as TOML, each with what to say if it cannot be taken.
    fn sources(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut sources = Vec::new();
        if let Some(path) = &self.config {
            let text = String::from_utf8(files::read(path)?)
                .with_context(|| format!("no text in {}", path.display()))?;
            sources.push((text, format!("cannot read {}", path.display())));
        }
        for setting in &self.set {
            sources.push((
                one_setting(setting)?,
                format!("cannot take --set {setting}"),
            ));
        }
        Ok(sources)
    }

    /// The keys that stand in them.
    fn written(&self) -> anyhow::Result<BTreeSet<Vec<String>>> {
        let mut keys = BTreeSet::new();
        for (text, context) in self.sources()? {
            let table: toml::Table = toml::from_str(&text).context(context)?;
            let leaves = leaves(serde_json::to_value(table)?);
            keys.extend(leaves.into_iter().map(|(path, _)| path));
        }
        Ok(keys)
    }

    fn lay_over(&self, tree: &mut Value, toml: &str) -> anyhow::Result<()> {
        let table: toml::Table = toml::from_str(toml)?;
        ensure!(
            table.get(pretrain::TABLE) != Some(&toml::Value::Table(toml::Table::new())),
            "the table [{}] is empty; without the table there is no such stage",
            pretrain::TABLE
        );
        for (path, value) in leaves(serde_json::to_value(table)?) {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            ensure!(
                !value.is_null(),
                "{} must be a number, and nan and inf are none",
                names.join(".")
            );
            if let [pretrain::TABLE, of_stage @ ..] = names.as_slice()
                && !of_stage.is_empty()
            {
                pretrain::put(tree, of_stage, value)
                    .with_context(|| format!("in the table [{}]", pretrain::TABLE))?;
                continue;
            }
            check_known(tree, &names)?;
            if !self.is_typed(flag(&names)) {
                put(tree, &names, value)?;
            }
        }
        Ok(())
    }
}

impl Settings {
    /// Writes a file that `--config` reads.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let settings = self.to_toml()?;
        let text = format!("# All settings of this run; --config reads them.\n\n{settings}");
        files::write_atomically(path, text.as_bytes())
    }

    /// All of them, as `--config` reads them.
    pub(crate) fn to_toml(&self) -> anyhow::Result<String> {
        toml::to_string(self).context("the settings cannot be written as TOML")
    }

    /// Reads a file of all settings.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("cannot read {}", path.display());
        let text = String::from_utf8(files::read(path)?).with_context(context)?;
        toml::from_str(&text).with_context(context)
    }

    /// The data set, which must be named somewhere.
    pub(crate) fn data(&self) -> anyhow::Result<&Path> {
        let data = self.data.as_deref();
        data.context("--data is missing: which recordings?")
    }

    /// The folder to fill, which must be named somewhere.
    pub(crate) fn out(&self) -> anyhow::Result<&Path> {
        let out = self.out.as_deref();
        out.context("--out is missing: which folder is to be filled?")
    }
}

/// The names of the flags that stand on the command line.
#[derive(Debug, Clone, Default)]
struct Typed(BTreeSet<String>);

impl FromArgMatches for Typed {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed =
            |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        // clap has groups of flags, too, which are called after structs.
        let is_flag = |name: &String| name.starts_with(char::is_lowercase);
        let names = matches.ids().filter(typed).map(ToString::to_string);
        let names = names.filter(is_flag);
        Ok(Self(names.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Typed {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

/// `KEY=VALUE` as TOML; a value that is none counts as text, so that quotes may be left out.
fn one_setting(setting: &str) -> anyhow::Result<String> {
    let Some((key, value)) = setting.split_once('=') else {
        bail!("--set takes KEY=VALUE, not {setting}");
    };
    let plain = format!("{key} = {value}");
    if toml::from_str::<toml::Table>(&plain).is_ok() {
        return Ok(plain);
    }
    Ok(format!("{key} = {}", toml::Value::String(value.to_owned())))
}

/// The flag of a key; augmentations have none.
fn flag<'a>(names: &[&'a str]) -> &'a str {
    match names {
        [name] | ["audio", name] => name,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
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
        let file = "epochs = 7\nseed = 3\ncounterexamples = 'crows'\nheld_out_counterexamples = 0.2\n\
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
}
