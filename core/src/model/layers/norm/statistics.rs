//! What BatchNorm learns from a batch: mean and variance of each channel, and how a loss changes with what goes in.

use multiversion::multiversion;

use super::affine::{Affine, Moments};
use super::curve::{Curve, by_curve};
use crate::model::layers::cpu;

/// Numbers that are added side by side: more than a processor does at once, so that it waits for none.
const LANES: usize = 32;

/// Sums over each channel of the gradient behind the normalisation: by itself, and times `x - mean`.
pub(super) struct Sums {
    pub(super) gradient: Vec<f64>,
    pub(super) by_distance: Vec<f64>,
}

impl Moments {
    /// Those of `values`. Planes are reduced by themselves and put together as Chan et al. (1979) do, so that each is read
    /// from memory once, and nothing is lost where a mean is large.
    pub(super) fn of(values: &[f32], channels: usize, plane: usize) -> Self {
        let count = plane as f64;
        let planes = cpu::collect(
            values.len() / plane,
            || (),
            |(), index| {
                let values = &values[index * plane..][..plane];
                let mean = sum(values) / count;
                (mean, sum_of_squares(values, mean as f32))
            },
        );
        let mut moments = vec![(0.0, 0.0); channels];
        for (index, (plane_mean, plane_squares)) in planes.into_iter().enumerate() {
            let (mean, squares) = &mut moments[index % channels];
            let before = (index / channels) as f64 * count;
            let apart = plane_mean - *mean;
            *squares += plane_squares + apart.powi(2) * before * count / (before + count);
            *mean += apart * count / (before + count);
        }
        let count = (values.len() / channels) as f64;
        let variance = |&(_, squares): &(f64, f64)| (squares / count) as f32;
        Self {
            mean: moments.iter().map(|&(mean, _)| mean as f32).collect(),
            variance: moments.iter().map(variance).collect(),
        }
    }
}

impl Affine {
    /// The sums, where `x` became what has the gradient `of_output`.
    pub(super) fn sums(&self, x: &[f32], of_output: &[f32], plane: usize) -> Sums {
        let planes = cpu::collect(
            x.len() / plane,
            || (),
            |(), index| {
                let x = &x[index * plane..][..plane];
                let of_output = &of_output[index * plane..][..plane];
                by_curve!(self.activation, sums(x, of_output, self.of(index)))
            },
        );
        let channels = self.scale.len();
        let mut sums = Sums {
            gradient: vec![0.0; channels],
            by_distance: vec![0.0; channels],
        };
        for (index, [gradient, by_distance]) in planes.into_iter().enumerate() {
            sums.gradient[index % channels] += gradient;
            sums.by_distance[index % channels] += by_distance;
        }
        sums
    }

    /// Makes the gradient of `x` of that of the output, in place: `scale * (g - a - b * (x - mean))`, where g is the
    /// gradient behind the normalisation, and `[a, b]` in `less` is what belongs to a channel.
    pub(super) fn backward(
        &self,
        x: &[f32],
        gradient: &mut [f32],
        plane: usize,
        less: &[[f32; 2]],
    ) {
        cpu::for_each_plane(
            gradient,
            plane,
            || (),
            |(), index, gradient| {
                let x = &x[index * plane..][..plane];
                let less = less[index % less.len()];
                by_curve!(self.activation, backward(x, gradient, self.of(index), less));
            },
        );
    }
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn sum(values: &[f32]) -> f64 {
    let mut lanes = [0.0; LANES];
    for values in values.chunks(LANES) {
        for (lane, x) in lanes.iter_mut().zip(values) {
            *lane += x;
        }
    }
    lanes.into_iter().map(f64::from).sum()
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn sum_of_squares(values: &[f32], mean: f32) -> f64 {
    let mut lanes = [0.0; LANES];
    for values in values.chunks(LANES) {
        for (lane, x) in lanes.iter_mut().zip(values) {
            *lane += (x - mean) * (x - mean);
        }
    }
    lanes.into_iter().map(f64::from).sum()
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn sums<C: Curve>(x: &[f32], of_output: &[f32], [mean, scale, shift]: [f32; 3]) -> [f64; 2] {
    let mut lanes = [[0.0; LANES]; 2];
    for (x, of_output) in x.chunks(LANES).zip(of_output.chunks(LANES)) {
        for (lane, (x, of_output)) in x.iter().zip(of_output).enumerate() {
            let distance = x - mean;
            let gradient = of_output * C::slope(distance * scale + shift);
            lanes[0][lane] += gradient;
            lanes[1][lane] += gradient * distance;
        }
    }
    lanes.map(|lanes| lanes.into_iter().map(f64::from).sum())
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn backward<C: Curve>(
    x: &[f32],
    gradient: &mut [f32],
    [mean, scale, shift]: [f32; 3],
    [constant, by_distance]: [f32; 2],
) {
    for (x, gradient) in x.iter().zip(gradient) {
        let distance = x - mean;
        let behind = *gradient * C::slope(distance * scale + shift);
        *gradient = scale * (behind - constant - by_distance * distance);
    }
}
