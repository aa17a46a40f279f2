//! How a loss changes with what is convolved, and with the weights.

use multiversion::multiversion;

use super::geometry::{BLOCK, Geometry};
use super::planes::{AT_ONCE, Scratch, Sums};

/// Products of a weight's gradient that are added before the next weights have their turn, while they are in the nearest
/// cache.
const STRETCH: usize = 2048;
/// Weights whose gradients are added up side by side.
const SIDE_BY_SIDE: usize = 3;

/// Room for the gradients of output planes, for one geometry.
#[derive(Default)]
pub(super) struct GradientScratch {
    /// Those of a group, one after the other, with zeros on all sides.
    planes: Vec<f32>,
    /// Which group of all images' it is.
    group: Option<usize>,
    sums: Sums,
}

impl Geometry {
    /// Adds to the gradient of input planes of one group, of which the first is number `first` of all, what that of the output
    /// brings.
    pub(super) fn backward_input(
        &self,
        scratch: &mut GradientScratch,
        of_output: &[f32],
        weights: &[f32],
        first: usize,
        of_input: &mut [f32],
    ) {
        let padded = Padded::of(self);
        padded.lay_out(self, of_output, first / self.in_chans, scratch);
        let GradientScratch { planes, sums, .. } = scratch;
        // Of the weights [out_chans, in_chans, taps] of the group, those of the first plane.
        let (plane, taps) = (self.input_plane(), self.taps());
        let of_output_channel = self.in_chans * taps;
        let of_group = first / self.in_chans * self.out_chans * of_output_channel % weights.len();
        let weights = &weights[of_group + first % self.in_chans * taps..];
        for part in 0..self.stride.pow(2) {
            let met = padded.met(self, part);
            if met.is_empty() {
                continue; // A stride beyond the kernel passes numbers over.
            }
            let channels = 0..self.out_chans;
            let places = (channels.clone()).map(|channel| channel * padded.plane());
            let offsets: Vec<usize> = places
                .flat_map(|place| met.iter().map(move |(_, offset)| place + offset))
                .collect();
            let weights = (0..).step_by(AT_ONCE * taps).map(|first| &weights[first..]);
            for (of_input, weights) in of_input.chunks_mut(AT_ONCE * plane).zip(weights) {
                let count = of_input.len() / plane;
                let weights = (channels.clone()).flat_map(|channel| {
                    let weights = &weights[channel * of_output_channel..];
                    let taps_met = met.iter().map(|(tap, _)| &weights[*tap..]);
                    taps_met.flat_map(move |weights| weights.iter().step_by(taps).take(count))
                });
                let made = sums.add_up(planes, &offsets, weights.copied(), padded.sums);
                for (of_input, sums) in of_input.chunks_exact_mut(plane).zip(made) {
                    padded.scatter(self, part, sums, of_input);
                }
            }
        }
    }
}

/// Gradients of an output plane with zeros on all sides.
#[derive(Clone, Copy)]
struct Padded {
    reach: usize,
    rows: usize,
    columns: usize,
    /// Numbers that are summed: the rows, and what fills the last block.
    sums: usize,
}

impl Padded {
    fn of(geometry: &Geometry) -> Self {
        let ([height, width], reach) = (geometry.output, geometry.reach());
        let (rows, columns) = (height + reach, width + 2 * reach);
        Self {
            reach,
            rows,
            columns,
            sums: (rows * columns).next_multiple_of(BLOCK),
        }
    }

    /// Numbers of a plane.
    fn plane(&self) -> usize {
        self.sums + self.reach * (self.columns + 1)
    }

    /// The weights of a kernel that meet a part of an input plane, and the place of what each made of its first number.
    fn met(&self, geometry: &Geometry, part: usize) -> Vec<(usize, usize)> {
        let shifts = geometry.shifts().enumerate();
        let of_part = shifts.filter(|(_, (of_part, _))| *of_part == part);
        let offset =
            |[down, right]: [usize; 2]| (self.reach - down) * self.columns + self.reach - right;
        of_part
            .map(|(tap, (_, shift))| (tap, offset(shift)))
            .collect()
    }

