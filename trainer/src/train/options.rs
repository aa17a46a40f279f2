//! Everything about a training run that a person can choose; kept in the run's `config.json`.

mod check;

use std::path::PathBuf;

use clap::{Args, Parser};
use pipit_core::{Architecture, AugmentConfig, Pooling};
use serde::{Deserialize, Serialize};

use super::balance;
use super::loss::{Loss, LossChoice};
use super::precision::Precision;
use crate::audio_settings::AudioOptions;
use crate::cli;

/// Options of a training run.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(next_help_heading = "Training")]
#[serde(default)]
pub(crate) struct TrainOptions {
    /// The network, by its timm name.
    #[arg(long, default_value = "tf_efficientnet_lite0", value_parser = cli::architecture())]
    pub(crate) architecture: Architecture,
    /// How its feature map becomes scores: average, gem, or attention over time.
    #[arg(long, default_value_t)]
    #[serde(default)]
    pub(crate) pooling: Pooling,
    /// Share of the pooled features that is left out at random.
    #[arg(long, default_value_t = 0.0)]
    #[serde(default)]
    pub(crate) dropout: f64,
    /// Share of the windows for which the last residual branch is left out at random; earlier ones less.
    #[arg(long, default_value_t = 0.0)]
    #[serde(default)]
    pub(crate) drop_path: f64,
    /// Weights to start from, as `pipit import` writes them, or a run's; those of a run of the same classes keep
    /// their classifier, and its mean and spread of spectrograms [default: random].
    #[arg(long)]
    pub(crate) weights: Option<PathBuf>,
    /// Precision of the convolutions while training; bf16 takes a graphics card that computes in it
    /// (an NVIDIA card since Ampere), and what it gains was not measured yet.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) precision: Precision,
    /// Passes over the training recordings.
    #[arg(long, default_value_t = 30)]
    pub(crate) epochs: usize,
    /// Windows in one step.
    #[arg(long, default_value_t = 16)]
    pub(crate) batch_size: usize,
    /// Learning rate at its highest, after the warm-up.
    #[arg(long, default_value_t = 1e-3)]
    pub(crate) learning_rate: f64,
    /// Learning rate of all layers but the classifier, as a share of --learning-rate.
    #[arg(long, default_value_t = 1.0, value_name = "SHARE")]
    pub(crate) backbone_rate: f64,
    /// Batches whose gradients are added up for one step: a larger batch in the same memory.
    #[arg(long, default_value_t = 1, value_name = "BATCHES")]
    pub(crate) accumulate: usize,
    /// Stop when so many judged epochs in a row were no better than the best [default: never].
    #[arg(long, value_name = "EPOCHS")]
    pub(crate) patience: Option<usize>,
    /// Share of the steps over which the learning rate rises.
    #[arg(long, default_value_t = 0.05)]
    pub(crate) warm_up: f64,
    /// Decoupled weight decay of `AdamW`; biases and normalisation layers have none.
    #[arg(long, default_value_t = 0.01)]
    pub(crate) weight_decay: f32,
    /// Largest norm of all gradients together; 0 turns clipping off.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) clip_norm: f32,
    /// Keep the stem and the first so many stages as they are: quicker, and safer with few recordings.
    #[arg(long, value_name = "STAGES")]
    pub(crate) freeze: Option<usize>,
    /// Train the frozen stages, too, after so many epochs [default: never].
    #[arg(long, value_name = "EPOCHS")]
    pub(crate) unfreeze_after: Option<usize>,
    /// Share of the old weights in a running average of them, which is then judged and kept; it is less in the
    /// first steps, and 0 is off.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) ema_decay: f32,
    /// Codes of the species that become classes, however few recordings they have; the others' recordings serve as
    /// counterexamples [default: all with --min-recordings].
    #[arg(long, value_name = "CODE,CODE,…", value_delimiter = ',')]
    pub(crate) classes: Vec<String>,
    /// Species with fewer recordings become no class; their recordings serve as counterexamples.
    #[arg(long, default_value_t = 3)]
    pub(crate) min_recordings: usize,
    /// Target for species that are heard in the background.
    #[arg(long, default_value_t = 0.3)]
    pub(crate) secondary_weight: f32,
    /// Binary cross-entropy, or focal loss, which dwells on what is still answered badly.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) loss: LossChoice,
    /// How strongly focal loss passes over what is answered well.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) focal_gamma: f32,
    /// Weight of what is there in focal loss, against 1 - alpha of what is not [default: alike].
    #[arg(long, value_name = "ALPHA")]
    pub(crate) focal_alpha: Option<f32>,
    /// Focal loss only for classes with fewer training recordings, cross-entropy for others [default: for all].
    #[arg(long, value_name = "RECORDINGS")]
    pub(crate) focal_below: Option<usize>,
    /// Classes weigh count^-EXPONENT in the loss: 0 is alike, 1 makes up for all of the difference.
    #[arg(long, default_value_t = 0.0, value_name = "EXPONENT")]
    pub(crate) class_weight_exponent: f64,
    /// Weight in the loss where a straight line through 1 for a rating of 5 reaches 0; recordings without a
    /// rating, which BirdCLEF writes as 0, count as 3.
    #[arg(long, default_value_t = 1.0, value_name = "WEIGHT")]
    pub(crate) rating_weight: f64,
    /// Share of each target that is spread over all classes.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) label_smoothing: f32,
    /// Weight in the loss of each class' highest frame beside 1 for the window; takes --pooling attention.
    #[arg(long, default_value_t = 0.0, value_name = "WEIGHT")]
    pub(crate) frame_loss_weight: f32,
    /// Share of the recordings that is held out, by recordist where recordists are known.
    #[arg(long, default_value_t = 0.2)]
    pub(crate) held_out: f64,
    /// Hold out this part of --folds instead, counted from 1; each recordist is in one part.
    #[arg(long, value_name = "I")]
    pub(crate) fold: Option<usize>,
    /// Parts for k-fold cross-validation by recordist.
    #[arg(long, value_name = "K")]
    pub(crate) folds: Option<usize>,
    /// Random windows of a recording in one epoch; fewer for short recordings.
    #[arg(long, default_value_t = 2)]
    pub(crate) crops_per_epoch: usize,
    /// Recordings are drawn by count^-EXPONENT of their class: 0 takes each in turn, 1 draws all
    /// classes as often, 0.5 lies between.
    #[arg(long, default_value_t = 0.0, value_name = "EXPONENT")]
    pub(crate) sampling_exponent: f64,
    /// Of so many random windows the loudest is taken, as labels do not say when a bird sings.
    #[arg(long, default_value_t = 1, value_name = "WINDOWS")]
    pub(crate) crop_candidates: usize,
    /// Recordings without birds, as a folder or with a `train_metadata.csv`: mixed in, and shown as
    /// examples of no class.
    #[arg(long, alias = "noise", value_name = "DIR")]
    pub(crate) backgrounds: Option<PathBuf>,
    /// Share of the backgrounds that training does not use, for `evaluate --noise`; which, their names
    /// decide.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub(crate) held_out_backgrounds: f64,
    /// Recordings of birds that are none of the classes, in the same forms: shown as examples of no class,
    /// so that other birds are not taken for these. Those that name a class are left out.
    #[arg(long, value_name = "DIR")]
    pub(crate) counterexamples: Option<PathBuf>,
    /// Share of the counterexamples' species that training does not use, for `evaluate --counterexamples`; which,
    /// their names decide.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    pub(crate) held_out_counterexamples: f64,
    /// Train on the windows as they are.
    #[arg(long)]
    pub(crate) no_augment: bool,
    /// Judge the held-out recordings every so many epochs, and after the last.
    #[arg(long, default_value_t = 1)]
    pub(crate) validate_every: usize,
    /// Write a checkpoint every so many steps, too, and not after each epoch alone.
    #[arg(long, value_name = "STEPS")]
    pub(crate) save_every: Option<usize>,
    /// Default confidence from which a detection counts.
    #[arg(long, default_value_t = 0.5)]
    pub(crate) threshold: f32,
    /// Seed of all randomness.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Seed of what is held out, so that runs by other seeds can be judged on the same recordings
    /// [default: the --seed].
    #[arg(long, value_name = "SEED")]
    pub(crate) split_seed: Option<u64>,
    /// How windows vary.
    #[arg(skip)]
    pub(crate) augment: AugmentConfig,
    /// What the network is shown.
    #[command(flatten)]
    pub(crate) audio: AudioOptions,
}

/// What holds where nothing is typed.
impl Default for TrainOptions {
    fn default() -> Self {
        #[derive(Parser)]
        struct Nothing {
            #[command(flatten)]
            options: TrainOptions,
        }
        Nothing::parse_from(["pipit"]).options
    }
}

impl TrainOptions {
    /// The loss, for classes with so many recordings to train on.
    pub(crate) fn loss(&self, class_counts: &[usize]) -> Loss {
        let focal = self.loss == LossChoice::Focal;
        Loss {
            gamma: if focal { self.focal_gamma } else { 0.0 },
            alpha: self.focal_alpha.filter(|_| focal),
            focal_classes: (self.focal_below.iter())
                .flat_map(|most| class_counts.iter().map(move |count| count < most))
                .collect(),
            class_weights: if self.class_weight_exponent > 0.0 {
                balance::class_weights(class_counts, self.class_weight_exponent)
            } else {
                Vec::new()
            },
            frame_weight: self.frame_loss_weight,
        }
    }

    /// How windows vary, if they do.
    pub(crate) fn augment(&self) -> Option<&AugmentConfig> {
        (!self.no_augment).then_some(&self.augment)
    }
}
