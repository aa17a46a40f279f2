//! The losses of several labels at once.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Tensor, TensorData};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::batch::Labels;

/// Which loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LossChoice {
    /// Binary cross-entropy.
    #[default]
    Bce,
    /// Focal loss: what is answered well already counts less, which helps rare classes.
    Focal,
}

/// A loss with its settings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Loss {
    /// Exponent of the focal loss; 0 is plain cross-entropy.
    pub(crate) gamma: f32,
    /// Weight of what is there, against `1 - alpha` of what is not.
    pub(crate) alpha: Option<f32>,
    /// One entry a class, whether it is focal and not plain cross-entropy; empty if all are.
    pub(crate) focal_classes: Vec<bool>,
    /// One weight a class; empty if all count alike.
    pub(crate) class_weights: Vec<f32>,
    /// Weight of each class' highest frame beside the window's 1; 0 leaves frames out.
    pub(crate) frame_weight: f32,
}

impl Loss {
    /// The mean over windows and classes, to which that of each class' highest frame is added: a
    /// window's label says that there is one, as the recipes of `BirdCLEF` 2021 and 2022 train it.
    ///
    /// # Shapes
    /// - `logits`: `[windows, classes]`
    /// - `framewise`: `[windows, frames, classes]`
    pub(crate) fn with_frames(
        &self,
        logits: Tensor<2>,
        framewise: Option<Tensor<3>>,
        labels: Labels,
    ) -> Tensor<1> {
        match framewise.filter(|_| self.frame_weight > 0.0) {
            Some(framewise) => {
                let highest = framewise.max_dim(1).squeeze_dim(1);
                let of_frames = self.of(highest, labels.clone()) * self.frame_weight;
                self.of(logits, labels) + of_frames
            }
            None => self.of(logits, labels),
        }
    }

    /// The mean over windows and classes, each with its weight.
    ///
    /// # Shapes
    /// - `logits`: `[windows, classes]`
    pub(crate) fn of(&self, logits: Tensor<2>, labels: Labels) -> Tensor<1> {
        let device = logits.device();
        let by_class = |values: Vec<f32>| {
            let shape = [1, values.len()];
            Tensor::<2>::from_data(TensorData::new(values, shape), &device)
        };
        let mut loss = binary_cross_entropy(logits.clone(), labels.targets.clone());
        if self.gamma > 0.0 || self.alpha.is_some() {
            let mut factor = focal_factor(logits, labels.targets.clone(), self.gamma);
            if let Some(alpha) = self.alpha {
                // alpha·t + (1 - alpha)·(1 - t)
                factor = factor * (labels.targets * (2.0 * alpha - 1.0) + (1.0 - alpha));
            }
            if !self.focal_classes.is_empty() {
                let focal = (self.focal_classes.iter()).map(|&focal| f32::from(u8::from(focal)));
                factor = (factor - 1.0) * by_class(focal.collect()) + 1.0;
            }
            loss = loss * factor;
        }
        if !self.class_weights.is_empty() {
            loss = loss * by_class(self.class_weights.clone());
        }
        if let Some(weights) = labels.weights {
            loss = loss * weights;
        }
        loss.mean()
    }
}

/// Takes a share of each target and spreads what it took evenly over all classes.
pub(crate) fn smooth(targets: &mut [f32], smoothing: f32) {
    if smoothing <= 0.0 {
        return;
    }
    let taken: f32 = targets.iter().map(|target| target * smoothing).sum();
    let even = taken / targets.len().max(1) as f32;
    for target in targets {
        *target = *target * (1.0 - smoothing) + even;
    }
}

/// Binary cross-entropy of logits with soft targets, entry by entry.
fn binary_cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<2> {
    // max(x, 0) - x·t + ln(1 + e^-|x|) never overflows.
    let positive_part = logits.clone().clamp_min(0.0);
    let tail = logits.clone().abs().neg().exp().log1p();
    positive_part - logits * targets + tail
}

/// What focal loss multiplies the cross-entropy by: `(1 - p_t)^gamma` (Lin et al. 2017), where `p_t`
/// is the probability of the right answer; for soft targets as torchvision's `sigmoid_focal_loss`.
fn focal_factor(logits: Tensor<2>, targets: Tensor<2>, gamma: f32) -> Tensor<2> {
    let probability = sigmoid(logits);
    // 1 - p_t = p + t - 2·p·t
    let wrong = probability.clone() + targets.clone() - probability * targets * 2.0;
    // The slope of a root at 0 is infinite.
    wrong.clamp_min(1e-6).powf_scalar(gamma)
}

#[cfg(test)]
mod tests {
    use burn::prelude::Device;

    use super::*;

    const LOGITS: [[f32; 2]; 2] = [[0.3, -1.2], [80.0, -90.0]];
    const TARGETS: [[f32; 2]; 2] = [[1.0, 0.3], [0.0, 0.0]];

    fn loss(loss: &Loss, weights: Option<[[f32; 1]; 2]>) -> f64 {
        let device = Device::flex();
        let labels = Labels {
            targets: Tensor::from_floats(TARGETS, &device),
            weights: weights.map(|weights| Tensor::from_floats(weights, &device)),
        };
        let loss = loss.of(Tensor::from_floats(LOGITS, &device), labels);
        f64::from(loss.into_scalar::<f32>())
    }

