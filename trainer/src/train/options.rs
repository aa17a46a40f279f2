//! Everything about a training run that a person can choose; kept in the run's `config.json`.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use pipit_core::Architecture;
use serde::{Deserialize, Serialize};

use crate::audio_settings::AudioOptions;

/// Options of a training run.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(next_help_heading = "Training")]
pub(crate) struct TrainOptions {
    /// The network, by its timm name.
    #[arg(long, default_value = "tf_efficientnet_lite0")]
    pub(crate) architecture: Architecture,
    /// Weights to start from, as `pipit import` writes them [default: random].
    #[arg(long)]
    pub(crate) weights: Option<PathBuf>,
    /// Passes over the training recordings.
    #[arg(long, default_value_t = 30)]
    pub(crate) epochs: usize,
    /// Windows in one step.
    #[arg(long, default_value_t = 16)]
    pub(crate) batch_size: usize,
    /// Learning rate at its highest, after the warm-up.
    #[arg(long, default_value_t = 1e-3)]
    pub(crate) learning_rate: f64,
    /// Share of the steps over which the learning rate rises.
    #[arg(long, default_value_t = 0.05)]
    pub(crate) warm_up: f64,
    /// Decoupled weight decay of `AdamW`.
    #[arg(long, default_value_t = 0.01)]
    pub(crate) weight_decay: f32,
    /// Largest norm of all gradients together; 0 turns clipping off.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) clip_norm: f32,
    /// Keep the stem and the first so many stages as they are: quicker, and safer with few recordings.
    #[arg(long, value_name = "STAGES")]
    pub(crate) freeze: Option<usize>,
    /// Share of the old weights in a running average of them, which is then judged and kept; 0 is off.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) ema_decay: f32,
    /// Species with fewer recordings become no class; their recordings serve as counterexamples.
    #[arg(long, default_value_t = 3)]
    pub(crate) min_recordings: usize,
    /// Target for species that are heard in the background.
    #[arg(long, default_value_t = 0.3)]
    pub(crate) secondary_weight: f32,
    /// Share of each target that is spread over all classes.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) label_smoothing: f32,
    /// Share of the recordings that is held out, by recordist where recordists are known.
    #[arg(long, default_value_t = 0.2)]
    pub(crate) held_out: f64,
    /// Hold out this part of --folds instead, counted from 1; each recordist is in one part.
    #[arg(long, value_name = "I", requires = "folds")]
    pub(crate) fold: Option<usize>,
    /// Parts for k-fold cross-validation by recordist.
    #[arg(long, value_name = "K", requires = "fold")]
    pub(crate) folds: Option<usize>,
    /// Random windows of a recording in one epoch; fewer for short recordings.
    #[arg(long, default_value_t = 2)]
    pub(crate) crops_per_epoch: usize,
    /// Train on the windows as they are.
    #[arg(long)]
    pub(crate) no_augment: bool,
    /// Chance that another recording is mixed in.
    #[arg(long, default_value_t = 0.5)]
    pub(crate) mixup: f64,
    /// Chance that noise is added.
    #[arg(long, default_value_t = 0.3)]
    pub(crate) noise: f64,
    /// Judge the held-out recordings every so many epochs, and after the last.
    #[arg(long, default_value_t = 1)]
    pub(crate) validate_every: usize,
    /// Default confidence from which a detection counts.
    #[arg(long, default_value_t = 0.5)]
    pub(crate) threshold: f32,
    /// Seed of all randomness.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// What the network is shown.
    #[command(flatten)]
    pub(crate) audio: AudioOptions,
}

impl TrainOptions {
    /// Refuses numbers that make no training.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.epochs > 0, "--epochs must be at least 1");
        ensure!(
            self.batch_size > 1,
            "--batch-size must be at least 2: {}",
            self.batch_size
        );
        ensure!(
            self.crops_per_epoch > 0,
            "--crops-per-epoch must be at least 1"
        );
        ensure!(
            self.validate_every > 0,
            "--validate-every must be at least 1"
        );
        ensure!(
            self.learning_rate > 0.0 && self.learning_rate.is_finite(),
            "--learning-rate must be above 0: {}",
            self.learning_rate
        );
        let shares = [
            ("--held-out", self.held_out, 0.5),
            ("--warm-up", self.warm_up, 1.0),
            ("--mixup", self.mixup, 1.0),
            ("--noise", self.noise, 1.0),
            ("--secondary-weight", f64::from(self.secondary_weight), 1.0),
            ("--label-smoothing", f64::from(self.label_smoothing), 0.9),
            ("--ema-decay", f64::from(self.ema_decay), 0.999_999),
            ("--threshold", f64::from(self.threshold), 1.0),
        ];
        for (name, value, most) in shares {
            ensure!(
                (0.0..=most).contains(&value),
                "{name} must be from 0 to {most}: {value}"
            );
        }
        if let (Some(fold), Some(folds)) = (self.fold, self.folds) {
            ensure!(folds >= 2, "--folds must be at least 2: {folds}");
            ensure!(
                (1..=folds).contains(&fold),
                "--fold must be from 1 to {folds}: {fold}"
            );
        }
        self.audio.mel().check(self.audio.sample_rate)?;
        Ok(())
    }
}
