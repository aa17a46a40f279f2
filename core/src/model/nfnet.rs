//! ECA-NFNet: residual networks without normalisation layers (arXiv:2101.08692, 2102.06171), in
//! timm's light variant with efficient channel attention.

use super::head::Head;
use super::layers::{
    Activation, ConvShape, DropPath, EfficientChannelAttention, ScaledStdConv2d, freeze,
};
use super::{Network, Tap, through};
use burn::module::Initializer;
use burn::prelude::*;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;

const STEM_CHANNELS: [usize; 4] = [16, 32, 64, 128];
const STEM_STRIDES: [usize; 4] = [2, 1, 1, 2];
/// Of the stages.
const CHANNELS: [usize; 4] = [256, 512, 1536, 1536];
/// A block has so many times fewer channels inside.
const BOTTLENECK: usize = 4;
/// Channels of one group.
const GROUP_SIZE: usize = 64;
/// How much of a block's branch is added to its input.
const ALPHA: f64 = 0.2;
/// Makes up for what the gate takes away.
const ATTENTION_GAIN: f64 = 2.0;

/// Images `[n, in_chans, height, width]` to logits `[n, num_classes]`.
#[derive(Module, Debug)]
pub struct NfNet {
    stem: Stem,
    stages: Vec<Vec<Block>>,
    final_conv: ScaledStdConv2d,
    head: ClassifierHead,
}

/// timm's name for what holds the classifier.
#[derive(Module, Debug)]
struct ClassifierHead {
    fc: Head,
}

impl NfNet {
    /// A network with `depths` blocks in its four stages, `num_features` channels before pooling
    /// and timm's random initialisation.
    #[must_use]
    pub fn new(
        depths: [usize; 4],
        num_features: usize,
        in_chans: usize,
        num_classes: usize,
        device: &Device,
    ) -> Self {
        let mut channels = STEM_CHANNELS[3];
        // Expected of the input of the next block.
        let mut variance = 1.0_f64;
        let stages = (0..4)
            .map(|stage| {
                (0..depths[stage])
                    .map(|block| {
                        let in_chans = std::mem::replace(&mut channels, CHANNELS[stage]);
                        let stride = if block == 0 && stage > 0 { 2 } else { 1 };
                        let beta = variance.sqrt().recip();
                        // The shortcut of a first block comes from its scaled input.
                        variance = if block == 0 { 1.0 } else { variance } + ALPHA.powi(2);
                        Block::new(in_chans, channels, stride, beta, device)
                    })
                    .collect()
            })
            .collect();
        Self {
            stem: Stem::new(in_chans, device),
            stages,
            final_conv: ScaledStdConv2d::new(
                &ConvShape::pointwise(channels, num_features),
                &Initializer::Ones,
                device,
            ),
            head: ClassifierHead {
                fc: classifier(num_features, num_classes, device),
            },
        }
    }
}

/// Normal with deviation 0.01, bias 0.
fn classifier(num_features: usize, num_classes: usize, device: &Device) -> Head {
    let weight = Initializer::Normal {
        mean: 0.0,
        std: 0.01,
    };
    Head::new(
        num_features,
        num_classes,
        &weight,
        &Initializer::Zeros,
        device,
    )
}

impl Network for NfNet {
    fn features(&self, images: Tensor<4>, tap: &mut Tap<'_>) -> Tensor<4> {
        let mut x = self.stem.forward(images);
        tap("stem", &x);
        let stages = (0..).map(|i| format!("stages.{i}")).zip(&self.stages);
        x = through(x, stages, Block::forward, tap);
        x = self.final_conv.forward(x);
        tap("final_conv", &x);
        x = Activation::Silu.forward(x);
        tap("final_act", &x);
        x
    }

    fn num_features(&self) -> usize {
        self.final_conv.out_chans()
    }

    fn head(&self) -> &Head {
        &self.head.fc
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head.fc
    }

    fn reset_head(&mut self, num_classes: usize, device: &Device) {
        self.head.fc = classifier(self.num_features(), num_classes, device);
    }

    fn drop_paths(&mut self) -> Vec<&mut DropPath> {
        let blocks = self.stages.iter_mut().flatten();
        blocks.map(|block| &mut block.drop_path).collect()
    }

    fn freeze(&mut self, stages: usize) {
        freeze(&mut self.stem);
        self.stages.iter_mut().take(stages).for_each(freeze);
    }

    fn fold(&mut self) {
        let stem = self.stem.convs_mut();
        stem.into_iter().for_each(ScaledStdConv2d::fold);
        self.stages.iter_mut().flatten().for_each(Block::fold);
        self.final_conv.fold();
    }
}

/// Four 3×3 convolutions.
#[derive(Module, Debug)]
struct Stem {
    conv1: ScaledStdConv2d,
    conv2: ScaledStdConv2d,
    conv3: ScaledStdConv2d,
    conv4: ScaledStdConv2d,
}

