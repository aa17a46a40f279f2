//! What a run's folder tells: how far it came, how long it took, and how well it does.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// Where a run stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Outcome {
    /// Finished epochs.
    pub(super) epochs: usize,
    /// Training and judging, without the decoding before.
    pub(super) seconds: f64,
    /// On the held-out recordings after the latest epoch, if it was judged; in the order of
    /// [`super::record::FIGURES`].
    pub(super) figures: Option<[f64; 4]>,
}

/// A row of `metrics.csv`.
#[derive(Debug, Deserialize)]
struct Row {
    epoch: usize,
    seconds: f64,
    cmap: Option<f64>,
    macro_roc_auc: Option<f64>,
    top_1: Option<f64>,
    macro_f1: Option<f64>,
}

/// Reads where a run stands; one without a table has not finished an epoch.
pub(super) fn read(run: &Path) -> Result<Outcome> {
    let path = run.join("metrics.csv");
    if !path.is_file() {
        return Ok(Outcome::default());
    }
    fs::read_to_string(&path)
        .map_err(Into::into)
        .and_then(|table| parse(&table))
        .with_context(|| format!("cannot read {}", path.display()))
}

/// What a run was trained on, in words.
pub(super) fn device(run: &Path) -> Result<String> {
    let path = run.join("config.json");
    let context = || format!("cannot read {}", path.display());
    let config: Value =
        serde_json::from_slice(&fs::read(&path).with_context(context)?).with_context(context)?;
    Ok(config["device"]
        .as_str()
        .unwrap_or("an unknown device")
        .to_owned())
}

fn parse(table: &str) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for row in csv::Reader::from_reader(table.as_bytes()).into_deserialize::<Row>() {
        let row = row?;
        outcome.epochs = row.epoch;
        outcome.seconds += row.seconds;
        outcome.figures = match (row.cmap, row.macro_roc_auc, row.top_1, row.macro_f1) {
            (Some(cmap), Some(roc_auc), Some(top_1), Some(f1)) => Some([cmap, roc_auc, top_1, f1]),
            _ => None,
        };
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "epoch,learning_rate,loss,cmap,macro_roc_auc,macro_f1,top_1,seconds,data_share\n";

    #[test]
    fn the_last_epoch_counts_and_not_the_best() {
        let table = format!(
            "{HEAD}1,1.0e-3,0.196,0.9,0.95,0.8,0.85,170.2,0.1\n2,1.0e-4,0.159,,,,,100.0,0.1\n\
             3,0e0,0.152,0.5256,0.8604,0.3245,0.4884,200.3,0.1\n"
        );

        let outcome = parse(&table).expect("a table of metrics");

        assert_eq!(outcome.epochs, 3);
        assert!((outcome.seconds - 470.5).abs() < 1e-9);
        assert_eq!(outcome.figures, Some([0.5256, 0.8604, 0.4884, 0.3245]));
    }

    #[test]
    fn an_epoch_that_was_not_judged_has_no_figures() {
        let table = format!("{HEAD}1,1.0e-3,0.196,0.9,0.95,0.8,0.85,170.2,0.1\n2,1,0,,,,,1,0\n");

        assert_eq!(parse(&table).expect("a table").figures, None);
        assert_eq!(parse(HEAD).expect("a table").epochs, 0);
        assert!(parse("epoch,loss\n1,0.2\n").is_err());
    }

    #[test]
    fn a_folder_without_a_run_has_not_begun() {
        let folder = tempfile::tempdir().expect("a folder");

        assert_eq!(read(folder.path()).expect("nothing"), Outcome::default());
    }
}
