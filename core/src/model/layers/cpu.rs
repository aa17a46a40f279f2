//! Feature maps `[n, channels, height, width]` on the CPU as what they are there: planes of numbers, one for each
//! channel of each image, side by side.

#[cfg(feature = "training")]
use burn::backend::Autodiff;
use burn::backend::Flex;
#[cfg(feature = "training")]
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
#[cfg(feature = "training")]
use burn::backend::autodiff::ops::{Backward, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::{Device as FlexDevice, FloatTensor};
use burn::prelude::*;
use burn::tensor::DType;
#[cfg(feature = "rayon")]
use rayon::prelude::*;

/// Whether it is a tensor of `f32` on the CPU, and no gradients are wanted.
pub(super) fn holds<const D: usize>(tensor: &Tensor<D>) -> bool {
    let device = tensor.device();
    device == Device::flex() && !device.is_autodiff() && tensor.dtype() == DType::F32
}

/// Its numbers in order.
///
/// # Panics
/// For a tensor that the CPU does not [hold](holds).
pub(super) fn take<const D: usize>(tensor: Tensor<D>) -> FloatTensor<Flex> {
    let taken = tensor.try_into_primitive::<Flex>();
    in_order(taken.expect("what the CPU holds is Flex's"))
}

/// The tensor with its place among those that have gradients; none where this is not the CPU, or no gradients are wanted.
#[cfg(feature = "training")]
pub(super) fn tracked<const D: usize>(tensor: &Tensor<D>) -> Option<FloatTensor<Autodiff<Flex>>> {
    if !tensor.device().is_autodiff() || tensor.dtype() != DType::F32 {
        return None;
    }
    tensor.clone().try_into_primitive::<Autodiff<Flex>>().ok()
}

/// What an operation made, which is told of its gradient if anybody wants one.
#[cfg(feature = "training")]
pub(super) fn recorded<O: Backward<Flex, N>, const N: usize>(
    operation: OpsKind<O, Flex, O::State, NoCheckpointing, N>,
    state: O::State,
    output: FloatTensor<Flex>,
) -> Tensor<4> {
    let output = match operation {
        OpsKind::Tracked(operation) => operation.finish(state, output),
        OpsKind::UnTracked(operation) => operation.finish(output),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(output)
}

/// The same tensor, its numbers in order.
pub(super) fn in_order(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    if tensor.is_contiguous() {
        return tensor;
    }
    tensor.to_contiguous()
}

/// The numbers of a tensor of `f32` that has them in order.
pub(super) fn values(tensor: &FloatTensor<Flex>) -> &[f32] {
    tensor.as_slice().unwrap_or_default()
}

/// The same to be changed: in place if nobody else has them, else in a copy.
pub(super) fn values_mut(tensor: &mut FloatTensor<Flex>) -> &mut [f32] {
    match tensor.layout().contiguous_offsets() {
        Some((start, end)) => &mut tensor.storage_mut()[start..end],
        None => &mut [],
    }
}

/// A tensor of `values`, in order.
pub(super) fn from_values<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
) -> FloatTensor<Flex> {
    Flex::float_from_data(
        TensorData::new(values, shape),
        &FlexDevice::<Flex>::default(),
    )
}

/// Its shape.
pub(super) fn dims<const D: usize>(tensor: &FloatTensor<Flex>) -> [usize; D] {
    tensor.layout().shape().dims()
}

/// Works on each plane, told which it is; on all cores, if the crate is built for that.
///
/// `scratch` makes what a core takes along from one plane to the next.
pub(super) fn for_each_plane<S>(
    values: &mut [f32],
    plane: usize,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize, &mut [f32]) + Send + Sync,
) {
    let work = |scratch: &mut S, (index, plane): (usize, &mut [f32])| work(scratch, index, plane);
    #[cfg(feature = "rayon")]
    values
        .par_chunks_exact_mut(plane)
        .enumerate()
        .for_each_init(scratch, work);
    #[cfg(not(feature = "rayon"))]
    {
        let mut scratch = scratch();
        let planes = values.chunks_exact_mut(plane).enumerate();
        planes.for_each(|plane| work(&mut scratch, plane));
    }
}

/// What `work` finds for each of `count` planes or channels, in order.
#[cfg(feature = "training")]
pub(super) fn collect<S, T: Send>(
    count: usize,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize) -> T + Send + Sync,
) -> Vec<T> {
    #[cfg(feature = "rayon")]
    return (0..count).into_par_iter().map_init(scratch, work).collect();
    #[cfg(not(feature = "rayon"))]
    {
        let mut scratch = scratch();
        (0..count).map(|index| work(&mut scratch, index)).collect()
    }
}
