//! Parts of a set of recordings on which something is fitted and judged in turn.

use std::collections::BTreeMap;

/// More parts cost time and tell little more.
const MOST_FOLDS: usize = 10;

/// The part of each recording: recordings of one group stay together, each part gets about as many
/// groups, at most ten parts. `None` if all are of one group.
pub(crate) fn of_groups<S: AsRef<str>>(groups: &[Option<S>]) -> Option<Vec<usize>> {
    let mut number_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = 0;
    let mut next = || {
        count += 1;
        count - 1
    };
    let numbers: Vec<usize> = groups
        .iter()
        .map(|group| match group {
            Some(name) => *number_of.entry(name.as_ref()).or_insert_with(&mut next),
            // Nobody knows whom it belongs to: it stands alone.
            None => next(),
        })
        .collect();
    let folds = count.min(MOST_FOLDS);
    (folds >= 2).then(|| numbers.into_iter().map(|number| number % folds).collect())
}

/// Calls `apply` with the parts in turn: with what `fit` makes of all other recordings, and with the
/// indices of the part's own.
pub(crate) fn cross_validate<T>(
    folds: &[usize],
    fit: impl Fn(&[usize]) -> T,
    mut apply: impl FnMut(&T, &[usize]),
) {
    let count = folds.iter().max().map_or(0, |last| last + 1);
    for fold in 0..count {
        let (own, others): (Vec<usize>, Vec<usize>) =
            (0..folds.len()).partition(|&index| folds[index] == fold);
        apply(&fit(&others), &own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_stays_together_and_strangers_stand_alone() {
        let folds = of_groups(&[Some("Ann"), None, Some("Bo"), Some("Ann"), None]);

        assert_eq!(folds, Some(vec![0, 1, 2, 0, 3]));
        assert_eq!(of_groups(&[Some("Ann"), Some("Ann")]), None);
        let many: [Option<&str>; 25] = [None; 25];
        assert_eq!(of_groups(&many).unwrap().into_iter().max(), Some(9));
    }

    #[test]
    fn nothing_is_fitted_on_what_it_is_applied_to() {
        let folds = [0, 1, 2, 0, 1];
        let mut seen = Vec::new();

        cross_validate(&folds, <[usize]>::to_vec, |fitted_on, own| {
            assert_eq!(fitted_on.len() + own.len(), folds.len());
            assert!(own.iter().all(|index| !fitted_on.contains(index)));
            seen.extend_from_slice(own);
        });

        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    }
}
