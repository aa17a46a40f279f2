//! Where a run stands after an epoch or within one, on disk, so that it can go on.
//!
//! A checkpoint is a folder that appears under its final name only when it is complete.
//! Randomness is a function of seed, epoch and batch, so these are all there is to keep of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use pipit_core::model::Model;
use serde::{Deserialize, Serialize};

use crate::files;

/// What a run has done so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// One entry a finished epoch.
    pub(crate) history: Vec<EpochRecord>,
    /// The epoch after them, if it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) begun: Option<BegunEpoch>,
}

/// An epoch up to some step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct BegunEpoch {
    /// Batches that it has trained on.
    pub(crate) batches: usize,
    /// How many make a step: those that are accumulated, on all devices.
    #[serde(default)]
    pub(crate) batches_per_step: usize,
    /// What they came to.
    pub(crate) losses: LossSums,
    /// Time spent on them.
    pub(crate) seconds: f64,
    /// Time in which the network waited for them.
    pub(crate) waited_s: f64,
    /// On the way, in order.
    pub(crate) steps: Vec<StepRecord>,
}

/// Losses, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LossSums {
    /// Of all batches.
    pub(crate) all: f64,
    /// How many these are.
    pub(crate) batches: f64,
    /// Of those since the last [`StepRecord`].
    pub(crate) since: f64,
    /// How many these are.
    pub(crate) batches_since: f64,
}

impl LossSums {
    /// The mean over all batches.
    pub(crate) fn mean(&self) -> f64 {
        self.all / self.batches.max(1.0)
    }
}

/// One finished epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EpochRecord {
    /// Counted from 1.
    pub(crate) epoch: usize,
    /// At its end.
    pub(crate) learning_rate: f64,
    /// Mean over its steps.
    pub(crate) loss: f64,
    /// On the held-out recordings, if they were judged.
    pub(crate) metrics: BTreeMap<String, f64>,
    /// Training and judging.
    pub(crate) seconds: f64,
    /// Share of the training in which the network waited for batches.
    #[serde(default)]
    pub(crate) data_share: f64,
    /// On the way, in order.
    #[serde(default)]
    pub(crate) steps: Vec<StepRecord>,
}

/// Where training stood after a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepRecord {
    /// Counted from 1, over all epochs.
    pub(crate) step: usize,
    /// Of this step.
    pub(crate) learning_rate: f64,
    /// Mean over the batches since the record before.
    pub(crate) loss: f64,
}

/// A run in memory.
pub(crate) struct TrainingState {
    /// The network that is trained.
    pub(crate) model: Model,
    /// Its running average, if there is one.
    pub(crate) average: Option<Model>,
    /// Momenta of all weights.
    pub(crate) optimizer: ModuleOptimizer,
    /// How far it has come.
    pub(crate) progress: Progress,
}

const FOLDER: &str = "checkpoint-";
const PARTIAL: &str = ".partial-";
const MODEL_FILE: &str = "model.bpk";
const AVERAGE_FILE: &str = "average.bpk";
const OPTIMIZER_FILE: &str = "optimizer.bpk";
const PROGRESS_FILE: &str = "progress.json";

/// Writes a checkpoint and removes the older ones.
pub(crate) fn save(run: &Path, state: &TrainingState) -> anyhow::Result<()> {
    let epoch = state.progress.history.len();
    let target = run.join(match &state.progress.begun {
        Some(begun) => format!("{FOLDER}{epoch:05}-{:07}", begun.batches),
        None => format!("{FOLDER}{epoch:05}"),
    });
    let context = || format!("cannot write {}", target.display());

    remove_partial(run).with_context(context)?;
    let partial = tempfile::Builder::new()
        .prefix(PARTIAL)
        .tempdir_in(run)
        .with_context(context)?;
    write(partial.path(), state).with_context(context)?;
    let older = list(run)?;
    if target.exists() {
        fs::remove_dir_all(&target).with_context(context)?;
    }
    fs::rename(partial.keep(), &target).with_context(context)?;

    for (_, folder) in older.into_iter().filter(|(_, folder)| *folder != target) {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// The latest checkpoint of a run, if there is one.
pub(crate) fn latest(run: &Path) -> anyhow::Result<Option<PathBuf>> {
    Ok(list(run)?.pop().map(|(_, folder)| folder))
}

/// Loads a checkpoint into a state that was freshly made with the run's settings.
pub(crate) fn load(folder: &Path, state: TrainingState) -> anyhow::Result<TrainingState> {
    let context = || format!("cannot resume from {}", folder.display());
    read(folder, state).with_context(context)
}

/// Removes what a program left that was ended while it wrote.
fn remove_partial(run: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(run)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn write(folder: &Path, state: &TrainingState) -> anyhow::Result<()> {
    // Brings the running statistics, which lag one batch behind, up to date.
    let _ = state.model.valid();
    state
        .model
        .clone()
        .into_record()
        .save(folder.join(MODEL_FILE))?;
    if let Some(average) = &state.average {
        average
            .clone()
            .into_record()
            .save(folder.join(AVERAGE_FILE))?;
    }
    state.optimizer.save(folder.join(OPTIMIZER_FILE))?;
    let progress = serde_json::to_vec_pretty(&state.progress)?;
    files::write_atomically(&folder.join(PROGRESS_FILE), &progress)?;
    for entry in fs::read_dir(folder)? {
        fs::File::open(entry?.path())?.sync_all()?;
    }
    Ok(())
}

fn read(folder: &Path, state: TrainingState) -> anyhow::Result<TrainingState> {
    // Loaded from a file, tensors would be read when they are needed, and the file may be gone by then.
    let bytes = |name| files::read(&folder.join(name)).map(Bytes::from_bytes_vec);
    let record = |name| anyhow::Ok(ModuleRecord::from_bytes(bytes(name)?)?);
    let model = state.model.try_load_record(record(MODEL_FILE)?)?;
    let average = match state.average {
        Some(average) => Some(average.try_load_record(record(AVERAGE_FILE)?)?),
        None => None,
    };
    let progress: Progress = serde_json::from_slice(&files::read(&folder.join(PROGRESS_FILE))?)?;
    ensure!(
        !progress.history.is_empty() || progress.begun.is_some(),
        "it holds no step"
    );
    Ok(TrainingState {
        model,
        average,
        optimizer: state.optimizer.from_bytes(bytes(OPTIMIZER_FILE)?)?,
        progress,
    })
}

/// Checkpoints by finished epochs and batches of the next, the latest last.
fn list(run: &Path) -> anyhow::Result<Vec<((usize, usize), PathBuf)>> {
    let context = || format!("cannot list {}", run.display());
    let mut checkpoints = Vec::new();
    for entry in fs::read_dir(run).with_context(context)? {
        let path = entry.with_context(context)?.path();
        let place = (path.file_name())
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_prefix(FOLDER))
            .and_then(|place| {
                let (epoch, batches) = place.split_once('-').unwrap_or((place, "0"));
                Some((epoch.parse().ok()?, batches.parse().ok()?))
            });
        checkpoints.extend(place.map(|place| (place, path)));
    }
    checkpoints.sort();
    Ok(checkpoints)
}
