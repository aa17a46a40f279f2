//! Windows of recordings → the numbers that go into the network.

use std::sync::{Mutex, PoisonError};

use burn::prelude::Device;
use burn::tensor::{Tensor, TensorData};
use pipit_core::augment::{
    AugmentConfig, Example, Sources, augment_spectrograms, augment_waveform,
};
use pipit_core::mel::MelError;
use pipit_core::{MelConfig, MelFrontend, MelSpectrogram, Normalization};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

use super::loss;
use super::plan::Crop;
use super::recordings::StoredAudio;

/// Mel front ends, one for each thread, since planning one costs more than using it.
pub(crate) struct Frontends(Vec<Mutex<MelFrontend>>);

impl Frontends {
    /// Plans the front ends.
    pub(crate) fn new(sample_rate_hz: u32, mel: &MelConfig) -> Result<Self, MelError> {
        (0..=rayon::current_num_threads())
            .map(|_| MelFrontend::new(sample_rate_hz, mel).map(Mutex::new))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The Mel spectrogram in decibels.
    pub(crate) fn decibels(&self, samples: &[f32]) -> MelSpectrogram {
        // Threads outside the pool share the last one.
        let thread = rayon::current_thread_index().unwrap_or(usize::MAX);
        let frontend = &self.0[thread.min(self.0.len() - 1)];
        // A front end keeps no state between calls, so a panic elsewhere left it sound.
        let mut frontend = frontend.lock().unwrap_or_else(PoisonError::into_inner);
        frontend.decibels(samples)
    }
}

/// Windows side by side, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    /// `[windows, 1, n_mels, n_frames]`.
    pub(crate) input: Vec<f32>,
    /// Shape of `input`.
    pub(crate) shape: [usize; 4],
    /// `[windows, classes]`.
    pub(crate) targets: Vec<f32>,
    /// `[windows]`: how much each counts in the loss.
    pub(crate) weights: Vec<f32>,
}

/// What a batch should be answered with, on a device.
#[derive(Clone)]
pub(crate) struct Labels {
    /// `[windows, classes]`.
    pub(crate) targets: Tensor<2>,
    /// `[windows, 1]`; absent if all windows count alike.
    pub(crate) weights: Option<Tensor<2>>,
}

impl Batch {
    /// Puts spectrograms of one size together; all count alike.
    pub(crate) fn new(windows: Vec<MelSpectrogram>, targets: Vec<f32>) -> Self {
        let (n_mels, n_frames) = windows
            .first()
            .map_or((0, 0), |mel| (mel.n_mels, mel.n_frames));
        let shape = [windows.len(), 1, n_mels, n_frames];
        let weights = vec![1.0; windows.len()];
        let mut input = Vec::with_capacity(shape.iter().product());
        for mel in windows {
            input.extend(mel.values);
        }
        Self {
            input,
            shape,
            targets,
            weights,
        }
    }

    /// Moves the windows and what belongs to them to a device.
    pub(crate) fn into_device(self, device: &Device) -> (Tensor<4>, Labels) {
        let windows = self.shape[0];
        let classes = self.targets.len() / windows.max(1);
        let input = Tensor::from_data(TensorData::new(self.input, self.shape), device);
        let targets = TensorData::new(self.targets, [windows, classes]);
        let all_alike = self
            .weights
            .iter()
            .all(|weight| (weight - 1.0).abs() < f32::EPSILON);
        let labels = Labels {
            targets: Tensor::from_data(targets, device),
            weights: (!all_alike)
                .then(|| Tensor::from_data(TensorData::new(self.weights, [windows, 1]), device)),
        };
        (input, labels)
    }
}

