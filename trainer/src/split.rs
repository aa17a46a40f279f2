//! Which recordings are held out of training.
//!
//! Recordings by one person share a microphone, a place and a season. A model is judged on people
//! it has never heard, so whole recordists are held out where they are known.

use std::collections::BTreeMap;

use anyhow::ensure;
use pipit_core::Taxonomy;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::classes;
use crate::dataset::Dataset;

/// One recording, as the split sees it.
#[derive(Debug, Clone)]
pub(crate) struct SplitItem {
    /// Who recorded it, where that is known, however the name is spelt.
    pub(crate) recordist: Option<String>,
    /// The recording that it is a part of, where that is known, else its file.
    pub(crate) publication: Option<String>,
    /// Its class, or `None` for a species that is no class of the model.
    pub(crate) class: Option<usize>,
}

/// The recordings of a data set, in its order.
pub(crate) fn items(dataset: &Dataset, classes: &Taxonomy) -> Vec<SplitItem> {
    (dataset.recordings.iter())
        .map(|recording| SplitItem {
            recordist: recording.recordist(),
            publication: (recording.publication()).or_else(|| Some(recording.filename.clone())),
            class: classes::primary(classes, recording),
        })
        .collect()
}

/// Indices of the recordings on each side, in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Split {
    /// Train on these.
    pub(crate) training: Vec<usize>,
    /// Judge on these.
    pub(crate) held_out: Vec<usize>,
    /// How the two were told apart.
    pub(crate) by: SplitBy,
}

/// What is kept together on one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SplitBy {
    /// All recordings of one person.
    Recordist,
    /// The same where somebody is named, and each of the others alone.
    KnownRecordist,
    /// Each recording alone, with all its parts, where nobody is named who made it.
    #[default]
    Recording,
}

impl SplitBy {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Recordist => "by recordist",
            Self::KnownRecordist => "by recordist where one is named",
            Self::Recording => "by recording",
        }
    }
}

/// Holds out part `fold` of `folds`, counted from 1, or where these are not given a share.
///
/// # Errors
/// If nobody is left for that part.
pub(crate) fn divide(
    items: &[SplitItem],
    fold: Option<usize>,
    folds: Option<usize>,
    share: f64,
    seed: u64,
) -> anyhow::Result<Split> {
    let (Some(fold), Some(folds)) = (fold, folds) else {
        return Ok(hold_out(items, share, seed));
    };
    let split = hold_out_fold(items, fold - 1, folds, seed);
    ensure!(
        !split.held_out.is_empty(),
        "--folds {folds} are too many: no recordist is left for part {fold}"
    );
    Ok(split)
}

/// Refuses a part that there is not.
pub(crate) fn check_fold(fold: Option<usize>, folds: Option<usize>) -> anyhow::Result<()> {
    ensure!(
        fold.is_some() == folds.is_some(),
        "--fold and --folds take each other: which part of how many?"
    );
    if let (Some(fold), Some(folds)) = (fold, folds) {
        ensure!(folds >= 2, "--folds must be at least 2: {folds}");
        ensure!(
            (1..=folds).contains(&fold),
            "--fold must be from 1 to {folds}: {fold}"
        );
    }
    Ok(())
}

/// Holds out about `fraction` of the recordings.
///
/// Every class keeps at least half of its recordings for training. Among many seeded attempts the
/// one wins in which most classes have something held out.
fn hold_out(items: &[SplitItem], fraction: f64, seed: u64) -> Split {
    let groups = groups(items);
    let class_sizes = class_sizes(items);
    let target = share(items.len(), fraction);

    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..groups.len()).collect();
    let mut best: Option<(Quality, Vec<usize>)> = None;
    if target > 0 {
        for _ in 0..attempts(items.len()) {
            order.shuffle(&mut rng);
            let attempt = attempt(&groups, &order, items, &class_sizes, target);
            if best
                .as_ref()
                .is_none_or(|(quality, _)| attempt.0 > *quality)
            {
                best = Some(attempt);
            }
        }
    }

    let held_out = best
        .map(|(_, chosen)| chosen)
        .unwrap_or_default()
        .into_iter()
        .flat_map(|group| groups[group].iter().copied())
        .collect();
    split(items, held_out)
}

