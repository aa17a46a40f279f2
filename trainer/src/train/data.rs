//! The recordings of a run in memory, on the two sides of the split.

use std::path::Path;

use anyhow::ensure;
use pipit_core::Taxonomy;

use super::recordings::{self, StoredAudio};
use super::validate::HeldOut;
use super::{TrainOptions, loss};
use crate::classes;
use crate::dataset::{Dataset, Recording};
use crate::split::{self, SplitBy, SplitItem};

/// Recordings with what is to be learned from them.
pub(crate) struct Data {
    /// Where they come from.
    pub(crate) dataset: Dataset,
    /// The classes in output order.
    pub(crate) classes: Taxonomy,
    /// How the two sides were told apart.
    pub(crate) split_by: SplitBy,
    /// Trained on.
    pub(crate) training: Vec<Recording>,
    /// Their audio.
    pub(crate) training_audio: Vec<StoredAudio>,
    /// What the network should answer, one entry a class.
    pub(crate) training_targets: Vec<Vec<f32>>,
    /// Judged on.
    pub(crate) held_out_recordings: Vec<Recording>,
    /// Their audio and truth.
    pub(crate) held_out: HeldOut,
    /// File names with what is wrong.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// Reads a data set, splits it and decodes it; files that cannot be read are reported and left out.
pub(crate) fn load(path: &Path, options: &TrainOptions) -> anyhow::Result<Data> {
    let dataset = Dataset::open(path)?;
    let classes = classes::choose(&dataset, options.min_recordings)?;
    let items: Vec<SplitItem<'_>> = dataset
        .recordings
        .iter()
        .map(|recording| SplitItem {
            recordist: recording.author.as_deref(),
            class: classes::primary(&classes, recording),
        })
        .collect();
    let split = match (options.fold, options.folds) {
        (Some(fold), Some(folds)) => split::hold_out_fold(&items, fold - 1, folds, options.seed),
        _ => split::hold_out(&items, options.held_out, options.seed),
    };

    let all: Vec<&Recording> = dataset.recordings.iter().collect();
    let mut audio = recordings::load(&all, options.audio.sample_rate);
    let mut unreadable = Vec::new();
    let mut take = |indices: &[usize]| {
        let mut side = (Vec::new(), Vec::new());
        for &index in indices {
            let recording = &dataset.recordings[index];
            match std::mem::replace(&mut audio[index], Err(anyhow::anyhow!("taken"))) {
                Ok(stored) => {
                    side.0.push(recording.clone());
                    side.1.push(stored);
                }
                Err(error) => {
                    eprintln!("skipped: {error:#}");
                    unreadable.push((recording.filename.clone(), format!("{error:#}")));
                }
            }
        }
        side
    };
    let (training, training_audio) = take(&split.training);
    let (held_out_recordings, held_out_audio) = take(&split.held_out);
    ensure!(
        !training.is_empty(),
        "none of the {} training recordings can be read",
        split.training.len()
    );

    let training_targets = training
        .iter()
        .map(|recording| {
            let mut targets = classes::targets(&classes, recording, options.secondary_weight);
            loss::smooth(&mut targets, options.label_smoothing);
            targets
        })
        .collect();
    let held_out = HeldOut {
        truth: held_out_recordings
            .iter()
            .map(|recording| classes::truth(&classes, recording))
            .collect(),
        primary: held_out_recordings
            .iter()
            .map(|recording| classes::primary(&classes, recording))
            .collect(),
        audio: held_out_audio,
    };
    Ok(Data {
        split_by: split.by,
        dataset,
        classes,
        training,
        training_audio,
        training_targets,
        held_out_recordings,
        held_out,
        unreadable,
    })
}
