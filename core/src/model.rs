//! The networks. Module field names follow timm, so that its checkpoints load by name.

pub mod efficientnet;

pub mod layers;

pub mod weights;

use crate::architecture::Architecture;
use burn::prelude::*;
use efficientnet::EfficientNet;

/// A backbone with its classifier: images `[n, in_chans, height, width]` to logits `[n, num_classes]`.
#[derive(Module, Debug)]
pub enum Model {
    /// EfficientNet in all its sizes.
    EfficientNet(EfficientNet),
}

impl Model {
    /// A network with timm's random initialisation.
    #[must_use]
    pub fn new(
        architecture: Architecture,
        in_chans: usize,
        num_classes: usize,
        device: &Device,
    ) -> Self {
        let config = efficientnet::Config::of(architecture);
        Self::EfficientNet(EfficientNet::new(&config, in_chans, num_classes, device))
    }

    /// Logits.
    ///
    /// # Shapes
    /// `[n, in_chans, height, width]` to `[n, num_classes]`
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        match self {
            Self::EfficientNet(network) => network.forward(images),
        }
    }

    /// The feature map before pooling.
    ///
    /// # Shapes
    /// `[n, in_chans, height, width]` to `[n, num_features, height / 32, width / 32]`, rounded up
    #[must_use]
    pub fn forward_features(&self, images: Tensor<4>) -> Tensor<4> {
        match self {
            Self::EfficientNet(network) => network.forward_features(images),
        }
    }

    /// Calls `tap` with timm's name and the output of every layer that the golden tests compare.
    #[must_use]
    pub fn forward_with_taps(
        &self,
        images: Tensor<4>,
        tap: &mut dyn FnMut(&str, &Tensor<4>),
    ) -> Tensor<2> {
        match self {
            Self::EfficientNet(network) => network.forward_with_taps(images, tap),
        }
    }

    /// Channels of the feature map.
    #[must_use]
    pub fn num_features(&self) -> usize {
        match self {
            Self::EfficientNet(network) => network.num_features(),
        }
    }

    /// Freezes the stem and the first `stages` stages: no gradients, fixed BatchNorm statistics.
    #[must_use]
    pub fn freeze(self, stages: usize) -> Self {
        match self {
            Self::EfficientNet(network) => Self::EfficientNet(network.freeze(stages)),
        }
    }

    /// Replaces the classifier by a new, randomly initialised one.
    #[must_use]
    pub fn reset_classifier(self, num_classes: usize, device: &Device) -> Self {
        match self {
            Self::EfficientNet(network) => {
                Self::EfficientNet(network.reset_classifier(num_classes, device))
            }
        }
    }

    /// The same function for inference: BatchNorm folded into the convolutions.
    #[must_use]
    pub fn fold(self) -> Self {
        match self {
            Self::EfficientNet(network) => Self::EfficientNet(network.fold()),
        }
    }
}
