//! Attention over time, from sound event detection.

use burn::module::Initializer;
use burn::nn::{Dropout, Linear, LinearConfig};
use burn::prelude::*;
use burn::tensor::activation::{relu, softmax};
use burn::tensor::module::{avg_pool1d, max_pool1d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};

/// What PANNs (arXiv:1912.10211, `Cnn14_DecisionLevelAtt` and its `AttBlock`) put behind the
/// feature map: frames, and how much each class looks at each of them.
#[derive(Module, Debug)]
pub(super) struct Attention {
    fc1: Linear,
    att: Linear,
}

impl Attention {
    pub(super) fn new(num_features: usize, num_classes: usize, device: &Device) -> Self {
        let linear = |outputs| {
            let linear = LinearConfig::new(num_features, outputs)
                .with_initializer(Initializer::XavierUniform { gain: 1.0 })
                .init(device);
            Linear {
                bias: Some(Initializer::Zeros.init([outputs], device)),
                ..linear
            }
        };
        Self {
            fc1: linear(num_features),
            att: linear(num_classes),
        }
    }

    /// What is heard at each time, whatever its frequency.
    ///
    /// # Shapes
    /// `[n, num_features, height, width]` to `[n, width, num_features]`
    pub(super) fn frames(&self, features: Tensor<4>, dropout: &Dropout) -> Tensor<3> {
        let x: Tensor<3> = features.mean_dim(2).squeeze_dim(2);
        let highest = MaxPoolOptions::new([3]).with_stride([1]).with_padding([1]);
        let mean = AvgPoolOptions::new([3]).with_stride([1]).with_padding([1]);
        let x = max_pool1d(x.clone(), highest) + avg_pool1d(x, mean);
        let x = dropout.forward(x).swap_dims(1, 2);
        dropout.forward(relu(self.fc1.forward(x)))
    }

    /// How much of each class' logit comes from each frame; 1 over all frames.
    ///
    /// # Shapes
    /// `[n, frames, num_features]` to `[n, frames, num_classes]`
    pub(super) fn weights(&self, frames: Tensor<3>) -> Tensor<3> {
        softmax(self.att.forward(frames).tanh(), 1)
    }
}
