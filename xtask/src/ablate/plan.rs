//! Which runs an experiment takes: each variant on each fold, and pretrainings that they share.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use super::experiment::{Experiment, PRETRAINING, Variant};
use super::outcome::{self, Outcome};
use super::record::{self, Finished, Record};
use super::stages::{self, Inputs, Stages};

/// What a run was made with, in its folder.
const MADE_WITH_FILE: &str = "made-with.toml";
/// What `pipit train` leaves: settings of a run that has begun, and weights of its best epoch.
const BEGUN_FILE: &str = "config.json";
const WEIGHTS_FILE: &str = "best.safetensors";

/// A variant with its runs.
#[derive(Debug)]
pub(super) struct Planned<'a> {
    /// What it is.
    pub(super) variant: &'a Variant,
    /// On other recordings, before the others.
    pub(super) before: Option<Run>,
    /// One for each fold.
    pub(super) folds: Vec<Run>,
}

/// One call of `pipit train`, which may take several sittings.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// For people.
    pub(super) name: String,
    /// What `pipit` fills.
    pub(super) folder: PathBuf,
    /// A configuration for `pipit`.
    pub(super) config: Table,
    /// Paths and fold, over the configuration.
    pub(super) flags: Vec<OsString>,
    /// How many it shall have.
    pub(super) epochs: usize,
    /// All that shapes its result but the fold: what the experiment says of each stage, ...
    said: Table,
    /// ... and with the defaults.
    holds: Table,
}

/// The runs of all variants. `resolve` lays settings over the defaults, and refuses bad ones.
pub(super) fn plan<'a>(
    experiment: &'a Experiment,
    inputs: &Inputs,
    work: &Path,
    resolve: impl Fn(&Table) -> Result<Table>,
) -> Result<Vec<Planned<'a>>> {
    let mut seen: Vec<(&str, Stages)> = Vec::new();
    let mut plan = Vec::new();
    for variant in &experiment.variants {
        let name = variant.name.as_str();
        let context = || format!("in the variant {name}");
        let said = stages::stages(&experiment.recipe, variant, inputs).with_context(context)?;
        let holds = Stages {
            main: resolve(&said.main).with_context(context)?,
            before: (said.before.as_ref())
                .map(&resolve)
                .transpose()
                .with_context(context)?,
        };
        if let Some((other, _)) = seen.iter().find(|(_, other)| *other == holds) {
            bail!("the variant {name} equals {other}: all settings are the same");
        }
        let shared = seen
            .iter()
            .find(|(_, other)| other.before == holds.before)
            .map_or(name, |(other, _)| other);
        plan.push(planned(
            experiment, variant, inputs, work, &said, &holds, shared,
        )?);
        seen.push((name, holds));
    }
    Ok(plan)
}

fn planned<'a>(
    experiment: &Experiment,
    variant: &'a Variant,
    inputs: &Inputs,
    work: &Path,
    said: &Stages,
    holds: &Stages,
    shared: &str,
) -> Result<Planned<'a>> {
    let pretraining = work.join(PRETRAINING).join(shared);
    let pretrained = pretraining.join(WEIGHTS_FILE);
    let before = match (&said.before, &holds.before) {
        (Some(said), Some(holds)) => Some(Run {
            name: format!("{PRETRAINING} of {shared}"),
            folder: pretraining,
            config: said.clone(),
            flags: stages::path_flags(said, inputs, &pretrained),
            epochs: epochs(holds)?,
            said: said.clone(),
            holds: holds.clone(),
        }),
        _ => None,
    };
    let folds = experiment.folds;
    let run = |fold: usize| {
        let mut flags = stages::path_flags(&said.main, inputs, &pretrained);
        flags.extend([
            format!("--fold={fold}").into(),
            format!("--folds={folds}").into(),
        ]);
        Ok(Run {
            name: format!("{}, fold {fold} of {folds}", variant.name),
            folder: work
                .join(&variant.name)
                .join(format!("fold-{fold}-of-{folds}")),
            config: said.main.clone(),
            flags,
            epochs: epochs(&holds.main)?,
            said: together(said),
            holds: together(holds),
        })
    };
    Ok(Planned {
        variant,
        before,
        folds: (1..=folds).map(run).collect::<Result<_>>()?,
    })
}

