//! The one pipeline that the browser's worker and the command line share.

use crate::classifier::{Classifier, ClassifierError, FramewiseScores};
use crate::detection::{Scores, WindowScores};
use crate::mel::{MelError, MelFrontend, MelSpectrogram};
use crate::waveform::Waveform;
use crate::window::{Window, WindowError, WindowStream};
use thiserror::Error;

/// A recording being identified: fed blocks of samples, it hands out scores batch by batch.
///
/// Scores depend neither on the sizes of the blocks nor on the batch size, and memory does not
/// grow with the recording.
pub struct Identification<'a> {
    classifier: &'a Classifier,
    windows: WindowStream,
    mel: MelFrontend,
    batch_size: usize,
    framewise: bool,
    pending: Vec<Window>,
}

/// A window with its scores and what was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredWindow {
    /// Start, end and scores.
    pub window: WindowScores,
    /// Its Mel spectrogram in decibels re 1 before normalisation, for drawing.
    pub mel: MelSpectrogram,
    /// Scores of equal stretches of the whole window, padding included, in order of time; empty unless
    /// they were asked for and the pooling looks at frames.
    pub frames: Vec<Scores>,
}

/// Why a recording cannot be identified.
#[derive(Debug, Error)]
pub enum IdentifyError {
    /// No windows.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// No spectrograms.
    #[error(transparent)]
    Mel(#[from] MelError),
    /// No scores.
    #[error(transparent)]
    Classifier(#[from] ClassifierError),
}

impl<'a> Identification<'a> {
    /// Begins a recording made at `sample_rate_hz`; `batch_size` windows, at least one, go to
    /// the device at a time.
    ///
    /// # Errors
    /// A sample rate outside 1–768 kHz.
    pub fn new(
        classifier: &'a Classifier,
        sample_rate_hz: u32,
        batch_size: usize,
    ) -> Result<Self, IdentifyError> {
        let manifest = classifier.manifest();
        Ok(Self {
            classifier,
            windows: WindowStream::new(sample_rate_hz, &manifest.audio)?,
            mel: MelFrontend::new(manifest.audio.sample_rate_hz, &manifest.mel)?,
            batch_size: batch_size.max(1),
            framewise: false,
            pending: Vec::new(),
        })
    }

    /// Asks for the scores of each window's frames, too.
    #[must_use]
    pub fn framewise(mut self) -> Self {
        self.framewise = true;
        self
    }

    /// Takes a block of mono samples; returns the windows that it completes.
    ///
    /// # Errors
    /// A device that fails.
    pub async fn push(&mut self, samples: &[f32]) -> Result<Vec<ScoredWindow>, IdentifyError> {
        let windows = self.windows.push(samples)?;
        self.pending.extend(windows);
        let mut scored = Vec::new();
        while self.pending.len() >= self.batch_size {
            let rest = self.pending.split_off(self.batch_size);
            let batch = std::mem::replace(&mut self.pending, rest);
            scored.extend(score(self.classifier, &mut self.mel, batch, self.framewise).await?);
        }
        Ok(scored)
    }

    /// Ends the recording; returns the remaining windows.
    ///
    /// # Errors
    /// An empty recording, or a device that fails.
    pub async fn finish(self) -> Result<Vec<ScoredWindow>, IdentifyError> {
        let mut mel = self.mel;
        let mut pending = self.pending;
        pending.extend(self.windows.finish()?);
        let mut scored = Vec::new();
        while !pending.is_empty() {
            let rest = pending.split_off(self.batch_size.min(pending.len()));
            let batch = std::mem::replace(&mut pending, rest);
            scored.extend(score(self.classifier, &mut mel, batch, self.framewise).await?);
        }
        Ok(scored)
    }
}

/// Identifies a recording that is in memory.
///
/// # Errors
/// An empty recording, an impossible sample rate, or a device that fails.
pub async fn identify(
    classifier: &Classifier,
    waveform: &Waveform,
) -> Result<Vec<WindowScores>, IdentifyError> {
    let mut identification = Identification::new(classifier, waveform.sample_rate_hz, 1)?;
    let mut scored = identification.push(&waveform.samples).await?;
    scored.extend(identification.finish().await?);
    Ok(scored.into_iter().map(|s| s.window).collect())
}

async fn score(
    classifier: &Classifier,
    frontend: &mut MelFrontend,
    batch: Vec<Window>,
    framewise: bool,
) -> Result<Vec<ScoredWindow>, IdentifyError> {
    let decibels: Vec<MelSpectrogram> = batch
        .iter()
        .map(|window| frontend.decibels(&window.samples))
        .collect();
    let mut images = decibels.clone();
    for image in &mut images {
        classifier.manifest().normalization.apply(image);
    }
    let scores = if framewise {
        classifier.classify_framewise(&images).await?
    } else {
        let windows = classifier.classify(&images).await?.into_iter();
        windows.map(FramewiseScores::without_frames).collect()
    };
    Ok(batch
        .into_iter()
        .zip(decibels)
        .zip(scores)
        .map(|((window, mel), scores)| ScoredWindow {
            window: WindowScores {
                start_s: window.start_s,
                end_s: window.end_s,
                scores: scores.window,
            },
            mel,
            frames: scores.frames,
        })
        .collect())
}
