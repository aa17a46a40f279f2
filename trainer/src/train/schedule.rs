//! The learning rate over the steps of a run.

use std::f64::consts::PI;

/// Rises in a line over the first `warm_up` share of the steps, then falls along half a cosine.
pub(crate) fn learning_rate(step: usize, steps: usize, highest: f64, warm_up: f64) -> f64 {
    let rising = count(steps) * warm_up;
    let done = count(step) + 1.0;
    if done <= rising {
        return highest * done / rising;
    }
    let progress = (done - rising) / (count(steps) - rising).max(1.0);
    highest * 0.5 * (1.0 + (PI * progress.min(1.0)).cos())
}

fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_then_falls_to_nothing() {
        let rate = |step| learning_rate(step, 100, 1.0, 0.1);

        assert!((rate(0) - 0.1).abs() < 1e-12);
        assert!((rate(9) - 1.0).abs() < 1e-12);
        assert!((rate(54) - 0.5).abs() < 1e-12);
        assert!(rate(99).abs() < 1e-12);
        assert!((10..99).all(|step| rate(step) > rate(step + 1)));
    }

    #[test]
    fn without_a_warm_up_it_starts_high() {
        assert!(learning_rate(0, 1_000, 1.0, 0.0) > 0.999);
    }
}
