//! Stochastic depth.

use burn::module::{Flag, Param};
use burn::prelude::*;
use burn::tensor::Distribution;

/// Leaves out a residual branch for some windows of a batch and strengthens it for the others
/// (arXiv:1603.09382). Only in training: on a device with autodiff, and where nothing is frozen.
#[derive(Module, Debug)]
pub struct DropPath {
    /// The share of windows, below 1.
    pub rate: f64,
    training: Param<Flag>,
}

impl DropPath {
    /// Leaves nothing out until it has a rate.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rate: 0.0,
            training: Param::from_bool(true),
        }
    }

    /// # Shapes
    /// `[n, channels, height, width]` unchanged
    #[must_use]
    pub fn forward(&self, branch: Tensor<4>) -> Tensor<4> {
        let device = branch.device();
        if self.rate == 0.0 || !self.training.is_enabled() || !device.is_autodiff() {
            return branch;
        }
        let kept = 1.0 - self.rate;
        let shape = [branch.dims()[0], 1, 1, 1];
        let mask = Tensor::<4>::random(shape, Distribution::Bernoulli(kept), &device);
        let dtype = branch.dtype();
        branch * (mask / kept).cast(dtype)
    }
}

impl Default for DropPath {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_windows_are_left_out_in_training_alone() {
        let mut drop_path = DropPath::new();
        drop_path.rate = 0.25;
        let sums = |drop_path: &DropPath, device: &Device| -> Vec<f32> {
            let windows = Tensor::<4>::ones([400, 2, 1, 3], device);
            let sums = drop_path.forward(windows).flatten::<2>(1, 3).sum_dim(1);
            sums.into_data().iter::<f32>().collect()
        };
        let training = Device::flex().autodiff();
        training.seed(1);

        let dropped = sums(&drop_path, &training);
        let zeros = dropped.iter().filter(|sum| **sum == 0.0).count();
        assert!((70..130).contains(&zeros), "{zeros} of 400");
        assert!(
            dropped
                .iter()
                .all(|sum| *sum == 0.0 || (sum - 8.0).abs() < 1e-5)
        );

        let all = |sums: Vec<f32>| sums.iter().all(|sum| (sum - 6.0).abs() < 1e-5);
        assert!(all(sums(&drop_path, &Device::flex())));
        assert!(all(sums(&drop_path.clone().freeze(), &training)));
        assert!(all(sums(&drop_path.valid(), &training)));
    }
}
