//! EfficientNet (arXiv:1905.11946) and its Lite variants, as in timm, from one table of stages.

use super::layers::{Activation, ConvShape, Norm, Padding, SqueezeExcite, global_average, linear};
use crate::architecture::Architecture;
use burn::nn::Linear;
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
    /// The member that timm knows by this name.
    #[must_use]
    pub fn of(architecture: Architecture) -> Self {
        let (width, depth, lite) = match architecture {
            Architecture::EfficientNetLite0 | Architecture::TfEfficientNetLite0 => (1.0, 1.0, true),
            Architecture::TfEfficientNetLite1 => (1.0, 1.1, true),
            Architecture::TfEfficientNetLite2 => (1.1, 1.2, true),
            Architecture::TfEfficientNetB0 => (1.0, 1.0, false),
            Architecture::TfEfficientNetB1 => (1.0, 1.1, false),
            Architecture::TfEfficientNetB2 => (1.1, 1.2, false),
            Architecture::TfEfficientNetB3 => (1.2, 1.4, false),
        };
        let tensorflow = architecture != Architecture::EfficientNetLite0;
        Self {
            width,
            depth,
            lite,
            padding: if tensorflow {
                Padding::Same
            } else {
                Padding::Symmetric
            },
            norm_epsilon: if tensorflow { 1e-3 } else { 1e-5 },
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
    classifier: Linear,
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
            in_chans,
            out_chans: stem,
            kernel: 3,
            stride: 2,
            groups: 1,
            padding: config.padding,
        };
        Self {
            conv_stem: stem_shape.init(device),
            bn1: norm(stem),
            blocks,
            conv_head: ConvShape::pointwise(channels, head).init(device),
            bn2: norm(head),
            classifier: linear(head, num_classes, device),
            activation: config.activation(),
        }
    }

    pub(super) fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward_with_taps(images, &mut |_, _| ())
    }

    pub(super) fn forward_features(&self, images: Tensor<4>) -> Tensor<4> {
        self.features_with_taps(images, &mut |_, _| ())
    }

    pub(super) fn forward_with_taps(
        &self,
        images: Tensor<4>,
        tap: &mut dyn FnMut(&str, &Tensor<4>),
    ) -> Tensor<2> {
        let pooled = global_average(self.features_with_taps(images, tap));
        tap("global_pool", &pooled);
        self.classifier.forward(pooled.flatten(1, 3))
    }

    fn features_with_taps(
        &self,
        images: Tensor<4>,
        tap: &mut dyn FnMut(&str, &Tensor<4>),
    ) -> Tensor<4> {
        let mut x = self.conv_stem.forward(images);
        x = self.activation.forward(self.bn1.forward(x));
        tap("bn1", &x);
        for (i, stage) in self.blocks.iter().enumerate() {
            for (j, block) in stage.iter().enumerate() {
                x = block.forward(x);
                tap(&format!("blocks.{i}.{j}"), &x);
            }
            tap(&format!("blocks.{i}"), &x);
        }
        x = self.conv_head.forward(x);
        x = self.activation.forward(self.bn2.forward(x));
        tap("bn2", &x);
        x
    }

    pub(super) fn num_features(&self) -> usize {
        self.conv_head.weight.dims()[0]
    }

    pub(super) fn freeze(mut self, stages: usize) -> Self {
        self.conv_stem = self.conv_stem.freeze();
        self.bn1 = self.bn1.freeze();
        for (i, stage) in self.blocks.iter_mut().enumerate().take(stages) {
            debug_assert!(i < stages);
            *stage = std::mem::take(stage).freeze();
        }
        self
    }

    pub(super) fn reset_classifier(mut self, num_classes: usize, device: &Device) -> Self {
        self.classifier = linear(self.num_features(), num_classes, device);
        self
    }

    pub(super) fn fold(self) -> Self {
        let (conv_stem, bn1) = self.bn1.fold(self.conv_stem);
        let (conv_head, bn2) = self.bn2.fold(self.conv_head);
        let fold_stage = |stage: Vec<Block>| stage.into_iter().map(Block::fold).collect();
        Self {
            conv_stem,
            bn1,
            blocks: self.blocks.into_iter().map(fold_stage).collect(),
            conv_head,
            bn2,
            ..self
        }
    }
}

/// A block of a stage.
#[derive(Module, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a network has a few dozen, and a module cannot be boxed"
)]
enum Block {
    /// In the first stage.
    DepthwiseSeparable(DepthwiseSeparable),
    /// In all others.
    InvertedResidual(InvertedResidual),
}

/// Depthwise, then 1×1.
#[derive(Module, Debug)]
struct DepthwiseSeparable {
    conv_dw: Conv2d,
    bn1: Norm,
    se: Option<SqueezeExcite>,
    conv_pw: Conv2d,
    bn2: Norm,
    skip: bool,
    #[module(skip)]
    activation: Activation,
}

