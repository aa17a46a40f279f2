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

/// What a window and its frames hold.
#[derive(Debug, Clone, PartialEq)]
pub struct FramewiseScores {
    /// As [`Classifier::classify`] gives them.
    pub window: Scores,
    /// Of equal stretches of the window, in order of time; empty where the pooling looks at no frames.
    /// Each hears some of its neighbours.
    pub frames: Vec<Scores>,
}

impl FramewiseScores {
    /// A window alone.
    pub(crate) fn without_frames(window: Scores) -> Self {
        Self {
            window,
            frames: Vec::new(),
        }
    }
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
        let model =
            Model::new(manifest.architecture, 1, classes, device).with_pooling(manifest.pooling);
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

    /// A network of the same shape with random weights: its scores mean nothing, but a device has
    /// compiled for it what it will need for the real one.
    #[must_use]
    pub fn untrained(manifest: Manifest, device: &Device) -> Self {
        let model = Model::new(manifest.architecture, 1, manifest.classes.len(), device)
            .with_pooling(manifest.pooling)
            .fold();
        Self {
            manifest,
            model,
            device: device.clone(),
        }
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
        self.scores(self.model.forward(images)).await
    }

    /// The same with the scores of each window's frames.
    ///
    /// # Errors
    /// As for [`Classifier::classify`].
    pub async fn classify_framewise(
        &self,
        windows: &[MelSpectrogram],
    ) -> Result<Vec<FramewiseScores>, ClassifierError> {
        let Some(first) = windows.first() else {
            return Ok(Vec::new());
        };
        let images = self.images(windows, first)?;
        let (logits, framewise) = self.model.forward_with_frames(images);
        let windows = self.scores(logits).await?;
        let mut frames = match framewise {
            Some(logits) => self.scores(logits.flatten(0, 1)).await?.into_iter(),
            None => Vec::new().into_iter(),
        };
        let per_window = frames.len() / windows.len();
        Ok(windows
            .into_iter()
            .map(|window| FramewiseScores {
                window,
                frames: frames.by_ref().take(per_window).collect(),
            })
            .collect())
    }

    /// # Shapes
    /// `[n, num_classes]` to `n` times `[num_classes]`
    async fn scores(&self, logits: Tensor<2>) -> Result<Vec<Scores>, ClassifierError> {
        let scores = sigmoid(logits)
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

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::calibration::Calibration;
    use crate::model::weights::{WeightsDtype, save_weights};
    use crate::package::fixture;
    use crate::pooling::Pooling;

    fn classifier(pooling: Pooling) -> Classifier {
        let device = Device::flex();
        device.seed(3);
        let mut manifest: Manifest =
            serde_json::from_value(fixture::manifest(b"")).expect("a manifest");
        (manifest.mel.n_fft, manifest.mel.n_mels) = (1024, 32);
        manifest.pooling = pooling;
        manifest.calibration = Some(Calibration {
            slope: 2.0,
            intercept: 0.5,
        });
        let model = Model::new(manifest.architecture, 1, 2, &device).with_pooling(pooling);
        let weights = save_weights(&model, WeightsDtype::F32).expect("weights");
        Classifier::new(&ModelPackage { manifest, weights }, &device).expect("fitting weights")
    }

    fn windows() -> Vec<MelSpectrogram> {
        let value = |i: usize, window: usize| ((i * (7 + window)) % 11) as f32 / 5.0 - 1.0;
        (0..3)
            .map(|window| MelSpectrogram {
                n_mels: 32,
                n_frames: 70,
                values: (0..32 * 70).map(|i| value(i, window)).collect(),
            })
            .collect()
    }

    /// The CPU is always ready at once.
    fn ready<T>(future: impl Future<Output = Result<T, ClassifierError>>) -> T {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            Poll::Ready(result) => result.expect("scores"),
            Poll::Pending => panic!("the CPU keeps nobody waiting"),
        }
    }

    #[test]
    fn each_window_comes_with_its_own_frames() {
        let classifier = classifier(Pooling::Attention);
        let windows = windows();

        let together = ready(classifier.classify_framewise(&windows));

        let plain = ready(classifier.classify(&windows));
        assert_eq!(together.len(), 3);
        for (window, (both, plain)) in windows.iter().zip(together.iter().zip(&plain)) {
            assert_eq!(&both.window, plain);
            assert_eq!(both.frames.len(), 70_usize.div_ceil(32));
            let alone = ready(classifier.classify_framewise(std::slice::from_ref(window)));
            for (frame, other) in both.frames.iter().zip(&alone[0].frames) {
                for (a, b) in frame.0.iter().zip(&other.0) {
                    assert!((a - b).abs() < 1e-5, "{a} is not {b}");
                }
            }
            // The window's score is a mean of its frames', before and after calibration.
            for class in 0..2 {
                let of_class = || both.frames.iter().map(|frame| frame.0[class]);
                let (low, high) = (
                    of_class().fold(1.0, f32::min),
                    of_class().fold(0.0, f32::max),
                );
                assert!((low..=high).contains(&plain.0[class]), "{class}");
            }
        }
        assert!(ready(classifier.classify_framewise(&[])).is_empty());
    }

    #[test]
    fn an_untrained_network_takes_and_gives_the_same_shapes() {
        for pooling in [Pooling::Average, Pooling::Attention] {
            let trained = classifier(pooling);
            let untrained = Classifier::untrained(trained.manifest().clone(), &trained.device);
            let scores = ready(untrained.classify(&windows()));
            let expected = ready(trained.classify(&windows()));
            let lengths = |scores: &[Scores]| -> Vec<usize> {
                scores.iter().map(|scores| scores.0.len()).collect()
            };
            assert_eq!(lengths(&scores), lengths(&expected), "{pooling:?}");
        }
    }

    #[test]
    fn networks_that_look_at_no_frames_have_none() {
        let classifier = classifier(Pooling::Average);
        let windows = windows();

        let scores = ready(classifier.classify_framewise(&windows));

        assert!(scores.iter().all(|scores| scores.frames.is_empty()));
        let plain = ready(classifier.classify(&windows));
        assert!(scores.iter().map(|scores| &scores.window).eq(&plain));
    }
}
