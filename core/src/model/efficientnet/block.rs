//! The two blocks of EfficientNet.

use super::{CONV_INIT, Config, STAGES, Stage, scale_channels};
use crate::model::layers::{
    Activation, ConvShape, DropPath, Norm, SqueezeExcite, grouped, pointwise,
};
use burn::nn::conv::Conv2d;
use burn::prelude::*;

/// A block of a stage.
#[derive(Module, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a network has a few dozen, and a module cannot be boxed"
)]
pub(super) enum Block {
    /// In the first stage.
    DepthwiseSeparable(DepthwiseSeparable),
    /// In all others.
    InvertedResidual(InvertedResidual),
}

/// Depthwise, then 1×1.
#[derive(Module, Debug)]
pub(super) struct DepthwiseSeparable {
    conv_dw: Conv2d,
    bn1: Norm,
    se: Option<SqueezeExcite>,
    conv_pw: Conv2d,
    bn2: Norm,
    /// Where the shortcut is: the block has as many channels before as behind, and no stride.
    skip: Option<DropPath>,
    #[module(skip)]
    activation: Activation,
}

/// 1×1 to more channels, depthwise, 1×1 to fewer.
#[derive(Module, Debug)]
pub(super) struct InvertedResidual {
    conv_pw: Conv2d,
    bn1: Norm,
    conv_dw: Conv2d,
    bn2: Norm,
    se: Option<SqueezeExcite>,
    conv_pwl: Conv2d,
    bn3: Norm,
    skip: Option<DropPath>,
    #[module(skip)]
    activation: Activation,
}

impl Block {
    /// `channels` is the number of input channels, and of output channels afterwards.
    pub(super) fn new(
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
        let skip = (stride == 1 && in_chans == out_chans).then(DropPath::new);
        let activation = config.activation();
        let norm = |channels| Norm::batch(channels, config.norm_epsilon, device);
        // A quarter of the block's input, not of the expanded width.
        let squeezed = (in_chans as f64 * 0.25).round() as usize;
        let se = (!config.lite)
            .then(|| SqueezeExcite::new(expanded, squeezed, activation, &CONV_INIT, device));
        let conv_dw =
            ConvShape::depthwise(expanded, kernel, stride, config.padding).init(CONV_INIT, device);
        if expansion == 1 {
            Self::DepthwiseSeparable(DepthwiseSeparable {
                conv_dw,
                bn1: norm(expanded),
                se,
                conv_pw: ConvShape::pointwise(expanded, out_chans).init(CONV_INIT, device),
                bn2: norm(out_chans),
                skip,
                activation,
            })
        } else {
            Self::InvertedResidual(InvertedResidual {
                conv_pw: ConvShape::pointwise(in_chans, expanded).init(CONV_INIT, device),
                bn1: norm(expanded),
                conv_dw,
                bn2: norm(expanded),
                se,
                conv_pwl: ConvShape::pointwise(expanded, out_chans).init(CONV_INIT, device),
                bn3: norm(out_chans),
                skip,
                activation,
            })
        }
    }

    pub(super) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        match self {
            Self::DepthwiseSeparable(block) => block.forward(input),
            Self::InvertedResidual(block) => block.forward(input),
        }
    }

    pub(super) fn drop_path(&mut self) -> Option<&mut DropPath> {
        match self {
            Self::DepthwiseSeparable(block) => block.skip.as_mut(),
            Self::InvertedResidual(block) => block.skip.as_mut(),
        }
    }

    pub(super) fn fold(&mut self) {
        match self {
            Self::DepthwiseSeparable(DepthwiseSeparable {
                conv_dw,
                bn1,
                conv_pw,
                bn2,
                ..
            }) => {
                bn1.fold_into(conv_dw);
                bn2.fold_into(conv_pw);
            }
            Self::InvertedResidual(InvertedResidual {
                conv_pw,
                bn1,
                conv_dw,
                bn2,
                conv_pwl,
                bn3,
                ..
            }) => {
                bn1.fold_into(conv_pw);
                bn2.fold_into(conv_dw);
                bn3.fold_into(conv_pwl);
            }
        }
    }
}

impl DepthwiseSeparable {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let shortcut = input.clone();
        let mut x = grouped(&self.conv_dw, input);
        x = self.bn1.forward_act(x, self.activation);
        x = squeeze_excite(self.se.as_ref(), x);
        x = self.bn2.forward(pointwise(&self.conv_pw, x));
        add(x, self.skip.as_ref(), shortcut)
    }
}

impl InvertedResidual {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let shortcut = input.clone();
        let mut x = pointwise(&self.conv_pw, input);
        x = self.bn1.forward_act(x, self.activation);
        x = grouped(&self.conv_dw, x);
        x = self.bn2.forward_act(x, self.activation);
        x = squeeze_excite(self.se.as_ref(), x);
        x = self.bn3.forward(pointwise(&self.conv_pwl, x));
        add(x, self.skip.as_ref(), shortcut)
    }
}

fn squeeze_excite(se: Option<&SqueezeExcite>, input: Tensor<4>) -> Tensor<4> {
    match se {
        Some(se) => se.forward(input),
        None => input,
    }
}

fn add(branch: Tensor<4>, skip: Option<&DropPath>, input: Tensor<4>) -> Tensor<4> {
    match skip {
        Some(drop_path) => drop_path.forward(branch) + input,
        None => branch,
    }
}
