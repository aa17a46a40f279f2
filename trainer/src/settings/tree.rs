//! Settings as a tree of tables, into which single values are put.

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Settings, pretrain};

/// Every value that is no table, with the names that lead to it.
pub(super) fn leaves(value: Value) -> Vec<(Vec<String>, Value)> {
    let Value::Object(table) = value else {
        return vec![(Vec::new(), value)];
    };
    let mut found = Vec::new();
    for (name, value) in table {
        for (mut path, value) in leaves(value) {
            path.insert(0, name.clone());
            found.push((path, value));
        }
    }
    found
}

/// Refuses a key that is not in the tree, or a table.
pub(super) fn check_known(tree: &Value, names: &[&str]) -> anyhow::Result<()> {
    let mut node = tree;
    for (depth, name) in names.iter().enumerate() {
        let key = names[..=depth].join(".");
        let Value::Object(table) = node else {
            bail!(
                "{} is no table, so there is no {key}",
                names[..depth].join(".")
            );
        };
        let Some(below) = table.get(*name) else {
            let inside = (table.iter()).find(|(_, table)| table.get(*name).is_some());
            if let Some((table, _)) = inside {
                bail!("there is no key {key}, but {table}.{name}");
            }
            let mut known: Vec<&str> = table.keys().map(String::as_str).collect();
            if depth == 0 && !known.contains(&pretrain::TABLE) {
                known.push(pretrain::TABLE);
            }
            bail!("there is no key {key}; known are {}", known.join(", "));
        };
        node = below;
    }
    if node.is_object() {
        bail!("{} is a table", names.join("."));
    }
    Ok(())
}

/// Puts in a value of which it is known that the key exists, if the settings can take it.
pub(super) fn put(tree: &mut Value, names: &[&str], value: Value) -> anyhow::Result<()> {
    let mut changed = tree.clone();
    if let Some(place) = changed.pointer_mut(&format!("/{}", names.join("/"))) {
        *place = value;
    }
    serde_json::from_value::<Settings>(changed.clone())
        .with_context(|| format!("cannot take {}", names.join(".")))?;
    *tree = changed;
    Ok(())
}
