//! The one pipeline that the browser's worker and the command line share.

use crate::classifier::{Classifier, ClassifierError, FramewiseScores};
use crate::detection::{Scores, WindowScores};
use crate::mel::{MelError, MelFrontend, MelSpectrogram};
use crate::waveform::Waveform;
use crate::window::{AudioConfig, Window, WindowError, WindowStream};
use thiserror::Error;

/// A recording being identified: fed blocks of samples, it hands out scores window by window.
///
/// Scores do not depend on the sizes of the blocks, and memory does not grow with the recording.
pub struct Identification<S> {
    windows: WindowStream,
    scoring: S,
}

/// What gives the windows of one recording their scores.
pub trait Scoring {
    /// Takes the next windows; returns those that are done, in order of time. Some may be done
    /// later.
    fn push(
        &mut self,
        windows: Vec<Window>,
    ) -> impl Future<Output = Result<Vec<ScoredWindow>, IdentifyError>>;

    /// Takes the last windows; returns all that are not out yet.
    fn finish(
        self,
        windows: Vec<Window>,
    ) -> impl Future<Output = Result<Vec<ScoredWindow>, IdentifyError>>;
}

/// One network that is given windows some at a time. Scores do not depend on how many.
pub struct Batches<'a> {
    scorer: WindowScorer<'a>,
    batch_size: usize,
    pending: Vec<Window>,
}

/// One network with its Mel front end.
pub struct WindowScorer<'a> {
    classifier: &'a Classifier,
    mel: MelFrontend,
    framewise: bool,
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

impl<'a> Identification<Batches<'a>> {
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
        let batches = Batches {
            scorer: WindowScorer::new(classifier)?,
            batch_size: batch_size.max(1),
            pending: Vec::new(),
        };
        Self::with(batches, sample_rate_hz, &classifier.manifest().audio)
    }

    /// Asks for the scores of each window's frames, too.
    #[must_use]
    pub fn framewise(mut self) -> Self {
        self.scoring.scorer.framewise = true;
        self
    }
}

impl<S: Scoring> Identification<S> {
    /// Begins a recording made at `sample_rate_hz` whose windows are scored in a way of the
    /// caller's.
    ///
    /// # Errors
    /// A sample rate outside 1–768 kHz.
    pub fn with(
        scoring: S,
        sample_rate_hz: u32,
        audio: &AudioConfig,
    ) -> Result<Self, IdentifyError> {
        let windows = WindowStream::new(sample_rate_hz, audio)?;
        Ok(Self { windows, scoring })
    }

    /// Takes a block of mono samples; returns windows that it completes or that were completed
    /// before, in order of time.
    ///
    /// # Errors
    /// A device that fails.
    pub async fn push(&mut self, samples: &[f32]) -> Result<Vec<ScoredWindow>, IdentifyError> {
        let windows = self.windows.push(samples)?;
        self.scoring.push(windows).await
    }

    /// Ends the recording; returns the remaining windows.
    ///
    /// # Errors
    /// An empty recording, or a device that fails.
    pub async fn finish(self) -> Result<Vec<ScoredWindow>, IdentifyError> {
        let windows = self.windows.finish()?;
        self.scoring.finish(windows).await
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

impl Scoring for Batches<'_> {
    async fn push(&mut self, windows: Vec<Window>) -> Result<Vec<ScoredWindow>, IdentifyError> {
        self.pending.extend(windows);
        let n_whole = self.pending.len() / self.batch_size * self.batch_size;
        self.score(n_whole).await
    }

    async fn finish(mut self, windows: Vec<Window>) -> Result<Vec<ScoredWindow>, IdentifyError> {
        self.pending.extend(windows);
        self.score(self.pending.len()).await
    }
}

impl Batches<'_> {
    async fn score(&mut self, n_windows: usize) -> Result<Vec<ScoredWindow>, IdentifyError> {
        let windows: Vec<_> = self.pending.drain(..n_windows).collect();
        let mut scored = Vec::with_capacity(n_windows);
        for batch in windows.chunks(self.batch_size) {
            scored.extend(self.scorer.score(batch).await?);
        }
        Ok(scored)
    }
}

impl<'a> WindowScorer<'a> {
    /// Plans the spectrograms of a network.
    ///
    /// # Errors
    /// Mel settings that make no spectrogram.
    pub fn new(classifier: &'a Classifier) -> Result<Self, IdentifyError> {
        let manifest = classifier.manifest();
        Ok(Self {
            classifier,
            mel: MelFrontend::new(manifest.audio.sample_rate_hz, &manifest.mel)?,
            framewise: false,
        })
    }

    /// Scores one batch of windows.
    ///
    /// # Errors
    /// A device that fails.
    pub async fn score(&mut self, batch: &[Window]) -> Result<Vec<ScoredWindow>, IdentifyError> {
        let decibels: Vec<MelSpectrogram> = batch
            .iter()
            .map(|window| self.mel.decibels(&window.samples))
            .collect();
        let mut images = decibels.clone();
        for image in &mut images {
            self.classifier.manifest().normalization.apply(image);
        }
        let scores = if self.framewise {
            self.classifier.classify_framewise(&images).await?
        } else {
            let windows = self.classifier.classify(&images).await?.into_iter();
            windows.map(FramewiseScores::without_frames).collect()
        };
        Ok(batch
            .iter()
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
}
