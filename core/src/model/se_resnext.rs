//! SE-ResNeXt: grouped bottlenecks (arXiv:1611.05431) with squeeze-and-excitation, as in timm.

use super::head::Head;
use super::layers::{
    Activation, ConvShape, DropPath, Norm, SeModule, freeze, grouped, pointwise, uniform,
};
use super::{Network, Tap, through};
use burn::module::Initializer;
use burn::nn::conv::Conv2d;
use burn::prelude::*;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;

/// `32x4d`: 32 groups, each 4 channels wide in the first stage.
const GROUPS: usize = 32;
const GROUP_WIDTH: usize = 4;
const STEM_CHANNELS: usize = 64;
/// A block gives twice the channels that it has inside.
const EXPANSION: usize = 2;
/// Squeeze-and-excitation squeezes to one channel in so many.
const REDUCTION: usize = 16;
const NORM_EPSILON: f64 = 1e-5;

/// Images `[n, in_chans, height, width]` to logits `[n, num_classes]`.
#[derive(Module, Debug)]
pub struct SeResNeXt {
    conv1: Conv2d,
    bn1: Norm,
    layer1: Vec<Bottleneck>,
    layer2: Vec<Bottleneck>,
    layer3: Vec<Bottleneck>,
    layer4: Vec<Bottleneck>,
    fc: Head,
}

impl SeResNeXt {
    /// A network with `depths` blocks in its four stages and timm's random initialisation.
    #[must_use]
    pub fn new(depths: [usize; 4], in_chans: usize, num_classes: usize, device: &Device) -> Self {
        let mut channels = STEM_CHANNELS;
        let mut stage = |index: usize| {
            let width = (GROUPS * GROUP_WIDTH) << index;
            (0..depths[index])
                .map(|block| {
                    let stride = if block == 0 && index > 0 { 2 } else { 1 };
                    let in_chans = std::mem::replace(&mut channels, width * EXPANSION);
                    Bottleneck::new(in_chans, width, stride, device)
                })
                .collect()
        };
        Self {
            conv1: conv(ConvShape::square(in_chans, STEM_CHANNELS, 7, 2), device),
            bn1: Norm::batch(STEM_CHANNELS, NORM_EPSILON, device),
            layer1: stage(0),
            layer2: stage(1),
            layer3: stage(2),
            layer4: stage(3),
            fc: classifier(channels, num_classes, device),
        }
    }

    fn layers(&self) -> [&Vec<Bottleneck>; 4] {
        [&self.layer1, &self.layer2, &self.layer3, &self.layer4]
    }

    fn layers_mut(&mut self) -> [&mut Vec<Bottleneck>; 4] {
        let Self {
            layer1,
            layer2,
            layer3,
            layer4,
            ..
        } = self;
        [layer1, layer2, layer3, layer4]
    }
}

/// Weights and bias uniform within `±1 / sqrt(num_features)`, PyTorch's default.
fn classifier(num_features: usize, num_classes: usize, device: &Device) -> Head {
    let init = uniform(1.0 / (num_features as f64).sqrt());
    Head::new(num_features, num_classes, &init, &init, device)
}

/// Normal, variance `2 / fan_out`, where `fan_out` counts the channels of all groups.
fn conv_init(groups: usize) -> Initializer {
    Initializer::KaimingNormal {
        // Burn counts those of one group.
        gain: (2.0 / groups as f64).sqrt(),
        fan_out_only: true,
    }
}

fn conv(shape: ConvShape, device: &Device) -> Conv2d {
    shape.init(conv_init(shape.groups), device)
}

impl Network for SeResNeXt {
    fn features(&self, images: Tensor<4>, tap: &mut Tap<'_>) -> Tensor<4> {
        let mut x = self
            .bn1
            .forward_act(grouped(&self.conv1, images), Activation::Relu);
        tap("act1", &x);
        let pool = MaxPoolOptions::new([3, 3])
            .with_stride([2, 2])
            .with_padding([1, 1]);
        x = max_pool2d(x, pool);
        tap("maxpool", &x);
        let layers = (1..).map(|i| format!("layer{i}")).zip(self.layers());
        through(x, layers, Bottleneck::forward, tap)
    }

    fn num_features(&self) -> usize {
        (GROUPS * GROUP_WIDTH * EXPANSION) << 3
    }

    fn head(&self) -> &Head {
        &self.fc
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.fc
    }

    fn reset_head(&mut self, num_classes: usize, device: &Device) {
        self.fc = classifier(self.num_features(), num_classes, device);
    }

    fn drop_paths(&mut self) -> Vec<&mut DropPath> {
        let blocks = self.layers_mut().into_iter().flatten();
        blocks.map(|block| &mut block.drop_path).collect()
    }

    fn freeze(&mut self, stages: usize) {
        freeze(&mut self.conv1);
        freeze(&mut self.bn1);
        self.layers_mut().into_iter().take(stages).for_each(freeze);
    }

    fn fold(&mut self) {
        self.bn1.fold_into(&mut self.conv1);
        self.layers_mut()
            .into_iter()
            .flatten()
            .for_each(Bottleneck::fold);
    }
}

/// 1×1 to fewer channels, 3×3 in groups, 1×1 to more.
#[derive(Module, Debug)]
struct Bottleneck {
    conv1: Conv2d,
    bn1: Norm,
    conv2: Conv2d,
    bn2: Norm,
    conv3: Conv2d,
    bn3: Norm,
    se: SeModule,
    drop_path: DropPath,
    /// In the first block of a stage.
    downsample: Option<(Conv2d, Norm)>,
}

impl Bottleneck {
    fn new(in_chans: usize, width: usize, stride: usize, device: &Device) -> Self {
        let out_chans = width * EXPANSION;
        let norm = |channels| Norm::batch(channels, NORM_EPSILON, device);
        let grouped = ConvShape {
            groups: GROUPS,
            ..ConvShape::square(width, width, 3, stride)
        };
        let shortcut = ConvShape::square(in_chans, out_chans, 1, stride);
        Self {
            conv1: conv(ConvShape::pointwise(in_chans, width), device),
            bn1: norm(width),
            conv2: conv(grouped, device),
            bn2: norm(width),
            conv3: conv(ConvShape::pointwise(width, out_chans), device),
            bn3: Norm::silent(out_chans, NORM_EPSILON, device),
            se: SeModule::new(out_chans, out_chans / REDUCTION, &conv_init(1), device),
            drop_path: DropPath::new(),
            downsample: (in_chans != out_chans).then(|| (conv(shortcut, device), norm(out_chans))),
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let mut x = pointwise(&self.conv1, input.clone());
        x = self.bn1.forward_act(x, Activation::Relu);
        x = self
            .bn2
            .forward_act(grouped(&self.conv2, x), Activation::Relu);
        x = self.se.forward(self.bn3.forward(pointwise(&self.conv3, x)));
        let shortcut = match &self.downsample {
            Some((conv, norm)) => norm.forward(conv.forward(input)),
            None => input,
        };
        Activation::Relu.forward(self.drop_path.forward(x) + shortcut)
    }

    fn fold(&mut self) {
        self.bn1.fold_into(&mut self.conv1);
        self.bn2.fold_into(&mut self.conv2);
        self.bn3.fold_into(&mut self.conv3);
        if let Some((conv, norm)) = &mut self.downsample {
            norm.fold_into(conv);
        }
    }
}
