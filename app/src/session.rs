//! What the page knows, and what is to be done next.
//!
//! Intents of the user, news from the browser and answers of the worker are methods; each
//! returns the [`Effect`]s that the shell carries out. Nothing here touches the browser.

mod queue;
mod recording;
mod worker_news;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use recording::{Decoded, Recording, RecordingId, RecordingState, Species};

use crate::protocol::{
    DeviceChoice, DeviceReport, Failure, FailureKind, JobId, LoadStage, Request,
};
use crate::settings::Settings;
use pipit_core::{DetectionConfig, LabelId, Manifest};

/// Threshold while no model says a better one.
const FALLBACK_THRESHOLD: f32 = 0.5;

/// Something for the shell to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Start a worker; end the one that runs, if any.
    StartWorker,
    /// Send a message to the worker.
    Send(Request),
    /// Decode a recording and report to [`Session::decoded`] or [`Session::decode_failed`].
    Decode(RecordingId),
    /// Send this request with the recording's decoded samples, which are then gone.
    Identify(RecordingId, Request),
    /// Free the recording's decoded samples.
    DropSamples(RecordingId),
    /// Free everything kept for the recording.
    Forget(RecordingId),
}

/// The model, as far as the page knows.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelState {
    /// On its way.
    Loading(LoadStage),
    /// Ready.
    Loaded {
        /// All about it.
        manifest: Box<Manifest>,
        /// Where it runs.
        device: DeviceReport,
    },
    /// Not to be had; a notice says why.
    Failed,
}

/// The whole page's state.
#[derive(Debug, Clone)]
pub struct Session {
    settings: Settings,
    model: ModelState,
    recordings: Vec<Recording>,
    notices: Vec<Failure>,
    /// Set by the user; else the model's default holds.
    threshold: Option<f32>,
    /// Species in the order of their first detection, which is the order of their colours.
    seen: Vec<LabelId>,
    worker_ready: bool,
    /// The GPU failed once: stay on the CPU until the user chooses again.
    gpu_lost: bool,
    load_job: Option<JobId>,
    n_jobs: u32,
    n_recordings: u32,
}

impl Session {
    /// A page that has just been opened, and its first effects.
    #[must_use]
    pub fn start(settings: Settings) -> (Self, Vec<Effect>) {
        let session = Self {
            settings,
            model: ModelState::Loading(LoadStage::Manifest),
            recordings: Vec::new(),
            notices: Vec::new(),
            threshold: None,
            seen: Vec::new(),
            worker_ready: false,
            gpu_lost: false,
            load_job: None,
            n_jobs: 0,
            n_recordings: 0,
        };
        (session, vec![Effect::StartWorker])
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &ModelState {
        &self.model
    }

    /// The manifest of the loaded model.
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        match &self.model {
            ModelState::Loaded { manifest, .. } => Some(manifest),
            _ => None,
        }
    }

    /// The device of the loaded model.
    #[must_use]
    pub fn device(&self) -> Option<&DeviceReport> {
        match &self.model {
            ModelState::Loaded { device, .. } => Some(device),
            _ => None,
        }
    }

    /// What the device menu shows.
    #[must_use]
    pub fn device_choice(&self) -> DeviceChoice {
        self.settings.device
    }

