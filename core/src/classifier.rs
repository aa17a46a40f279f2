//! A model package on a device: spectrograms in, scores out.

use crate::architecture::Architecture;
use crate::detection::Scores;
use crate::mel::MelSpectrogram;
use crate::model::Model;
use crate::model::weights::{WeightsError, load_weights};
use crate::package::{Manifest, ModelPackage};
use burn::prelude::*;
use burn::tensor::activation::sigmoid;
use thiserror::Error;

/// The network of a package, folded for inference, on a device.
pub struct Classifier {
    manifest: Manifest,
    model: Model,
    device: Device,
}

/// Why a package does not become a classifier, or a window no scores.
#[derive(Debug, Error)]
pub enum ClassifierError {
    /// The weights do not fit the architecture and the number of classes.
    #[error("{architecture} with {classes} classes: {source}")]
    Weights {
        /// Named in the manifest.
        architecture: Architecture,
        /// Number of classes in the manifest.
        classes: usize,
        /// What does not fit.
        source: WeightsError,
    },
    /// Spectrograms of several sizes in one batch.
    #[error("spectrograms of one batch differ in size: {0}×{1} and {2}×{3}")]
    UnequalWindows(usize, usize, usize, usize),
    /// The device did not give back the scores.
    #[error("reading the scores back failed: {0}")]
    Readback(String),
    /// The device computed nonsense.
    #[error("the device returned scores that are not numbers")]
    NotANumber,
}

impl Classifier {
    /// Loads a package's network onto a device.
    ///
    /// # Errors
    /// Weights that do not fit the manifest.
    pub fn new(package: &ModelPackage, device: &Device) -> Result<Self, ClassifierError> {
        let manifest = package.manifest.clone();
        let classes = manifest.classes.len();
        let model = Model::new(manifest.architecture, 1, classes, device);
        let model = load_weights(model, package.weights.clone()).map_err(|source| {
            ClassifierError::Weights {
                architecture: manifest.architecture,
                classes,
                source,
            }
        })?;
        Ok(Self {
            manifest,
            model: model.fold(),
            device: device.clone(),
        })
    }

    /// The package's manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Scores normalised Mel spectrograms, one batch, and calibrates the scores where the package
    /// says how; none for none.
    ///
    /// Asynchronous because a browser hands results of the GPU back in no other way.
    ///
    /// # Errors
    /// Spectrograms of unequal size, or a device that fails.
    pub async fn classify(
        &self,
        windows: &[MelSpectrogram],
    ) -> Result<Vec<Scores>, ClassifierError> {
        let Some(first) = windows.first() else {
            return Ok(Vec::new());
        };
        let images = self.images(windows, first)?;
        let scores = sigmoid(self.model.forward(images))
            .into_data_async()
            .await
            .map_err(|e| ClassifierError::Readback(e.to_string()))?
            .convert::<f32>()
            .try_to_vec::<f32>()
            .map_err(|e| ClassifierError::Readback(format!("{e:?}")))?;
        if scores.iter().any(|score| score.is_nan()) {
            return Err(ClassifierError::NotANumber);
        }
        let calibration = self.manifest.calibration;
        let confidences: Vec<f32> = scores
            .into_iter()
            .map(|score| calibration.map_or(score, |calibration| calibration.apply(score)))
            .collect();
        Ok(confidences
            .chunks_exact(self.manifest.classes.len())
            .map(|window| Scores(window.to_vec()))
            .collect())
    }

    /// # Shapes
    /// `[n, 1, n_mels, n_frames]`
    fn images(
        &self,
        windows: &[MelSpectrogram],
        first: &MelSpectrogram,
    ) -> Result<Tensor<4>, ClassifierError> {
        let (n_mels, n_frames) = (first.n_mels, first.n_frames);
        let mut values = Vec::with_capacity(windows.len() * first.values.len());
        for window in windows {
            if (window.n_mels, window.n_frames) != (n_mels, n_frames) {
                return Err(ClassifierError::UnequalWindows(
                    n_mels,
                    n_frames,
                    window.n_mels,
                    window.n_frames,
                ));
            }
            values.extend_from_slice(&window.values);
        }
        let data = TensorData::new(values, [windows.len(), 1, n_mels, n_frames]);
        Ok(Tensor::from_data(data, &self.device))
    }
}
