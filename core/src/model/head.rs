//! From the feature map to logits.

mod attention;
mod gem;

use super::Tap;
use super::layers::global_average;
use crate::pooling::Pooling;
use attention::Attention;
use burn::module::{Initializer, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::prelude::*;
use gem::Gem;

/// Pools the feature map and weighs what is left for each class.
///
/// The weights of the classes belong to the head itself, so that a network's field under timm's
/// name for its classifier makes timm's names of them.
#[derive(Module, Debug)]
pub struct Head {
    /// `[num_classes, num_features]`, PyTorch's layout
    weight: Param<Tensor<2>>,
    /// `[num_classes]`
    bias: Param<Tensor<1>>,
    /// Instead of the mean.
    global_pool: Option<Gem>,
    /// Instead of any pooling.
    attention: Option<Attention>,
    dropout: Dropout,
}

impl Head {
    /// A head over `num_features` channels that pools by their mean.
    #[must_use]
    pub fn new(
        num_features: usize,
        num_classes: usize,
        weight: &Initializer,
        bias: &Initializer,
        device: &Device,
    ) -> Self {
        Self {
            weight: weight.init([num_classes, num_features], device),
            bias: bias.init([num_classes], device),
            global_pool: None,
            attention: None,
            dropout: DropoutConfig::new(0.0).init(),
        }
    }

    /// Pools in another way, with parameters that were not trained.
    pub fn set_pooling(&mut self, pooling: Pooling) {
        let device = self.weight.lazy_device();
        let [num_classes, num_features] = self.weight.lazy_shape().dims();
        self.global_pool = (pooling == Pooling::Gem).then(|| Gem::new(&device));
        self.attention = (pooling == Pooling::Attention)
            .then(|| Attention::new(num_features, num_classes, &device));
    }

    /// The share of features, below 1, that is left out in training.
    pub fn set_dropout(&mut self, rate: f64) {
        self.dropout.prob = rate;
    }

    /// Logits; `tap` sees what is pooled.
    ///
    /// # Shapes
    /// `[n, num_features, height, width]` to `[n, num_classes]`
    #[must_use]
    pub fn forward(&self, features: Tensor<4>, tap: &mut Tap<'_>) -> Tensor<2> {
        match &self.attention {
            Some(attention) => self.attend(attention, features).0,
            None => self.pool(features, tap),
        }
    }

    /// Logits of the window, and those of each of its frames if the head looks at frames.
    ///
    /// # Shapes
    /// `[n, num_features, height, width]` to `[n, num_classes]` and `[n, width, num_classes]`
    #[must_use]
    pub fn forward_with_frames(&self, features: Tensor<4>) -> (Tensor<2>, Option<Tensor<3>>) {
        match &self.attention {
            Some(attention) => {
                let (logits, framewise) = self.attend(attention, features);
                (logits, Some(framewise))
            }
            None => (self.pool(features, &mut |_, _| ()), None),
        }
    }

    fn pool(&self, features: Tensor<4>, tap: &mut Tap<'_>) -> Tensor<2> {
        let pooled = match &self.global_pool {
            Some(gem) => gem.forward(features),
            None => global_average(features),
        };
        tap("global_pool", &pooled);
        self.classify(self.dropout.forward(pooled.flatten(1, 3)))
    }

    /// The window's logit is the mean of its frames' as the class weighs them. PANNs average
    /// probabilities instead; with logits, loss and sigmoid are the same for every head.
    fn attend(&self, attention: &Attention, features: Tensor<4>) -> (Tensor<2>, Tensor<3>) {
        let frames = attention.frames(features, &self.dropout);
        let framewise = self.classify(frames.clone());
        let weights = attention.weights(frames);
        let logits = (framewise.clone() * weights).sum_dim(1).squeeze_dim(1);
        (logits, framewise)
    }

    /// # Shapes
    /// `[.., num_features]` to `[.., num_classes]`
    fn classify<const D: usize>(&self, features: Tensor<D>) -> Tensor<D> {
        let weight = self.weight.val().transpose();
        burn::tensor::module::linear(features, weight, Some(self.bias.val()))
    }

    /// Lets every class begin near probability `prior`: a bias of its logit (arXiv:1708.02002,
    /// section 4.1) and small weights.
    ///
    /// With the usual initialisation a few classes over many features begin with large, wrong
    /// logits, and their gradients disturb the pretrained layers.
    pub fn set_prior(&mut self, prior: f32) {
        const SHRINK: f32 = 0.1;
        let prior = f64::from(prior.clamp(1e-3, 0.5));
        let logit = Initializer::Constant {
            value: (prior / (1.0 - prior)).ln(),
        };
        self.bias = logit.init(self.bias.lazy_shape(), &self.bias.lazy_device());
        let weight = self.weight.val();
        let trained = weight.is_autodiff();
        // Outside the graph, or the result would be no parameter but a computation.
        let shrunk = weight.without_autodiff() * SHRINK;
        self.weight = Param::from_tensor(if trained { shrunk.autodiff() } else { shrunk });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(pooling: Pooling, device: &Device) -> Head {
        device.seed(1);
        let wide = Initializer::Normal {
            mean: 0.0,
            std: 0.3,
        };
        let mut head = Head::new(64, 20, &wide, &wide, device);
        head.set_pooling(pooling);
        head
    }

    fn logits(head: &Head, features: Tensor<4>) -> Vec<f32> {
        let logits = head.forward(features, &mut |_, _| ());
        logits.into_data().iter::<f32>().collect()
    }

    #[test]
    fn a_fresh_head_guesses_the_prior() {
        let device = Device::flex();
        for pooling in Pooling::ALL {
            let mut head = head(pooling, &device);
            head.set_prior(0.05);

            let features = Tensor::ones([1, 64, 2, 3], &device) * 1e-2;

            let expected = (0.05_f32 / 0.95).ln();
            for logit in logits(&head, features) {
                let off = (logit - expected).abs();
                assert!(off < 0.02, "{pooling}: {logit} is not {expected}");
            }
        }
    }

    #[test]
    fn attention_gives_a_window_no_more_than_its_frames() {
        let device = Device::flex();
        let head = head(Pooling::Attention, &device);
        let features = Tensor::random([2, 64, 3, 7], burn::tensor::Distribution::Default, &device);

        let (window, frames) = head.forward_with_frames(features.clone());
        let frames = frames.unwrap();

        assert_eq!(frames.dims(), [2, 7, 20]);
        let low = frames.clone().min_dim(1).squeeze_dim::<2>(1);
        let high = frames.max_dim(1).squeeze_dim::<2>(1);
        let spread = (high.clone() - low.clone()).min().into_scalar::<f32>();
        assert!(spread > 1e-4, "all frames are alike");
        let within = (window.clone() - low).min().into_scalar::<f32>() > 0.0
            && (high - window.clone()).min().into_scalar::<f32>() > 0.0;
        assert!(within, "a weighted mean lies between its terms");
        let window: Vec<f32> = window.into_data().iter::<f32>().collect();
        assert_eq!(window, logits(&head, features));
    }

    #[test]
    fn other_heads_have_no_frames() {
        let device = Device::flex();
        let features = Tensor::ones([1, 64, 2, 3], &device);
        for pooling in [Pooling::Average, Pooling::Gem] {
            let head = head(pooling, &device);
            let (window, frames) = head.forward_with_frames(features.clone());
            assert!(frames.is_none());
            let window: Vec<f32> = window.into_data().iter::<f32>().collect();
            assert_eq!(window, logits(&head, features.clone()));
        }
    }

    #[test]
    fn dropout_changes_training_alone() {
        for pooling in Pooling::ALL {
            let training = Device::flex().autodiff();
            let mut trained = head(pooling, &training);
            trained.set_prior(0.1);
            let features = Tensor::ones([1, 64, 2, 3], &training);
            let plain = logits(&trained, features.clone());
            trained.set_dropout(0.5);

            assert_ne!(logits(&trained, features.clone()), plain, "{pooling}");
            let judged = logits(&trained.valid(), features.inner());
            let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
            assert!(judged.iter().zip(&plain).all(close), "{pooling}");
        }
    }
}
