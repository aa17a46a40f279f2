//! EfficientNet (arXiv:1905.11946) and its Lite variants, as in timm, from one table of stages.

mod block;

use super::head::Head;
use super::layers::{
    Activation, ConvShape, DropPath, Norm, Padding, freeze, grouped, pointwise, uniform,
};
use super::{Network, Tap, through};
use block::Block;
use burn::module::Initializer;
use burn::nn::conv::Conv2d;
use burn::prelude::*;

/// One stage of the base network, before scaling.
struct Stage {
    kernel: usize,
    /// Of the first block; the others have stride 1.
    stride: usize,
    expansion: usize,
    channels: usize,
    repeats: usize,
}

/// Table 1 of the paper.
#[rustfmt::skip]
const STAGES: [Stage; 7] = [
    Stage { kernel: 3, stride: 1, expansion: 1, channels: 16, repeats: 1 },
    Stage { kernel: 3, stride: 2, expansion: 6, channels: 24, repeats: 2 },
    Stage { kernel: 5, stride: 2, expansion: 6, channels: 40, repeats: 2 },
    Stage { kernel: 3, stride: 2, expansion: 6, channels: 80, repeats: 3 },
    Stage { kernel: 5, stride: 1, expansion: 6, channels: 112, repeats: 3 },
    Stage { kernel: 5, stride: 2, expansion: 6, channels: 192, repeats: 4 },
    Stage { kernel: 3, stride: 1, expansion: 6, channels: 320, repeats: 1 },
];
const STEM_CHANNELS: usize = 32;
const HEAD_CHANNELS: usize = 1280;

/// Normal, variance `2 / fan_out`.
const CONV_INIT: Initializer = Initializer::KaimingNormal {
    gain: std::f64::consts::SQRT_2,
    fan_out_only: true,
};

/// What distinguishes the members of the family.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    width: f64,
    depth: f64,
    /// Lite: ReLU6, no squeeze-and-excitation, stem and head not scaled.
    lite: bool,
    padding: Padding,
    norm_epsilon: f64,
}

impl Config {
    /// `tf_efficientnet_b…`: padding and BatchNorm of TensorFlow.
    #[must_use]
    pub fn b(width: f64, depth: f64) -> Self {
        Self {
            width,
            depth,
            lite: false,
            padding: Padding::Same,
            norm_epsilon: 1e-3,
        }
    }

    /// `tf_efficientnet_lite…`
    #[must_use]
    pub fn lite(width: f64, depth: f64) -> Self {
        Self {
            lite: true,
            ..Self::b(width, depth)
        }
    }

    /// The network without `tf_` in its name: padding and BatchNorm of PyTorch.
    #[must_use]
    pub fn from_pytorch(self) -> Self {
        Self {
            padding: Padding::Symmetric,
            norm_epsilon: 1e-5,
            ..self
        }
    }

    fn activation(self) -> Activation {
        if self.lite {
            Activation::Relu6
        } else {
            Activation::Silu
        }
    }

    /// Stem and head of the lite networks keep their size.
    fn end_channels(self, channels: usize) -> usize {
        if self.lite {
            channels
        } else {
            scale_channels(channels, self.width)
        }
    }

    fn repeats(self, stage: usize) -> usize {
        let repeats = STAGES[stage].repeats;
        if self.lite && (stage == 0 || stage == STAGES.len() - 1) {
            return repeats;
        }
        (repeats as f64 * self.depth).ceil() as usize
    }
}

/// The nearest multiple of 8, but not more than 10% below.
fn scale_channels(channels: usize, factor: f64) -> usize {
    let scaled = channels as f64 * factor;
    let rounded = (((scaled + 4.0) as usize) / 8 * 8).max(8);
    if (rounded as f64) < 0.9 * scaled {
        rounded + 8
    } else {
        rounded
    }
}

/// Images `[n, in_chans, height, width]` to logits `[n, num_classes]`.
#[derive(Module, Debug)]
pub struct EfficientNet {
    conv_stem: Conv2d,
    bn1: Norm,
    blocks: Vec<Vec<Block>>,
    conv_head: Conv2d,
    bn2: Norm,
    classifier: Head,
    #[module(skip)]
    activation: Activation,
}

