//! Augmentations of normalised spectrograms, where 0 is the mean of the training data.

use std::ops::Range;

use super::Example;
use super::waveform::{blend, blend_labels};
use crate::mel::MelSpectrogram;

/// Blends values, targets and weights: `share` of the window, the rest of `other`.
pub fn mixup(example: &mut Example<MelSpectrogram>, other: &Example<MelSpectrogram>, share: f32) {
    blend(&mut example.input.values, &other.input.values, share);
    blend_labels(example, other, share);
}

/// Takes a stretch of frames from `other`, and targets and weight in proportion.
///
/// CutMix (Yun et al. 2019) cuts boxes out of pictures; here a box has the full height, because
/// a song that has lost some of its bands is another song.
pub fn cutmix(
    example: &mut Example<MelSpectrogram>,
    other: &Example<MelSpectrogram>,
    frames: Range<usize>,
) {
    let mel = &mut example.input;
    if mel.n_frames == 0 {
        return;
    }
    let rows = mel.values.chunks_exact_mut(mel.n_frames);
    for (row, other) in rows.zip(other.input.values.chunks_exact(mel.n_frames)) {
        row[frames.clone()].copy_from_slice(&other[frames.clone()]);
    }
    let share = 1.0 - frames.len() as f32 / mel.n_frames as f32;
    blend_labels(example, other, share);
}

/// Gives each Mel band `share` of its own mean and standard deviation over time and, for the rest, those of the same
/// band of `other`: the same song as another microphone, place and distance would have recorded it.
///
/// MixStyle (Zhou et al. 2021) by bands of the spectrogram, as Kim et al. 2022 and Schmid et al. 2022 do against
/// the differences between recorders.
pub fn mix_style(mel: &mut MelSpectrogram, other: &MelSpectrogram, share: f32) {
    let frames = mel.n_frames;
    if frames == 0 || other.n_frames == 0 {
        return;
    }
    let others = other.values.chunks_exact(other.n_frames);
    for (band, other) in mel.values.chunks_exact_mut(frames).zip(others) {
        let ([mean, deviation], [other_mean, other_deviation]) = (style(band), style(other));
        let blended = share * deviation + (1.0 - share) * other_deviation;
        // What never changes has nothing to stretch.
        let stretch = if deviation > 0.0 {
            blended / deviation
        } else {
            0.0
        };
        let level = share * mean + (1.0 - share) * other_mean;
        for value in band {
            *value = (*value - mean) * stretch + level;
        }
    }
}

/// Mean and standard deviation, which is 0 of a value that never changes: so many bits lose nothing of such a sum.
fn style(values: &[f32]) -> [f32; 2] {
    let count = values.len() as f64;
    let values = values.iter().copied().map(f64::from);
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    [mean as f32, variance.sqrt() as f32]
}

/// Hides Mel bands behind the mean (SpecAugment, Park et al. 2019).
pub fn mask_frequencies(mel: &mut MelSpectrogram, bands: Range<usize>) {
    mel.values[bands.start * mel.n_frames..bands.end * mel.n_frames].fill(0.0);
}

/// Hides frames behind the mean (SpecAugment, Park et al. 2019).
pub fn mask_time(mel: &mut MelSpectrogram, frames: Range<usize>) {
    if frames.is_empty() {
        return;
    }
    for row in mel.values.chunks_exact_mut(mel.n_frames) {
        row[frames.clone()].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(value: f32, targets: [f32; 2]) -> Example<MelSpectrogram> {
        Example {
            input: MelSpectrogram {
                n_mels: 3,
                n_frames: 4,
                values: vec![value; 12],
            },
            targets: targets.to_vec(),
            weight: value,
        }
    }

    #[test]
    fn mixtures_and_their_targets_have_the_same_shares() {
        let (first, second) = (example(1.0, [1.0, 0.0]), example(3.0, [0.0, 1.0]));

        let mut blended = first.clone();
        mixup(&mut blended, &second, 0.25);
        assert_eq!(blended.input.values, [2.5; 12]);
        assert_eq!((blended.targets, blended.weight), (vec![0.25, 0.75], 2.5));

        let mut cut = first.clone();
        cutmix(&mut cut, &second, 1..2);
        assert_eq!(cut.input.values, [1.0, 3.0, 1.0, 1.0].repeat(3));
        assert_eq!((cut.targets, cut.weight), (vec![0.75, 0.25], 1.5));
    }

    #[test]
    fn a_band_takes_on_mean_and_spread_of_another() {
        let spectrogram = |values: [[f32; 2]; 2]| MelSpectrogram {
            n_mels: 2,
            n_frames: 2,
            values: values.concat(),
        };
        let song = spectrogram([[1.0, 3.0], [5.0, 5.0]]);
        let other = spectrogram([[10.0, 16.0], [-1.0, 1.0]]);
        let styled = |share| {
            let mut mel = song.clone();
            mix_style(&mut mel, &other, share);
            mel
        };

        assert_eq!(styled(1.0), song);
        // Mean 2 and deviation 1 become 13 and 3; a band that is always the same has no shape to stretch.
        assert_eq!(styled(0.0), spectrogram([[10.0, 16.0], [0.0, 0.0]]));
        assert_eq!(styled(0.5), spectrogram([[5.5, 9.5], [2.5, 2.5]]));
    }

    #[test]
    fn a_band_at_the_floor_takes_on_a_mean_and_nothing_else() {
        let band = |value: f32| MelSpectrogram {
            n_mels: 1,
            n_frames: 501,
            values: vec![value; 501],
        };
        let mut other = band(1.0);
        other.values[0] = 10.0;

        let mut mel = band(-2.04);
        mix_style(&mut mel, &other, 0.5);

        let [first, ..] = mel.values[..] else {
            panic!("no frames")
        };
        assert_eq!(mel.values, [first; 501]);
        assert!(
            (first - f32::midpoint(-2.04, 510.0 / 501.0)).abs() < 1e-5,
            "{first}"
        );
    }

    #[test]
    fn masks_hide_whole_rows_and_columns() {
        let mut mel = example(1.0, [0.0; 2]).input;
        mask_frequencies(&mut mel, 2..3);
        mask_time(&mut mel, 0..1);
        let row = [0.0, 1.0, 1.0, 1.0];
        assert_eq!(mel.values, [row, row, [0.0; 4]].concat());
    }
}