/// Holds out part `fold` of `folds`, counted from 0: of all parts together, each recordist is held
/// out once.
///
/// A class spreads over the parts as evenly as its recordists allow. Recordists whose absence would
/// leave a class with nothing to learn from are never held out.
fn hold_out_fold(items: &[SplitItem], fold: usize, folds: usize, seed: u64) -> Split {
    let groups = groups(items);
    let class_sizes = class_sizes(items);
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    // The large ones are the hardest to place; the sort is stable, so equals stay shuffled.
    order.sort_by_key(|&group| std::cmp::Reverse(groups[group].len()));

    let mut parts: Vec<Part> = vec![Part::default(); folds];
    for group in order {
        let adds = class_counts(&groups[group], items);
        let crowding = |part: &Part| -> f64 {
            adds.iter()
                .map(|(class, count)| (part.of(*class) * count) as f64 / class_sizes[class] as f64)
                .sum()
        };
        let best = parts
            .iter_mut()
            .filter(|part| {
                adds.iter()
                    .all(|(class, count)| part.of(*class) + count < class_sizes[class])
            })
            .min_by(|a, b| {
                crowding(a)
                    .total_cmp(&crowding(b))
                    .then(a.items.len().cmp(&b.items.len()))
            });
        if let Some(part) = best {
            part.items.extend_from_slice(&groups[group]);
            for (class, count) in adds {
                *part.per_class.entry(class).or_insert(0) += count;
            }
        }
    }
    let held_out = parts.swap_remove(fold).items;
    split(items, held_out)
}

#[derive(Clone, Default)]
struct Part {
    items: Vec<usize>,
    per_class: BTreeMap<usize, usize>,
}

impl Part {
    fn of(&self, class: usize) -> usize {
        self.per_class.get(&class).copied().unwrap_or(0)
    }
}

fn split(items: &[SplitItem], mut held_out: Vec<usize>) -> Split {
    held_out.sort_unstable();
    let training = (0..items.len())
        .filter(|index| held_out.binary_search(index).is_err())
        .collect();
    let named = (items.iter())
        .filter(|item| item.recordist.is_some())
        .count();
    let by = match named {
        0 => SplitBy::Recording,
        _ if named == items.len() => SplitBy::Recordist,
        _ => SplitBy::KnownRecordist,
    };
    Split {
        training,
        held_out,
        by,
    }
}

/// Classes with something held out, then closeness to the wanted number: greater is better.
type Quality = (usize, std::cmp::Reverse<usize>);

fn attempt(
    groups: &[Vec<usize>],
    order: &[usize],
    items: &[SplitItem],
    class_sizes: &BTreeMap<usize, usize>,
    target: usize,
) -> (Quality, Vec<usize>) {
    let mut held: BTreeMap<usize, usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    let mut total = 0;
    for &group in order {
        let adds = class_counts(&groups[group], items);
        let held_of = |class: usize| held.get(&class).copied().unwrap_or(0);
        let leaves_enough = adds
            .iter()
            .all(|(&class, &count)| 2 * (held_of(class) + count) <= class_sizes[&class]);
        let covers_a_class = adds.keys().any(|&class| held_of(class) == 0);
        let size = groups[group].len();
        let fits = total + size <= target || (covers_a_class && 2 * (total + size) <= 3 * target);
        if leaves_enough && fits && !adds.is_empty() {
            for (class, count) in adds {
                *held.entry(class).or_insert(0) += count;
            }
            chosen.push(group);
            total += size;
        }
    }
    let quality = (held.len(), std::cmp::Reverse(total.abs_diff(target)));
    (quality, chosen)
}

/// Recordings that must stay on one side, in order of their first recording.
fn groups(items: &[SplitItem]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let recordist = item.recordist.as_deref().map(|name| (true, name));
        let publication = item.publication.as_deref().map(|name| (false, name));
        match recordist.or(publication) {
            Some(key) => {
                let group = *group_of.entry(key).or_insert_with(|| {
                    groups.push(Vec::new());
                    groups.len() - 1
                });
                groups[group].push(index);
            }
            None => groups.push(vec![index]),
        }
    }
    groups
}

fn class_sizes(items: &[SplitItem]) -> BTreeMap<usize, usize> {
    class_counts(&(0..items.len()).collect::<Vec<_>>(), items)
}

fn class_counts(indices: &[usize], items: &[SplitItem]) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for class in indices.iter().filter_map(|&index| items[index].class) {
        *counts.entry(class).or_insert(0) += 1;
    }
    counts
}

fn share(count: usize, fraction: f64) -> usize {
    (count as f64 * fraction).round() as usize
}

/// Large data sets need few attempts to cover all classes.
fn attempts(items: usize) -> usize {
    (200_000 / items.max(1)).clamp(20, 1_000)
}

#[cfg(test)]
mod tests;