    fn plain() -> Loss {
        Loss {
            gamma: 0.0,
            alpha: None,
            focal_classes: Vec::new(),
            class_weights: Vec::new(),
            frame_weight: 0.0,
        }
    }

    /// The textbook formula.
    fn cross_entropy(x: f64, t: f64) -> f64 {
        let p = 1.0 / (1.0 + (-x).exp());
        -(t * p.ln() + (1.0 - t) * (1.0 - p).ln())
    }

    fn assert_close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-4 * expected.abs().max(0.1),
            "{found} is not {expected}"
        );
    }

    #[test]
    fn cross_entropy_equals_the_textbook_formula_and_stays_finite() {
        let expected = (cross_entropy(0.3, 1.0) + cross_entropy(-1.2, 0.3) + 80.0) / 4.0;
        assert_close(loss(&plain(), None), expected);
    }

    #[test]
    fn focal_loss_equals_values_computed_by_hand() {
        let focal = Loss {
            gamma: 2.0,
            ..plain()
        };
        // 0.3: p = 0.574443, so (1 - p)² · -ln p = 0.181099 · 0.554355.
        // -1.2 with target 0.3: p = 0.231475, 1 - p_t = 0.392590, cross-entropy 0.623282.
        // 80 with target 0: p_t = 0, so all of 80 stays. -90 with target 0: nothing.
        let expected = (0.181_099 * 0.554_355 + 0.392_590f64.powi(2) * 0.623_282 + 80.0) / 4.0;
        assert_close(loss(&focal, None), expected);
        assert_close(
            loss(
                &Loss {
                    gamma: 1e-6,
                    ..plain()
                },
                None,
            ),
            loss(&plain(), None),
        );
    }

    #[test]
    fn only_rare_classes_may_be_focal() {
        let mixed = Loss {
            gamma: 2.0,
            focal_classes: vec![false, true],
            ..plain()
        };
        let soft = 0.392_590f64.powi(2) * 0.623_282;
        let expected = (cross_entropy(0.3, 1.0) + soft + 80.0) / 4.0;
        assert_close(loss(&mixed, None), expected);
    }

    #[test]
    fn alpha_classes_and_windows_weigh_each_entry() {
        let weighted = Loss {
            alpha: Some(0.25),
            class_weights: vec![2.0, 0.5],
            ..plain()
        };
        let positive = 0.25 * 2.0 * cross_entropy(0.3, 1.0);
        let soft = (0.25 * 0.3 + 0.75 * 0.7) * 0.5 * cross_entropy(-1.2, 0.3);
        let negative = 0.75 * 2.0 * 80.0;
        let expected = (3.0 * (positive + soft) + 0.1 * negative) / 4.0;
        assert_close(loss(&weighted, Some([[3.0], [0.1]])), expected);
    }

    #[test]
    fn the_highest_frame_of_each_class_is_held_to_the_label_of_the_window() {
        let device = Device::flex();
        let labels = Labels {
            targets: Tensor::from_floats([[1.0, 0.0]], &device),
            weights: None,
        };
        let with_frames = |frame_weight| {
            let logits = Tensor::from_floats([[0.3, -1.2]], &device);
            let framewise =
                Tensor::from_floats([[[-2.0, -0.4], [0.9, -3.0], [0.1, -5.0]]], &device);
            let loss = Loss {
                frame_weight,
                ..plain()
            };
            let loss = loss.with_frames(logits, Some(framewise), labels.clone());
            f64::from(loss.into_scalar::<f32>())
        };
        let window = f64::midpoint(cross_entropy(0.3, 1.0), cross_entropy(-1.2, 0.0));
        let frames = f64::midpoint(cross_entropy(0.9, 1.0), cross_entropy(-0.4, 0.0));

        assert_close(with_frames(0.0), window);
        assert_close(with_frames(0.5), window + 0.5 * frames);
    }

    #[test]
    fn gradients_stay_finite_where_the_answer_is_perfect() {
        let device = Device::flex().autodiff();
        for gamma in [0.5, 1.0, 2.0] {
            let logits = Tensor::<2>::from_floats([[200.0, -200.0, 0.1]], &device).require_grad();
            let labels = Labels {
                targets: Tensor::from_floats([[1.0, 0.0, 1.0]], &device),
                weights: None,
            };
            let gradients = Loss { gamma, ..plain() }
                .of(logits.clone(), labels)
                .backward();
            let gradient = logits.grad(&gradients).unwrap().into_data();
            let gradient = gradient.try_to_vec::<f32>().unwrap();
            assert!(
                gradient.iter().all(|value| value.is_finite()),
                "{gradient:?}"
            );
            assert!(gradient[2] < -1e-3, "{gradient:?}");
        }
    }

    #[test]
    fn smoothing_keeps_the_sum_of_the_targets() {
        let mut targets = [1.0, 0.0, 0.0, 0.0];
        smooth(&mut targets, 0.2);
        for (target, expected) in targets.iter().zip([0.85, 0.05, 0.05, 0.05]) {
            assert!((target - expected).abs() < 1e-6);
        }
        let mut no_call = [0.0; 4];
        smooth(&mut no_call, 0.2);
        assert_eq!(no_call.to_vec(), [0.0; 4], "of no class, and sure of it");
    }
}
