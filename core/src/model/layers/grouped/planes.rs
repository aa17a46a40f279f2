//! Planes made of others, as sums of shifted copies.
//!
//! A plane is laid out with zeros around it and, where the stride is 2, its even and odd rows and columns apart. Then what
//! a weight meets lies side by side for all outputs, and a sum runs from the first number to the last without a thought for
//! borders. What it finds between the rows of an output means nothing.

use multiversion::multiversion;

use super::geometry::{BLOCK, Geometry};

/// Room for planes that are laid out, for one geometry.
pub(super) struct Scratch {
    /// Those of a group, one after the other.
    pub(super) input: Vec<f32>,
    /// Which group of all images' it is.
    group: Option<usize>,
    /// The place of what each weight of an output channel meets for the first output.
    pub(super) offsets: Vec<usize>,
    sums: Sums,
}

impl Scratch {
    pub(super) fn new(geometry: &Geometry) -> Self {
        Self {
            input: vec![0.0; geometry.in_chans * geometry.laid_out()],
            group: None,
            offsets: geometry.offsets(),
            sums: Sums::default(),
        }
    }
}

impl Geometry {
    /// Makes output planes of one group, of which the first is number `first` of all, of feature maps `input` and `weights`.
    pub(super) fn forward(
        &self,
        scratch: &mut Scratch,
        input: &[f32],
        weights: &[f32],
        first: usize,
        output: &mut [f32],
    ) {
        self.lay_out(input, first / self.out_chans, scratch);
        let Scratch {
            input,
            offsets,
            sums,
            ..
        } = scratch;
        let ([_, width], plane, taps) = (self.output, self.output_plane(), offsets.len());
        let weights = &weights[first * taps % weights.len()..];
        let weights = weights.chunks(AT_ONCE * taps);
        for (output, weights) in output.chunks_mut(AT_ONCE * plane).zip(weights) {
            let planes = output.len() / plane;
            let weights =
                (0..taps).flat_map(|tap| weights[tap..].iter().step_by(taps).take(planes));
            let made = sums.add_up(input, offsets, weights.copied(), self.sums());
            for (output, sums) in output.chunks_exact_mut(plane).zip(made) {
                let rows = sums.chunks_exact(self.columns());
                for (row, sums) in output.chunks_exact_mut(width).zip(rows) {
                    row.copy_from_slice(&sums[..width]);
                }
            }
        }
    }

    /// Even and odd rows and columns apart; the zeros around them stay from plane to plane.
    pub(super) fn lay_out(&self, input: &[f32], group: usize, scratch: &mut Scratch) {
        if scratch.group.replace(group) == Some(group) {
            return;
        }
        let input = input.chunks_exact(self.input_plane());
        let planes = scratch.input.chunks_exact_mut(self.laid_out());
        for (input, plane) in input.skip(group * self.in_chans).zip(planes) {
            self.lay_out_plane(input, plane);
        }
    }

    fn lay_out_plane(&self, input: &[f32], plane: &mut [f32]) {
        let ([_, width], stride, columns) = (self.input, self.stride, self.columns());
        for (y, row) in input.chunks_exact(width).enumerate() {
            let padded = y + self.padding[0];
            if padded / stride >= self.output[0] + self.reach() {
                break;
            }
            for rest in 0..stride {
                let part = padded % stride * stride + rest;
                let (first, start) = self.first_column(rest);
                let place = part * self.part() + padded / stride * columns;
                let place = &mut plane[place + start..place + columns];
                // The usual strides are known to the compiler, which takes several numbers at once then.
                match stride {
                    1 => spread::<1>(row, place),
                    2 => spread::<2>(row.get(first..).unwrap_or_default(), place),
                    _ => {
                        let row = row.iter().skip(first).step_by(stride);
                        place.iter_mut().zip(row).for_each(|(place, x)| *place = *x);
                    }
                }
            }
        }
    }
}

/// Every `STRIDE`th number of a row, as many as there is room for.
fn spread<const STRIDE: usize>(row: &[f32], place: &mut [f32]) {
    let (whole, rest) = row.as_chunks::<STRIDE>();
    let count = place.len().min(whole.len());
    for (place, x) in place.iter_mut().zip(whole) {
        *place = x[0];
    }
    if let (Some(place), Some(x)) = (place.get_mut(count), rest.first()) {
        *place = *x;
    }
}

/// Planes that are made at once, so that what they are made of is read once.
pub(super) const AT_ONCE: usize = 2;

/// Sums of shifted copies for one plane, or for [`AT_ONCE`] side by side.
#[derive(Default)]
pub(super) struct Sums {
    weights: Vec<f32>,
    sums: Vec<f32>,
}

impl Sums {
    /// `count` sums for each plane: of what lies at `offsets` and behind, times its weight. `weights` are those of all
    /// planes for the first offset, then for the second.
    pub(super) fn add_up(
        &mut self,
        source: &[f32],
        offsets: &[usize],
        weights: impl Iterator<Item = f32>,
        count: usize,
    ) -> impl Iterator<Item = &[f32]> {
        self.weights.clear();
        self.weights.extend(weights);
        let planes = self.weights.len() / offsets.len();
        self.sums.resize(planes * count, 0.0);
        if planes == AT_ONCE {
            let (weights, _) = self.weights.as_chunks::<AT_ONCE>();
            shifted_sums(source, weights, offsets, &mut self.sums);
        } else {
            let (weights, _) = self.weights.as_chunks::<1>();
            shifted_sums(source, weights, offsets, &mut self.sums);
        }
        self.sums.chunks_exact(count)
    }
}

/// For each of `N` planes side by side, the sums of what lies `offset` ahead of each place, times its weight.
#[multiversion(targets("x86_64+avx2+fma"))]
fn shifted_sums<const N: usize>(
    source: &[f32],
    weights: &[[f32; N]],
    offsets: &[usize],
    sums: &mut [f32],
) {
    let count = sums.len() / N;
    for start in (0..count).step_by(BLOCK) {
        let mut blocks = [[0.0; BLOCK]; N];
        for (weights, &offset) in weights.iter().zip(offsets) {
            let ahead = &source[start + offset..][..BLOCK];
            for (block, weight) in blocks.iter_mut().zip(weights) {
                for (sum, x) in block.iter_mut().zip(ahead) {
                    *sum += weight * x;
                }
            }
        }
        for (block, sums) in blocks.iter().zip(sums.chunks_exact_mut(count)) {
            sums[start..start + BLOCK].copy_from_slice(block);
        }
    }
}
