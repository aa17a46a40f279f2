//! What a variant trains with, as tables of settings: a stage, and maybe one before on other
//! recordings.
//!
//! A stage before is the same for all variants that do not name its keys (`pretrain.…`): what they
//! leave out, they leave out of the main stage. So one pretraining serves many runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

use super::experiment::Variant;

const PRETRAIN: &str = "pretrain";
/// Stands for the weights that the stage before leaves.
const PRETRAINED: &str = "pretraining";
/// Keys whose values are paths.
const PATHS: [&str; 4] = ["data", "backgrounds", "counterexamples", "weights"];

/// What does not hold for the stage before: birds of no class may well be the classes there.
const OF_THE_MAIN_STAGE: [&str; 2] = ["counterexamples", "held_out_counterexamples"];

/// Recordings and weights, which are no part of an experiment's file.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Inputs {
    /// The recordings, as `pipit train --data` takes them
    #[arg(long, value_name = "DIR")]
    pub(super) data: PathBuf,
    /// Other recordings, for a recipe with a table [pretrain]
    #[arg(long, value_name = "DIR")]
    pub(super) pretrain_data: Option<PathBuf>,
    /// Recordings without birds
    #[arg(long, value_name = "DIR")]
    pub(super) backgrounds: Option<PathBuf>,
    /// Recordings of birds that are none of the classes, for the main stage
    #[arg(long, value_name = "DIR")]
    pub(super) counterexamples: Option<PathBuf>,
    /// Weights that the first stage begins with, as `pipit import` writes them
    #[arg(long, value_name = "FILE")]
    pub(super) weights: Option<PathBuf>,
}

/// The settings of a variant's stages. In place of paths they have names, so that runs are the same
/// wherever the recordings lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stages {
    /// Trained last, and judged.
    pub(super) main: Table,
    /// Trained before.
    pub(super) before: Option<Table>,
}

/// The settings of a variant.
pub(super) fn stages(recipe: &Table, variant: &Variant, inputs: &Inputs) -> Result<Stages> {
    let mut main = whole(recipe, inputs)?;
    for key in &variant.without {
        leave_out(&mut main, key)?;
    }
    refuse_reserved(&variant.set)?;
    ensure!(
        !variant.set.contains_key("seed"),
        "seed must stay: the folds follow it, and variants are compared fold by fold"
    );
    lay_over(&mut main, &variant.set);
    ensure!(main.contains_key("data"), "data cannot be left out");
    let before = match main.remove(PRETRAIN) {
        None => None,
        Some(Value::Table(before)) if before.contains_key("data") => Some(before),
        Some(_) => bail!("keys of {PRETRAIN} are set, but the recipe has no such stage"),
    };
    if before.is_some() {
        main.insert("weights".to_owned(), PRETRAINED.into());
    }
    Ok(Stages { main, before })
}

/// The flags that put paths in place of the names in `settings`.
pub(super) fn path_flags(settings: &Table, inputs: &Inputs, pretrained: &Path) -> Vec<OsString> {
    let mut flags = Vec::new();
    for key in PATHS {
        let path = match settings.get(key).and_then(Value::as_str) {
            Some("data") => Some(inputs.data.as_path()),
            Some("pretrain-data") => inputs.pretrain_data.as_deref(),
            Some("backgrounds") => inputs.backgrounds.as_deref(),
            Some("counterexamples") => inputs.counterexamples.as_deref(),
            Some("weights") => inputs.weights.as_deref(),
            Some(PRETRAINED) => Some(pretrained),
            _ => None,
        };
        if let Some(path) = path {
            flags.extend([format!("--{key}").into(), path.into()]);
        }
    }
    flags
}

/// The recipe with names in place of paths, and in `[pretrain]` all that holds there, so that what
/// a variant changes does not reach it.
fn whole(recipe: &Table, inputs: &Inputs) -> Result<Table> {
    refuse_reserved(recipe).context("in the recipe")?;
    let mut whole = recipe.clone();
    let own = whole.remove(PRETRAIN);
    whole.insert("data".to_owned(), "data".into());
    if inputs.backgrounds.is_some() {
        whole.insert("backgrounds".to_owned(), "backgrounds".into());
    }
    if inputs.weights.is_some() {
        whole.insert("weights".to_owned(), "weights".into());
    }
    if inputs.counterexamples.is_some() {
        whole.insert("counterexamples".to_owned(), "counterexamples".into());
    }
    match (own, &inputs.pretrain_data) {
        (Some(Value::Table(own)), Some(_)) => {
            let mut before = whole.clone();
            for key in OF_THE_MAIN_STAGE {
                before.remove(key);
            }
            lay_over(&mut before, &own);
            before.insert("data".to_owned(), "pretrain-data".into());
            whole.insert(PRETRAIN.to_owned(), before.into());
        }
        (None, None) => {}
        (Some(_), _) => bail!("the recipe has a table [{PRETRAIN}]: --pretrain-data says on what"),
        (None, Some(_)) => bail!("--pretrain-data is for recipes with a table [{PRETRAIN}]"),
    }
    Ok(whole)
}

