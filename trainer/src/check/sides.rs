//! The two sides of a split, and what must not be on both.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use clap::Args;
use pipit_core::Taxonomy;

use super::findings::{Finding, Kind};
use crate::classes;
use crate::dataset::{Dataset, Recording};
use crate::run_folder::RunConfig;
use crate::split;

/// How `pipit train` would divide the recordings.
#[derive(Debug, Clone, Args)]
pub(super) struct PlannedArgs {
    /// Share of the recordings that `train` is to hold out.
    #[arg(long, default_value_t = 0.2)]
    held_out: f64,
    /// The part of --folds that `train` is to hold out instead, counted from 1.
    #[arg(long, value_name = "I", requires = "folds")]
    fold: Option<usize>,
    /// Parts for k-fold cross-validation by recordist.
    #[arg(long, value_name = "K", requires = "fold")]
    folds: Option<usize>,
    /// Codes of the species of which `train` is to make classes.
    #[arg(long, value_name = "CODE,CODE,…", value_delimiter = ',')]
    pub(super) classes: Vec<String>,
    /// Recordings from which `train` makes a species a class.
    #[arg(long, default_value_t = 3)]
    pub(super) min_recordings: usize,
    /// Seed of the split: the training run's --split-seed, or else its --seed.
    #[arg(long, alias = "split-seed", default_value_t = 0)]
    seed: u64,
}

impl PlannedArgs {
    /// Whether a share is to be held out, which may come to nothing; a part that does is refused.
    pub(super) fn asks_for_judges(&self) -> bool {
        self.held_out > 0.0
    }

    /// Takes what makes a species a class from a run.
    pub(super) fn choose_as(&mut self, run: &RunConfig) {
        self.classes.clone_from(&run.options.classes);
        self.min_recordings = run.options.min_recordings;
    }

    /// The species of which `train` would make classes.
    pub(super) fn choose(&self, dataset: &Dataset) -> anyhow::Result<Taxonomy> {
        classes::choose(dataset, &self.classes, self.min_recordings)
    }

    /// Refuses numbers that `train` refuses.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            (0.0..=0.5).contains(&self.held_out),
            "--held-out must be from 0 to 0.5: {}",
            self.held_out
        );
        split::check_fold(self.fold, self.folds)
    }
}

/// Which recordings are held out of training, one entry a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sides(Vec<bool>);

impl Sides {
    /// The split that `pipit train` would make.
    ///
    /// # Errors
    /// If it would make none.
    pub(super) fn planned(dataset: &Dataset, args: &PlannedArgs) -> anyhow::Result<Self> {
        let mut sides = vec![false; dataset.recordings.len()];
        if let Ok(classes) = args.choose(dataset) {
            let items = split::items(dataset, &classes);
            let split = split::divide(&items, args.fold, args.folds, args.held_out, args.seed)
                .with_context(|| format!("cannot divide {}", dataset.path.display()))?;
            for index in split.held_out {
                sides[index] = true;
            }
        }
        Ok(Self(sides))
    }

    /// The split of a run; recordings that it does not know count as trained on.
    pub(super) fn of_run(dataset: &Dataset, run: &RunConfig) -> Self {
        let held_out: BTreeSet<&String> = run.held_out.iter().collect();
        let is_held_out = |recording: &Recording| held_out.contains(&recording.filename);
        Self(dataset.recordings.iter().map(is_held_out).collect())
    }

    /// Whether none of the recordings is held out.
    pub(super) fn hold_nothing_out(&self) -> bool {
        !self.0.contains(&true)
    }

    /// Whether some of the recordings are held out and some are not.
    pub(super) fn divide(&self, recordings: &[usize]) -> bool {
        let held_out = recordings.iter().filter(|&&index| self.0[index]).count();
        held_out > 0 && held_out < recordings.len()
    }
}

/// People and publications that are on both sides.
pub(super) fn leaks(dataset: &Dataset, sides: &Sides) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (kind, groups) in [
        (
            Kind::LeakedRecordist,
            group_by(dataset, Recording::recordist),
        ),
        (
            Kind::LeakedRecording,
            group_by(dataset, Recording::publication),
        ),
    ] {
        for (name, recordings) in groups {
            if sides.divide(&recordings) {
                findings.push(Finding {
                    kind,
                    files: file_names(dataset, &recordings),
                    detail: match kind {
                        Kind::LeakedRecordist => {
                            let spellings: BTreeSet<&str> = (recordings.iter())
                                .filter_map(|&index| dataset.recordings[index].author.as_deref())
                                .collect();
                            let spellings: Vec<&str> = spellings.into_iter().collect();
                            match spellings[..] {
                                [] => format!("all are of {name}"),
                                _ => format!("written as {}", spellings.join(" and ")),
                            }
                        }
                        _ => format!("all are parts of {name}"),
                    },
                });
            }
        }
    }
    findings
}

/// File names of recordings.
pub(super) fn file_names(dataset: &Dataset, recordings: &[usize]) -> Vec<String> {
    recordings
        .iter()
        .map(|&index| dataset.recordings[index].filename.clone())
        .collect()
}

fn group_by(
    dataset: &Dataset,
    key: impl Fn(&Recording) -> Option<String>,
) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, recording) in dataset.recordings.iter().enumerate() {
        if let Some(key) = key(recording) {
            groups.entry(key).or_default().push(index);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(rows: &[(&str, &str)]) -> Dataset {
        Dataset {
            path: "somewhere".into(),
            recordings: rows
                .iter()
                .map(|(filename, author)| Recording {
                    filename: (*filename).to_owned(),
                    author: Some((*author).to_owned()),
                    ..Recording::default()
                })
                .collect(),
            labels: BTreeMap::new(),
            unrated: Vec::new(),
        }
    }

    #[test]
    fn a_person_spelt_in_two_ways_and_a_recording_cut_in_two_leak() {
        let dataset = dataset(&[
            ("a/XC12_1.ogg", "Ann Bell"),
            ("a/XC12_2.ogg", "Cy"),
            ("b/XC13.ogg", "ann  bell"),
            ("b/XC14.ogg", "Di"),
        ]);
        let sides = Sides(vec![false, true, true, true]);

        let found = leaks(&dataset, &sides);

        let found: Vec<_> = found.iter().map(|f| (f.kind, f.files.len())).collect();
        assert_eq!(
            found,
            [(Kind::LeakedRecordist, 2), (Kind::LeakedRecording, 2)]
        );
        assert_eq!(leaks(&dataset, &Sides(vec![true; 4])), []);
    }
}
