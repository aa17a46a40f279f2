//! Recordings scored by a model and set against their labels.

use std::cell::RefCell;
use std::collections::BTreeSet;

use anyhow::bail;
use indicatif::ProgressBar;
use pipit_core::{Classifier, WindowScores};

use crate::classes;
use crate::dataset::{Dataset, Recording};
use crate::decode;
use crate::metrics::{Judged, folds};
use crate::run_folder::RunConfig;
use crate::score::{Pooled, WindowConfidences, pool, score_file};
use crate::train::progress_style;

/// What a model makes of recordings; both lists are in the same order.
#[derive(Default)]
pub(crate) struct JudgedSet<'a> {
    /// The recordings that could be read.
    pub(crate) recordings: Vec<&'a Recording>,
    /// Their scores, pooled over the windows, and their truth.
    pub(crate) judged: Vec<Judged>,
    /// File names of the others.
    pub(crate) unreadable: Vec<String>,
}

impl<'a> JudgedSet<'a> {
    /// Adds what another model makes of other recordings.
    pub(crate) fn extend(&mut self, other: JudgedSet<'a>) {
        self.recordings.extend(other.recordings);
        self.judged.extend(other.judged);
        self.unreadable.extend(other.unreadable);
    }

    /// Parts for cross-validation that keep a recordist's recordings together, and the parts of one; `None` if one
    /// recordist made all of them.
    pub(crate) fn folds_by_recordist(&self) -> Option<Vec<usize>> {
        let recordists: Vec<Option<String>> = (self.recordings.iter())
            .map(|recording| recording.recordist().or_else(|| recording.publication()))
            .collect();
        folds::of_groups(&recordists)
    }
}

/// The recordings of a data set that a run has held out of training.
pub(crate) fn held_out<'a>(run: &RunConfig, dataset: &'a Dataset) -> Vec<&'a Recording> {
    let held_out: BTreeSet<&String> = run.held_out.iter().collect();
    (dataset.recordings.iter())
        .filter(|recording| held_out.contains(&recording.filename))
        .collect()
}

/// Scores each recording from its file; says which were read in part.
pub(crate) fn judge_files<'a>(
    classifier: &Classifier,
    recordings: &[&'a Recording],
    what: &str,
) -> anyhow::Result<JudgedSet<'a>> {
    let damaged = RefCell::new(Vec::new());
    let set = judge(classifier, recordings, what, |recording| {
        let scored = score_file(classifier, &recording.path)?;
        (damaged.borrow_mut()).push((recording.path.clone(), scored.damaged_packets));
        Ok(scored.windows)
    })?;
    for (path, damaged_packets) in damaged.into_inner() {
        decode::tell_of_damage(&path, damaged_packets);
    }
    Ok(set)
}

/// Scores each recording with `score`; failures are reported and counted.
pub(crate) fn judge<'a>(
    classifier: &Classifier,
    recordings: &[&'a Recording],
    what: &str,
    score: impl Fn(&Recording) -> anyhow::Result<Vec<WindowScores>>,
) -> anyhow::Result<JudgedSet<'a>> {
    let bar = ProgressBar::new(recordings.len() as u64)
        .with_style(progress_style(
            "{msg}  {bar:30} {pos}/{len} recordings, {eta} left",
        ))
        .with_message(what.to_owned());
    let taxonomy = &classifier.manifest().classes;
    let calibration = classifier.manifest().calibration;
    let mut set = JudgedSet {
        recordings: Vec::with_capacity(recordings.len()),
        judged: Vec::with_capacity(recordings.len()),
        unreadable: Vec::new(),
    };
    for &recording in recordings {
        match score(recording) {
            Ok(windows) => {
                let windows = windows.iter().map(|window| WindowConfidences {
                    sound_s: window.end_s - window.start_s,
                    confidences: &window.scores.0,
                });
                let Pooled { scores, peaks } = pool(windows, calibration);
                set.recordings.push(recording);
                set.judged.push(Judged {
                    scores,
                    peaks,
                    truth: classes::truth(taxonomy, recording),
                    primary: classes::primary(taxonomy, recording),
                });
            }
            Err(error) => {
                set.unreadable.push(recording.filename.clone());
                bar.suspend(|| eprintln!("skipped: {error:#}"));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if set.judged.is_empty() {
        bail!("none of the {} recordings can be read", recordings.len());
    }
    Ok(set)
}