/// Makes training batches.
pub(crate) struct BatchMaker<'a> {
    /// The training recordings.
    pub(crate) audio: &'a [StoredAudio],
    /// Their targets, one entry a class.
    pub(crate) targets: &'a [Vec<f32>],
    /// How much each counts in the loss.
    pub(crate) weights: &'a [f32],
    /// Recordings without any bird.
    pub(crate) backgrounds: &'a [StoredAudio],
    /// Recordings of birds that are no class.
    pub(crate) counterexamples: &'a [StoredAudio],
    /// Samples in one window.
    pub(crate) window: usize,
    /// Their rate.
    pub(crate) sample_rate_hz: u32,
    /// Mel front ends.
    pub(crate) frontends: &'a Frontends,
    /// Scaling of the spectrograms.
    pub(crate) normalization: Normalization,
    /// Variations, if wanted.
    pub(crate) augment: Option<&'a AugmentConfig>,
    /// Share of each target that is spread over all classes.
    pub(crate) label_smoothing: f32,
}

impl BatchMaker<'_> {
    /// Cuts, varies and transforms the windows of a batch on all cores.
    pub(crate) fn make(&self, crops: &[Crop]) -> anyhow::Result<Batch> {
        let windows = crops
            .par_iter()
            .map(|crop| self.varied(crop))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let examples = self.spectrograms(&windows, crops);
        let mut targets = Vec::new();
        let mut weights = Vec::with_capacity(examples.len());
        let mut spectrograms = Vec::with_capacity(examples.len());
        for mut example in examples {
            loss::smooth(&mut example.targets, self.label_smoothing);
            targets.extend(example.targets);
            weights.push(example.weight);
            spectrograms.push(example.input);
        }
        let batch = Batch::new(spectrograms, targets);
        Ok(Batch { weights, ..batch })
    }

    /// A window as it was recorded.
    pub(crate) fn plain(&self, recording: usize, start: usize) -> Example<Vec<f32>> {
        Example {
            input: self.audio[recording].crop(start, self.window),
            targets: self.targets[recording].clone(),
            weight: self.weights[recording],
        }
    }

    /// A window with its variations.
    pub(crate) fn varied(&self, crop: &Crop) -> anyhow::Result<Example<Vec<f32>>> {
        let mut example = self.plain(crop.recording, crop.start);
        if let Some(config) = self.augment {
            augment_waveform(&mut example, self.sample_rate_hz, config, self, crop.seed)?;
        }
        Ok(example)
    }

    /// The spectrograms of windows that are shown together, with their variations.
    pub(crate) fn spectrograms(
        &self,
        windows: &[Example<Vec<f32>>],
        crops: &[Crop],
    ) -> Vec<Example<MelSpectrogram>> {
        let mut examples: Vec<_> = windows
            .par_iter()
            .map(|window| Example {
                input: self.spectrogram(&window.input),
                targets: window.targets.clone(),
                weight: window.weight,
            })
            .collect();
        if let Some(config) = self.augment {
            let seeds: Vec<u64> = crops.iter().map(|crop| crop.seed).collect();
            augment_spectrograms(&mut examples, config, &seeds);
        }
        examples
    }

    /// The normalised spectrogram of a window.
    pub(crate) fn spectrogram(&self, samples: &[f32]) -> MelSpectrogram {
        let mut mel = self.frontends.decibels(samples);
        self.normalization.apply(&mut mel);
        mel
    }
}

impl Sources for BatchMaker<'_> {
    fn other(&self, rng: &mut ChaCha8Rng) -> Example<Vec<f32>> {
        let recording = rng.random_range(0..self.audio.len());
        let spare = self.audio[recording].len().saturating_sub(self.window);
        self.plain(recording, rng.random_range(0..=spare))
    }

    fn background(&self, rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        let (background, start) = any_window(self.backgrounds, self.window, rng)?;
        Some(background.looped(start, self.window))
    }

    fn counterexample(&self, rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        let (recording, start) = any_window(self.counterexamples, self.window, rng)?;
        Some(recording.crop(start, self.window))
    }
}

/// A recording and the first sample of a window in it, drawn evenly.
fn any_window<'a>(
    recordings: &'a [StoredAudio],
    window: usize,
    rng: &mut ChaCha8Rng,
) -> Option<(&'a StoredAudio, usize)> {
    if recordings.is_empty() {
        return None;
    }
    let recording = &recordings[rng.random_range(0..recordings.len())];
    let spare = recording.len().saturating_sub(window);
    Some((recording, rng.random_range(0..=spare)))
}