    fn lay_out(
        &self,
        geometry: &Geometry,
        of_output: &[f32],
        group: usize,
        scratch: &mut GradientScratch,
    ) {
        if scratch.group.replace(group) == Some(group) {
            return;
        }
        scratch
            .planes
            .resize(geometry.out_chans * self.plane(), 0.0);
        let [_, width] = geometry.output;
        let of_output = of_output.chunks_exact(geometry.output_plane());
        let planes = scratch.planes.chunks_exact_mut(self.plane());
        for (of_output, plane) in of_output.skip(group * geometry.out_chans).zip(planes) {
            for (y, row) in of_output.chunks_exact(width).enumerate() {
                let start = (y + self.reach) * self.columns + self.reach;
                plane[start..][..width].copy_from_slice(row);
            }
        }
    }

    /// Adds sums to the rows and columns of an input plane to which they belong.
    fn scatter(&self, geometry: &Geometry, part: usize, sums: &[f32], of_input: &mut [f32]) {
        let stride = geometry.stride;
        let (first, start) = geometry.first_column(part % stride);
        for (y, row) in of_input.chunks_exact_mut(geometry.input[1]).enumerate() {
            let padded = y + geometry.padding[0];
            if padded % stride != part / stride || padded / stride >= self.rows {
                continue;
            }
            let sums =
                &sums[padded / stride * self.columns..][start..geometry.output[1] + self.reach];
            let row = row.iter_mut().skip(first).step_by(stride);
            row.zip(sums).for_each(|(x, sum)| *x += *sum);
        }
    }
}

impl Geometry {
    /// Adds the gradient of an output channel's weights to `of_weights`, by that of the output plane number `index` of all.
    /// `rows` takes that along with zeros behind its rows.
    pub(super) fn backward_weights(
        &self,
        scratch: &mut Scratch,
        rows: &mut Vec<f32>,
        input: &[f32],
        of_output: &[f32],
        index: usize,
        of_weights: &mut [f32],
    ) {
        self.lay_out(input, index / self.out_chans, scratch);
        let [_, width] = self.output;
        rows.resize(self.sums(), 0.0);
        let of_output = &of_output[index * self.output_plane()..][..self.output_plane()];
        for (row, of_output) in
            (rows.chunks_exact_mut(self.columns())).zip(of_output.chunks_exact(width))
        {
            row[..width].copy_from_slice(of_output);
        }
        let Scratch { input, offsets, .. } = scratch;
        for (start, of_output) in (0..).step_by(STRETCH).zip(rows.chunks(STRETCH)) {
            let input = &input[start..];
            let (of_several, of_rest) = of_weights.as_chunks_mut::<SIDE_BY_SIDE>();
            let (several, rest) = offsets.as_chunks::<SIDE_BY_SIDE>();
            for (of_weights, offsets) in of_several.iter_mut().zip(several) {
                add_products(of_output, input, offsets, of_weights);
            }
            for (of_weight, offset) in of_rest.iter_mut().zip(rest) {
                add_products(
                    of_output,
                    input,
                    &[*offset],
                    std::array::from_mut(of_weight),
                );
            }
        }
    }
}

/// Products that are added side by side, so that an addition waits for none before it.
const LANES: usize = 16;

/// For each of `N` weights, adds up what it met, from its offset on, times the gradient of what it went into.
#[multiversion(targets("x86_64+avx2+fma"))]
fn add_products<const N: usize>(
    of_output: &[f32],
    input: &[f32],
    offsets: &[usize; N],
    of_weights: &mut [f32; N],
) {
    let inputs = offsets.map(|offset| &input[offset..][..of_output.len()]);
    let mut lanes = [[0.0; LANES]; N];
    let (blocks, _) = of_output.as_chunks::<LANES>();
    for (index, of_output) in blocks.iter().enumerate() {
        for (lanes, input) in lanes.iter_mut().zip(inputs) {
            let input = &input[index * LANES..][..LANES];
            for (lane, (of_output, input)) in lanes.iter_mut().zip(of_output.iter().zip(input)) {
                *lane += of_output * input;
            }
        }
    }
    for (of_weight, mut lanes) in of_weights.iter_mut().zip(lanes) {
        // By halves: one after the other would take longer than the products.
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            let (sums, others) = lanes.split_at_mut(width);
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum += *other;
            }
        }
        *of_weight += lanes[0];
    }
}
