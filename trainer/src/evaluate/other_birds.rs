//! Birds that are none of the classes, and how often they are taken for one.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::ensure;
use serde::Serialize;

use super::networks::Network;
use crate::dataset::{Dataset, Recording};
use crate::judging::{self, JudgedSet};
use crate::listing::some_of;
use crate::metrics::Judged;
use crate::metrics::ranking::roc_auc;
use crate::score::score_file;
use crate::train::classless::choose_counterexamples;

/// How a model does where birds sing that are none of its classes.
#[derive(Debug, Clone, Serialize)]
pub(super) struct OtherBirds {
    /// Their recordings.
    pub(super) recordings: usize,
    /// The mean share of them in which a network detects a class, though there is none.
    pub(super) detected: f64,
    /// The share of recordings of the classes in which their own class is detected.
    pub(super) own_detected: f64,
    /// How likely a recording's own class is heard with more confidence than another bird's likeliest class.
    pub(super) roc_auc: Option<f64>,
}

/// Recordings of other birds that none of the networks learned from as such.
pub(super) fn choose(
    path: &Path,
    dataset: &Dataset,
    networks: &[Network<'_>],
) -> anyhow::Result<Vec<Recording>> {
    let classes = &networks[0].classifier.manifest().classes;
    let mut birds = choose_counterexamples(path, dataset, classes)?;
    let all = birds.len();
    let shown: BTreeSet<&str> = networks.iter().flat_map(Network::counterexamples).collect();
    birds.retain(|bird| !shown.contains(bird.filename.as_str()));
    ensure!(
        !birds.is_empty(),
        "training has shown all {all} counterexamples in {}",
        path.display()
    );
    if birds.len() < all {
        println!(
            "{} of {all} counterexamples were shown in training, and are left out",
            all - birds.len()
        );
    }
    let heard: BTreeSet<&str> = networks.iter().flat_map(Network::heard).collect();
    let known: Vec<&str> = (birds.iter())
        .map(|bird| bird.filename.as_str())
        .filter(|name| heard.contains(name))
        .collect();
    if !known.is_empty() {
        eprintln!(
            "from {} of the {} counterexamples the weights had learned in a stage before: {}",
            known.len(),
            birds.len(),
            some_of(&known)
        );
    }
    Ok(birds)
}

/// Asks each network about all of the other birds, and sets them beside `own`, what the networks make of their
/// own recordings. A class is detected where a window's confidence reaches its threshold.
pub(super) fn judge(
    birds: &[Recording],
    networks: &[Network<'_>],
    own: &JudgedSet<'_>,
    threshold_of: impl Fn(usize) -> f32,
) -> anyhow::Result<OtherBirds> {
    let birds: Vec<&Recording> = birds.iter().collect();
    let mut others = JudgedSet::default();
    for network in networks {
        let classifier = &network.classifier;
        let set = judging::judge(classifier, &birds, "scoring other birds", |recording| {
            Ok(score_file(classifier, &recording.path)?.windows)
        })?;
        others.extend(set);
    }
    Ok(compare(
        &own.judged,
        &others.judged,
        birds.len(),
        threshold_of,
    ))
}

fn compare(
    own: &[Judged],
    others: &[Judged],
    recordings: usize,
    threshold_of: impl Fn(usize) -> f32,
) -> OtherBirds {
    let is_detected = |judged: &Judged, class: usize| judged.peaks[class] >= threshold_of(class);
    let of_classes: Vec<(&Judged, usize)> = (own.iter())
        .filter_map(|judged| Some((judged, judged.primary?)))
        .collect();
    let own_detected = of_classes
        .iter()
        .filter(|(judged, class)| is_detected(judged, *class));
    let detected = (others.iter())
        .filter(|judged| (0..judged.peaks.len()).any(|class| is_detected(judged, class)));
    let highest = |judged: &Judged| judged.peaks.iter().copied().fold(0.0, f32::max);
    let scored: Vec<(f32, bool)> = (of_classes.iter())
        .map(|&(judged, class)| (judged.peaks[class], true))
        .chain(others.iter().map(|judged| (highest(judged), false)))
        .collect();
    OtherBirds {
        recordings,
        detected: share(detected.count(), others.len()),
        own_detected: share(own_detected.count(), of_classes.len()),
        roc_auc: roc_auc(&scored),
    }
}

fn share(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_ranks_equal_those_counted_by_hand() {
        let judged = |peaks: [f32; 2], primary: Option<usize>| Judged {
            scores: Vec::new(),
            peaks: peaks.to_vec(),
            truth: Vec::new(),
            primary,
        };
        let own = [
            judged([0.9, 0.8], Some(0)),
            judged([0.9, 0.3], Some(1)),
            judged([0.9, 0.9], None),
        ];
        let others = [judged([0.55, 0.1], None), judged([0.2, 0.4], None)];

        let found = compare(&own, &others, 2, |class| [0.5, 0.25][class]);

        // 0.4 is enough for the second class.
        assert_eq!((found.detected, found.own_detected), (1.0, 1.0));
        // 0.9 is above both others, 0.3 above none.
        assert_eq!(found.roc_auc, Some(0.5));
        let found = compare(&own, &others, 2, |_| 0.5);
        assert_eq!((found.detected, found.own_detected), (0.5, 0.5));
    }
}