impl Stem {
    fn new(in_chans: usize, device: &Device) -> Self {
        let mut channels = in_chans;
        let [conv1, conv2, conv3, conv4] = [0, 1, 2, 3].map(|i| {
            let in_chans = std::mem::replace(&mut channels, STEM_CHANNELS[i]);
            let shape = ConvShape::square(in_chans, channels, 3, STEM_STRIDES[i]);
            ScaledStdConv2d::new(&shape, &Initializer::Ones, device)
        });
        Self {
            conv1,
            conv2,
            conv3,
            conv4,
        }
    }

    /// The last convolution has no activation behind it: each block begins with one.
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let mut x = self.conv1.forward_act(input, Activation::Silu);
        x = self.conv2.forward_act(x, Activation::Silu);
        x = self.conv3.forward_act(x, Activation::Silu);
        self.conv4.forward(x)
    }

    fn convs_mut(&mut self) -> [&mut ScaledStdConv2d; 4] {
        let Self {
            conv1,
            conv2,
            conv3,
            conv4,
        } = self;
        [conv1, conv2, conv3, conv4]
    }
}

/// Activation first, then 1×1 to fewer channels, two 3×3 in groups, 1×1 to more.
#[derive(Module, Debug)]
struct Block {
    /// In the first block of a stage.
    downsample: Option<Downsample>,
    conv1: ScaledStdConv2d,
    conv2: ScaledStdConv2d,
    conv2b: ScaledStdConv2d,
    conv3: ScaledStdConv2d,
    attn_last: EfficientChannelAttention,
    drop_path: DropPath,
    /// Brings the input to unit variance.
    beta: f64,
}

/// Average pooling where the block has a stride, then 1×1.
#[derive(Module, Debug)]
struct Downsample {
    conv: ScaledStdConv2d,
    stride: usize,
}

impl Block {
    fn new(in_chans: usize, out_chans: usize, stride: usize, beta: f64, device: &Device) -> Self {
        let width = out_chans / BOTTLENECK;
        let conv = |shape| ScaledStdConv2d::new(&shape, &Initializer::Ones, device);
        let grouped = |stride| ConvShape {
            groups: width / GROUP_SIZE,
            ..ConvShape::square(width, width, 3, stride)
        };
        let expand = ConvShape::pointwise(width, out_chans);
        Self {
            downsample: (in_chans != out_chans || stride > 1).then(|| Downsample {
                conv: conv(ConvShape::pointwise(in_chans, out_chans)),
                stride,
            }),
            conv1: conv(ConvShape::pointwise(in_chans, width)),
            conv2: conv(grouped(stride)),
            conv2b: conv(grouped(1)),
            // The branch begins silent.
            conv3: ScaledStdConv2d::new(&expand, &Initializer::Zeros, device),
            attn_last: EfficientChannelAttention::new(out_chans, device),
            drop_path: DropPath::new(),
            beta,
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let activated = Activation::Silu.forward(input.clone()) * self.beta;
        let shortcut = match &self.downsample {
            Some(downsample) => downsample.forward(activated.clone()),
            None => input,
        };
        let mut x = self.conv1.forward_act(activated, Activation::Silu);
        x = self.conv2.forward_act(x, Activation::Silu);
        x = self.conv2b.forward_act(x, Activation::Silu);
        x = self.attn_last.forward(self.conv3.forward(x));
        self.drop_path.forward(x) * (ATTENTION_GAIN * ALPHA) + shortcut
    }

    fn fold(&mut self) {
        if let Some(downsample) = &mut self.downsample {
            downsample.conv.fold();
        }
        self.conv1.fold();
        self.conv2.fold();
        self.conv2b.fold();
        self.conv3.fold();
    }
}

impl Downsample {
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let pooled = if self.stride > 1 {
            // A window over the border of an odd size averages what there is.
            let pool = AvgPoolOptions::new([self.stride; 2])
                .with_count_include_pad(false)
                .with_ceil_mode(true);
            avg_pool2d(input, pool)
        } else {
            input
        };
        self.conv.forward(pooled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_scaled_as_in_timm() {
        let network = NfNet::new([1, 2, 6, 3], 2304, 1, 2, &Device::flex());
        let betas: Vec<Vec<f64>> = network
            .stages
            .iter()
            .map(|stage| stage.iter().map(|block| block.beta).collect())
            .collect();
        // Printed by timm 1.0.31.
        let expected = [
            vec![1.0],
            vec![0.980_580_676, 0.980_580_676],
            vec![
                0.962_250_449,
                0.980_580_676,
                0.962_250_449,
                0.944_911_183,
                0.928_476_691,
                0.912_870_929,
            ],
            vec![0.898_026_510, 0.980_580_676, 0.962_250_449],
        ];
        for (ours, theirs) in betas.concat().iter().zip(expected.concat()) {
            assert!((ours - theirs).abs() < 1e-8, "{betas:?}");
        }
        assert_eq!(betas.concat().len(), 12);
    }
}
