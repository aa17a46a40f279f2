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
        x / (1.0 + exp(-x))
    }

    #[cfg(feature = "training")]
    #[inline]
    fn slope(x: f32) -> f32 {
        let sigmoid = 1.0 / (1.0 + exp(-x));
        sigmoid * (1.0 + x * (1.0 - sigmoid))
    }
}

/// `e^x`, from e^-87 to e^88, without a call or a branch, so that loops take several at once; the standard library's
/// took a seventh of a training step of EfficientNet-B3.
///
/// `2^n e^r` with a whole n and r within ± ln 2 / 2 (Cody & Waite 1980), where eight terms of the series are exact enough.
#[inline]
fn exp(x: f32) -> f32 {
    // Added to a number, it leaves no room for what is behind the point, and the number in the last bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, of which the first has so few digits that its multiples are exact.
    const LN_2: [f32; 2] = [355.0 / 512.0, -2.121_944_4e-4];
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2[0] - n * LN_2[1];
    let series = [5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0];
    let e_r = series
        .iter()
        .fold(0.0, |sum, factorial| sum * r + 1.0 / factorial);
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    e_r * f32::from_bits(exponent.wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_standard_library() {
        for step in -87_000..=88_000 {
            let x = step as f32 / 1_000.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2e-7, "{x}: {error}");
        }
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(f32::INFINITY) > 1e38 && exp(f32::NEG_INFINITY) < 1e-37);
        assert!(Silu::at(-1_000.0).abs() < 1e-30);
        assert!((Silu::at(1_000.0) - 1_000.0).abs() < 1e-3);
    }
}
