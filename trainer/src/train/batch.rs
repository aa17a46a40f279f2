//! Windows of recordings → the numbers that go into the network.

use std::sync::{Mutex, PoisonError};

use burn::prelude::Device;
use burn::tensor::{Tensor, TensorData};
use pipit_core::mel::MelError;
use pipit_core::{MelConfig, MelFrontend, MelSpectrogram, Normalization};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

use super::augment::{self, Augmentation};
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
}

impl Batch {
    /// Puts spectrograms of one size together.
    pub(crate) fn new(windows: Vec<MelSpectrogram>, targets: Vec<f32>) -> Self {
        let (n_mels, n_frames) = windows
            .first()
            .map_or((0, 0), |mel| (mel.n_mels, mel.n_frames));
        let shape = [windows.len(), 1, n_mels, n_frames];
        let mut input = Vec::with_capacity(shape.iter().product());
        for mel in windows {
            input.extend(mel.values);
        }
        Self {
            input,
            shape,
            targets,
        }
    }

    /// Moves the windows and their targets to a device.
    pub(crate) fn into_device(self, device: &Device) -> (Tensor<4>, Tensor<2>) {
        let windows = self.shape[0];
        let classes = self.targets.len() / windows.max(1);
        let input = Tensor::from_data(TensorData::new(self.input, self.shape), device);
        let targets = TensorData::new(self.targets, [windows, classes]);
        (input, Tensor::from_data(targets, device))
    }
}

/// Makes training batches.
pub(crate) struct BatchMaker<'a> {
    /// The training recordings.
    pub(crate) audio: &'a [StoredAudio],
    /// Their targets, one entry a class.
    pub(crate) targets: &'a [Vec<f32>],
    /// Samples in one window.
    pub(crate) window: usize,
    /// Mel front ends.
    pub(crate) frontends: &'a Frontends,
    /// Scaling of the spectrograms.
    pub(crate) normalization: Normalization,
    /// Variations, if wanted.
    pub(crate) augmentation: Option<Augmentation>,
}

impl BatchMaker<'_> {
    /// Cuts, varies and transforms the windows of a batch on all cores.
    pub(crate) fn make(&self, crops: &[Crop]) -> Batch {
        let windows: Vec<(MelSpectrogram, Vec<f32>)> =
            crops.par_iter().map(|crop| self.window(*crop)).collect();
        let (windows, targets): (Vec<_>, Vec<_>) = windows.into_iter().unzip();
        Batch::new(windows, targets.concat())
    }

    fn window(&self, crop: Crop) -> (MelSpectrogram, Vec<f32>) {
        let mut samples = self.audio[crop.recording].crop(crop.start, self.window);
        let mut targets = self.targets[crop.recording].clone();
        let mut rng = ChaCha8Rng::seed_from_u64(crop.seed);
        if let Some(augmentation) = self.augmentation {
            self.vary(&mut samples, &mut targets, augmentation, &mut rng);
        }
        let mut mel = self.frontends.decibels(&samples);
        self.normalization.apply(&mut mel);
        if self.augmentation.is_some() {
            augment::hide_parts(&mut mel, &mut rng);
        }
        (mel, targets)
    }

    fn vary(
        &self,
        samples: &mut [f32],
        targets: &mut [f32],
        augmentation: Augmentation,
        rng: &mut ChaCha8Rng,
    ) {
        if rng.random_bool(augmentation.mixup) {
            let other = rng.random_range(0..self.audio.len());
            let spare = self.audio[other].len().saturating_sub(self.window);
            let start = rng.random_range(0..=spare);
            augment::mix(samples, &self.audio[other].crop(start, self.window), rng);
            augment::unite(targets, &self.targets[other]);
        }
        if rng.random_bool(augmentation.noise) {
            augment::noise(samples, rng);
        }
        augment::gain(samples, rng);
    }
}
