//! Convolutions in half precision, while the weights that are trained keep their own.

use super::Model;
use burn::module::{Module, ModuleMapper, Param};
use burn::prelude::*;
use burn::tensor::FloatDType;

impl Model {
    /// A copy whose convolutions compute in another precision, for images of that precision. The copy is
    /// a part of the graph: gradients reach the weights of this network, in theirs. Normalisation,
    /// pooling and classifier stay as they are, as PyTorch's `autocast` has it.
    #[must_use]
    pub fn with_convolutions_in(&self, dtype: FloatDType) -> Self {
        self.clone().map(&mut CastConvolutions {
            dtype,
            within: Vec::new(),
        })
    }
}

struct CastConvolutions {
    dtype: FloatDType,
    /// Whether each module on the way here is a convolution.
    within: Vec<bool>,
}

impl ModuleMapper for CastConvolutions {
    fn enter_module(&mut self, _name: &str, container_type: &str) {
        let is_convolution = matches!(container_type, "Struct:Conv1d" | "Struct:Conv2d");
        self.within.push(is_convolution);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.within.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.within.last() == Some(&true) {
            param.map(|weights| weights.cast(self.dtype))
        } else {
            param
        }
    }
}
