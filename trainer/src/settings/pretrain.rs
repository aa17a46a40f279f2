//! The settings of a stage before, on other recordings: only what differs is written down.

use std::path::Path;

use anyhow::ensure;
use serde_json::Value;

use super::Settings;
use super::tree::{self, check_known, leaves};
use crate::run_folder::PRETRAIN_FOLDER;
use crate::train::TrainOptions;

/// The table of what differs in a stage before.
pub(super) const TABLE: &str = "pretrain";
/// What cannot differ there.
const COMMON: [&str; 4] = ["architecture", "device", "devices", "out"];
/// What there is not.
const OF_THE_MAIN_STAGE: [&str; 2] = ["counterexamples", "held_out_counterexamples"];

/// Puts in a value for the stage before, if the settings know the key and can take the value.
pub(super) fn put(settings: &mut Value, names: &[&str], value: Value) -> anyhow::Result<()> {
    let mut plain = settings.clone();
    if let Some(table) = plain.as_object_mut() {
        table.remove(TABLE);
    }
    check_known(&plain, names)?;
    if let [name] = names {
        ensure!(!COMMON.contains(name), "{name} is the same in both stages");
        ensure!(
            !OF_THE_MAIN_STAGE.contains(name),
            "{name} is for the main stage: birds of no class there may well be the classes here"
        );
    }
    tree::put(&mut plain, names, meant(names, &value)?)?;
    // Indexing makes tables where there is nothing yet.
    let path = std::iter::once(&TABLE).chain(names);
    *path.fold(settings, |node, name| &mut node[*name]) = value;
    Ok(())
}

impl Settings {
    /// The settings of the stage before, if there is one: these with its own over them. It fills a
    /// folder inside `out`.
    pub(crate) fn pretraining(&self, out: &Path) -> anyhow::Result<Option<Self>> {
        let Some(own) = &self.pretrain else {
            return Ok(None);
        };
        ensure!(
            own.contains_key("data"),
            "{TABLE}.data is missing: which recordings come first?"
        );
        let mut main = Self {
            pretrain: None,
            ..self.clone()
        };
        // They divide the main stage's recordings.
        (main.options.fold, main.options.folds) = (None, None);
        // Other recordings are of other species.
        main.options.classes.clear();
        main.options.counterexamples = None;
        main.options.held_out_counterexamples = 0.0;
        let mut tree = serde_json::to_value(main)?;
        for (path, value) in leaves(Value::Object(own.clone())) {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            tree::put(&mut tree, &names, meant(&names, &value)?)?;
        }
        let settings = Self {
            out: Some(out.join(PRETRAIN_FOLDER)),
            ..serde_json::from_value(tree)?
        };
        Ok(Some(settings))
    }
}

/// What a value stands for: `false` is none where a setting may be absent, for which TOML has no word.
fn meant(names: &[&str], value: &Value) -> anyhow::Result<Value> {
    let defaults = serde_json::to_value(TrainOptions::default())?;
    let may_be_absent = defaults.pointer(&format!("/{}", names.join("/"))) == Some(&Value::Null);
    Ok(match value {
        Value::Bool(false) if may_be_absent => Value::Null,
        _ => value.clone(),
    })
}
