//! One recording on the page.

use super::Effect;
use crate::protocol::{Failure, FailureKind, JobId, Request};
use crate::view::picture::Picture;
use crate::view::time_axis;
use pipit_core::{Detection, DetectionConfig, LabelId, WindowScores, detect};

/// Resolution of spectrograms of short recordings; longer ones get what fits on a canvas.
const COLUMNS_PER_S: f64 = 80.0;

/// Tells recordings apart, also those of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingId(pub u32);

/// How far a recording has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingState {
    /// Others come first.
    Waiting,
    /// The browser decodes it.
    Decoding,
    /// It waits for the model.
    Decoded,
    /// The worker identifies it.
    Running,
    /// All of it is identified.
    Done,
    /// Stopped by the user.
    Cancelled,
    /// Ended by a failure.
    Failed,
}

/// What decoding tells about a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decoded {
    /// Length.
    pub duration_s: f64,
    /// Its own sample rate.
    pub sample_rate_hz: u32,
    /// Largest magnitude of the mono samples.
    pub peak: f32,
}

/// One recording.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Which one.
    pub id: RecordingId,
    /// File name.
    pub name: String,
    /// The site's own, synthesised.
    pub is_example: bool,
    /// How far it has come.
    pub state: RecordingState,
    /// Its job in the worker while it runs.
    pub job: Option<JobId>,
    /// Once it is decoded.
    pub decoded: Option<Decoded>,
    /// Seconds identified so far.
    pub done_s: f64,
    /// Seconds of recording per second of work.
    pub speed: Option<f64>,
    /// The scores of every window so far: a new threshold needs no new run.
    pub scores: Vec<WindowScores>,
    /// Detections at the present threshold.
    pub detections: Vec<Detection>,
    /// The spectrogram so far.
    pub picture: Option<Picture>,
    /// Why it failed, or what is odd about it.
    pub failure: Option<Failure>,
}

/// A species heard in a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Species {
    /// Which one.
    pub label: LabelId,
    /// Its highest confidence.
    pub best: f32,
    /// Its detections in order of time.
    pub detections: Vec<Detection>,
}

impl RecordingState {
    /// The name in the page's markup.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting | Self::Decoded => "waiting",
            Self::Decoding => "decoding",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

impl Recording {
    pub(super) fn new(id: RecordingId, name: String) -> Self {
        Self {
            id,
            name,
            is_example: false,
            state: RecordingState::Waiting,
            job: None,
            decoded: None,
            done_s: 0.0,
            speed: None,
            scores: Vec::new(),
            detections: Vec::new(),
            picture: None,
            failure: None,
        }
    }

    /// Length, once known.
    #[must_use]
    pub fn duration_s(&self) -> Option<f64> {
        self.decoded.map(|decoded| decoded.duration_s)
    }

    /// Whether it is being worked on: at most one recording is.
    #[must_use]
    pub fn is_active(&self) -> bool {
        use RecordingState::{Decoded, Decoding, Running};
        matches!(self.state, Decoding | Decoded | Running)
    }

    /// Whether nothing more will happen to it by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        use RecordingState::{Cancelled, Done, Failed};
        matches!(self.state, Done | Cancelled | Failed)
    }

    /// Whether it was stopped, or has failed in a way that need not happen again.
    #[must_use]
    pub fn may_rerun(&self) -> bool {
        use FailureKind::{Damaged, Empty, NotAudio, UnsupportedFormat};
        let hopeless = |failure: &Failure| {
            matches!(failure.kind, NotAudio | Damaged | Empty | UnsupportedFormat)
        };
        match self.state {
            RecordingState::Cancelled => true,
            RecordingState::Failed => !self.failure.as_ref().is_some_and(hopeless),
            _ => false,
        }
    }

    /// The species heard, the most certain first.
    #[must_use]
    pub fn species(&self) -> Vec<Species> {
        let mut species: Vec<Species> = Vec::new();
        for detection in &self.detections {
            match species.iter_mut().find(|s| s.label == detection.label) {
                Some(known) => {
                    known.best = known.best.max(detection.confidence);
                    known.detections.push(*detection);
                }
                None => species.push(Species {
                    label: detection.label,
                    best: detection.confidence,
                    detections: vec![*detection],
                }),
            }
        }
        species.sort_by(|a, b| b.best.total_cmp(&a.best));
        species
    }

    /// Spectrogram columns for one second of it.
    #[must_use]
    pub fn columns_per_s(&self) -> f64 {
        match self.duration_s() {
            Some(duration_s) if duration_s > 0.0 => {
                let fitting = time_axis::width_px(duration_s, COLUMNS_PER_S) as f64 / duration_s;
                fitting.min(COLUMNS_PER_S)
            }
            _ => COLUMNS_PER_S,
        }
    }

    /// Goes to the worker.
    pub(super) fn begin(&mut self, job: JobId, n_mels: usize) -> Effect {
        let (duration_s, sample_rate_hz) = self.decoded.map_or((0.0, 0), |decoded| {
            (decoded.duration_s, decoded.sample_rate_hz)
        });
        let n_columns = time_axis::width_px(duration_s, COLUMNS_PER_S);
        self.picture = Some(Picture::new(n_columns, n_mels));
        self.state = RecordingState::Running;
        self.job = Some(job);
        Effect::Identify(
            self.id,
            Request::Identify {
                job,
                sample_rate_hz,
                columns_per_s: self.columns_per_s(),
            },
        )
    }

    /// Forgets what was found and waits anew.
    pub(super) fn requeue(&mut self) {
        *self = Self {
            is_example: self.is_example,
            ..Self::new(self.id, std::mem::take(&mut self.name))
        };
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.state = RecordingState::Failed;
        self.job = None;
        self.failure = Some(failure);
    }

    /// Derives the detections anew; adds species that were never seen to `seen`.
    pub(super) fn detect(&mut self, config: &DetectionConfig, seen: &mut Vec<LabelId>) {
        self.detections = detect(&self.scores, config);
        for detection in &self.detections {
            if !seen.contains(&detection.label) {
                seen.push(detection.label);
            }
        }
    }
}
