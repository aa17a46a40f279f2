//! Where the mistakes are: between which classes, and for how much training.

use serde::Serialize;

use super::{Judged, Metrics, best_class, mean, ratio};

/// Recordings by primary label (rows) and best class (columns).
pub(crate) fn confusion(recordings: &[Judged], classes: usize) -> Vec<Vec<usize>> {
    let mut matrix = vec![vec![0; classes]; classes];
    for judged in recordings {
        if let (Some(primary), Some(best)) = (judged.primary, best_class(&judged.scores)) {
            matrix[primary][best] += 1;
        }
    }
    matrix
}

/// What classes with about as many training recordings come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ByTrainingCount {
    /// Least number of training recordings.
    pub(crate) from: usize,
    /// Largest number of training recordings; `None` for no limit.
    pub(crate) to: Option<usize>,
    /// Classes with so many.
    pub(crate) classes: usize,
    /// Recordings of these classes that were judged.
    pub(crate) recordings: usize,
    /// Share of them whose best class is the right one.
    pub(crate) top_1: f64,
    /// Mean average precision of those classes that are present.
    pub(crate) cmap: Option<f64>,
}

/// Least numbers of training recordings of the rows.
const STEPS: [usize; 8] = [0, 1, 2, 3, 5, 10, 20, 50];

/// Accuracy by number of training recordings, `training_counts` one a class; rows with nothing
/// that was judged are left out.
pub(crate) fn by_training_count(
    recordings: &[Judged],
    metrics: &Metrics,
    training_counts: &[usize],
) -> Vec<ByTrainingCount> {
    let mut rows = Vec::new();
    for (step, &from) in STEPS.iter().enumerate() {
        let to = STEPS.get(step + 1).map(|next| next - 1);
        let is_meant = |class: usize| {
            let count = training_counts[class];
            count >= from && to.is_none_or(|to| count <= to)
        };
        let classes: Vec<usize> = (0..training_counts.len())
            .filter(|&class| is_meant(class) && metrics.per_class[class].present > 0)
            .collect();
        if classes.is_empty() {
            continue;
        }
        let own: Vec<&Judged> = recordings
            .iter()
            .filter(|judged| judged.primary.is_some_and(is_meant))
            .collect();
        let right = own
            .iter()
            .filter(|judged| best_class(&judged.scores) == judged.primary)
            .count();
        let precisions = classes
            .iter()
            .filter_map(|&class| metrics.per_class[class].average_precision);
        rows.push(ByTrainingCount {
            from,
            to,
            classes: classes.len(),
            recordings: own.len(),
            top_1: ratio(right, own.len()),
            cmap: mean(precisions),
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Truth, measure};

    fn judged(scores: [f32; 3], primary: usize) -> Judged {
        let mut truth = vec![Truth::Absent; 3];
        truth[primary] = Truth::Present;
        Judged {
            scores: scores.to_vec(),
            peaks: scores.to_vec(),
            truth,
            primary: Some(primary),
        }
    }

    #[test]
    fn mistakes_are_counted_where_they_belong() {
        let recordings = [
            judged([0.9, 0.1, 0.0], 0),
            judged([0.8, 0.3, 0.0], 1),
            judged([0.1, 0.7, 0.0], 1),
        ];

        assert_eq!(
            confusion(&recordings, 3),
            [vec![1, 0, 0], vec![1, 1, 0], vec![0, 0, 0]]
        );
        let metrics = measure(&recordings, 3, 0.5);
        let rows = by_training_count(&recordings, &metrics, &[30, 4, 0]);
        let rows: Vec<_> = rows
            .iter()
            .map(|row| (row.from, row.to, row.classes, row.recordings, row.top_1))
            .collect();
        assert_eq!(rows, [(3, Some(4), 1, 2, 0.5), (20, Some(49), 1, 1, 1.0)]);
    }
}
