//! Convolutions of single planes, as sums of shifted copies.
//!
//! A plane is laid out with zeros around it and, where the stride is 2, its even and odd rows and columns apart. Then what
//! a weight meets lies side by side for all outputs, and a sum runs from the first number to the last without a thought for
//! borders. What it finds between the rows of an output means nothing.

use multiversion::multiversion;

/// Numbers that are summed at once, in registers.
const BLOCK: usize = 32;
/// Products of a weight's gradient that are added before the next weight has its turn, while they are in the nearest cache.
#[cfg(feature = "training")]
const STRETCH: usize = 2048;

/// Sizes of a convolution by square kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Kernels for each input plane, one after the other.
    pub(super) multiplier: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    /// Rows of zeros above, and columns before.
    pub(super) padding: [usize; 2],
    /// Height and width.
    pub(super) input: [usize; 2],
    /// Height and width.
    pub(super) output: [usize; 2],
}

/// Room for planes that are laid out, for one geometry.
pub(super) struct Scratch {
    input: Vec<f32>,
    /// Which one `input` is.
    plane: Option<usize>,
    #[cfg(feature = "training")]
    output: Vec<f32>,
    /// The place of what each weight meets for the first output.
    offsets: Vec<usize>,
    /// Weights with such places.
    taps: Vec<(f32, usize)>,
    sums: Vec<f32>,
}

impl Scratch {
    pub(super) fn new(geometry: &Geometry) -> Self {
        Self {
            input: vec![0.0; geometry.stride.pow(2) * geometry.part()],
            plane: None,
            #[cfg(feature = "training")]
            output: Vec::new(),
            offsets: geometry.offsets().collect(),
            taps: Vec::new(),
            sums: vec![0.0; geometry.outputs()],
        }
    }
}

impl Geometry {
    /// Makes the output plane `index` of feature maps `input` and `weights`.
    pub(super) fn forward(
        &self,
        scratch: &mut Scratch,
        input: &[f32],
        weights: &[f32],
        index: usize,
        output: &mut [f32],
    ) {
        self.lay_out(input, index / self.multiplier, scratch);
        let Scratch {
            input,
            offsets,
            taps,
            sums,
            ..
        } = scratch;
        taps.clear();
        taps.extend(
            self.weights(weights, index)
                .iter()
                .copied()
                .zip(offsets.iter().copied()),
        );
        shifted_sums(input, taps, sums);
        let [_, width] = self.output;
        let sums = sums.chunks_exact(self.columns());
        for (row, sums) in output.chunks_exact_mut(width).zip(sums) {
            row.copy_from_slice(&sums[..width]);
        }
    }

    /// Rows and columns by which a weight can look ahead, after the stride.
    fn reach(&self) -> usize {
        (self.kernel - 1) / self.stride
    }

    /// Columns of a plane that is laid out.
    fn columns(&self) -> usize {
        self.output[1] + self.reach()
    }

    /// Sums in a plane: its outputs, what lies between their rows, and what fills the last block.
    fn outputs(&self) -> usize {
        (self.output[0] * self.columns()).next_multiple_of(BLOCK)
    }

    /// Numbers of each of the parts into which even and odd rows and columns come.
    fn part(&self) -> usize {
        self.outputs() + self.reach() * (self.columns() + 1)
    }

