//! Depthwise convolutions whose gradients are convolutions.

use burn::nn::conv::Conv2d;
use burn::prelude::*;

/// A convolution of each channel by itself, without bias.
///
/// The gradient of its input is a convolution, too, by the kernels turned upside down, where it keeps the size of images.
/// Burn takes a transposed convolution for it, which on the CPU cost a quarter of a training step.
#[must_use]
pub fn depthwise(conv: &Conv2d, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "training")]
    if let Some(output) = gradients::depthwise(conv, &input) {
        return output;
    }
    conv.forward(input)
}

#[cfg(feature = "training")]
mod gradients {
    use burn::backend::autodiff::checkpoint::base::Checkpointer;
    use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
    use burn::backend::autodiff::grads::Gradients;
    use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
    use burn::backend::ops::{FloatTensorOps, ModuleOps};
    use burn::backend::tensor::FloatTensor;
    use burn::backend::{Autodiff, Flex};
    use burn::nn::conv::Conv2d;
    use burn::prelude::*;
    use burn::tensor::ops::ConvOptions;

    /// None where this is not the CPU, no gradients are wanted, or images change their size.
    pub(super) fn depthwise(conv: &Conv2d, input: &Tensor<4>) -> Option<Tensor<4>> {
        if conv.stride != [1, 1] || conv.bias.is_some() || !input.device().is_autodiff() {
            return None;
        }
        let primitive = |tensor: Tensor<4>| tensor.try_into_primitive::<Autodiff<Flex>>().ok();
        let (input, input_node) = primitive(input.clone())?.into_parts();
        let (weight, weight_node) = primitive(conv.weight.val())?.into_parts();
        let half = conv.kernel_size.map(|size| size / 2);
        let options = ConvOptions::new([1, 1], half, [1, 1], conv.groups);
        let output = Flex::conv2d(input.clone(), weight.clone(), None, options.clone());
        let operation = Depthwise.prepare::<NoCheckpointing>([input_node, weight_node]);
        let output = match operation.compute_bound().stateful() {
            OpsKind::Tracked(operation) => operation.finish((input, weight, options), output),
            OpsKind::UnTracked(operation) => operation.finish(output),
        };
        Some(Tensor::from_primitive::<Autodiff<Flex>>(output))
    }

    #[derive(Debug)]
    struct Depthwise;

    impl Backward<Flex, 2> for Depthwise {
        /// Input, kernels, and how they were convolved.
        type State = (FloatTensor<Flex>, FloatTensor<Flex>, ConvOptions<2>);

        fn backward(
            self,
            operation: Ops<Self::State, 2>,
            gradients: &mut Gradients,
            _: &mut Checkpointer,
        ) {
            let [input_node, weight_node] = operation.parents;
            let (input, weight, options) = operation.state;
            let gradient = gradients.consume::<Flex>(&operation.node);
            if let Some(node) = input_node {
                let flipped = Flex::float_flip(weight.clone(), &[2, 3]);
                let of_input = Flex::conv2d(gradient.clone(), flipped, None, options.clone());
                gradients.register::<Flex>(node.id, of_input);
            }
            if let Some(node) = weight_node {
                let of_weight = Flex::conv2d_weight_backward(input, weight, gradient, options);
                gradients.register::<Flex>(node.id, of_weight);
            }
        }
    }
}

#[cfg(all(test, feature = "training"))]
mod tests {
    use super::*;
    use crate::model::layers::{ConvShape, Padding};
    use burn::module::Initializer;
    use burn::tensor::{Distribution, Tolerance};

    #[test]
    fn output_and_gradients_are_those_of_the_convolution() {
        let device = Device::flex().autodiff();
        let weight = Initializer::Normal {
            mean: 0.0,
            std: 1.0,
        };
        for (kernel, stride) in [(3, 1), (5, 1), (3, 2)] {
            let shape = ConvShape::depthwise(6, kernel, stride, Padding::Same);
            let conv = shape.init(weight.clone(), &device);
            let input = Tensor::<4>::random([2, 6, 7, 9], Distribution::Default, &device);
            let step = |forward: fn(&Conv2d, Tensor<4>) -> Tensor<4>| {
                let input = input.clone().require_grad();
                let output = forward(&conv, input.clone());
                let gradients = output.clone().square().sum().backward();
                let grads = [input.grad(&gradients), conv.weight.grad(&gradients)];
                let [of_input, of_weight] = grads.map(|grad| grad.expect("a gradient"));
                [output, of_input, of_weight].map(Tensor::into_data)
            };

            let (ours, theirs) = (step(depthwise), step(Conv2d::forward));

            for (ours, theirs) in ours.iter().zip(&theirs) {
                ours.assert_approx_eq::<f32>(theirs, Tolerance::rel_abs(1e-5, 1e-4));
            }
        }
    }
}
