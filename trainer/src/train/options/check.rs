//! Which settings make a training.

use anyhow::ensure;
use pipit_core::Pooling;

use super::{LossChoice, TrainOptions};
use crate::split;

impl TrainOptions {
    /// Refuses settings that make no training.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        self.check_numbers()?;
        self.check_pairs()?;
        self.augment.check()?;
        split::check_fold(self.fold, self.folds)?;
        let stages = self.architecture.stages();
        ensure!(
            self.freeze.is_none_or(|freeze| freeze <= stages),
            "--freeze must be from 0 to {stages}, as {} has so many stages: {}",
            self.architecture,
            self.freeze.unwrap_or_default()
        );
        ensure!(
            self.unfreeze_after
                .is_none_or(|epochs| epochs < self.epochs),
            "--unfreeze-after must be less than --epochs {}: {}",
            self.epochs,
            self.unfreeze_after.unwrap_or_default()
        );
        ensure!(
            self.patience.is_none() || self.held_out > 0.0 || self.fold.is_some(),
            "--patience takes held-out recordings to tell by, and --held-out is 0"
        );
        ensure!(
            self.patience.is_none() || self.validate_every < self.epochs,
            "--patience counts judged epochs, and --validate-every {} has only the last of {} judged",
            self.validate_every,
            self.epochs
        );
        let audio = self.audio.audio();
        audio.check()?;
        ensure!(
            self.audio.n_mels <= self.audio.n_fft / 2,
            "--n-mels must be at most half of --n-fft {}, which gives no more frequencies: {}",
            self.audio.n_fft,
            self.audio.n_mels
        );
        self.audio.mel().check_window(&audio)?;
        Ok(())
    }

    /// Refuses numbers that are none for their setting.
    fn check_numbers(&self) -> anyhow::Result<()> {
        ensure!(self.epochs > 0, "--epochs must be at least 1");
        ensure!(
            self.batch_size > 1,
            "--batch-size must be at least 2: {}",
            self.batch_size
        );
        let counts = [
            ("--crops-per-epoch", self.crops_per_epoch),
            ("--crop-candidates", self.crop_candidates),
            ("--validate-every", self.validate_every),
            ("--accumulate", self.accumulate),
            ("--patience", self.patience.unwrap_or(1)),
            ("--save-every", self.save_every.unwrap_or(1)),
            ("--unfreeze-after", self.unfreeze_after.unwrap_or(1)),
        ];
        for (name, count) in counts {
            ensure!(count > 0, "{name} must be at least 1");
        }
        ensure!(
            self.learning_rate > 0.0 && self.learning_rate.is_finite(),
            "--learning-rate must be above 0: {}",
            self.learning_rate
        );
        let shares = [
            ("--held-out", self.held_out, 0.5),
            ("--held-out-backgrounds", self.held_out_backgrounds, 0.9),
            (
                "--held-out-counterexamples",
                self.held_out_counterexamples,
                0.9,
            ),
            ("--warm-up", self.warm_up, 1.0),
            ("--backbone-rate", self.backbone_rate, 1.0),
            ("--focal-gamma", f64::from(self.focal_gamma), 10.0),
            ("--focal-alpha", self.focal_alpha.unwrap_or(0.0).into(), 1.0),
            ("--class-weight-exponent", self.class_weight_exponent, 2.0),
            ("--sampling-exponent", self.sampling_exponent, 2.0),
            ("--rating-weight", self.rating_weight, 1.0),
            ("--dropout", self.dropout, 0.9),
            ("--drop-path", self.drop_path, 0.9),
            ("--secondary-weight", f64::from(self.secondary_weight), 1.0),
            ("--label-smoothing", f64::from(self.label_smoothing), 0.9),
            ("--frame-loss-weight", self.frame_loss_weight.into(), 10.0),
            ("--ema-decay", f64::from(self.ema_decay), 0.999_999),
            ("--weight-decay", f64::from(self.weight_decay), 10.0),
            ("--clip-norm", f64::from(self.clip_norm), 1e6),
            ("--threshold", f64::from(self.threshold), 1.0),
        ];
        for (name, value, most) in shares {
            ensure!(
                (0.0..=most).contains(&value),
                "{name} must be from 0 to {most}: {value}"
            );
        }
        Ok(())
    }

    /// Refuses settings that do nothing without another.
    fn check_pairs(&self) -> anyhow::Result<()> {
        ensure!(
            self.frame_loss_weight <= 0.0 || self.pooling == Pooling::Attention,
            "--frame-loss-weight {} takes --pooling attention, as {} pooling looks at no frames",
            self.frame_loss_weight,
            self.pooling
        );
        ensure!(
            self.unfreeze_after.is_none() || self.freeze.is_some(),
            "--unfreeze-after takes --freeze, which says what is frozen before"
        );
        ensure!(
            self.loss == LossChoice::Focal
                || (self.focal_alpha.is_none() && self.focal_below.is_none()),
            "--focal-alpha and --focal-below take --loss focal"
        );
        ensure!(
            self.held_out_backgrounds <= 0.0 || self.backgrounds.is_some(),
            "--held-out-backgrounds takes --backgrounds: a share of which sounds?"
        );
        ensure!(
            self.held_out_counterexamples <= 0.0 || self.counterexamples.is_some(),
            "--held-out-counterexamples takes --counterexamples: a share of which birds?"
        );
        Ok(())
    }
}
