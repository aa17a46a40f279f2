//! What an epoch shows, in which order. A pure function of the seed and the epoch, so that a
//! resumed run shows what an unbroken one would have shown.

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// One window to train on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crop {
    /// Index of the recording.
    pub(crate) recording: usize,
    /// First sample.
    pub(crate) start: usize,
    /// Seed of this window's augmentation.
    pub(crate) seed: u64,
}

/// The batches of one epoch.
///
/// `lengths` are the recordings' lengths in samples. A recording gives up to `most` windows, each
/// from its own part of the recording, but no more than fit side by side.
pub(crate) fn batches(
    lengths: &[usize],
    window: usize,
    most: usize,
    batch_size: usize,
    seed: u64,
    epoch: usize,
) -> Vec<Vec<Crop>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch as u64);
    let mut crops = Vec::new();
    for (recording, &length) in lengths.iter().enumerate() {
        let count = length.div_ceil(window.max(1)).clamp(1, most);
        let spare = length.saturating_sub(window);
        for part in 0..count {
            let from = spare * part / count;
            let to = spare * (part + 1) / count;
            crops.push(Crop {
                recording,
                start: rng.random_range(from..=to),
                seed: rng.random(),
            });
        }
    }
    crops.shuffle(&mut rng);
    let mut batches: Vec<Vec<Crop>> = crops.chunks(batch_size).map(<[Crop]>::to_vec).collect();
    // Statistics of a few windows would unsettle the batch normalisation.
    if batches.len() > 1
        && batches
            .last()
            .is_some_and(|last| 2 * last.len() < batch_size)
    {
        batches.pop();
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_lie_within_their_recordings_and_cover_their_parts() {
        let lengths = [50, 100, 1_000];
        let crops: Vec<Crop> = batches(&lengths, 100, 4, 4, 1, 0).concat();

        assert_eq!(crops.iter().filter(|crop| crop.recording == 0).count(), 1);
        let mut long: Vec<usize> = crops
            .iter()
            .filter(|crop| crop.recording == 2)
            .map(|crop| crop.start)
            .collect();
        long.sort_unstable();
        assert_eq!(long.len(), 4);
        for (part, start) in long.into_iter().enumerate() {
            assert!((part * 225..=(part + 1) * 225).contains(&start));
        }
    }

    #[test]
    fn epochs_differ_and_repeat_exactly() {
        let lengths = [10_000; 20];
        let plan = |epoch| batches(&lengths, 100, 2, 8, 3, epoch);

        assert_eq!(plan(4), plan(4));
        assert_ne!(plan(4), plan(5));
        assert_eq!(plan(4).len(), plan(5).len());
    }

    #[test]
    fn a_small_rest_is_left_out() {
        assert_eq!(batches(&[1; 9], 1, 1, 8, 0, 0).len(), 1);
        assert_eq!(batches(&[1; 12], 1, 1, 8, 0, 0).len(), 2);
        assert_eq!(batches(&[1; 3], 1, 1, 8, 0, 0).len(), 1);
    }
}
