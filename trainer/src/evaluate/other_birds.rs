//! Birds that are none of the classes, and how often they are taken for one.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::Serialize;

use super::networks::Network;
use crate::dataset::{Dataset, Recording, is_same_file};
use crate::judging;
use crate::listing::some_of;
use crate::metrics::ranking::roc_auc;
use crate::metrics::{Judged, ratio};
use crate::train::classless::{choose_counterexamples, species};

/// How a model does where birds sing that are none of its classes.
#[derive(Debug, Clone, Serialize)]
pub(super) struct OtherBirds {
    /// Their recordings.
    pub(super) recordings: usize,
    /// Files that could not be read.
    pub(super) unreadable: Vec<String>,
    /// The mean share of them in which a network detects a class, though there is none.
    pub(super) detected: f64,
    /// The share of recordings of the classes in which their own class is detected.
    pub(super) own_detected: f64,
    /// How likely a recording's own class is heard with more confidence than another bird's likeliest class.
    pub(super) roc_auc: Option<f64>,
}

/// What each network makes of other birds.
pub(super) struct Scored {
    recordings: usize,
    unreadable: Vec<String>,
    judged: Vec<Judged>,
}

/// Recordings of other birds but for those that the networks' training was shown, or others of whose species.
pub(super) fn choose(
    path: &Path,
    dataset: &Dataset,
    networks: &[Network<'_>],
) -> anyhow::Result<Vec<Recording>> {
    let classes = &networks[0].classifier.manifest().classes;
    let mut birds = choose_counterexamples(path, dataset, classes)?;
    let all = birds.len();
    let shown_species: BTreeSet<String> = (birds.iter())
        .filter(|bird| networks.iter().any(|network| network.was_shown(bird)))
        .flat_map(|bird| species(bird).into_iter().map(str::to_owned))
        .collect();
    birds.retain(|bird| {
        !species(bird)
            .iter()
            .any(|name| shown_species.contains(*name))
    });
    ensure!(
        !birds.is_empty(),
        "training has shown all {all} counterexamples, or others of their species, so take others, or leave some to \
         judging when you train, with --held-out-counterexamples: {}",
        path.display()
    );
    if birds.len() < all {
        println!(
            "{} of {all} counterexamples were shown in training, or others of their species, and are left out",
            all - birds.len()
        );
    }
    let heard: BTreeSet<&str> = networks.iter().flat_map(Network::heard).collect();
    let known: Vec<&str> = (birds.iter())
        .map(|bird| bird.filename.as_str())
        .filter(|name| heard.iter().any(|heard| is_same_file(heard, name)))
        .collect();
    if !known.is_empty() {
        eprintln!(
            "from {} of the {} counterexamples the weights had learned in a stage before: {}",
            known.len(),
            birds.len(),
            some_of(&known)
        );
    }
    for network in networks {
        network.warn_of_known_recordists(&birds);
    }
    Ok(birds)
}

/// Asks each network about all of the birds, which are from `path`.
pub(super) fn score(
    birds: &[Recording],
    networks: &[Network<'_>],
    path: &Path,
) -> anyhow::Result<Scored> {
    let birds: Vec<&Recording> = birds.iter().collect();
    let mut scored = Scored {
        recordings: 0,
        unreadable: Vec::new(),
        judged: Vec::new(),
    };
    for network in networks {
        let set = judging::judge_files(&network.classifier, &birds, "scoring other birds")
            .with_context(|| format!("of the counterexamples in {}", path.display()))?;
        (scored.recordings, scored.unreadable) = (set.judged.len(), set.unreadable);
        scored.judged.extend(set.judged);
    }
    Ok(scored)
}

/// Sets them beside `own`, what the networks make of their own recordings. A class is detected where a window's
/// confidence reaches its threshold.
pub(super) fn compare(
    others: Scored,
    own: &[Judged],
    threshold_of: impl Fn(usize) -> f32,
) -> OtherBirds {
    let is_detected = |judged: &Judged, class: usize| judged.peaks[class] >= threshold_of(class);
    let of_classes: Vec<(&Judged, usize)> = (own.iter())
        .filter_map(|judged| Some((judged, judged.primary?)))
        .collect();
    let own_detected = (of_classes.iter()).filter(|(judged, class)| is_detected(judged, *class));
    let detected = (others.judged.iter())
        .filter(|judged| (0..judged.peaks.len()).any(|class| is_detected(judged, class)));
    let highest = |judged: &Judged| judged.peaks.iter().copied().fold(0.0, f32::max);
    let scored: Vec<(f32, bool)> = (of_classes.iter())
        .map(|&(judged, class)| (judged.peaks[class], true))
        .chain(others.judged.iter().map(|judged| (highest(judged), false)))
        .collect();
    OtherBirds {
        recordings: others.recordings,
        detected: ratio(detected.count(), others.judged.len()),
        own_detected: ratio(own_detected.count(), of_classes.len()),
        roc_auc: roc_auc(&scored),
        unreadable: others.unreadable,
    }
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
        let others = || Scored {
            recordings: 2,
            unreadable: Vec::new(),
            judged: vec![judged([0.55, 0.1], None), judged([0.2, 0.4], None)],
        };

        let found = compare(others(), &own, |class| [0.5, 0.25][class]);

        // 0.4 is enough for the second class.
        assert_eq!((found.detected, found.own_detected), (1.0, 1.0));
        // 0.9 is above both others, 0.3 above none.
        assert_eq!(found.roc_auc, Some(0.5));
        let found = compare(others(), &own, |_| 0.5);
        assert_eq!((found.detected, found.own_detected), (0.5, 0.5));
    }
}
