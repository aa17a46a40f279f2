//! What the page knows, and what is to be done next.
//!
//! Intents of the user, news from the browser and answers of the worker are methods; each
//! returns the [`Effect`]s that the shell carries out. Nothing here touches the browser.

mod explain;
mod exporting;
mod ignored;
mod kept;
mod link;
mod live;
mod meaning;
mod models;
mod naming;
mod queue;
mod recording;
mod reviewing;
pub mod selection;
mod sight;
mod sound;
mod status;
pub mod wishes;
mod worker_news;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use explain::{Evidence, Explanation};
pub use kept::KeptResults;
pub use meaning::Meaning;
pub use recording::{AudioFacts, Recording, RecordingId, RecordingState, Species};
pub use reviewing::Place;

use ignored::IgnoredSettings;

use crate::protocol::{
    AddedModel, DeviceChoice, DeviceReport, Failure, FailureKind, JobId, LoadStage, Request,
};
use crate::review::Answers;
use crate::settings::Settings;
use crate::view::tiles::TileKey;
use models::Adding;
use pipit_core::{CatalogueEntry, LabelId, Manifest};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Threshold while no model says a better one.
const FALLBACK_THRESHOLD: f32 = 0.5;

/// Something for the shell to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Start a worker for what is computed on; end the one that runs, if any.
    StartWorker(DeviceChoice),
    /// End the worker, which answers no more, and start none.
    EndWorker,
    /// Send a message to the worker.
    Send(Request),
    /// Send this request with the recording's file, or with what it was converted to.
    SendWithFile(RecordingId, Request),
    /// Let the browser decode a recording to a file that the worker can read, and report to
    /// [`Session::converted`] or [`Session::conversion_failed`].
    Convert(RecordingId),
    /// Look for what an earlier run of this model found, and report to [`Session::recalled`].
    Recall(RecordingId, String),
    /// Keep the answers of a review for later visits, and look for earlier ones at the start.
    KeepReview(Vec<u8>),
    /// Look for the answers of an earlier visit, and report to [`Session::recall_review`].
    RecallReview,
    /// Keep what this model found for later runs.
    Keep(RecordingId, String, KeptResults),
    /// Keep the site itself for visits without a network.
    KeepSite,
    /// Open the microphone, and report to [`Session::listen`] or [`Session::microphone_failed`].
    OpenMicrophone,
    /// Free everything kept in memory for the recording.
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
        manifest: Arc<Manifest>,
        /// Where it runs.
        device: DeviceReport,
    },
    /// Not to be had; a notice says why.
    Failed,
}

/// The whole page's state.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are facts that do not exclude each other"
)]
pub struct Session {
    settings: Settings,
    ignored: IgnoredSettings,
    /// The site's models, once they are known.
    catalogue: Vec<CatalogueEntry>,
    /// The user's models, in the order in which they came.
    added: Vec<AddedModel>,
    /// Packages that are being checked.
    adding: Vec<Adding>,
    /// Models of which nothing is kept any more.
    removed: BTreeSet<String>,
    /// Waits for a worker.
    unsent: Vec<Request>,
    model: ModelState,
    /// See [`Session::known_manifest`].
    last_manifest: Option<Arc<Manifest>>,
    recordings: Vec<Recording>,
    notices: Vec<Failure>,
    /// What was told once and for all.
    told: Vec<FailureKind>,
    answers: Answers,
    /// Counts up whenever the answers have changed.
    n_answer_changes: u64,
    /// How far it had counted when they were kept last. A review tells of a model, so what comes
    /// before any is kept once there is one.
    n_kept_changes: u64,
    /// Whose card was unfolded to lead the user there.
    visited: Option<RecordingId>,
    /// Species in the order of their first detection, which is the order of their colours.
    seen: Vec<LabelId>,
    worker_ready: bool,
    site_is_kept: bool,
    /// The browser asks the user for the microphone.
    is_opening_microphone: bool,
    /// The GPU failed once: stay on the CPU until the user chooses again.
    gpu_lost: bool,
    load_job: Option<JobId>,
    /// Pieces of spectrogram that were asked for.
    awaited: HashMap<JobId, (RecordingId, TileKey)>,
    /// Explanations that were asked for: species and start of the window.
    explained: HashMap<JobId, (RecordingId, LabelId, f64)>,
    n_jobs: u32,
    n_recordings: u32,
}

