//! What the worker's answers, and its end, mean for the session.

use super::{Effect, ModelState, Recording, RecordingState, Session};
use crate::protocol::{
    DeviceChoice, DeviceKind, DeviceReport, Failure, FailureKind, JobId, LoadStage, Response,
};
use pipit_core::{Manifest, WindowScores};

impl Session {
    /// Takes an answer of the worker, with the spectrogram columns that came beside it.
    pub fn apply(&mut self, response: Response, columns: &[u8]) -> Vec<Effect> {
        if let Some(effects) = self.adding_ended(&response) {
            return effects;
        }
        match response {
            Response::Ready { build } => self.worker_started(&build),
            Response::Loading { job, stage } => {
                if self.load_job == Some(job) {
                    self.model = ModelState::Loading(stage);
                } else {
                    self.adding_advanced(job, stage);
                }
                Vec::new()
            }
            Response::Catalogue { job, models, added } => {
                if self.load_job == Some(job) {
                    self.models_came(models, added);
                }
                Vec::new()
            }
            Response::ModelNotKept { job, detail } => {
                self.model_not_kept(job, detail);
                Vec::new()
            }
            Response::Loaded {
                job,
                manifest,
                device,
            } => self.loaded(job, manifest, device),
            Response::Opened {
                job,
                sample_rate_hz,
                duration_s,
            } => {
                let n_mels = self.manifest().map_or(1, |manifest| manifest.mel.n_mels);
                if let Some(recording) = running(&mut self.recordings, job) {
                    recording.opened(sample_rate_hz, duration_s, n_mels);
                }
                Vec::new()
            }
            Response::Scored {
                job,
                windows,
                first_column,
                done_s,
                elapsed_s,
            } => {
                let speed = (elapsed_s > 0.0).then(|| done_s / elapsed_s);
                self.scored(job, windows, (first_column, columns), done_s, speed);
                Vec::new()
            }
            Response::Spectrogram { job } => {
                self.tile_answered(job, Some(columns));
                Vec::new()
            }
            explained @ Response::Explained { job, .. } => {
                self.explanation_came(job, Some(explained));
                Vec::new()
            }
            // Whoever asked has been answered, or is gone.
            Response::Samples { .. } | Response::ModelAdded { .. } => Vec::new(),
            Response::Finished { job, summary } => {
                let key = self.results_key();
                let mut effects = Vec::new();
                if let Some(recording) = running(&mut self.recordings, job) {
                    // What was heard live lies in no file that could come again.
                    let results = recording.results(summary).filter(|_| !recording.is_live);
                    let id = recording.id;
                    effects.extend(results.map(|results| Effect::Keep(id, key, results)));
                    recording.finish(summary);
                }
                effects.extend(self.advance());
                effects
            }
            Response::Cancelled { job } => {
                if let Some(recording) = running(&mut self.recordings, job) {
                    recording.job = None;
                    recording.state = RecordingState::Cancelled;
                }
                self.advance()
            }
            Response::Failed { job, failure } => self.failed(job, failure),
            Response::Panicked { message } => self.worker_died(&message),
        }
    }

    /// The worker has ended by itself, or never came to life.
    pub fn worker_died(&mut self, message: &str) -> Vec<Effect> {
        let kind = kind_of_death(message);
        if self.gpu_in_use() {
            return self.fall_back_to_cpu(message);
        }
        let failure = Failure::new(kind, message);
        if let Some(running) = self.recordings.iter_mut().find(|r| r.job.is_some()) {
            // The recording is to blame; the next one gets a fresh worker.
            running.fail(failure);
            return vec![self.restart()];
        }
        if self.worker_ready {
            // It would only die again, perhaps of the package that it checked.
            self.forget_adding();
        }
        self.worker_ready = false;
        self.model = ModelState::Failed;
        self.notify(failure);
        Vec::new()
    }

    fn worker_started(&mut self, build: &str) -> Vec<Effect> {
        if build != crate::BUILD {
            let detail = format!(
                "the page is build {}, its worker build {build}",
                crate::BUILD
            );
            self.model = ModelState::Failed;
            self.notify(Failure::new(FailureKind::StaleBuild, detail));
            return Vec::new();
        }
        self.worker_ready = true;
        let mut effects = self.load_unless_linked();
        effects.extend(self.unanswered_about_models());
        effects
    }

