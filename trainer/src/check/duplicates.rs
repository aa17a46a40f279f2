//! One sound in several files.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Finding, Kind};
use super::fingerprint::{self, Fingerprint};
use super::inspect::Inspection;
use super::sides::{self, Sides};
use crate::dataset::{Dataset, Recording};

/// Groups of files that hold one sound: equal bytes, equal samples, or alike to the ear.
pub(super) fn find(
    dataset: &Dataset,
    inspected: &[anyhow::Result<Inspection>],
    sides: &Sides,
) -> Vec<Finding> {
    let mut files = BTreeSet::new();
    let audible: Vec<(usize, &Inspection)> = inspected
        .iter()
        .enumerate()
        .filter_map(|(index, inspection)| Some((index, inspection.as_ref().ok()?)))
        // Silence and rows that name one file are reported for themselves.
        .filter(|(_, inspection)| inspection.silent_share < 1.0)
        .filter(|&(index, _)| files.insert(&dataset.recordings[index].path))
        .collect();

    let mut groups = Groups::new(inspected.len());
    let mut first_with: BTreeMap<u64, usize> = BTreeMap::new();
    for &(index, inspection) in &audible {
        let first = *first_with.entry(inspection.digest).or_insert(index);
        groups.join(first, index);
    }
    // One of each set of equal recordings stands for all.
    let prints: Vec<(usize, &Fingerprint)> = first_with
        .values()
        .filter_map(|&index| Some((index, &inspected[index].as_ref().ok()?.fingerprint)))
        .collect();
    let mut shared_s: BTreeMap<usize, f64> = BTreeMap::new();
    for found in fingerprint::matches(&prints) {
        groups.join(found.first, found.second);
        for index in [found.first, found.second] {
            let least = shared_s.entry(index).or_insert(f64::INFINITY);
            *least = least.min(found.shared_s);
        }
    }

    let mut findings = Vec::new();
    for group in groups.of_several() {
        let detail = match group
            .iter()
            .filter_map(|index| shared_s.get(index))
            .copied()
            .reduce(f64::min)
        {
            Some(shared_s) => format!("the same sound for {shared_s:.1} s"),
            None if equal_bytes(dataset, &group) => "identical files".to_owned(),
            None => "identical audio".to_owned(),
        };
        for kind in kinds(dataset, &group, sides) {
            findings.push(Finding {
                kind,
                files: sides::file_names(dataset, &group),
                detail: detail.clone(),
            });
        }
    }
    findings
}

/// What is wrong with a group: always something.
fn kinds(dataset: &Dataset, group: &[usize], sides: &Sides) -> Vec<Kind> {
    let labels = group
        .iter()
        .map(|&index| &dataset.recordings[index].primary_label);
    let names = |recording: &Recording, label: &String| {
        recording.primary_label == *label || recording.secondary_labels.contains(label)
    };
    // Two species may well sing in one recording, if both rows say so.
    let conflict = labels.clone().any(|label| {
        group
            .iter()
            .any(|&index| !names(&dataset.recordings[index], label))
    });
    let mut kinds = Vec::new();
    if conflict {
        kinds.push(Kind::ConflictingLabels);
    }
    if sides.divide(group) {
        kinds.push(Kind::LeakedRecording);
    }
    if kinds.is_empty() {
        kinds.push(Kind::Duplicate);
    }
    kinds
}

fn equal_bytes(dataset: &Dataset, group: &[usize]) -> bool {
    let read = |recording: &Recording| std::fs::read(&recording.path).ok();
    let first = read(&dataset.recordings[group[0]]);
    group
        .iter()
        .all(|&index| read(&dataset.recordings[index]) == first)
}

/// Sets that are joined pair by pair.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn representative(&self, mut index: usize) -> usize {
        while self.0[index] != index {
            index = self.0[index];
        }
        index
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.representative(a), self.representative(b));
        self.0[a.max(b)] = a.min(b);
    }

    fn of_several(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for index in 0..self.0.len() {
            groups
                .entry(self.representative(index))
                .or_default()
                .push(index);
        }
        groups
            .into_values()
            .filter(|group| group.len() > 1)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_grow_into_groups() {
        let mut groups = Groups::new(6);
        groups.join(4, 1);
        groups.join(5, 4);
        groups.join(0, 3);
        groups.join(3, 0);

        assert_eq!(groups.of_several(), [vec![0, 3], vec![1, 4, 5]]);
    }
}