impl Session {
    /// A page that has just been opened, and its first effects.
    #[must_use]
    pub fn start(settings: Settings) -> (Self, Vec<Effect>) {
        let mut session = Self {
            settings,
            ignored: IgnoredSettings::default(),
            catalogue: Vec::new(),
            added: Vec::new(),
            adding: Vec::new(),
            removed: BTreeSet::new(),
            unsent: Vec::new(),
            model: ModelState::Loading(LoadStage::Manifest),
            last_manifest: None,
            recordings: Vec::new(),
            notices: Vec::new(),
            told: Vec::new(),
            answers: Answers::default(),
            n_answer_changes: 0,
            n_kept_changes: 0,
            visited: None,
            seen: Vec::new(),
            worker_ready: false,
            site_is_kept: false,
            is_opening_microphone: false,
            gpu_lost: false,
            load_job: None,
            awaited: HashMap::new(),
            explained: HashMap::new(),
            n_jobs: 0,
            n_recordings: 0,
        };
        session.follow_link();
        let start = Effect::StartWorker(session.wanted_device());
        (session, vec![start, Effect::RecallReview])
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &ModelState {
        &self.model
    }

    /// The manifest of the loaded model.
    #[must_use]
    pub fn manifest(&self) -> Option<&Arc<Manifest>> {
        match &self.model {
            ModelState::Loaded { manifest, .. } => Some(manifest),
            _ => None,
        }
    }

    /// The manifest of the model that listens, or listened last: what it found stays on the page while
    /// it is loaded anew, or no longer can be.
    #[must_use]
    pub fn known_manifest(&self) -> Option<&Arc<Manifest>> {
        self.last_manifest.as_ref()
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
        self.place(id).map(|place| &self.recordings[place])
    }

    fn recording_mut(&mut self, id: RecordingId) -> Option<&mut Recording> {
        self.place(id).map(|place| &mut self.recordings[place])
    }

    /// Ids rise in the order in which recordings come.
    fn place(&self, id: RecordingId) -> Option<usize> {
        self.recordings.binary_search_by_key(&id, |r| r.id).ok()
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
            .known_manifest()
            .map_or(FALLBACK_THRESHOLD, |m| m.detection.threshold);
        self.settings.threshold.unwrap_or(default)
    }

    /// Whether species have thresholds of their own, which they keep until the user chooses one.
    #[must_use]
    pub fn has_class_thresholds(&self) -> bool {
        let by_class = |m: &Arc<Manifest>| !m.detection.class_thresholds.is_empty();
        self.settings.threshold.is_none() && self.known_manifest().is_some_and(by_class)
    }

    /// The user chooses a device; what is running starts again there, what is done stays.
    pub fn choose_device(&mut self, choice: DeviceChoice) -> Vec<Effect> {
        self.settings.device = choice;
        self.gpu_lost = false;
        self.dismiss(FailureKind::GpuLost);
        self.dismiss(FailureKind::NoWebgpu);
        let mut effects = self.requeue_running();
        // A worker for the CPU alone knows no other device.
        effects.push(self.restart());
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

    /// As [`Session::notify`], but not again once the user has read it.
    pub fn notify_once(&mut self, failure: Failure) {
        if !self.told.contains(&failure.kind) {
            self.told.push(failure.kind);
            self.notify(failure);
        }
    }

    /// A name for a question to the worker that changes nothing here.
    pub fn new_job(&mut self) -> JobId {
        self.n_jobs += 1;
        JobId(self.n_jobs)
    }

    fn load(&mut self) -> Effect {
        let job = self.new_job();
        self.load_job = Some(job);
        self.model = ModelState::Loading(LoadStage::Manifest);
        Effect::Send(Request::Load {
            job,
            site: self.settings.site.clone(),
            model: self.settings.model.clone(),
            device: self.wanted_device(),
        })
    }

    fn wanted_device(&self) -> DeviceChoice {
        if self.gpu_lost {
            DeviceChoice::Cpu
        } else {
            self.settings.device
        }
    }

    /// A question that may have ended the last worker is not put to the next one.
    fn restart(&mut self) -> Effect {
        for recording in &mut self.recordings {
            recording.forget_unanswered();
        }
        self.replace_worker()
    }

    /// The next worker knows of no job: whatever the last one still had goes back to the queue.
    /// Explanations that are awaited are asked for again once a model is loaded.
    fn replace_worker(&mut self) -> Effect {
        self.worker_ready = false;
        self.load_job = None;
        self.awaited.clear();
        self.explained.clear();
        for recording in &mut self.recordings {
            if recording.job.is_some() {
                recording.interrupt();
            }
        }
        self.model = ModelState::Loading(LoadStage::Manifest);
        Effect::StartWorker(self.wanted_device())
    }

    /// Derives the detections of all recordings anew from the kept scores.
    fn detect_all(&mut self) {
        if let Some((config, filter)) = self.wishes() {
            for recording in &mut self.recordings {
                recording.detect(&config, &filter, &mut self.seen);
            }
        }
    }
}
