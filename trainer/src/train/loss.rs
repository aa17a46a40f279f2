//! The loss of several labels at once.

use burn::tensor::Tensor;

/// Binary cross-entropy of `logits` with soft `targets`, mean over windows and classes.
///
/// # Shapes
/// - both: `[windows, classes]`
pub(crate) fn binary_cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    // max(x, 0) - x·t + ln(1 + e^-|x|) never overflows.
    let positive_part = logits.clone().clamp_min(0.0);
    let tail = logits.clone().abs().neg().exp().log1p();
    (positive_part - logits * targets + tail).mean()
}

/// Takes a share of each target and spreads it evenly over its classes.
pub(crate) fn smooth(targets: &mut [f32], smoothing: f32) {
    let even = smoothing / targets.len().max(1) as f32;
    for target in targets {
        *target = *target * (1.0 - smoothing) + even;
    }
}

#[cfg(test)]
mod tests {
    use burn::prelude::Device;

    use super::*;

    #[test]
    fn it_equals_the_textbook_formula_and_stays_finite() {
        let device = Device::flex();
        let logits = [[0.3f32, -1.2], [80.0, -90.0]];
        let targets = [[1.0f32, 0.3], [0.0, 0.0]];

        let loss = binary_cross_entropy(
            Tensor::from_floats(logits, &device),
            Tensor::from_floats(targets, &device),
        )
        .into_scalar::<f32>();

        let term = |x: f64, t: f64| {
            let p = 1.0 / (1.0 + (-x).exp());
            -(t * p.ln() + (1.0 - t) * (1.0 - p).ln())
        };
        let expected = (term(0.3, 1.0) + term(-1.2, 0.3) + 80.0 + 0.0) / 4.0;
        assert!(
            (f64::from(loss) - expected).abs() < 1e-5,
            "{loss} is not {expected}"
        );
    }

    #[test]
    fn smoothing_keeps_one_label_summing_to_one() {
        let mut targets = [1.0, 0.0, 0.0, 0.0];
        smooth(&mut targets, 0.2);
        for (target, expected) in targets.iter().zip([0.85, 0.05, 0.05, 0.05]) {
            assert!((target - expected).abs() < 1e-6);
        }
    }
}