/// Refuses keys that the command itself gives, and one that would choose the epoch by the
/// recordings that judge it.
fn refuse_reserved(table: &Table) -> Result<()> {
    const GIVEN: [&str; 4] = ["out", "device", "fold", "folds"];
    for key in PATHS.iter().chain(&GIVEN) {
        ensure!(
            !table.contains_key(*key),
            "{key} cannot be set here, as `cargo xtask ablate` gives it"
        );
    }
    ensure!(
        !table.contains_key("patience"),
        "patience cannot be set here: it would choose the last epoch by the recordings that judge it"
    );
    match table.get(PRETRAIN) {
        Some(Value::Table(own)) => {
            refuse_reserved(own).with_context(|| format!("in the table [{PRETRAIN}]"))
        }
        _ => Ok(()),
    }
}

fn lay_over(table: &mut Table, over: &Table) {
    for (key, value) in over {
        match (table.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(value)) => lay_over(below, value),
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

fn leave_out(table: &mut Table, key: &str) -> Result<()> {
    let removed = match key.split_once('.') {
        None => table.remove(key),
        Some((name, rest)) => match table.get_mut(name) {
            Some(Value::Table(below)) => {
                return leave_out(below, rest).with_context(|| format!("in {name}"));
            }
            _ => None,
        },
    };
    let known: Vec<&str> = table.keys().map(String::as_str).collect();
    removed.map(drop).with_context(|| {
        format!(
            "{key} cannot be left out, as nothing gives it; given are {}",
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = "epochs = 15\nfreeze = 3\nheld_out_counterexamples = 0.25\n[augment.or_mixup]\nprobability = 0.5\n\
                          [pretrain]\nepochs = 7\naugment.gain.probability = 0\n";

    fn table(text: &str) -> Table {
        text.parse().expect("TOML")
    }

    fn inputs() -> Inputs {
        Inputs {
            data: "birds".into(),
            pretrain_data: Some("others".into()),
            backgrounds: Some("rain".into()),
            counterexamples: Some("crows".into()),
            weights: Some("imagenet.safetensors".into()),
        }
    }

    fn varied(set: &str, without: &[&str]) -> Result<Stages> {
        let variant = Variant {
            set: table(set),
            without: without.iter().map(ToString::to_string).collect(),
            ..Variant::default()
        };
        stages(&table(RECIPE), &variant, &inputs())
    }

    fn error(set: &str, without: &[&str]) -> String {
        format!("{:#}", varied(set, without).expect_err("it is refused"))
    }

    #[test]
    fn the_stage_before_has_its_own_settings_over_those_of_the_recipe() {
        let full = varied("", &[]).expect("the full recipe");

        assert_eq!(
            full.main,
            table(
                "epochs = 15\nfreeze = 3\nheld_out_counterexamples = 0.25\naugment.or_mixup.probability = 0.5\n\
                 data = 'data'\nbackgrounds = 'backgrounds'\n\
                 counterexamples = 'counterexamples'\nweights = 'pretraining'"
            )
        );
        assert_eq!(
            full.before,
            Some(table(
                "epochs = 7\nfreeze = 3\naugment.or_mixup.probability = 0.5\n\
                 augment.gain.probability = 0\n\
                 data = 'pretrain-data'\nbackgrounds = 'backgrounds'\nweights = 'weights'"
            ))
        );
    }

    #[test]
    fn a_variant_changes_the_main_stage_unless_it_names_the_one_before() {
        let full = varied("", &[]).expect("the full recipe");

        let less = varied("augment.or_mixup.probability = 0", &["backgrounds"]).expect("less");
        assert_eq!(less.before, full.before);
        assert_eq!(
            less.main,
            table(
                "epochs = 15\nfreeze = 3\nheld_out_counterexamples = 0.25\naugment.or_mixup.probability = 0\n\
                 data = 'data'\ncounterexamples = 'counterexamples'\nweights = 'pretraining'"
            )
        );

        let none = varied("", &["pretrain"]).expect("without");
        assert_eq!(none.before, None);
        assert_eq!(none.main["weights"], "weights".into());

        let random = varied("pretrain.epochs = 9", &["freeze", "pretrain.weights"]);
        let before = random.expect("random weights").before.expect("a stage");
        assert_eq!(before["epochs"], 9.into());
        assert!(!before.contains_key("weights") && before.contains_key("freeze"));
    }

    #[test]
    fn paths_come_in_place_of_their_names() {
        let full = varied("", &[]).expect("the full recipe");
        let flags = |settings: &Table| {
            path_flags(settings, &inputs(), Path::new("best"))
                .join(" ".as_ref())
                .to_string_lossy()
                .into_owned()
        };

        assert_eq!(
            flags(&full.main),
            "--data birds --backgrounds rain --counterexamples crows --weights best"
        );
        assert_eq!(
            flags(&full.before.expect("a stage before")),
            "--data others --backgrounds rain --weights imagenet.safetensors"
        );
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert!(error("seed = 3", &[]).contains("seed must stay"));
        assert!(error("patience = 3", &[]).contains("patience"));
        assert!(error("weights = 'mine'", &[]).contains("weights cannot be set"));
        assert!(error("pretrain.fold = 1", &[]).contains("[pretrain]: fold"));
        assert!(error("", &["data"]).contains("data cannot be left out"));
        let text = error("", &["pretrain.ema_decay"]);
        assert!(
            text.contains("in pretrain: ema_decay") && text.contains("epochs"),
            "{text}"
        );
        let text = error("pretrain.epochs = 3", &["pretrain"]);
        assert!(text.contains("no such stage"), "{text}");

        let inputs = Inputs {
            pretrain_data: None,
            ..inputs()
        };
        let text = stages(&table(RECIPE), &Variant::default(), &inputs).expect_err("no data");
        assert!(text.to_string().contains("--pretrain-data"), "{text}");
    }
}
