//! Activations, each a type, so that loops over numbers are compiled for it.

/// An activation.
pub(super) trait Curve {
    /// Where it is at `x`.
    fn at(x: f32) -> f32;

    /// How steep it is there.
    #[cfg(feature = "training")]
    fn slope(x: f32) -> f32;
}

/// What follows, for the curve of an [`Activation`](crate::model::layers::Activation).
macro_rules! by_curve {
    ($activation:expr, $function:ident($($argument:expr),*)) => {{
        use crate::model::layers::Activation;
        use crate::model::layers::norm::curve::{Identity, Relu, Relu6, Silu};
        match $activation {
            Activation::Identity => $function::<Identity>($($argument),*),
            Activation::Relu => $function::<Relu>($($argument),*),
            Activation::Relu6 => $function::<Relu6>($($argument),*),
            Activation::Silu => $function::<Silu>($($argument),*),
        }
    }};
}

pub(super) use by_curve;

pub(super) struct Identity;
pub(super) struct Relu;
pub(super) struct Relu6;
pub(super) struct Silu;

impl Curve for Identity {
    #[inline]
    fn at(x: f32) -> f32 {
        x
    }

    #[cfg(feature = "training")]
    #[inline]
    fn slope(_: f32) -> f32 {
        1.0
    }
}

// What is no number stays so: `max` and `min` would hide it.
impl Curve for Relu {
    #[inline]
    fn at(x: f32) -> f32 {
        if x < 0.0 { 0.0 } else { x }
    }

    #[cfg(feature = "training")]
    #[inline]
    fn slope(x: f32) -> f32 {
        if x > 0.0 { 1.0 } else { 0.0 }
    }
}

impl Curve for Relu6 {
    #[inline]
    fn at(x: f32) -> f32 {
        x.clamp(0.0, 6.0)
    }

    #[cfg(feature = "training")]
    #[inline]
    fn slope(x: f32) -> f32 {
        if x > 0.0 && x <= 6.0 { 1.0 } else { 0.0 }
    }
}

impl Curve for Silu {
    #[inline]
    fn at(x: f32) -> f32 {
        x / (1.0 + (-x).exp())
    }

    #[cfg(feature = "training")]
    #[inline]
    fn slope(x: f32) -> f32 {
        let sigmoid = 1.0 / (1.0 + (-x).exp());
        sigmoid * (1.0 + x * (1.0 - sigmoid))
    }
}
