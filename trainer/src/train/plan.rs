//! What an epoch shows, in which order. A pure function of the seed and the epoch, so that a
//! resumed run shows what an unbroken one would have shown.

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::balance::recording_chances;

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

/// How windows are chosen from the recordings.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The recordings' lengths in samples.
    pub(crate) lengths: Vec<usize>,
    /// The class of each.
    pub(crate) classes: Vec<Option<usize>>,
    /// Samples in one window.
    pub(crate) window: usize,
    /// The most windows of a recording, on average over epochs where recordings are drawn.
    pub(crate) crops_per_epoch: usize,
    /// Windows in one batch.
    pub(crate) batch_size: usize,
    /// Recordings are drawn by `count^-exponent` of their class; at 0 each has its turn.
    pub(crate) sampling_exponent: f64,
    /// Of so many random windows the loudest is taken.
    pub(crate) crop_candidates: usize,
    /// Loudness along each recording; needed only for several candidates.
    pub(crate) loudness: Vec<Vec<f32>>,
    /// Samples to one entry of the loudness.
    pub(crate) loudness_block: usize,
    /// Seed of the run.
    pub(crate) seed: u64,
}

impl Plan {
    /// The batches of one epoch; their number is the same for every epoch.
    ///
    /// A recording gives up to `crops_per_epoch` windows, each from its own part of the recording,
    /// but no more than cover it side by side, the last of them in part.
    pub(crate) fn batches(&self, epoch: usize) -> Vec<Vec<Crop>> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(epoch as u64);
        let counts: Vec<usize> = self
            .lengths
            .iter()
            .map(|length| length.div_ceil(self.window.max(1)))
            .map(|fitting| fitting.clamp(1, self.crops_per_epoch))
            .collect();
        let mut crops = if self.sampling_exponent > 0.0 {
            self.drawn(&counts, &mut rng)
        } else {
            self.in_turn(&counts, &mut rng)
        };
        crops.shuffle(&mut rng);
        self.batched(&crops)
    }

    /// Every recording, with a window from each of its parts.
    fn in_turn(&self, counts: &[usize], rng: &mut ChaCha8Rng) -> Vec<Crop> {
        let mut crops = Vec::new();
        for (recording, &count) in counts.iter().enumerate() {
            let spare = self.lengths[recording].saturating_sub(self.window);
            for part in 0..count {
                let from = spare * part / count;
                let to = spare * (part + 1) / count;
                crops.push(self.crop(recording, from..=to, rng));
            }
        }
        crops
    }

    /// As many windows, from recordings drawn by their chances.
    fn drawn(&self, counts: &[usize], rng: &mut ChaCha8Rng) -> Vec<Crop> {
        let chances = recording_chances(&self.classes, counts, self.sampling_exponent);
        let mut total = 0.0;
        let ends: Vec<f64> = chances
            .iter()
            .map(|chance| {
                total += chance;
                total
            })
            .collect();
        (0..counts.iter().sum())
            .map(|_| {
                let place = total * rng.random::<f64>();
                let recording = ends.partition_point(|&end| end <= place);
                let recording = recording.min(ends.len() - 1);
                let spare = self.lengths[recording].saturating_sub(self.window);
                self.crop(recording, 0..=spare, rng)
            })
            .collect()
    }

    fn crop(
        &self,
        recording: usize,
        starts: std::ops::RangeInclusive<usize>,
        rng: &mut ChaCha8Rng,
    ) -> Crop {
        let mut start = rng.random_range(starts.clone());
        for _ in 1..self.crop_candidates {
            let other = rng.random_range(starts.clone());
            if self.loudness(recording, other) > self.loudness(recording, start) {
                start = other;
            }
        }
        Crop {
            recording,
            start,
            seed: rng.random(),
        }
    }

    fn loudness(&self, recording: usize, start: usize) -> f32 {
        let loudness = &self.loudness[recording];
        let from = (start / self.loudness_block).min(loudness.len());
        let to = (start + self.window).div_ceil(self.loudness_block);
        loudness[from..to.min(loudness.len())].iter().sum()
    }

    fn batched(&self, crops: &[Crop]) -> Vec<Vec<Crop>> {
        let mut batches: Vec<Vec<Crop>> = crops
            .chunks(self.batch_size)
            .map(<[Crop]>::to_vec)
            .collect();
        // Statistics of a few windows would unsettle the batch normalisation.
        let rest = batches.last().map_or(0, Vec::len);
        if batches.len() > 1 && 2 * rest < self.batch_size {
            batches.pop();
        }
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(lengths: &[usize], window: usize, crops_per_epoch: usize) -> Plan {
        Plan {
            classes: vec![Some(0); lengths.len()],
            lengths: lengths.to_vec(),
            window,
            crops_per_epoch,
            batch_size: 8,
            sampling_exponent: 0.0,
            crop_candidates: 1,
            loudness: Vec::new(),
            loudness_block: 10,
            seed: 3,
        }
    }

    #[test]
    fn windows_lie_within_their_recordings_and_cover_their_parts() {
        let crops: Vec<Crop> = plan(&[50, 100, 1_000], 100, 4).batches(0).concat();

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
        for exponent in [0.0, 0.5] {
            let plan = Plan {
                sampling_exponent: exponent,
                ..plan(&[10_000; 20], 100, 2)
            };
            assert_eq!(plan.batches(4), plan.batches(4));
            assert_ne!(plan.batches(4), plan.batches(5));
            assert_eq!(plan.batches(4).len(), plan.batches(5).len());
        }
    }

    #[test]
    fn a_small_rest_is_left_out() {
        assert_eq!(plan(&[1; 9], 1, 1).batches(0).len(), 1);
        assert_eq!(plan(&[1; 12], 1, 1).batches(0).len(), 2);
        assert_eq!(plan(&[1; 3], 1, 1).batches(0).len(), 1);
    }

    #[test]
    fn balanced_sampling_shows_a_rare_class_as_often() {
        let lengths = [100; 1_000];
        let classes: Vec<_> = (0..1_000).map(|i| Some(usize::from(i >= 990))).collect();
        let share_of_rare = |sampling_exponent| {
            let plan = Plan {
                classes: classes.clone(),
                sampling_exponent,
                ..plan(&lengths, 100, 1)
            };
            let crops = plan.batches(0).concat();
            assert_eq!(crops.len(), 1_000);
            crops.iter().filter(|crop| crop.recording >= 990).count() as f64 / 1_000.0
        };

        assert!((share_of_rare(0.0) - 0.01).abs() < 1e-9);
        // 10^½ / (10^½ + 990^½)
        assert!((share_of_rare(0.5) - 0.091).abs() < 0.03);
        assert!((share_of_rare(1.0) - 0.5).abs() < 0.05);
    }

    #[test]
    fn of_many_candidates_the_loudest_is_taken() {
        let mut loudness = vec![0.0; 100];
        loudness[70] = 1.0;
        let plan = Plan {
            crop_candidates: 64,
            loudness: vec![loudness],
            ..plan(&[1_000], 100, 1)
        };

        let crop = plan.batches(0).concat()[0];

        assert!((601..=709).contains(&crop.start), "{}", crop.start);
    }
}
