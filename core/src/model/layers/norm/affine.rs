//! Normalisation by given numbers, with an activation behind it.

use multiversion::multiversion;

use super::curve::{Curve, by_curve};
use crate::model::layers::{Activation, cpu};

/// `(x - mean) * scale + shift`, with numbers for each channel, and an activation of it.
#[derive(Debug, Clone)]
pub(super) struct Affine {
    pub(super) mean: Vec<f32>,
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) activation: Activation,
}

impl Affine {
    /// Changes feature maps in place.
    pub(super) fn apply(&self, values: &mut [f32], plane: usize) {
        cpu::for_each_plane(
            values,
            plane,
            || (),
            |(), index, x| {
                by_curve!(self.activation, apply(x, self.of(index)));
            },
        );
    }

    /// What feature maps become.
    #[cfg(feature = "training")]
    pub(super) fn applied(&self, values: &[f32], plane: usize) -> Vec<f32> {
        let mut output = vec![0.0; values.len()];
        cpu::for_each_plane(
            &mut output,
            plane,
            || (),
            |(), index, x| {
                x.copy_from_slice(&values[index * plane..][..plane]);
                by_curve!(self.activation, apply(x, self.of(index)));
            },
        );
        output
    }

    /// Mean, scale and shift of a plane's channel.
    pub(super) fn of(&self, plane: usize) -> [f32; 3] {
        let channel = plane % self.scale.len();
        [self.mean[channel], self.scale[channel], self.shift[channel]]
    }
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn apply<C: Curve>(x: &mut [f32], [mean, scale, shift]: [f32; 3]) {
    for x in x {
        *x = C::at((*x - mean) * scale + shift);
    }
}
