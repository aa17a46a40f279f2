//! One recording on the page.

use super::{Effect, Evidence, Explanation, KeptResults};
use crate::notice::Cause;
use crate::protocol::{Failure, FailureKind, JobId, Request, Summary};
use crate::recorded_at::RecordedAt;
use crate::view::picture::{self, Picture};
use crate::view::tiles::Tiles;
use pipit_core::{
    Detection, DetectionConfig, DetectionFilter, LabelId, WindowScores, detect_filtered,
};

/// Peaks below this are silence: −80 dB of full scale.
const SILENCE_PEAK: f32 = 1e-4;

/// Tells recordings apart, also those of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingId(pub u32);

/// How far a recording has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingState {
    /// Others or the model come first.
    Waiting,
    /// The browser looks for what an earlier run found.
    Recalling,
    /// The worker identifies it.
    Running,
    /// The browser decodes what the worker cannot.
    Converting,
    /// All of it is identified.
    Done,
    /// Stopped by the user.
    Cancelled,
    /// Ended by a failure.
    Failed,
}

/// What a recording's file tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AudioFacts {
    /// Length; until all is decoded it is what the header says.
    pub duration_s: f64,
    /// Its own sample rate.
    pub sample_rate_hz: u32,
}

/// One recording.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are facts that do not exclude each other"
)]
pub struct Recording {
    /// Which one.
    pub id: RecordingId,
    /// File name.
    pub name: String,
    /// When it began, if its name says so.
    pub recorded_at: Option<RecordedAt>,
    /// File size.
    pub bytes: u64,
    /// What tells its file from others, once it was looked at: see [`crate::file_stamp`].
    pub stamp: Option<String>,
    /// The site's own, synthesised.
    pub is_example: bool,
    /// It comes from the microphone.
    pub is_live: bool,
    /// What was heard live has been saved.
    pub is_saved: bool,
    /// Its job takes what the microphone hears, and no file.
    pub(super) is_from_microphone: bool,
    /// The microphone is closed: all that it heard lies in a file, though it may still be identified.
    pub is_stopped: bool,
    /// How far it has come.
    pub state: RecordingState,
    /// Its job in the worker while it runs.
    pub job: Option<JobId>,
    /// Once its file is open.
    pub audio: Option<AudioFacts>,
    /// The browser has decoded it because the worker could not.
    pub is_converted: bool,
    /// Its card is unfolded: only then its spectrogram is in memory.
    pub is_unfolded: bool,
    /// What was found comes from an earlier run.
    pub is_recalled: bool,
    /// Seconds identified so far.
    pub done_s: f64,
    /// Seconds of recording per second of work.
    pub speed: Option<f64>,
    /// The scores of every window so far: a new threshold needs no new run.
    pub scores: Vec<WindowScores>,
    /// Detections at the present threshold.
    pub detections: Vec<Detection>,
    /// Counts up whenever the detections have changed, so that nobody need compare them.
    pub findings: u64,
    /// Its length by its header, which shaped the picture.
    pub announced_s: Option<f64>,
    /// The spectrogram so far.
    pub picture: Option<Picture>,
    /// Finer pieces of it.
    pub tiles: Tiles,
    /// Why detections were made, as far as anybody asked.
    pub explanations: Vec<Explanation>,
    /// Counts up whenever there is more to paint, or to ask for.
    pub revision: u64,
    /// Pieces of it were not asked for because enough others were under way.
    pub(super) is_put_off: bool,
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

impl Species {
    /// The species of some detections, the most certain first.
    #[must_use]
    pub fn of(detections: &[Detection]) -> Vec<Self> {
        let mut species: Vec<Self> = Vec::new();
        for detection in detections {
            match species.iter_mut().find(|s| s.label == detection.label) {
                Some(known) => {
                    known.best = known.best.max(detection.confidence);
                    known.detections.push(*detection);
                }
                None => species.push(Self {
                    label: detection.label,
                    best: detection.confidence,
                    detections: vec![*detection],
                }),
            }
        }
        species.sort_by(|a, b| b.best.total_cmp(&a.best));
        species
    }
}

impl RecordingState {
    /// The name in the page's markup.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting | Self::Recalling => "waiting",
            Self::Running => "running",
            Self::Converting => "converting",
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
            recorded_at: RecordedAt::from_file_name(&name),
            name,
            bytes: 0,
            stamp: None,
            is_example: false,
            is_live: false,
            is_saved: false,
            is_from_microphone: false,
            is_stopped: false,
            state: RecordingState::Waiting,
            job: None,
            audio: None,
            is_converted: false,
            is_unfolded: true,
            is_recalled: false,
            done_s: 0.0,
            speed: None,
            scores: Vec::new(),
            detections: Vec::new(),
            findings: 0,
            announced_s: None,
            picture: None,
            tiles: Tiles::default(),
            explanations: Vec::new(),
            revision: 0,
            is_put_off: false,
            failure: None,
        }
    }

    /// Length, once known.
    #[must_use]
    pub fn duration_s(&self) -> Option<f64> {
        self.audio.map(|audio| audio.duration_s)
    }

    /// Whether it is being worked on: at most one recording is.
    #[must_use]
    pub fn is_active(&self) -> bool {
        use RecordingState::{Converting, Recalling, Running};
        matches!(self.state, Recalling | Running | Converting)
    }

    /// Whether it is being heard live: nothing of it lies in a file yet.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.is_from_microphone && self.job.is_some()
    }

    /// Whether its sound lies in no file of the user's.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        self.is_live && !self.is_saved
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

    /// Goes to the worker.
    pub(super) fn begin(&mut self, job: JobId) -> Effect {
        self.state = RecordingState::Running;
        self.job = Some(job);
        Effect::SendWithFile(self.id, Request::Identify { job })
    }

    /// Its file is open.
    pub(super) fn opened(&mut self, sample_rate_hz: u32, duration_s: Option<f64>, n_mels: usize) {
        self.audio = Some(AudioFacts {
            duration_s: duration_s.unwrap_or_default(),
            sample_rate_hz,
        });
        self.revision += 1;
        self.announced_s = duration_s;
        self.picture = self
            .is_unfolded
            .then(|| Picture::new(picture::n_columns(duration_s), n_mels));
    }

    /// Shows what an earlier run found.
    pub(super) fn recall(&mut self, kept: KeptResults) {
        self.state = RecordingState::Done;
        self.is_recalled = true;
        self.is_converted = kept.is_converted;
        self.announced_s = Some(kept.summary.duration_s);
        self.audio = Some(AudioFacts {
            duration_s: kept.summary.duration_s,
            sample_rate_hz: kept.sample_rate_hz,
        });
        self.scores = kept.windows;
        self.finish(kept.summary);
    }

    /// What a later run need not compute again.
    pub(super) fn results(&self, summary: Summary) -> Option<KeptResults> {
        Some(KeptResults {
            format_version: KeptResults::VERSION,
            sample_rate_hz: self.audio?.sample_rate_hz,
            is_converted: self.is_converted,
            summary,
            windows: self.scores.clone(),
        })
    }

    /// Unfolds or folds its card; a folded one keeps no pictures.
    pub(super) fn unfold(&mut self, is_unfolded: bool) {
        self.is_unfolded = is_unfolded;
        if !is_unfolded {
            self.picture = None;
            self.tiles = Tiles::default();
        }
    }

    /// All of it is scored.
    pub(super) fn finish(&mut self, summary: Summary) {
        self.state = RecordingState::Done;
        self.job = None;
        self.done_s = summary.duration_s;
        if let Some(audio) = &mut self.audio {
            audio.duration_s = summary.duration_s;
        }
        if summary.peak < SILENCE_PEAK {
            self.scores.clear();
            self.show(Vec::new());
            let cause = Cause::Peak(summary.peak.to_string());
            self.failure = Some(Failure::because(FailureKind::Silent, cause));
        } else if summary.damaged_packets > 0 {
            let cause = Cause::DamagedPieces(summary.damaged_packets);
            self.failure = Some(Failure::because(FailureKind::PartlyDamaged, cause));
        }
    }

    /// Forgets what was found and waits anew.
    pub(super) fn requeue(&mut self) {
        *self = Self {
            bytes: self.bytes,
            stamp: self.stamp.take(),
            is_example: self.is_example,
            is_live: self.is_live,
            is_saved: self.is_saved,
            is_converted: self.is_converted,
            is_unfolded: self.is_unfolded,
            findings: self.findings + 1,
            ..Self::new(self.id, std::mem::take(&mut self.name))
        };
    }

    /// Forgets what a model found, and stays as it is otherwise.
    pub(super) fn forget_findings(&mut self) {
        self.is_recalled = false;
        self.done_s = 0.0;
        self.speed = None;
        self.scores.clear();
        self.show(Vec::new());
        self.explanations.clear();
        self.picture = None;
        self.tiles = Tiles::default();
        self.revision += 1;
    }

    /// The worker that was asked has ended; it can be asked again.
    pub(super) fn forget_unanswered(&mut self) {
        self.explanations
            .retain(|explanation| explanation.evidence != Evidence::Awaited);
    }

    /// Its worker or device is about to change: it waits for the next one. What is heard live cannot
    /// be heard twice, and ends. The model stays, and so do its explanations.
    pub(super) fn interrupt(&mut self) {
        if self.is_heard() {
            self.job = None;
            self.state = RecordingState::Cancelled;
        } else {
            let explanations = std::mem::take(&mut self.explanations);
            self.requeue();
            self.explanations = explanations;
        }
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.state = RecordingState::Failed;
        self.job = None;
        self.failure = Some(failure);
    }

    /// Derives the detections anew; adds species that were never seen to `seen`.
    pub(super) fn detect(
        &mut self,
        config: &DetectionConfig,
        filter: &DetectionFilter,
        seen: &mut Vec<LabelId>,
    ) {
        self.show(detect_filtered(&self.scores, config, filter));
        for detection in &self.detections {
            if !seen.contains(&detection.label) {
                seen.push(detection.label);
            }
        }
    }

    fn show(&mut self, detections: Vec<Detection>) {
        if detections != self.detections {
            self.detections = detections;
            self.findings += 1;
        }
    }
}
