//! The folder that a training run fills, and what later commands read from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use pipit_core::package::{
    Attribution, FORMAT_VERSION, FileEntry, Pretraining, TrainingSummary, WEIGHTS_FILE, sha256_hex,
};
use pipit_core::{
    Architecture, AudioConfig, DetectionConfig, Manifest, MelConfig, ModelPackage, Normalization,
    Taxonomy,
};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::split::SplitBy;
use crate::train::TrainOptions;

/// What was settled before the first step.
pub(crate) const CONFIG_FILE: &str = "config.json";
/// The settings alone, to train the same way again.
pub(crate) const SETTINGS_FILE: &str = "train.toml";
/// Weights of the best epoch, float32 with timm's names.
pub(crate) const BEST_WEIGHTS_FILE: &str = "best.safetensors";
/// Which epoch was best, and how good it was.
pub(crate) const BEST_METRICS_FILE: &str = "best.json";
/// One row an epoch.
pub(crate) const METRICS_FILE: &str = "metrics.csv";
/// One row every few steps.
pub(crate) const STEPS_FILE: &str = "steps.csv";
/// A run of its own inside a run, on other recordings, whose best weights the outer one begins with.
pub(crate) const PRETRAIN_FOLDER: &str = "pretrain";

/// What training writes and other commands read.
pub(crate) const RUN_FILES: [&str; 6] = [
    CONFIG_FILE,
    SETTINGS_FILE,
    BEST_WEIGHTS_FILE,
    BEST_METRICS_FILE,
    METRICS_FILE,
    STEPS_FILE,
];

/// Everything that was settled before the first step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunConfig {
    /// The command line.
    pub(crate) command: String,
    /// The data set's folder or table.
    pub(crate) data: PathBuf,
    /// Its name for people.
    pub(crate) data_name: String,
    /// What it ran on.
    pub(crate) device: String,
    /// The options that were given, with their defaults.
    pub(crate) options: TrainOptions,
    /// The network.
    pub(crate) architecture: Architecture,
    /// Rate and windows.
    pub(crate) audio: AudioConfig,
    /// The Mel spectrogram.
    pub(crate) mel: MelConfig,
    /// Measured on the training recordings, or that of the run that it went on from.
    pub(crate) normalization: Normalization,
    /// Default threshold and merging.
    pub(crate) detection: DetectionConfig,
    /// The classes in output order.
    pub(crate) classes: Taxonomy,
    /// How recordings were held out.
    pub(crate) split_by: SplitBy,
    /// File names of the training recordings.
    pub(crate) training: Vec<String>,
    /// File names of the held-out recordings.
    pub(crate) held_out: Vec<String>,
    /// File names of the recordings without birds.
    #[serde(default)]
    pub(crate) backgrounds: Vec<String>,
    /// File names of the recordings of birds that are none of the classes.
    #[serde(default)]
    pub(crate) counterexamples: Vec<String>,
    /// Training recordings of each class, in output order; empty in runs that did not note it.
    #[serde(default)]
    pub(crate) recordings_per_class: Vec<usize>,
    /// Digest of what the table says of its recordings; absent in runs that did not note it.
    #[serde(default)]
    pub(crate) labels: Option<String>,
    /// Digest of the weights that it began with; absent where they were random, or the run did not note it.
    #[serde(default)]
    pub(crate) began_with: Option<String>,
    /// Whether it went on from a run of the same classes, with its classifier.
    #[serde(default)]
    pub(crate) keeps_classifier: bool,
    /// Whether it went on from an epoch that was chosen by some of what it holds out.
    #[serde(default)]
    pub(crate) begins_chosen: bool,
    /// What the weights that it began with were trained on, in order, where they are another run's.
    #[serde(default)]
    pub(crate) pretraining: Vec<Pretraining>,
    /// File names of all that they learned from, birds and backgrounds.
    #[serde(default)]
    pub(crate) heard: Vec<String>,
    /// Settings of other runs whose weights are averaged with its own.
    #[serde(default)]
    pub(crate) averaged_with: Vec<TrainOptions>,
    /// Files that could not be read.
    pub(crate) unreadable: Vec<String>,
    /// Who made the training and held-out recordings, and those that the weights it began with are
    /// from, where these are another run's.
    pub(crate) attribution: Vec<Attribution>,
}

/// The best epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BestEpoch {
    /// Counted from 1.
    pub(crate) epoch: usize,
    /// By name, on the held-out recordings; empty if none were held out.
    pub(crate) metrics: BTreeMap<String, f64>,
}

/// How a manifest introduces its model to people.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Presentation {
    /// Lower-case letters, digits and hyphens.
    pub(crate) name: String,
    /// For people.
    pub(crate) title: String,
    /// Version of the model.
    pub(crate) version: String,
    /// What it hears.
    pub(crate) description: String,
    /// Licence of the weights.
    pub(crate) licence: String,
    /// Anything else that a user should know.
    pub(crate) notes: String,
}

