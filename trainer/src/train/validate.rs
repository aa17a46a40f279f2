//! Judging a network on held-out recordings during training.

use anyhow::ensure;
use burn::prelude::Device;
use burn::tensor::activation::sigmoid;
use pipit_core::model::Model;
use pipit_core::{AudioConfig, Normalization, window};
use rayon::prelude::*;

use super::batch::{Batch, Frontends};
use super::recordings::StoredAudio;
use crate::metrics::{self, Judged, Metrics, Truth};
use crate::score::{Pooled, WindowConfidences, pool};

/// Held-out recordings with what is true of them.
pub(crate) struct HeldOut {
    /// The recordings.
    pub(crate) audio: Vec<StoredAudio>,
    /// Their truth, one entry a class.
    pub(crate) truth: Vec<Vec<Truth>>,
    /// The class of the primary label.
    pub(crate) primary: Vec<Option<usize>>,
}

impl HeldOut {
    /// Whether any of the recordings has a class, without which no figure says anything.
    pub(crate) fn has_classes(&self) -> bool {
        (self.truth.iter().flatten()).any(|truth| *truth == Truth::Present)
    }
}

/// What the judge needs beside the network.
pub(crate) struct Judge<'a> {
    /// Rate and windows.
    pub(crate) audio: AudioConfig,
    /// Mel front ends.
    pub(crate) frontends: &'a Frontends,
    /// Scaling of the spectrograms.
    pub(crate) normalization: Normalization,
    /// Windows that go through the network together.
    pub(crate) batch_size: usize,
    /// Threshold of F1.
    pub(crate) threshold: f32,
    /// Number of classes.
    pub(crate) classes: usize,
    /// Device without autodiff.
    pub(crate) device: &'a Device,
}

/// Scores every recording and measures.
///
/// # Errors
/// Scores that are not numbers, and a device that fails.
pub(crate) fn judge(
    model: &Model,
    held_out: &HeldOut,
    judge: &Judge<'_>,
) -> anyhow::Result<Metrics> {
    let mut judged = Vec::with_capacity(held_out.audio.len());
    for (index, audio) in held_out.audio.iter().enumerate() {
        let Pooled { scores, peaks } = score(model, audio, judge)?;
        judged.push(Judged {
            scores,
            peaks,
            truth: held_out.truth[index].clone(),
            primary: held_out.primary[index],
        });
    }
    Ok(metrics::measure(&judged, judge.classes, judge.threshold))
}

fn score(model: &Model, audio: &StoredAudio, judge: &Judge<'_>) -> anyhow::Result<Pooled> {
    let windows = window::windows(&audio.waveform(), &judge.audio)?;
    let mut all = Vec::new();
    for windows in windows.chunks(judge.batch_size) {
        let spectrograms = windows
            .par_iter()
            .map(|window| {
                let mut mel = judge.frontends.decibels(&window.samples);
                judge.normalization.apply(&mut mel);
                mel
            })
            .collect();
        let (input, _) =
            Batch::new(spectrograms, vec![0.0; windows.len()]).into_device(judge.device);
        let scores = sigmoid(model.forward(input)).try_into_data()?;
        all.extend(scores.try_to_vec::<f32>()?);
    }
    // Pooling would make a probability of them.
    ensure!(
        all.iter().all(|score| score.is_finite()),
        "the network's scores are no longer numbers; begin a run with a lower --learning-rate"
    );
    let scored = windows.iter().zip(all.chunks(judge.classes));
    let windows = scored.map(|(window, confidences)| WindowConfidences {
        sound_s: window.end_s - window.start_s,
        confidences,
    });
    Ok(pool(windows, None))
}
