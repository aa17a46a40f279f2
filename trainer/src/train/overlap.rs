//! What the recordings of a stage before have in common with those that the main stage is judged on.
//!
//! Figures for a recording that the network has heard before say nothing. Other recordings by the same
//! people share a microphone and a place with it, which helps less; there are many of them where
//! both stages take from one archive, so they stay and are named.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use pipit_core::package::sha256_hex;
use rayon::prelude::*;

use super::data::{self, Divided};
use crate::dataset::{Dataset, Recording};
use crate::listing::some_of;
use crate::run_folder::RunConfig;
use crate::settings::Settings;

/// What a stage must not learn from, as a later one is judged on it.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// What the later stage is judged on.
    pub(super) judged: Vec<Recording>,
    /// File names of the same recordings in the stage's own data set.
    pub(super) files: BTreeSet<String>,
}

/// What the stage before must not learn from; says which of its recordings that is, and whom both
/// sides know.
pub(super) fn left_out(main: &Settings, before: &Settings) -> anyhow::Result<LeftOut> {
    let Divided { dataset, split, .. } =
        data::divide(main.data()?, &main.options, &BTreeSet::new())?;
    let judged: Vec<Recording> = (split.held_out.iter())
        .map(|&index| dataset.recordings[index].clone())
        .collect();
    let held_out: Vec<&Recording> = judged.iter().collect();
    let path = before.data()?;
    let dataset = Dataset::open(path)?;
    let overlap = Overlap::find(&dataset.recordings, &held_out);

    let (all, same) = (dataset.recordings.len(), overlap.recordings.len());
    ensure!(
        same < all,
        "stage 2 is judged on every recording of stage 1, so that none is left to learn from in {}",
        path.display()
    );
    if same > 0 {
        println!(
            "{same} of {all} recordings are left out of stage 1, as stage 2 is judged on them: {}",
            some_of(&overlap.files())
        );
    }
    if !overlap.recordists.is_empty() {
        let people: Vec<String> = (overlap.recordists.iter())
            .map(|(name, recordings)| format!("{name} ({recordings})"))
            .collect();
        let recordings: usize = (overlap.recordists.iter()).map(|(_, count)| count).sum();
        eprintln!(
            "stage 1 learns from recordists whom stage 2 is judged on, so its figures may be a little \
             too good; recordists: {}, recordings: {recordings}: {}",
            people.len(),
            some_of(&people)
        );
    }
    let files = overlap.files().into_iter().map(str::to_owned).collect();
    Ok(LeftOut { judged, files })
}

/// Says which held-out recordings the weights that a run begins with have `heard`, by their files' names.
pub(super) fn warn_of_heard(heard: &BTreeSet<String>, held_out: &[Recording]) {
    let known = among(heard, held_out);
    if !known.is_empty() {
        eprintln!(
            "the weights have learned from {} of the {} held-out recordings, so the figures will be too good: {}",
            known.len(),
            held_out.len(),
            some_of(&known)
        );
    }
}

/// Refuses to judge a run by recordings from which the weights that it began with had learned.
pub(crate) fn ensure_unheard(run: &RunConfig) -> anyhow::Result<()> {
    let heard = run.heard.iter().cloned().collect();
    let held_out: Vec<Recording> = run.held_out.iter().map(|name| named(name)).collect();
    let known = among(&heard, &held_out);
    ensure!(
        known.is_empty(),
        "the weights that it began with had learned from {} of the {} recordings that it holds out: {}",
        known.len(),
        held_out.len(),
        some_of(&known)
    );
    Ok(())
}

/// Those of the names that are one of the `recordings`.
fn among(names: &BTreeSet<String>, recordings: &[Recording]) -> Vec<String> {
    let named: Vec<Recording> = names.iter().map(|name| named(name)).collect();
    in_both(&named, recordings).into_iter().collect()
}

/// Whether one of these files is this recording, by its name or number: the folders of two data sets name their files
/// alike.
pub(crate) fn is_among(recording: &Recording, names: &[String]) -> bool {
    let publication = recording.publication();
    names.iter().any(|name| {
        *name == recording.filename
            || (publication.is_some() && named(name).publication() == publication)
    })
}

/// A recording of which nothing else is known.
fn named(filename: &str) -> Recording {
    Recording {
        filename: filename.to_owned(),
        ..Recording::default()
    }
}

/// File names of those `recordings` that are among the `others`, too.
pub(super) fn in_both(recordings: &[Recording], others: &[Recording]) -> BTreeSet<String> {
    let others: Vec<&Recording> = others.iter().collect();
    let overlap = Overlap::find(recordings, &others);
    overlap.files().into_iter().map(str::to_owned).collect()
}

/// What two sets of recordings share.
#[derive(Debug, PartialEq)]
struct Overlap<'a> {
    /// Those of the first that are in the second, too.
    recordings: Vec<&'a Recording>,
    /// People of the second with their other recordings in the first, most first.
    recordists: Vec<(&'a str, usize)>,
}

