//! Which runs an experiment takes: each variant on each fold, and pretrainings that they share.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use super::experiment::{Experiment, PRETRAINING, Variant};
use super::outcome::{self, Outcome};
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

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_finished_run_is_known_by_its_folder() {
        let work = tempfile::tempdir().expect("a folder");
        let experiment = experiment(&[("full", "", &[])]);
        let plan = plan(&experiment, &inputs(), work.path(), resolve).expect("a plan");
        let run = &plan[0].folds[0];
        let row = |epoch| format!("{epoch},0.5,0.8,0.3,0.4,10.0\n");
        let write = |epochs| {
            let rows: String = (1..=epochs).map(row).collect();
            let head = "epoch,cmap,macro_roc_auc,macro_f1,top_1,seconds\n";
            fs::write(run.folder.join("metrics.csv"), format!("{head}{rows}")).expect("written");
        };

        assert!(!run.has_begun() && !run.is_finished().expect("no run"));
        run.prepare().expect("prepared");
        fs::write(run.folder.join(BEGUN_FILE), "{}").expect("written");
        write(14);
        assert!(run.has_begun() && !run.is_finished().expect("a begun run"));
        write(15);
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
}