impl Planned<'_> {
    /// The rows of its folds, of those that have one.
    ///
    /// # Errors
    /// If a row was made with other settings.
    pub(super) fn finished<'r>(&self, record: &'r Record) -> Result<Vec<Option<&'r Finished>>> {
        let of = |(index, run): (usize, &Run)| {
            let fold = (index + 1, self.folds.len());
            record.of(&self.variant.name, fold, &record::fingerprint(&run.said)?)
        };
        self.folds.iter().enumerate().map(of).collect()
    }

    /// Enters the runs whose folders are finished and that have no row yet.
    pub(super) fn enter_finished(&self, record: &mut Record) -> Result<()> {
        let known: Vec<bool> = (self.finished(record)?.iter())
            .map(Option::is_some)
            .collect();
        for (index, run) in self.folds.iter().enumerate() {
            if known[index] || !run.is_finished()? {
                continue;
            }
            let outcome = run.outcome()?;
            let figures = outcome.figures.with_context(|| {
                format!("the last epoch of {} was not judged", run.folder.display())
            })?;
            let [cmap, macro_roc_auc, top_1, macro_f1] = figures;
            record.enter(Finished {
                variant: self.variant.name.clone(),
                fold: index + 1,
                folds: self.folds.len(),
                settings: record::fingerprint(&run.said)?,
                cmap,
                macro_roc_auc,
                top_1,
                macro_f1,
                // As `metrics.csv` has it; sums of tenths are no tenths.
                seconds: (outcome.seconds * 10.0).round() / 10.0,
                device: outcome::device(&run.folder)?,
            })?;
        }
        Ok(())
    }
}

impl Run {
    /// Where it stands.
    ///
    /// # Errors
    /// If its folder cannot be read, or holds a run that was made with other settings.
    pub(super) fn outcome(&self) -> Result<Outcome> {
        if self.has_begun() {
            let path = self.folder.join(MADE_WITH_FILE);
            let kept: Table = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?
                .parse()
                .with_context(|| format!("cannot read {}", path.display()))?;
            if let Some(key) = difference(&kept, &self.holds, &self.said) {
                bail!(
                    "{} was made with another {key} than holds now: remove that folder, or choose \
                     another with --work",
                    self.folder.display()
                );
            }
        }
        outcome::read(&self.folder)
    }

    /// Whether nothing is left to be trained.
    pub(super) fn is_finished(&self) -> Result<bool> {
        Ok(self.outcome()?.epochs >= self.epochs)
    }

    /// Whether there is something to go on with.
    pub(super) fn has_begun(&self) -> bool {
        self.folder.join(BEGUN_FILE).is_file()
    }

    /// Whether its weights are there to begin with.
    pub(super) fn has_weights(&self) -> bool {
        self.folder.join(WEIGHTS_FILE).is_file()
    }

    /// Removes what only an unfinished run needs: several times the size of its weights.
    pub(super) fn forget_checkpoints(&self) -> Result<()> {
        let context = || format!("cannot clear {}", self.folder.display());
        for entry in fs::read_dir(&self.folder).with_context(context)? {
            let path = entry.with_context(context)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("checkpoint-") {
                fs::remove_dir_all(&path).with_context(context)?;
            }
        }
        Ok(())
    }

    /// Writes down what the run is made with; returns the path of the configuration for `pipit`.
    pub(super) fn prepare(&self) -> Result<PathBuf> {
        let write = |name: &str, table: &Table| {
            let path = self.folder.join(name);
            fs::write(&path, toml::to_string(table)?)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(path)
        };
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot create {}", self.folder.display()))?;
        if !self.has_begun() {
            write(MADE_WITH_FILE, &self.holds)?;
        }
        write("variant.toml", &self.config)
    }
}

/// Both stages in one table.
fn together(stages: &Stages) -> Table {
    let mut table = stages.main.clone();
    if let Some(before) = &stages.before {
        table.insert(PRETRAINING.to_owned(), before.clone().into());
    }
    table
}

fn epochs(settings: &Table) -> Result<usize> {
    settings
        .get("epochs")
        .and_then(Value::as_integer)
        .and_then(|epochs| usize::try_from(epochs).ok())
        .context("pipit train --dry-run names no number of epochs")
}

/// The first key in which what a run was made with differs from what holds now. Settings that Pipit
/// did not have then, and that nobody `said`, do not count: their defaults change nothing.
fn difference(kept: &Table, holds: &Table, said: &Table) -> Option<String> {
    let (kept, holds, said) = (leaves(kept), leaves(holds), leaves(said));
    let changed = kept
        .iter()
        .find(|(key, value)| holds.get(*key) != Some(value));
    let added = said.keys().find(|key| !kept.contains_key(*key));
    changed.map(|(key, _)| key).or(added).cloned()
}

fn leaves(table: &Table) -> BTreeMap<String, &Value> {
    let mut found = BTreeMap::new();
    for (key, value) in table {
        match value {
            Value::Table(below) => {
                let below = leaves(below).into_iter();
                found.extend(below.map(|(rest, value)| (format!("{key}.{rest}"), value)));
            }
            value => {
                found.insert(key.clone(), value);
            }
        }
    }
    found
}