impl<'a> Overlap<'a> {
    /// Recordings are the same by their file's name, place of publication or bytes.
    fn find(before: &'a [Recording], held_out: &[&'a Recording]) -> Self {
        let names: BTreeSet<&str> = (held_out.iter())
            .map(|recording| recording.filename.as_str())
            .collect();
        let publications: BTreeSet<String> = (held_out.iter())
            .filter_map(|recording| recording.publication())
            .collect();
        let is_named = |recording: &&Recording| {
            names.contains(recording.filename.as_str())
                || (recording.publication()).is_some_and(|place| publications.contains(&place))
        };
        let (mut same, others): (Vec<_>, Vec<_>) = before.iter().partition(is_named);
        let (copies, others) = copies(others, held_out);
        same.extend(copies);

        let people: BTreeMap<String, &str> = (held_out.iter())
            .filter_map(|recording| recording.recordist().zip(recording.author.as_deref()))
            .collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for name in (others.iter())
            .filter_map(|recording| people.get(&recording.recordist()?))
            .copied()
        {
            *counts.entry(name).or_insert(0) += 1;
        }
        let mut recordists: Vec<_> = counts.into_iter().collect();
        recordists.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        Self {
            recordings: same,
            recordists,
        }
    }

    fn files(&self) -> Vec<&'a str> {
        (self.recordings.iter())
            .map(|recording| recording.filename.as_str())
            .collect()
    }
}

/// Parts recordings into those whose file has the bytes of another's, and the rest.
fn copies<'a>(
    recordings: Vec<&'a Recording>,
    of: &[&Recording],
) -> (Vec<&'a Recording>, Vec<&'a Recording>) {
    let known: BTreeSet<String> = (digests(of, &lengths(&recordings)).into_iter())
        .flatten()
        .collect();
    let own = digests(&recordings, &lengths(of));
    let (mut copies, mut rest) = (Vec::new(), Vec::new());
    for (recording, digest) in recordings.into_iter().zip(own) {
        let side = if digest.is_some_and(|digest| known.contains(&digest)) {
            &mut copies
        } else {
            &mut rest
        };
        side.push(recording);
    }
    (copies, rest)
}

/// Digests of the files with one of these lengths: no others are worth reading. What cannot be read
/// has none.
fn digests(recordings: &[&Recording], lengths: &BTreeSet<u64>) -> Vec<Option<String>> {
    (recordings.par_iter())
        .map(|recording| {
            length(recording).filter(|length| lengths.contains(length))?;
            let bytes = std::fs::read(&recording.path).ok()?;
            Some(sha256_hex(&bytes))
        })
        .collect()
}

fn lengths(recordings: &[&Recording]) -> BTreeSet<u64> {
    (recordings.iter())
        .filter_map(|recording| length(recording))
        .collect()
}

fn length(recording: &Recording) -> Option<u64> {
    let metadata = std::fs::metadata(&recording.path).ok()?;
    Some(metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(filename: &str, author: &str, url: &str) -> Recording {
        Recording {
            filename: filename.to_owned(),
            author: (!author.is_empty()).then(|| author.to_owned()),
            url: (!url.is_empty()).then(|| url.to_owned()),
            ..Recording::default()
        }
    }

    #[test]
    fn one_recording_is_found_under_its_name_its_number_and_its_address() {
        let held_out = [
            recording("rail/1.ogg", "", ""),
            recording("rail/XC12.ogg", "", ""),
            recording("rail/3.ogg", "", "https://example.org/3"),
        ];
        let before = [
            recording("rail/1.ogg", "", ""),
            recording("crake/1.ogg", "", ""),
            recording("XC12_2.wav", "", ""),
            recording("4.mp3", "", "https://xeno-canto.org/12"),
            recording("XC13.ogg", "", ""),
            recording("a/a.ogg", "", "https://example.org/3"),
        ];

        let overlap = Overlap::find(&before, &held_out.iter().collect::<Vec<_>>());

        assert_eq!(
            overlap.files(),
            ["rail/1.ogg", "XC12_2.wav", "4.mp3", "a/a.ogg"]
        );
        assert_eq!(overlap.recordists, []);
    }

    #[test]
    fn copies_under_other_names_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Recording {
                path,
                ..recording(name, "", "")
            }
        };
        let held_out = [file("a.wav", "wren"), file("b.wav", "rail")];
        let before = [
            file("c.wav", "crow"),
            file("d.wav", "rail"),
            file("e.wav", "raven"),
            recording("missing.wav", "", ""),
        ];

        let overlap = Overlap::find(&before, &held_out.iter().collect::<Vec<_>>());

        assert_eq!(overlap.files(), ["d.wav"]);
    }

    #[test]
    fn people_are_counted_by_their_other_recordings() {
        let held_out = [
            recording("1.ogg", "Ann Bell", ""),
            recording("2.ogg", "Bo", ""),
            recording("3.ogg", "", ""),
        ];
        let before = [
            recording("1.ogg", "Ann Bell", ""),
            recording("5.ogg", "Bo", ""),
            recording("6.ogg", "ann  bell", ""),
            recording("7.ogg", "Ann Bell", ""),
            recording("8.ogg", "Cy", ""),
            recording("9.ogg", "", ""),
        ];

        let overlap = Overlap::find(&before, &held_out.iter().collect::<Vec<_>>());

        assert_eq!(overlap.files(), ["1.ogg"]);
        assert_eq!(overlap.recordists, [("Ann Bell", 2), ("Bo", 1)]);
    }
}
