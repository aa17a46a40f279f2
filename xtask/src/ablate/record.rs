//! The figures of finished runs, in a table beside the experiment: readers see every fold, and no
//! run is trained again because its folder is gone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toml::Table;

/// The figures of a table, by their headings.
pub(super) const FIGURES: [&str; 4] = ["cmAP", "macro ROC-AUC", "top-1", "macro F1"];

/// A finished run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Finished {
    /// The variant's name.
    pub(super) variant: String,
    /// The part of the recordists that it is judged on, counted from 1, ...
    pub(super) fold: usize,
    /// ... of so many.
    pub(super) folds: usize,
    /// What its settings are known by, see [`fingerprint`].
    pub(super) settings: String,
    /// On the held-out recordings after the last epoch.
    pub(super) cmap: f64,
    pub(super) macro_roc_auc: f64,
    pub(super) top_1: f64,
    pub(super) macro_f1: f64,
    /// Training and judging, without the decoding before.
    pub(super) seconds: f64,
    /// What it was trained on, in words.
    pub(super) device: String,
}

impl Finished {
    /// In the order of [`FIGURES`].
    pub(super) fn figures(&self) -> [f64; 4] {
        [self.cmap, self.macro_roc_auc, self.top_1, self.macro_f1]
    }
}

/// The table of one experiment.
#[derive(Debug)]
pub(super) struct Record {
    path: PathBuf,
    runs: BTreeMap<(String, usize), Finished>,
}

impl Record {
    /// Reads the table; one that is not there has no rows.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = if path.is_file() {
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
        } else {
            String::new()
        };
        let mut runs = BTreeMap::new();
        for row in csv::Reader::from_reader(text.as_bytes()).into_deserialize::<Finished>() {
            let run = row.with_context(|| format!("cannot read {}", path.display()))?;
            let key = (run.variant.clone(), run.fold);
            ensure!(
                runs.insert(key, run.clone()).is_none(),
                "{} has two rows of {}, fold {}: remove one",
                path.display(),
                run.variant,
                run.fold
            );
        }
        Ok(Self {
            path: path.to_owned(),
            runs,
        })
    }

    /// The finished run of this variant on this fold, if there is one.
    ///
    /// # Errors
    /// If it was made with other settings, or in another division of the recordists.
    pub(super) fn of(
        &self,
        variant: &str,
        (fold, folds): (usize, usize),
        settings: &str,
    ) -> Result<Option<&Finished>> {
        let found = self.runs.get(&(variant.to_owned(), fold));
        if let Some(run) = found {
            ensure!(
                run.folds == folds && run.settings == settings,
                "{} has {variant}, fold {fold} of {}, as made with other settings than the \
                 experiment has now: remove that row to train it again",
                self.path.display(),
                run.folds
            );
        }
        Ok(found)
    }

    /// Enters a run and writes the table, with what another process entered meanwhile.
    pub(super) fn enter(&mut self, run: Finished) -> Result<()> {
        self.runs = Self::read(&self.path)?.runs;
        self.runs.insert((run.variant.clone(), run.fold), run);
        let context = || format!("cannot write {}", self.path.display());
        let mut table = csv::Writer::from_path(&self.path).with_context(context)?;
        for run in self.runs.values() {
            table.serialize(run).with_context(context)?;
        }
        table.flush().with_context(context)
    }
}

/// What the settings that an experiment names are known by: the beginning of their SHA-256.
pub(super) fn fingerprint(said: &Table) -> Result<String> {
    let digest = Sha256::digest(toml::to_string(said)?);
    Ok(HEXLOWER.encode(&digest[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(variant: &str, fold: usize) -> Finished {
        Finished {
            variant: variant.to_owned(),
            fold,
            folds: 3,
            settings: "0123456789ab".to_owned(),
            cmap: 0.5,
            macro_roc_auc: 0.75,
            top_1: 0.25,
            macro_f1: 0.125,
            seconds: 90.5,
            device: "CPU, 2 threads".to_owned(),
        }
    }

    #[test]
    fn what_was_entered_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("birds.csv");
        let mut record = Record::read(&path).expect("no table yet");
        let mut other = Record::read(&path).expect("no table yet");
        record.enter(run("full", 2)).expect("entered");
        other.enter(run("full", 1)).expect("entered");

        let record = Record::read(&path).expect("a table");

        let found = |fold| record.of("full", (fold, 3), "0123456789ab").expect("known");
        assert_eq!(found(1), Some(&run("full", 1)));
        assert_eq!(found(2), Some(&run("full", 2)));
        assert_eq!(found(3), None);
        let text = fs::read_to_string(&path).expect("a table");
        assert!(
            text.starts_with("variant,fold,folds,settings,cmap,"),
            "{text}"
        );
    }

    #[test]
    fn a_row_of_other_settings_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut record = Record::read(&folder.path().join("birds.csv")).expect("no table");
        record.enter(run("less", 1)).expect("entered");

        for (folds, settings) in [(3, "ba9876543210"), (4, "0123456789ab")] {
            let error = record
                .of("less", (1, folds), settings)
                .expect_err("refused");
            let text = error.to_string();
            assert!(
                text.contains("less, fold 1 of 3") && text.contains("birds.csv"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_table_that_makes_no_sense_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("birds.csv");
        let mut record = Record::read(&path).expect("no table");
        record.enter(run("less", 1)).expect("entered");
        let text = fs::read_to_string(&path).expect("a table");
        let row = text.lines().last().expect("a row");
        fs::write(&path, format!("{text}{row}\n")).expect("written");

        let error = Record::read(&path).expect_err("two rows").to_string();
        assert!(error.contains("two rows of less, fold 1"), "{error}");
        fs::write(&path, "variant,fold\nless,1\n").expect("written");
        let error = Record::read(&path).expect_err("no figures").to_string();
        assert!(error.contains("birds.csv"), "{error}");
    }

    #[test]
    fn a_fingerprint_tells_settings_apart() {
        let of = |text: &str| fingerprint(&text.parse().expect("TOML")).expect("a fingerprint");

        assert_eq!(of("epochs = 3\nfreeze = 1"), of("freeze = 1\nepochs = 3"));
        assert_ne!(of("epochs = 3"), of("epochs = 4"));
        assert_eq!(of("epochs = 3").len(), 12);
    }
}
