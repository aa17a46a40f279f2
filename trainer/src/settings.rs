//! Settings from three places: defaults, a TOML file, and what is typed, each over the one before.
//!
//! A key is a flag's name with underscores; those of the spectrogram stand in `[audio]`, and the
//! augmentations, which have no flags, in `[augment]`. What differs in a stage before stands in
//! `[pretrain]`.

mod pretrain;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dataset;
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

    /// Whether a value of its own is asked for, by a flag, in the file or as a single setting.
    pub(crate) fn asks_for(&self, key: &str) -> anyhow::Result<bool> {
        Ok(self.is_typed(key) || self.written()?.contains(&vec![key.to_owned()]))
    }

    /// Whether they are read from this file.
    pub(crate) fn are_from(&self, path: &Path) -> bool {
        (self.config.as_deref()).is_some_and(|config| files::place(config) == files::place(path))
    }

    /// Names of what is asked for, here by `given`, and is otherwise in a run that was begun with `kept`;
    /// where files are and what computes may change.
    pub(crate) fn others_than(
        &self,
        given: &Settings,
        kept: &Settings,
    ) -> anyhow::Result<Vec<String>> {
        let kept = leaves(serde_json::to_value(kept)?);
        let has_stage = kept.iter().any(|(path, _)| path[0] == pretrain::TABLE);
        let written = self.written()?;
        let given = leaves(serde_json::to_value(given)?);
        let others = given.into_iter().filter_map(|leaf| {
            let names: Vec<&str> = leaf.0.iter().map(String::as_str).collect();
            let is_asked = written.contains(&leaf.0) || self.is_typed(flag(&names));
            let may_change = matches!(
                names.as_slice(),
                ["data" | "out" | "device" | "devices" | "backgrounds" | "counterexamples"]
                    | [pretrain::TABLE, "data"]
            ) && (names[0] != pretrain::TABLE || has_stage);
            (is_asked && !may_change && !kept.contains(&leaf)).then(|| names.join("."))
        });
        Ok(others.collect())
    }

    /// The settings that hold.
    pub(crate) fn resolve(&self) -> anyhow::Result<Settings> {
        let mut tree = serde_json::to_value(&self.settings)?;
        for (path, value) in leaves(tree.clone()) {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            // JSON knows no other numbers.
            ensure!(
                !value.is_null() || !self.is_typed(flag(&names)),
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

    /// Refuses a folder to fill of which files would be taken for recordings.
    pub(crate) fn ensure_out_apart(&self) -> anyhow::Result<()> {
        let out = self.out()?;
        let options = &self.options;
        let inputs = [
            (
                "--data",
                self.data.as_deref().and_then(dataset::folder_of_classes),
            ),
            (
                "--backgrounds",
                options
                    .backgrounds
                    .as_deref()
                    .and_then(dataset::folder_of_files),
            ),
            (
                "--counterexamples",
                options
                    .counterexamples
                    .as_deref()
                    .and_then(dataset::folder_of_classes),
            ),
        ];
        for (flag, folder) in inputs {
            let Some(folder) = folder else {
                continue;
            };
            ensure!(
                !files::place(out).starts_with(files::place(&folder)),
                "--out {} lies in the folder of {flag}, of which all files may be recordings: name one outside of {}",
                out.display(),
                folder.display()
            );
        }
        Ok(())
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
