//! Why a window got its score: what the score loses when a part of the window is hidden.
//!
//! Occlusion (Zeiler and Fergus, arXiv:1311.2901): a patch of the spectrogram is replaced by the
//! mean of its own bands, and the fall of the class's logit is the evidence in that patch. It asks
//! the network itself, needs no gradients, and so works on every device.

use crate::classifier::{Classifier, ClassifierError};
use crate::label::LabelId;
use crate::mel::{MelConfig, MelSpectrogram, mel_to_hz};
use serde::{Deserialize, Serialize};

/// Patches over a window: fine enough to part two birds, coarse enough to take about a second.
const N_BANDS: usize = 8;
const N_SLICES: usize = 10;

/// Patches whose evidence is at least this part of the strongest one's count as what was heard.
const HEARD: f32 = 0.5;

/// Scores nearer to 0 or 1 than this have no logit that means anything.
const EPSILON: f32 = 1e-6;

/// How much each part of a window speaks for a species.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Parts of the frequency range, of equal width in Mel.
    pub n_bands: usize,
    /// Parts of the window's time.
    pub n_slices: usize,
    /// Fall of the logit when the patch is hidden, `[n_bands, n_slices]`, low bands first; negative
    /// where the patch speaks against the species.
    pub values: Vec<f32>,
}

/// Computes the evidence for a species in a window, `batch_size` patches at a time. `tick` is awaited
/// between batches.
///
/// `image` is the normalised spectrogram `[n_mels, n_frames]` that the network was shown.
///
/// # Errors
/// A device that fails.
pub async fn evidence<Tick: Future<Output = ()>>(
    classifier: &Classifier,
    image: &MelSpectrogram,
    label: LabelId,
    batch_size: usize,
    mut tick: impl FnMut() -> Tick,
) -> Result<Evidence, ClassifierError> {
    let logits = async |images: &[MelSpectrogram]| -> Result<Vec<f32>, ClassifierError> {
        let scores = classifier.classify(images).await?;
        Ok(scores
            .iter()
            .map(|scores| logit(scores.0.get(label.0).copied().unwrap_or_default()))
            .collect())
    };
    let whole = logits(std::slice::from_ref(image)).await?;
    let whole = whole.first().copied().unwrap_or_default();
    let n_bands = N_BANDS.min(image.n_mels.max(1));
    let n_slices = N_SLICES.min(image.n_frames.max(1));
    let means = band_means(image);
    let hidden: Vec<MelSpectrogram> = (0..n_bands * n_slices)
        .map(|patch| hide(image, &means, (n_bands, n_slices), patch))
        .collect();
    let mut values = Vec::with_capacity(hidden.len());
    for batch in hidden.chunks(batch_size.max(1)) {
        tick().await;
        values.extend(
            logits(batch)
                .await?
                .into_iter()
                .map(|hidden| whole - hidden),
        );
    }
    Ok(Evidence {
        n_bands,
        n_slices,
        values,
    })
}

impl Evidence {
    /// The lowest and highest frequency of what was heard, in hertz; none where nothing speaks for
    /// the species.
    #[must_use]
    pub fn band_hz(&self, mel: &MelConfig) -> Option<(f32, f32)> {
        let by_band: Vec<f32> = self
            .values
            .chunks_exact(self.n_slices.max(1))
            .map(|slices| slices.iter().copied().fold(0.0, f32::max))
            .collect();
        let strongest = by_band.iter().copied().fold(0.0, f32::max);
        let is_heard = |value: &f32| strongest > 0.0 && *value >= HEARD * strongest;
        let lowest = by_band.iter().position(is_heard)?;
        let highest = by_band.iter().rposition(is_heard)?;
        let (low, high) = (hz_to_mel_of(mel, mel.f_min), hz_to_mel_of(mel, mel.f_max));
        let edge = |band: usize| {
            let fraction = band as f64 / self.n_bands as f64;
            mel_to_hz(low + (high - low) * fraction, mel.scale) as f32
        };
        Some((edge(lowest), edge(highest + 1)))
    }
}

fn hz_to_mel_of(mel: &MelConfig, hz: f32) -> f64 {
    crate::mel::hz_to_mel(f64::from(hz), mel.scale)
}

fn logit(score: f32) -> f32 {
    let score = score.clamp(EPSILON, 1.0 - EPSILON);
    (score / (1.0 - score)).ln()
}

fn band_means(image: &MelSpectrogram) -> Vec<f32> {
    image
        .values
        .chunks_exact(image.n_frames.max(1))
        .map(|row| row.iter().sum::<f32>() / row.len() as f32)
        .collect()
}

fn hide(
    image: &MelSpectrogram,
    means: &[f32],
    (n_bands, n_slices): (usize, usize),
    patch: usize,
) -> MelSpectrogram {
    let (band, slice) = (patch / n_slices, patch % n_slices);
    let part = |index: usize, parts: usize, length: usize| {
        index * length / parts..(index + 1) * length / parts
    };
    let rows = part(band, n_bands, image.n_mels);
    let frames = part(slice, n_slices, image.n_frames);
    let mut hidden = image.clone();
    for row in rows {
        hidden.values[row * image.n_frames..][frames.clone()].fill(means[row]);
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mel::{MelNorm, MelScale};

    const MEL: MelConfig = MelConfig {
        n_fft: 1024,
        hop_length: 320,
        n_mels: 128,
        f_min: 0.0,
        f_max: 16_000.0,
        power: 2.0,
        scale: MelScale::Htk,
        norm: MelNorm::None,
        top_db: None,
    };

    #[test]
    fn hiding_replaces_one_patch_by_the_mean_of_its_bands() {
        let image = MelSpectrogram {
            n_mels: 2,
            n_frames: 4,
            values: vec![0.0, 2.0, 4.0, 6.0, 1.0, 1.0, 1.0, 5.0],
        };
        let means = band_means(&image);
        let hidden = hide(&image, &means, (2, 2), 3);
        assert_eq!(hidden.values, [0.0, 2.0, 4.0, 6.0, 1.0, 1.0, 2.0, 2.0]);
        let hidden = hide(&image, &means, (2, 2), 0);
        assert_eq!(hidden.values, [3.0, 3.0, 4.0, 6.0, 1.0, 1.0, 1.0, 5.0]);
    }

    #[test]
    fn the_band_is_where_the_evidence_is() {
        let mut evidence = Evidence {
            n_bands: 8,
            n_slices: 2,
            values: vec![0.0; 16],
        };
        assert_eq!(evidence.band_hz(&MEL), None);
        evidence.values[3 * 2] = 2.0;
        evidence.values[4 * 2 + 1] = 1.5;
        evidence.values[6 * 2] = 0.4;
        evidence.values[0] = -3.0;
        let (low, high) = evidence.band_hz(&MEL).expect("something is heard");
        let mel = |hz| hz_to_mel_of(&MEL, hz) / hz_to_mel_of(&MEL, 16_000.0) * 8.0;
        assert!((mel(low) - 3.0).abs() < 1e-3 && (mel(high) - 5.0).abs() < 1e-3);
    }

    #[test]
    fn logits_of_certain_scores_are_finite() {
        assert!(logit(0.0).is_finite() && logit(1.0).is_finite());
        assert!(logit(0.5).abs() < 1e-6);
    }
}
