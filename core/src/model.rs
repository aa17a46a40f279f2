//! The networks. Module field names follow timm, so that its checkpoints load by name.

pub mod efficientnet;

pub mod se_resnext;

pub mod nfnet;

pub mod head;

pub mod layers;

mod precision;

pub mod weights;

use crate::architecture::Architecture;
use crate::pooling::Pooling;
use burn::prelude::*;
use burn::tensor::FloatDType;
use efficientnet::EfficientNet;
use head::Head;
use layers::DropPath;
use nfnet::NfNet;
use se_resnext::SeResNeXt;

/// A backbone with its classifier: images `[n, in_chans, height, width]` to logits `[n, num_classes]`.
#[derive(Module, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one of them, and a module cannot be boxed"
)]
pub enum Model {
    /// EfficientNet in all its sizes.
    EfficientNet(EfficientNet),
    /// SE-ResNeXt.
    SeResNeXt(SeResNeXt),
    /// ECA-NFNet.
    NfNet(NfNet),
}

/// Is called with timm's name and the output of a layer.
pub type Tap<'a> = dyn FnMut(&str, &Tensor<4>) + 'a;

/// What a family of networks brings along.
trait Network {
    /// The feature map before pooling.
    fn features(&self, images: Tensor<4>, tap: &mut Tap<'_>) -> Tensor<4>;

    /// Channels of the feature map.
    fn num_features(&self) -> usize;

    /// Pooling and classifier.
    fn head(&self) -> &Head;

    /// The same, to be changed.
    fn head_mut(&mut self) -> &mut Head;

    /// Puts a new head in place, initialised as timm does in this family.
    fn reset_head(&mut self, num_classes: usize, device: &Device);

    /// Of all blocks that have one, from the input to the output.
    fn drop_paths(&mut self) -> Vec<&mut DropPath>;

    /// Freezes the stem and the first `stages` stages.
    fn freeze(&mut self, stages: usize);

    /// Folds what is constant at inference into the convolutions.
    fn fold(&mut self);
}

/// Through the blocks of named stages, with the output of each block and each stage given to `tap`.
fn through<'a, B: 'a>(
    mut x: Tensor<4>,
    stages: impl IntoIterator<Item = (String, &'a Vec<B>)>,
    forward: impl Fn(&B, Tensor<4>) -> Tensor<4>,
    tap: &mut Tap<'_>,
) -> Tensor<4> {
    for (name, blocks) in stages {
        for (i, block) in blocks.iter().enumerate() {
            x = forward(block, x);
            tap(&format!("{name}.{i}"), &x);
        }
        tap(&name, &x);
    }
    x
}

impl Model {
    /// A network with timm's random initialisation, which pools by the mean.
    #[must_use]
    pub fn new(
        architecture: Architecture,
        in_chans: usize,
        num_classes: usize,
        device: &Device,
    ) -> Self {
        use Architecture as A;
        use efficientnet::Config;
        let efficientnet = |config: Config| {
            Self::EfficientNet(EfficientNet::new(&config, in_chans, num_classes, device))
        };
        let se_resnext =
            |depths| Self::SeResNeXt(SeResNeXt::new(depths, in_chans, num_classes, device));
        let nfnet = |depths, num_features| {
            Self::NfNet(NfNet::new(
                depths,
                num_features,
                in_chans,
                num_classes,
                device,
            ))
        };
        match architecture {
            A::EfficientNetLite0 => efficientnet(Config::lite(1.0, 1.0).from_pytorch()),
            A::TfEfficientNetLite0 => efficientnet(Config::lite(1.0, 1.0)),
            A::TfEfficientNetLite1 => efficientnet(Config::lite(1.0, 1.1)),
            A::TfEfficientNetLite2 => efficientnet(Config::lite(1.1, 1.2)),
            A::TfEfficientNetB0 => efficientnet(Config::b(1.0, 1.0)),
            A::TfEfficientNetB1 => efficientnet(Config::b(1.0, 1.1)),
            A::TfEfficientNetB2 => efficientnet(Config::b(1.1, 1.2)),
            A::TfEfficientNetB3 => efficientnet(Config::b(1.2, 1.4)),
            A::SeResNeXt50_32x4d => se_resnext([3, 4, 6, 3]),
            A::SeResNeXt101_32x4d => se_resnext([3, 4, 23, 3]),
            A::EcaNfNetL0 => nfnet([1, 2, 6, 3], 2304),
            A::EcaNfNetL1 => nfnet([2, 4, 12, 6], 3072),
        }
    }

    /// Logits.
    ///
    /// # Shapes
    /// `[n, in_chans, height, width]` to `[n, num_classes]`
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward_with_taps(images, &mut |_, _| ())
    }

    /// Logits of the window, and those of each of its frames if the pooling looks at frames.
    ///
    /// # Shapes
    /// `[n, in_chans, height, width]` to `[n, num_classes]` and `[n, width / 32, num_classes]`, rounded up
    #[must_use]
    pub fn forward_with_frames(&self, images: Tensor<4>) -> (Tensor<2>, Option<Tensor<3>>) {
        let features = self.forward_features(images).cast(FloatDType::F32);
        self.network().head().forward_with_frames(features)
    }

    /// The feature map before pooling.
    ///
    /// # Shapes
    /// `[n, in_chans, height, width]` to `[n, num_features, height / 32, width / 32]`, rounded up
    #[must_use]
    pub fn forward_features(&self, images: Tensor<4>) -> Tensor<4> {
        self.network().features(images, &mut |_, _| ())
    }

    /// Logits, with every layer output that the golden tests compare given to `tap`.
    #[must_use]
    pub fn forward_with_taps(&self, images: Tensor<4>, tap: &mut Tap<'_>) -> Tensor<2> {
        let features = self.network().features(images, tap);
        self.network().head().forward(features, tap)
    }

    /// Channels of the feature map.
    #[must_use]
    pub fn num_features(&self) -> usize {
        self.network().num_features()
    }

    /// Freezes the stem and the first `stages` stages: no gradients, fixed BatchNorm statistics.
    #[must_use]
    pub fn freeze(mut self, stages: usize) -> Self {
        self.network_mut().freeze(stages);
        self
    }

    /// Pools in another way. What it has to learn is random.
    #[must_use]
    pub fn with_pooling(mut self, pooling: Pooling) -> Self {
        self.network_mut().head_mut().set_pooling(pooling);
        self
    }

    /// Leaves out a share of the pooled features, below 1, in training.
    #[must_use]
    pub fn with_dropout(mut self, rate: f64) -> Self {
        self.network_mut().head_mut().set_dropout(rate);
        self
    }

    /// Leaves out residual branches in training: none in the first block, and the share `rate`,
    /// below 1, in the last; in between it rises evenly (arXiv:1603.09382).
    #[must_use]
    pub fn with_drop_path(mut self, rate: f64) -> Self {
        let mut drop_paths = self.network_mut().drop_paths();
        let last = drop_paths.len().saturating_sub(1).max(1) as f64;
        for (i, drop_path) in drop_paths.iter_mut().enumerate() {
            drop_path.rate = rate * i as f64 / last;
        }
        self
    }

    /// Replaces the classifier by a new, randomly initialised one that pools by the mean.
    #[must_use]
    pub fn reset_classifier(mut self, num_classes: usize, device: &Device) -> Self {
        self.network_mut().reset_head(num_classes, device);
        self
    }

    /// Lets a classifier that was not trained begin near probability `prior` for every class.
    #[must_use]
    pub fn with_prior(mut self, prior: f32) -> Self {
        self.network_mut().head_mut().set_prior(prior);
        self
    }

    /// The same function for inference: normalisation folded into the convolutions.
    #[must_use]
    pub fn fold(mut self) -> Self {
        self.network_mut().fold();
        self
    }

    fn network(&self) -> &dyn Network {
        match self {
            Self::EfficientNet(network) => network,
            Self::SeResNeXt(network) => network,
            Self::NfNet(network) => network,
        }
    }

    fn network_mut(&mut self) -> &mut dyn Network {
        match self {
            Self::EfficientNet(network) => network,
            Self::SeResNeXt(network) => network,
            Self::NfNet(network) => network,
        }
    }
}