/// 1×1 to more channels, depthwise, 1×1 to fewer.
#[derive(Module, Debug)]
struct InvertedResidual {
    conv_pw: Conv2d,
    bn1: Norm,
    conv_dw: Conv2d,
    bn2: Norm,
    se: Option<SqueezeExcite>,
    conv_pwl: Conv2d,
    bn3: Norm,
    skip: bool,
    #[module(skip)]
    activation: Activation,
}

impl Block {
    /// `channels` is the number of input channels, and of output channels afterwards.
    fn new(
        config: &Config,
        stage: usize,
        block: usize,
        channels: &mut usize,
        device: &Device,
    ) -> Self {
        let Stage {
            kernel,
            stride,
            expansion,
            channels: base,
            ..
        } = STAGES[stage];
        let in_chans = *channels;
        let out_chans = scale_channels(base, config.width);
        *channels = out_chans;
        let stride = if block == 0 { stride } else { 1 };
        let expanded = in_chans * expansion;
        let skip = stride == 1 && in_chans == out_chans;
        let activation = config.activation();
        let norm = |channels| Norm::batch(channels, config.norm_epsilon, device);
        // A quarter of the block's input, not of the expanded width.
        let squeezed = (in_chans as f64 * 0.25).round() as usize;
        let se = (!config.lite).then(|| SqueezeExcite::new(expanded, squeezed, activation, device));
        let conv_dw = ConvShape::depthwise(expanded, kernel, stride, config.padding).init(device);
        if expansion == 1 {
            Self::DepthwiseSeparable(DepthwiseSeparable {
                conv_dw,
                bn1: norm(expanded),
                se,
                conv_pw: ConvShape::pointwise(expanded, out_chans).init(device),
                bn2: norm(out_chans),
                skip,
                activation,
            })
        } else {
            Self::InvertedResidual(InvertedResidual {
                conv_pw: ConvShape::pointwise(in_chans, expanded).init(device),
                bn1: norm(expanded),
                conv_dw,
                bn2: norm(expanded),
                se,
                conv_pwl: ConvShape::pointwise(expanded, out_chans).init(device),
                bn3: norm(out_chans),
                skip,
                activation,
            })
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        match self {
            Self::DepthwiseSeparable(block) => block.forward(input),
            Self::InvertedResidual(block) => block.forward(input),
        }
    }

    fn fold(self) -> Self {
        match self {
            Self::DepthwiseSeparable(block) => Self::DepthwiseSeparable(block.fold()),
            Self::InvertedResidual(block) => Self::InvertedResidual(block.fold()),
        }
    }
}

impl DepthwiseSeparable {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let shortcut = self.skip.then(|| input.clone());
        let mut x = self.bn1.forward(self.conv_dw.forward(input));
        x = squeeze_excite(self.se.as_ref(), self.activation.forward(x));
        x = self.bn2.forward(self.conv_pw.forward(x));
        add(x, shortcut)
    }

    fn fold(self) -> Self {
        let (conv_dw, bn1) = self.bn1.fold(self.conv_dw);
        let (conv_pw, bn2) = self.bn2.fold(self.conv_pw);
        Self {
            conv_dw,
            bn1,
            conv_pw,
            bn2,
            ..self
        }
    }
}

impl InvertedResidual {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let shortcut = self.skip.then(|| input.clone());
        let mut x = self.bn1.forward(self.conv_pw.forward(input));
        x = self
            .bn2
            .forward(self.conv_dw.forward(self.activation.forward(x)));
        x = squeeze_excite(self.se.as_ref(), self.activation.forward(x));
        x = self.bn3.forward(self.conv_pwl.forward(x));
        add(x, shortcut)
    }

    fn fold(self) -> Self {
        let (conv_pw, bn1) = self.bn1.fold(self.conv_pw);
        let (conv_dw, bn2) = self.bn2.fold(self.conv_dw);
        let (conv_pwl, bn3) = self.bn3.fold(self.conv_pwl);
        Self {
            conv_pw,
            bn1,
            conv_dw,
            bn2,
            conv_pwl,
            bn3,
            ..self
        }
    }
}

fn squeeze_excite(se: Option<&SqueezeExcite>, input: Tensor<4>) -> Tensor<4> {
    match se {
        Some(se) => se.forward(input),
        None => input,
    }
}

fn add(x: Tensor<4>, shortcut: Option<Tensor<4>>) -> Tensor<4> {
    match shortcut {
        Some(shortcut) => x + shortcut,
        None => x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_sizes_are_those_of_timm() {
        let sizes = |architecture| {
            let config = Config::of(architecture);
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
            sizes(Architecture::TfEfficientNetB3),
            (
                40,
                [24, 32, 48, 96, 136, 232, 384],
                vec![2, 3, 3, 5, 5, 6, 2],
                1536
            )
        );
        assert_eq!(
            sizes(Architecture::TfEfficientNetLite2),
            (
                32,
                [16, 24, 48, 88, 120, 208, 352],
                vec![1, 3, 3, 4, 4, 5, 1],
                1280
            )
        );
        assert_eq!(
            sizes(Architecture::TfEfficientNetLite1).2,
            [1, 3, 3, 4, 4, 5, 1]
        );
    }
}