    fn loaded(&mut self, job: JobId, manifest: Box<Manifest>, device: DeviceReport) -> Vec<Effect> {
        if self.load_job != Some(job) {
            return Vec::new();
        }
        let wanted_gpu = self.settings.device == DeviceChoice::WebGpu && !self.gpu_lost;
        if wanted_gpu && device.kind == DeviceKind::Cpu {
            let detail = device.passed_over.clone().unwrap_or_default();
            self.notify(Failure::new(FailureKind::NoWebgpu, detail));
        }
        self.dismiss(FailureKind::ModelInvalid);
        self.dismiss(FailureKind::ModelUnreachable);
        if let Some(chosen) = self.chosen_model().map(str::to_owned) {
            // What was removed has been fetched, and kept, anew.
            self.removed.remove(&chosen);
        }
        self.model = ModelState::Loaded { manifest, device };
        self.tell_of_ignored_settings();
        self.detect_all();
        let mut effects = self.advance();
        // Not earlier: nothing is to compete with the first visit's downloads.
        if !std::mem::replace(&mut self.site_is_kept, true) {
            effects.insert(0, Effect::KeepSite);
        }
        effects
    }

    fn scored(
        &mut self,
        job: JobId,
        windows: Vec<WindowScores>,
        (first_column, columns): (usize, &[u8]),
        done_s: f64,
        speed: Option<f64>,
    ) {
        let wishes = self.wishes();
        let Some(recording) = running(&mut self.recordings, job) else {
            return;
        };
        recording.scores.extend(windows);
        recording.done_s = done_s;
        if let Some(audio) = &mut recording.audio {
            // A header may promise too little.
            audio.duration_s = audio.duration_s.max(done_s);
        }
        recording.speed = speed;
        recording.revision += 1;
        if let Some(picture) = &mut recording.picture {
            picture.write(first_column, columns);
        }
        if let Some((config, filter)) = wishes {
            recording.detect(&config, &filter, &mut self.seen);
        }
    }

    fn failed(&mut self, job: JobId, failure: Failure) -> Vec<Effect> {
        self.tile_answered(job, None);
        self.explanation_came(job, None);
        let loading = self.load_job == Some(job);
        let recording = running(&mut self.recordings, job);
        if !loading && recording.is_none() {
            return Vec::new();
        }
        if failure.kind == FailureKind::GpuLost {
            return self.fall_back_to_cpu(&failure.detail);
        }
        if let Some(recording) = recording {
            if failure.kind == FailureKind::UnsupportedFormat && !recording.is_converted {
                recording.job = None;
                recording.state = RecordingState::Converting;
                return vec![Effect::Convert(recording.id)];
            }
            recording.fail(failure);
            return self.advance();
        }
        self.loading_failed(failure)
    }

    fn fall_back_to_cpu(&mut self, detail: &str) -> Vec<Effect> {
        self.gpu_lost = true;
        self.notify(Failure::new(FailureKind::GpuLost, detail));
        for recording in &mut self.recordings {
            if recording.job.is_some() {
                recording.interrupt();
            }
        }
        vec![self.restart()]
    }

    fn gpu_in_use(&self) -> bool {
        match &self.model {
            ModelState::Loaded { device, .. } => device.kind == DeviceKind::WebGpu,
            ModelState::Loading(LoadStage::Device) => {
                self.settings.device != DeviceChoice::Cpu && !self.gpu_lost
            }
            _ => false,
        }
    }
}

fn running(recordings: &mut [Recording], job: JobId) -> Option<&mut Recording> {
    recordings.iter_mut().find(|r| r.job == Some(job))
}

/// Rust panics are reported with their message before the worker dies; what dies without one
/// has run out of memory, unless it never ran at all.
fn kind_of_death(message: &str) -> FailureKind {
    const MEMORY: [&str; 6] = [
        "memory",
        "unreachable",
        "allocation",
        "Array buffer",
        "Invalid array length",
        "capacity overflow",
    ];
    if MEMORY.iter().any(|sign| message.contains(sign)) {
        FailureKind::OutOfMemory
    } else {
        FailureKind::Internal
    }
}