impl EfficientNet {
    /// A network with timm's random initialisation.
    #[must_use]
    pub fn new(config: &Config, in_chans: usize, num_classes: usize, device: &Device) -> Self {
        let stem = config.end_channels(STEM_CHANNELS);
        let head = config.end_channels(HEAD_CHANNELS);
        let norm = |channels| Norm::batch(channels, config.norm_epsilon, device);
        let mut channels = stem;
        let blocks = (0..STAGES.len())
            .map(|stage| {
                (0..config.repeats(stage))
                    .map(|block| Block::new(config, stage, block, &mut channels, device))
                    .collect()
            })
            .collect();
        let stem_shape = ConvShape {
            padding: config.padding,
            ..ConvShape::square(in_chans, stem, 3, 2)
        };
        Self {
            conv_stem: stem_shape.init(CONV_INIT, device),
            bn1: norm(stem),
            blocks,
            conv_head: ConvShape::pointwise(channels, head).init(CONV_INIT, device),
            bn2: norm(head),
            classifier: classifier(head, num_classes, device),
            activation: config.activation(),
        }
    }
}

/// Uniform within `±1 / sqrt(num_classes)`, bias 0.
fn classifier(num_features: usize, num_classes: usize, device: &Device) -> Head {
    let weight = uniform(1.0 / (num_classes as f64).sqrt());
    Head::new(
        num_features,
        num_classes,
        &weight,
        &Initializer::Zeros,
        device,
    )
}

impl Network for EfficientNet {
    fn features(&self, images: Tensor<4>, tap: &mut Tap<'_>) -> Tensor<4> {
        let mut x = grouped(&self.conv_stem, images);
        x = self.bn1.forward_act(x, self.activation);
        tap("bn1", &x);
        let stages = (0..).map(|i| format!("blocks.{i}")).zip(&self.blocks);
        x = through(x, stages, Block::forward, tap);
        x = pointwise(&self.conv_head, x);
        x = self.bn2.forward_act(x, self.activation);
        tap("bn2", &x);
        x
    }

    fn num_features(&self) -> usize {
        self.conv_head.weight.dims()[0]
    }

    fn head(&self) -> &Head {
        &self.classifier
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.classifier
    }

    fn reset_head(&mut self, num_classes: usize, device: &Device) {
        self.classifier = classifier(self.num_features(), num_classes, device);
    }

    fn drop_paths(&mut self) -> Vec<&mut DropPath> {
        let blocks = self.blocks.iter_mut().flatten();
        blocks.filter_map(Block::drop_path).collect()
    }

    fn freeze(&mut self, stages: usize) {
        freeze(&mut self.conv_stem);
        freeze(&mut self.bn1);
        self.blocks.iter_mut().take(stages).for_each(freeze);
    }

    fn fold(&mut self) {
        self.bn1.fold_into(&mut self.conv_stem);
        self.bn2.fold_into(&mut self.conv_head);
        self.blocks.iter_mut().flatten().for_each(Block::fold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_sizes_are_those_of_timm() {
        let sizes = |config: Config| {
            let widths = STAGES.map(|s| scale_channels(s.channels, config.width));
            let repeats: Vec<usize> = (0..7).map(|s| config.repeats(s)).collect();
            (
                config.end_channels(STEM_CHANNELS),
                widths,
                repeats,
                config.end_channels(HEAD_CHANNELS),
            )
        };
        assert_eq!(
            sizes(Config::b(1.2, 1.4)),
            (
                40,
                [24, 32, 48, 96, 136, 232, 384],
                vec![2, 3, 3, 5, 5, 6, 2],
                1536
            )
        );
        assert_eq!(
            sizes(Config::lite(1.1, 1.2)),
            (
                32,
                [16, 24, 48, 88, 120, 208, 352],
                vec![1, 3, 3, 4, 4, 5, 1],
                1280
            )
        );
        assert_eq!(sizes(Config::lite(1.0, 1.1)).2, [1, 3, 3, 4, 4, 5, 1]);
    }
}