impl RunConfig {
    /// Reads the settings of a run.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(CONFIG_FILE);
        serde_json::from_slice(&files::read(&path)?)
            .with_context(|| format!("cannot read {}", path.display()))
    }

    /// Writes the settings of a run.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        files::write_atomically(&folder.join(CONFIG_FILE), &serde_json::to_vec_pretty(self)?)
    }

    /// Whether an epoch of it was chosen by what it holds out.
    pub(crate) fn is_chosen(&self) -> bool {
        let mut options = std::iter::once(&self.options).chain(&self.averaged_with);
        let judged_often = |options: &TrainOptions| options.validate_every < options.epochs;
        self.begins_chosen || (!self.held_out.is_empty() && options.any(judged_often))
    }

    /// What to say of a run that was stopped: where nobody chose an epoch, the one that is kept is the last that was
    /// trained. An average has none of its own.
    pub(crate) fn unfinished(&self, best: &BestEpoch, folder: &Path) -> Option<String> {
        let (done, all, folder) = (best.epoch, self.options.epochs, folder.display());
        let is_one = self.averaged_with.is_empty();
        (is_one && !self.is_chosen() && done < all).then(|| {
            format!(
                "{folder} is not finished, after epoch {done} of {all}; it goes on with: pipit train --resume --out {folder}"
            )
        })
    }

    /// What its weights were trained on, in order.
    pub(crate) fn trained_on(&self) -> Vec<Pretraining> {
        let own = Pretraining {
            data: self.data_name.clone(),
            recordings: self.training.len(),
            classes: self.classes.len(),
        };
        self.pretraining.iter().cloned().chain([own]).collect()
    }

    /// File names of all that its weights have learned from, here and before.
    pub(crate) fn heard_by_weights(&self) -> BTreeSet<String> {
        (self.heard.iter())
            .chain(&self.training)
            .chain(&self.backgrounds)
            .chain(&self.counterexamples)
            .cloned()
            .collect()
    }

    /// The manifest that describes `weights` of this run.
    pub(crate) fn manifest(
        &self,
        weights: &[u8],
        best: &BestEpoch,
        presentation: Presentation,
    ) -> Manifest {
        Manifest {
            format_version: FORMAT_VERSION,
            name: presentation.name,
            title: presentation.title,
            version: presentation.version,
            description: presentation.description,
            architecture: self.architecture,
            pooling: self.options.pooling,
            audio: self.audio,
            mel: self.mel.clone(),
            normalization: self.normalization,
            calibration: None,
            detection: self.detection.clone(),
            classes: self.classes.clone(),
            training: Some(TrainingSummary {
                command: self.command.clone(),
                data: self.data_name.clone(),
                device: self.device.clone(),
                recordings: self.training.len(),
                recordings_per_class: self.recordings_per_class.clone(),
                pretraining: self.pretraining.clone(),
                held_out_recordings: self.held_out.len(),
                split: self.split_by.words().to_owned(),
                folds: None,
                epochs: best.epoch,
                seed: self.options.seed,
                metrics: best.metrics.clone(),
                notes: presentation.notes,
            }),
            licence: presentation.licence,
            attribution: self.attribution.clone(),
            files: BTreeMap::from([(WEIGHTS_FILE.to_owned(), file_entry(weights))]),
        }
    }

    /// The best epoch as a package in memory, with its float32 weights.
    pub(crate) fn best_package(&self, folder: &Path) -> anyhow::Result<ModelPackage> {
        let weights = files::read(&folder.join(BEST_WEIGHTS_FILE))
            .context("the run has no finished epoch yet")?;
        let presentation = Presentation {
            name: "run".to_owned(),
            title: format!("Training run {}", folder.display()),
            version: "0".to_owned(),
            description: String::new(),
            licence: String::new(),
            notes: String::new(),
        };
        let manifest = self.manifest(&weights, &BestEpoch::read(folder)?, presentation);
        Ok(ModelPackage { manifest, weights })
    }
}

impl BestEpoch {
    /// Reads which epoch of a run was best.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(BEST_METRICS_FILE);
        serde_json::from_slice(&files::read(&path)?)
            .with_context(|| format!("cannot read {}", path.display()))
    }
}

/// A model to run: a published package or a training run.
pub(crate) struct OpenModel {
    /// Manifest and weights.
    pub(crate) package: ModelPackage,
    /// The settings, if it is a run.
    pub(crate) run: Option<RunConfig>,
}

impl OpenModel {
    /// Opens a folder that holds either.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        use pipit_core::package::MANIFEST_FILE;

        ensure!(
            folder.is_dir(),
            "no model folder at {} (--model names one)",
            folder.display()
        );
        let context = || format!("cannot open the model {}", folder.display());
        if folder.join(MANIFEST_FILE).is_file() {
            let manifest = files::read(&folder.join(MANIFEST_FILE))?;
            let weights = files::read(&folder.join(WEIGHTS_FILE))?;
            let package = ModelPackage::open(&manifest, weights).with_context(context)?;
            return Ok(Self { package, run: None });
        }
        ensure!(
            is_run(folder),
            "neither {MANIFEST_FILE} nor {CONFIG_FILE} in {}",
            folder.display()
        );
        let run = RunConfig::read(folder)?;
        let package = run.best_package(folder).with_context(context)?;
        Ok(Self {
            package,
            run: Some(run),
        })
    }
}

/// Whether a folder holds a training run.
pub(crate) fn is_run(folder: &Path) -> bool {
    folder.join(CONFIG_FILE).is_file()
}

/// Refuses a folder to fill that holds a run, or weights, which are no run's then.
pub(crate) fn ensure_free(folder: &Path) -> anyhow::Result<()> {
    ensure!(
        !is_run(folder),
        "there is a run already in {}",
        folder.display()
    );
    let weights = folder.join(BEST_WEIGHTS_FILE);
    ensure!(
        !weights.is_file(),
        "weights would be written over, which are no run's: name another --out, or move {}",
        weights.display()
    );
    Ok(())
}

/// Size and digest of a file's bytes.
pub(crate) fn file_entry(bytes: &[u8]) -> FileEntry {
    FileEntry {
        sha256: sha256_hex(bytes),
        bytes: bytes.len() as u64,
    }
}
