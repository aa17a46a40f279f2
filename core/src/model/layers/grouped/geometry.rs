//! Sizes of a convolution, and where its weights and numbers meet.

/// Numbers that are summed at once, in registers.
pub(super) const BLOCK: usize = 32;
/// Planes that are worked on one after the other, for what they are made of is laid out then.
const MOST_PLANES: usize = 8;

/// Sizes of a convolution by square kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Input channels of a group.
    pub(super) in_chans: usize,
    /// Output channels of a group.
    pub(super) out_chans: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    /// Rows of zeros above, and columns before.
    pub(super) padding: [usize; 2],
    /// Height and width.
    pub(super) input: [usize; 2],
    /// Height and width.
    pub(super) output: [usize; 2],
}

impl Geometry {
    /// Weights of a kernel.
    #[cfg(feature = "training")]
    pub(super) fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Numbers of an input plane.
    pub(super) fn input_plane(&self) -> usize {
        self.input.iter().product()
    }

    /// Numbers of an output plane.
    pub(super) fn output_plane(&self) -> usize {
        self.output.iter().product()
    }

    /// Input planes of a group that are worked on at a time.
    #[cfg(feature = "training")]
    pub(super) fn input_planes(&self) -> usize {
        at_a_time(self.in_chans)
    }

    /// Output planes of a group that are worked on at a time.
    pub(super) fn output_planes(&self) -> usize {
        at_a_time(self.out_chans)
    }

    /// Rows and columns by which a weight can look ahead, after the stride.
    pub(super) fn reach(&self) -> usize {
        (self.kernel - 1) / self.stride
    }

    /// Columns of a plane that is laid out.
    pub(super) fn columns(&self) -> usize {
        self.output[1] + self.reach()
    }

    /// Sums in a plane: its outputs, what lies between their rows, and what fills the last block.
    pub(super) fn sums(&self) -> usize {
        (self.output[0] * self.columns()).next_multiple_of(BLOCK)
    }

    /// Numbers of each of the parts into which even and odd rows and columns come.
    pub(super) fn part(&self) -> usize {
        self.sums() + self.reach() * (self.columns() + 1)
    }

    /// Numbers of an input plane that is laid out.
    pub(super) fn laid_out(&self) -> usize {
        self.stride.pow(2) * self.part()
    }

    /// The part that each weight meets, and how many rows and columns ahead.
    pub(super) fn shifts(&self) -> impl Iterator<Item = (usize, [usize; 2])> {
        let stride = self.stride;
        let weights = (0..self.kernel).flat_map(|y| (0..self.kernel).map(move |x| (y, x)));
        weights.map(move |(y, x)| (y % stride * stride + x % stride, [y / stride, x / stride]))
    }

    /// The place of what each weight of an output channel meets for the first output.
    pub(super) fn offsets(&self) -> Vec<usize> {
        let (part_length, columns) = (self.part(), self.columns());
        let planes = (0..self.in_chans).map(|plane| plane * self.laid_out());
        let offsets = planes.flat_map(|plane| {
            (self.shifts()).map(move |(part, [down, right])| {
                plane + part * part_length + down * columns + right
            })
        });
        offsets.collect()
    }

    /// The first column of an input whose padded number leaves `rest` after the stride, and where it comes.
    pub(super) fn first_column(&self, rest: usize) -> (usize, usize) {
        let (padding, stride) = (self.padding[1], self.stride);
        let first = (rest + stride - padding % stride) % stride;
        (first, (first + padding) / stride)
    }
}

/// The most that divide them evenly.
fn at_a_time(planes: usize) -> usize {
    let counts = (1..=MOST_PLANES).rev();
    counts
        .into_iter()
        .find(|count| planes.is_multiple_of(*count))
        .unwrap_or(1)
}
