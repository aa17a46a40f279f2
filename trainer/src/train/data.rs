//! The recordings of a run in memory, on the two sides of the split.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};
use pipit_core::Taxonomy;
use pipit_core::package::sha256_hex;

use super::classless;
use super::overlap::LeftOut;
use super::plan::Plan;
use super::recordings::{self, Readable, StoredAudio};
use super::validate::HeldOut;
use super::{TrainOptions, balance};
use crate::classes;
use crate::dataset::{Dataset, Recording};
use crate::split::{self, Split, SplitBy};

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
    /// The class of the primary label.
    pub(crate) training_primary: Vec<Option<usize>>,
    /// How much each counts in the loss.
    pub(crate) training_weights: Vec<f32>,
    /// Recordings without birds.
    pub(crate) backgrounds: Readable,
    /// Recordings of birds that are none of the classes.
    pub(crate) counterexamples: Readable,
    /// Judged on.
    pub(crate) held_out_recordings: Vec<Recording>,
    /// Their audio and truth.
    pub(crate) held_out: HeldOut,
    /// File names with what is wrong.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// A data set before anything is decoded.
pub(crate) struct Divided {
    /// All of it.
    pub(crate) dataset: Dataset,
    /// The classes in output order.
    pub(crate) classes: Taxonomy,
    /// Which recordings are held out.
    pub(crate) split: Split,
}

/// Reads the table of a data set and splits it, as if the files named in `left_out` were not there.
pub(crate) fn divide(
    path: &Path,
    options: &TrainOptions,
    left_out: &BTreeSet<String>,
) -> anyhow::Result<Divided> {
    let mut dataset = Dataset::open(path)?;
    (dataset.recordings).retain(|recording| !left_out.contains(&recording.filename));
    let classes = classes::choose(&dataset, &options.classes, options.min_recordings)?;
    let items = split::items(&dataset, &classes);
    let seed = options.split_seed.unwrap_or(options.seed);
    let (fold, folds) = (options.fold, options.folds);
    let split = split::divide(&items, fold, folds, options.held_out, seed)
        .with_context(|| format!("cannot divide {}", path.display()))?;
    Ok(Divided {
        dataset,
        classes,
        split,
    })
}

/// Refuses recordings that are not there, make no classes or cannot be divided, before anything takes long.
pub(crate) fn ensure_there(path: &Path, options: &TrainOptions) -> anyhow::Result<()> {
    let Divided { dataset, .. } = divide(path, options, &BTreeSet::new())?;
    ensure_files(&dataset.recordings, path)?;
    if let Some(path) = &options.backgrounds {
        ensure_files(&classless::shown_backgrounds(path, options)?, path)?;
    }
    if let Some(path) = &options.counterexamples {
        let birds = Dataset::open_partly_labelled(path)?;
        ensure_files(&birds, path)?;
        classless::ensure_some_shown(&birds, path, options)?;
    }
    Ok(())
}

fn ensure_files(recordings: &[Recording], path: &Path) -> anyhow::Result<()> {
    ensure!(
        (recordings.iter()).any(|recording| recording.path.is_file()),
        "none of the {} recordings is there in {}: {} is missing",
        recordings.len(),
        path.display(),
        recordings[0].path.display()
    );
    Ok(())
}

/// Reads a data set, splits it and decodes it; files that cannot be read are reported and left out.
pub(super) fn load(
    path: &Path,
    options: &TrainOptions,
    left_out: &LeftOut,
) -> anyhow::Result<Data> {
    let Divided {
        dataset,
        classes,
        split,
    } = divide(path, options, &left_out.files)?;
    let mut unreadable = Vec::new();
    let mut side = |indices: &[usize]| {
        let recordings = indices
            .iter()
            .map(|&index| dataset.recordings[index].clone());
        recordings::load(
            recordings.collect(),
            options.audio.sample_rate,
            &mut unreadable,
        )
    };
    let Readable {
        recordings: training,
        audio: training_audio,
    } = side(&split.training);
    let Readable {
        recordings: held_out_recordings,
        audio: held_out_audio,
    } = side(&split.held_out);
    ensure!(
        !training.is_empty(),
        "none of the {} training recordings can be read in {}",
        split.training.len(),
        path.display()
    );

    let judged = [&*held_out_recordings, &*left_out.judged].concat();
    let backgrounds = classless::backgrounds(options, &judged, &mut unreadable)?;
    let counterexamples =
        classless::counterexamples(options, &dataset, &classes, &judged, &mut unreadable)?;

    let training_targets = training
        .iter()
        .map(|recording| classes::targets(&classes, recording, options.secondary_weight))
        .collect();
    let ratings: Vec<_> = training.iter().map(|recording| recording.rating).collect();
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
        training_primary: (training.iter())
            .map(|recording| classes::primary(&classes, recording))
            .collect(),
        training_weights: balance::rating_weights(&ratings, options.rating_weight),
        backgrounds,
        counterexamples,
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

impl Data {
    /// How windows of the training recordings are chosen.
    pub(crate) fn plan(&self, window: usize, options: &TrainOptions) -> Plan {
        let audio = &self.training_audio;
        Plan {
            lengths: audio.iter().map(StoredAudio::len).collect(),
            classes: self.training_primary.clone(),
            window,
            crops_per_epoch: options.crops_per_epoch,
            batch_size: options.batch_size,
            sampling_exponent: options.sampling_exponent,
            crop_candidates: options.crop_candidates,
            loudness: if options.crop_candidates > 1 {
                audio.iter().map(StoredAudio::loudness).collect()
            } else {
                Vec::new()
            },
            loudness_block: audio.first().map_or(1, StoredAudio::loudness_block),
            seed: options.seed,
        }
    }

    /// Digest of what the table says of each recording, which is what it teaches and is judged by.
    pub(crate) fn labels(&self) -> String {
        let row = |recording: &Recording| {
            let rating = recording.rating.unwrap_or_default();
            let labels = recording.secondary_labels.join(",");
            format!("{}\t{labels}\t{rating}", recording.primary_label)
        };
        let recordings = self.training.iter().chain(&self.held_out_recordings);
        let rows: Vec<String> = recordings.map(row).collect();
        sha256_hex(rows.join("\n").as_bytes())
    }

    /// How many training recordings each class has.
    pub(crate) fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for class in self.training_primary.iter().flatten() {
            counts[*class] += 1;
        }
        counts
    }
}
