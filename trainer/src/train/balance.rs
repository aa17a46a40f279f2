//! How often recordings are shown and how much they count: rare classes and good recordings more.

/// One weight a class, `count^-exponent`, on average 1. An empty class counts as one recording.
pub(crate) fn class_weights(counts: &[usize], exponent: f64) -> Vec<f32> {
    normalized(counts.iter().map(|&count| power(count, exponent)).collect())
}

/// The chance of each recording to be drawn, in proportion: its `windows` times `count^-exponent` of
/// its class, where counts are of windows. 0 draws windows as they come, 1 draws each class as often.
/// Recordings of no class are a class of their own.
pub(crate) fn recording_chances(
    classes: &[Option<usize>],
    windows: &[usize],
    exponent: f64,
) -> Vec<f64> {
    let mut counts = std::collections::BTreeMap::new();
    for (class, windows) in classes.iter().zip(windows) {
        *counts.entry(class).or_insert(0) += windows;
    }
    classes
        .iter()
        .zip(windows)
        .map(|(class, &windows)| windows as f64 * power(counts[class], exponent))
        .collect()
}

/// One weight a recording: 1 for the best rating of 5, in a straight line down to `worst` at 0, and on
/// average 1. Recordings without a rating count as middling ones of 3.
pub(crate) fn rating_weights(ratings: &[Option<f32>], worst: f64) -> Vec<f32> {
    let weight = |rating: Option<f32>| {
        let goodness = f64::from(rating.unwrap_or(3.0)) / 5.0;
        worst + (1.0 - worst) * goodness.clamp(0.0, 1.0)
    };
    normalized(ratings.iter().map(|&rating| weight(rating)).collect())
}

fn power(count: usize, exponent: f64) -> f64 {
    (count.max(1) as f64).powf(-exponent)
}

fn normalized(weights: Vec<f64>) -> Vec<f32> {
    let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
    weights
        .into_iter()
        .map(|weight| {
            if mean > 0.0 {
                (weight / mean) as f32
            } else {
                1.0
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
    }

    #[test]
    fn rare_classes_weigh_more_and_the_mean_is_one() {
        assert_close(&class_weights(&[1, 4, 0], 0.5), &[1.2, 0.6, 1.2]);
        assert_close(&class_weights(&[7, 9], 0.0), &[1.0, 1.0]);
    }

    #[test]
    fn chances_are_natural_balanced_or_between() {
        let classes = [Some(0), Some(0), Some(1), None];
        let windows = [1, 3, 1, 2];
        let of = |exponent| recording_chances(&classes, &windows, exponent);

        assert_eq!(of(0.0), [1.0, 3.0, 1.0, 2.0]);
        assert_eq!(of(1.0), [0.25, 0.75, 1.0, 1.0]);
        assert_eq!(of(0.5)[..3], [0.5, 1.5, 1.0]);
    }

    #[test]
    fn better_recordings_weigh_more() {
        let ratings = [Some(5.0), Some(1.0), None];
        assert_close(&rating_weights(&ratings, 0.5), &[1.25, 0.75, 1.0]);
        assert_close(&rating_weights(&ratings, 1.0), &[1.0, 1.0, 1.0]);
        assert_close(&rating_weights(&[Some(0.0)], 0.0), &[1.0]);
    }
}