    /// Address of the folder that the page was loaded from.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.settings.site
    }

    /// All recordings in the order in which they came.
    #[must_use]
    pub fn recordings(&self) -> &[Recording] {
        &self.recordings
    }

    /// One recording.
    #[must_use]
    pub fn recording(&self, id: RecordingId) -> Option<&Recording> {
        self.recordings.iter().find(|r| r.id == id)
    }

    /// Failures that concern the page as a whole.
    #[must_use]
    pub fn notices(&self) -> &[Failure] {
        &self.notices
    }

    /// The least confidence shown.
    #[must_use]
    pub fn threshold(&self) -> f32 {
        let default = self
            .manifest()
            .map_or(FALLBACK_THRESHOLD, |m| m.detection.threshold);
        self.threshold.unwrap_or(default)
    }

    /// Whether species have thresholds of their own, which they keep until the user chooses one.
    #[must_use]
    pub fn has_class_thresholds(&self) -> bool {
        let by_class = |m: &Manifest| !m.detection.class_thresholds.is_empty();
        self.threshold.is_none() && self.manifest().is_some_and(by_class)
    }

    /// The place of a species among the colours.
    #[must_use]
    pub fn colour(&self, label: LabelId) -> usize {
        self.seen
            .iter()
            .position(|seen| *seen == label)
            .unwrap_or(0)
    }

    /// One line that says what is going on.
    #[must_use]
    pub fn status(&self) -> String {
        if let Some(active) = self.recordings.iter().find(|r| r.is_active()) {
            return match active.state {
                RecordingState::Decoding => format!("Decoding {}…", active.name),
                RecordingState::Running => format!("Listening to {}…", active.name),
                _ if self.model == ModelState::Failed => {
                    format!("{} waits for a model.", active.name)
                }
                _ => format!("{} is ready; the model is still loading…", active.name),
            };
        }
        match &self.model {
            ModelState::Failed => "No model is loaded.".into(),
            ModelState::Loading(LoadStage::Manifest) => "Looking up the model…".into(),
            ModelState::Loading(LoadStage::Download { .. }) => "Downloading the model…".into(),
            ModelState::Loading(LoadStage::Device) => "Starting the model…".into(),
            ModelState::Loaded { .. } => self.outcome(),
        }
    }

    fn outcome(&self) -> String {
        let done = |r: &&Recording| r.state == RecordingState::Done;
        let n_done = self.recordings.iter().filter(done).count();
        if n_done == 0 {
            return "Ready. Drop a bird recording anywhere on this page.".into();
        }
        let mut species: Vec<LabelId> = self
            .recordings
            .iter()
            .flat_map(|r| r.detections.iter().map(|d| d.label))
            .collect();
        species.sort_unstable();
        species.dedup();
        let recordings = match n_done {
            1 => "1 recording".into(),
            n => format!("{n} recordings"),
        };
        format!("Done: {} species in {recordings}.", species.len())
    }

    /// The user moves the confidence slider.
    pub fn set_threshold(&mut self, threshold: f32) {
        self.threshold = Some(threshold.clamp(0.0, 1.0));
        self.detect_all();
    }

    /// The user chooses a device; what is running starts again there, what is done stays.
    pub fn choose_device(&mut self, choice: DeviceChoice) -> Vec<Effect> {
        self.settings.device = choice;
        self.gpu_lost = false;
        self.dismiss(FailureKind::GpuLost);
        self.dismiss(FailureKind::NoWebgpu);
        if !self.worker_ready {
            return Vec::new();
        }
        let mut effects = self.requeue_running();
        effects.push(self.load());
        effects
    }

    /// The user asks for the model once more, or for a new worker.
    pub fn retry(&mut self) -> Vec<Effect> {
        self.notices.clear();
        let mut effects = self.requeue_running();
        effects.push(self.restart());
        effects
    }

    /// The user has read a notice.
    pub fn dismiss(&mut self, kind: FailureKind) {
        self.notices.retain(|failure| failure.kind != kind);
    }

    /// Something failed that belongs to no recording.
    pub fn notify(&mut self, failure: Failure) {
        self.dismiss(failure.kind);
        self.notices.push(failure);
    }

    fn load(&mut self) -> Effect {
        self.n_jobs += 1;
        let job = JobId(self.n_jobs);
        self.load_job = Some(job);
        self.model = ModelState::Loading(LoadStage::Manifest);
        let device = if self.gpu_lost {
            DeviceChoice::Cpu
        } else {
            self.settings.device
        };
        Effect::Send(Request::Load {
            job,
            site: self.settings.site.clone(),
            model: self.settings.model.clone(),
            device,
        })
    }

    fn restart(&mut self) -> Effect {
        self.worker_ready = false;
        self.load_job = None;
        self.model = ModelState::Loading(LoadStage::Manifest);
        Effect::StartWorker
    }

    fn detection_config(&self) -> Option<DetectionConfig> {
        let config = &self.manifest()?.detection;
        Some(match self.threshold {
            Some(threshold) => config.with_threshold(threshold),
            None => config.clone(),
        })
    }

    /// Derives the detections of all recordings anew from the kept scores.
    fn detect_all(&mut self) {
        if let Some(config) = self.detection_config() {
            for recording in &mut self.recordings {
                recording.detect(&config, &mut self.seen);
            }
        }
    }
}