    /// Those of an output plane.
    fn weights<'a>(&self, weights: &'a [f32], index: usize) -> &'a [f32] {
        let count = self.kernel * self.kernel;
        let channels = weights.len() / count;
        &weights[index % channels * count..][..count]
    }

    /// The part that each weight meets, and how many rows and columns ahead.
    fn shifts(&self) -> impl Iterator<Item = (usize, [usize; 2])> {
        let stride = self.stride;
        let weights = (0..self.kernel).flat_map(|y| (0..self.kernel).map(move |x| (y, x)));
        weights.map(move |(y, x)| (y % stride * stride + x % stride, [y / stride, x / stride]))
    }

    /// The place of what each weight meets for the first output.
    fn offsets(&self) -> impl Iterator<Item = usize> {
        let (part_length, columns) = (self.part(), self.columns());
        (self.shifts())
            .map(move |(part, [down, right])| part * part_length + down * columns + right)
    }

    /// The first column of an input whose padded number leaves `rest` after the stride, and where it comes.
    fn first_column(&self, rest: usize) -> (usize, usize) {
        let (padding, stride) = (self.padding[1], self.stride);
        let first = (rest + stride - padding % stride) % stride;
        (first, (first + padding) / stride)
    }

    /// Even and odd rows and columns apart; the zeros around them stay from plane to plane.
    fn lay_out(&self, input: &[f32], plane: usize, scratch: &mut Scratch) {
        if scratch.plane.replace(plane) == Some(plane) {
            return;
        }
        let ([height, width], stride, columns) = (self.input, self.stride, self.columns());
        let input = &input[plane * height * width..][..height * width];
        for (y, row) in input.chunks_exact(width).enumerate() {
            let padded = y + self.padding[0];
            if padded / stride >= self.output[0] + self.reach() {
                break;
            }
            for rest in 0..stride {
                let part = padded % stride * stride + rest;
                let (first, start) = self.first_column(rest);
                let place = part * self.part() + padded / stride * columns;
                let place = &mut scratch.input[place + start..place + columns];
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

/// Sums of what lies `offset` ahead of each place, times its weight.
#[multiversion(targets("x86_64+avx2+fma"))]
fn shifted_sums(source: &[f32], taps: &[(f32, usize)], sums: &mut [f32]) {
    let (blocks, _) = sums.as_chunks_mut::<BLOCK>();
    for (index, block) in blocks.iter_mut().enumerate() {
        let mut sums = [0.0; BLOCK];
        for &(weight, offset) in taps {
            let ahead = &source[index * BLOCK + offset..][..BLOCK];
            for (sum, x) in sums.iter_mut().zip(ahead) {
                *sum += weight * x;
            }
        }
        *block = sums;
    }
}

#[cfg(feature = "training")]
mod gradients {
    use multiversion::multiversion;

    use super::{BLOCK, Geometry, STRETCH, Scratch, shifted_sums};

    impl Geometry {
        /// Makes the gradient of the input plane `index`, by that of the output.
        pub(in super::super) fn backward_input(
            &self,
            scratch: &mut Scratch,
            of_output: &[f32],
            weights: &[f32],
            index: usize,
            of_input: &mut [f32],
        ) {
            for output in index * self.multiplier..(index + 1) * self.multiplier {
                let weights = self.weights(weights, output);
                self.add_backward(scratch, of_output, weights, output, of_input);
            }
        }

        fn add_backward(
            &self,
            Scratch {
                output, taps, sums, ..
            }: &mut Scratch,
            of_output: &[f32],
            weights: &[f32],
            index: usize,
            of_input: &mut [f32],
        ) {
            let (stride, reach) = (self.stride, self.reach());
            let [height, width] = self.output;
            // Zeros on all sides.
            let (rows, columns) = (height + reach, width + 2 * reach);
            let count = (rows * columns).next_multiple_of(BLOCK);
            output.resize(count + reach * (columns + 1), 0.0);
            sums.resize(count, 0.0);
            let of_output = &of_output[index * height * width..][..height * width];
            for (y, row) in of_output.chunks_exact(width).enumerate() {
                output[(y + reach) * columns + reach..][..width].copy_from_slice(row);
            }
            for part in 0..stride * stride {
                taps.clear();
                taps.extend(self.shifts().zip(weights).filter_map(
                    |((of_part, [down, right]), &weight)| {
                        let offset = (reach - down) * columns + reach - right;
                        (of_part == part).then_some((weight, offset))
                    },
                ));
                shifted_sums(output, taps, sums);
                let (first, start) = self.first_column(part % stride);
                for (y, row) in of_input.chunks_exact_mut(self.input[1]).enumerate() {
                    let padded = y + self.padding[0];
                    if padded % stride != part / stride || padded / stride >= rows {
                        continue;
                    }
                    let sums = &sums[padded / stride * columns..][start..width + reach];
                    let row = row.iter_mut().skip(first).step_by(stride);
                    row.zip(sums).for_each(|(x, sum)| *x += *sum);
                }
            }
        }

        /// Adds the gradient of an output plane's weights to `of_weights`, by that of the output.
        pub(in super::super) fn backward_weights(
            &self,
            scratch: &mut Scratch,
            input: &[f32],
            of_output: &[f32],
            index: usize,
            of_weights: &mut [f32],
        ) {
            self.lay_out(input, index / self.multiplier, scratch);
            let Scratch {
                input,
                output,
                offsets,
                ..
            } = scratch;
            let [height, width] = self.output;
            output.resize(self.outputs(), 0.0);
            let of_output = &of_output[index * height * width..][..height * width];
            let rows = output.chunks_exact_mut(self.columns());
            for (row, of_output) in rows.zip(of_output.chunks_exact(width)) {
                row[..width].copy_from_slice(of_output);
            }
            for (start, of_output) in (0..).step_by(STRETCH).zip(output.chunks(STRETCH)) {
                for (of_weight, offset) in of_weights.iter_mut().zip(&*offsets) {
                    let input = &input[offset + start..][..of_output.len()];
                    *of_weight += product(of_output, input);
                }
            }
        }
    }

    #[multiversion(targets("x86_64+avx2+fma"))]
    fn product(left: &[f32], right: &[f32]) -> f32 {
        let mut lanes = [0.0; BLOCK];
        for (left, right) in left.chunks(BLOCK).zip(right.chunks(BLOCK)) {
            for (lane, (left, right)) in lanes.iter_mut().zip(left.iter().zip(right)) {
                *lane += left * right;
            }
        }
        // By halves: one after the other would take longer than the products.
        let mut width = BLOCK;
        while width > 1 {
            width /= 2;
            let (sums, others) = lanes.split_at_mut(width);
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum += *other;
            }
        }
        lanes[0]
    }
}
