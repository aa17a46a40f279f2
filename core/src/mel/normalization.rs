//! From decibels to what the network is shown.

use super::MelSpectrogram;
use serde::{Deserialize, Serialize};

/// From decibels to the values that the network is shown:
/// `(dB − band_median · median of the band − reference − mean) / std`.
///
/// A band's median over a window is what sounds all the time: wind, insects, and the colouring of the
/// microphone. Taking a part of it off is the idea of relaxed instance frequency-wise normalisation (Kim
/// et al., "Domain Generalization with Relaxed Instance Frequency-wise Normalization", Interspeech 2022),
/// with the median for the mean, which a long song would raise. The lowest value of the window, which is
/// that of silence behind a recording's end, counts for no median where a band has others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Share, 0 to 1, of each band's median over the window in decibels that is taken off first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub band_median: f32,
    /// What counts as 0 dB then.
    pub reference: Reference,
    /// Mean of the training data in decibels above the reference.
    pub mean: f32,
    /// Standard deviation of the training data in decibels; positive.
    pub std: f32,
}

/// What counts as 0 dB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// A power of 1: the recording's gain matters.
    Unit,
    /// The loudest point of the window: the recording's gain does not matter.
    Peak,
}

impl Normalization {
    /// Normalises a spectrogram in decibels in place.
    pub fn apply(&self, mel: &mut MelSpectrogram) {
        if self.band_median > 0.0 {
            take_medians_off(mel, self.band_median);
        }
        let reference = match self.reference {
            Reference::Unit => 0.0,
            Reference::Peak => mel.max(),
        };
        for value in &mut mel.values {
            *value = (*value - reference - self.mean) / self.std;
        }
    }
}

fn take_medians_off(mel: &mut MelSpectrogram, share: f32) {
    let silence = mel.values.iter().copied().fold(f32::INFINITY, f32::min);
    let mut sorted = Vec::new();
    for band in mel.values.chunks_exact_mut(mel.n_frames.max(1)) {
        let median = share * median(band, silence, &mut sorted);
        for value in band {
            *value -= median;
        }
    }
}

/// The middle value but for silence, or the upper of two; `sorted` is room to work in.
fn median(values: &[f32], silence: f32, sorted: &mut Vec<f32>) -> f32 {
    sorted.clear();
    sorted.extend(values.iter().filter(|value| **value > silence));
    if sorted.is_empty() {
        return silence;
    }
    let middle = sorted.len() / 2;
    *sorted.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Serde hands fields over by reference.
fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_reference_takes_the_gain_out() {
        let normalization = Normalization {
            reference: Reference::Peak,
            band_median: 0.0,
            mean: -40.0,
            std: 20.0,
        };
        let image = |gain_db: f32| MelSpectrogram {
            n_mels: 2,
            n_frames: 2,
            values: [-10.0, -30.0, -55.0, -80.0]
                .map(|decibels| decibels + gain_db)
                .to_vec(),
        };
        let (mut loud, mut soft) = (image(0.0), image(-20.0));
        normalization.apply(&mut loud);
        normalization.apply(&mut soft);
        assert!((loud.max() - 2.0).abs() < 1e-6);
        let worst = loud
            .values
            .iter()
            .zip(&soft.values)
            .fold(0.0_f32, |w, (a, b)| w.max((a - b).abs()));
        assert!(worst < 1e-3, "{worst}");
    }

    fn without_medians(n_frames: usize, band_median: f32, values: &[f32]) -> Vec<f32> {
        let normalization = Normalization {
            reference: Reference::Peak,
            band_median,
            mean: 0.0,
            std: 2.0,
        };
        let mut mel = MelSpectrogram {
            n_mels: values.len() / n_frames,
            n_frames,
            values: values.to_vec(),
        };
        normalization.apply(&mut mel);
        mel.values
    }

    #[test]
    fn the_band_median_takes_out_what_sounds_all_the_time() {
        let values = [
            -30.0, -30.0, -10.0, -34.0, -28.0, -60.0, -50.0, -50.0, -44.0, -52.0,
        ];
        // Medians −30 and −50; what is loudest then lies 20 above its own.
        let all = without_medians(5, 1.0, &values);
        assert_eq!(
            all,
            [
                -10.0, -10.0, 0.0, -12.0, -9.0, -15.0, -10.0, -10.0, -7.0, -11.0
            ]
        );
        let half = without_medians(5, 0.5, &values);
        assert_eq!(half[..3], [-10.0, -10.0, 0.0]);
        assert_eq!(half[6..8], [-15.0, -15.0]);
        // Another microphone, 7 dB weaker in the upper band: the same picture.
        let coloured: [f32; 10] =
            std::array::from_fn(|i| values[i] - if i < 5 { 0.0 } else { 7.0 });
        assert_eq!(without_medians(5, 1.0, &coloured), all);
    }

    #[test]
    fn sound_before_a_recording_ends_looks_as_it_would_without_the_end() {
        let bands = [[-41.0, -40.0, -10.0, -40.0], [-60.0, -50.0, -48.0, -50.0]];
        let whole = without_medians(4, 1.0, &bands.concat());
        let silence = -90.0;
        let padded = bands.map(|band| [&band[..], &[silence; 5]].concat());
        let padded = without_medians(9, 1.0, &padded.concat());
        assert_eq!([&padded[..4], &padded[9..13]].concat(), whole);
        assert_eq!(without_medians(2, 1.0, &[silence; 4]), [0.0; 4]);
    }
}
