//! What the worker's answers, and its end, mean for the session.

use super::{Effect, ModelState, Recording, RecordingState, Session};
use crate::notice::Cause;
use crate::protocol::{
    DeviceChoice, DeviceKind, DeviceReport, Failure, FailureKind, JobId, LoadStage, Response,
};
use pipit_core::{Manifest, WindowScores};
use std::sync::Arc;

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
            // Whoever asked has been answered, or is gone. Helpers talk to workers alone.
            Response::Samples { .. } | Response::ModelAdded { .. } | Response::Helped(_) => {
                Vec::new()
            }
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
        if self.worker_ready && !self.adding.is_empty() {
            // A package that is being checked is the likeliest to blame. If it was something else,
            // that is found out the next time, without the package.
            self.forget_adding();
            let detail = format!("the worker ended while it checked the package: {message}");
            self.notify(Failure::new(FailureKind::PackageInvalid, detail));
            return vec![self.restart()];
        }
        let kind = kind_of_death(message);
        if self.is_gpu_to_blame(kind) {
            return self.fall_back_to_cpu(message);
        }
        let failure = Failure::new(kind, message);
        if let Some(running) = self.recordings.iter_mut().find(|r| r.job.is_some()) {
            // The recording is to blame; the next one gets a fresh worker.
            running.fail(failure);
            return vec![self.restart()];
        }
        self.worker_ready = false;
        self.model = ModelState::Failed;
        self.notify(failure);
        vec![Effect::EndWorker]
    }

    fn worker_started(&mut self, build: &str) -> Vec<Effect> {
        if build != crate::BUILD {
            let cause = Cause::Builds {
                page: crate::BUILD.to_owned(),
                worker: build.to_owned(),
            };
            self.model = ModelState::Failed;
            self.notify(Failure::because(FailureKind::StaleBuild, cause));
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
            self.notify(Failure {
                cause: device.passed_over.clone().map(Cause::NoGpu),
                ..Failure::new(FailureKind::NoWebgpu, "")
            });
        }
        self.dismiss(FailureKind::ModelInvalid);
        self.dismiss(FailureKind::ModelUnreachable);
        if let Some(chosen) = self.chosen_model().map(str::to_owned) {
            // What was removed has been fetched, and kept, anew.
            self.removed.remove(&chosen);
        }
        let manifest = Arc::<Manifest>::from(manifest);
        if (self.last_manifest.as_ref()).is_some_and(|last| *last != manifest) {
            // Chosen by the user, or changed on the server since it was loaded last.
            self.forget_all_findings();
        }
        self.last_manifest = Some(manifest.clone());
        self.model = ModelState::Loaded { manifest, device };
        self.tell_of_ignored_settings();
        self.detect_all();
        let mut effects = self.ask_why_again();
        if self.n_kept_changes < self.n_answer_changes {
            effects.extend(self.keep_review());
        }
        effects.extend(self.advance());
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
        let loading = self.load_job == Some(job);
        let explaining = self.explained.contains_key(&job);
        let identifying = running(&mut self.recordings, job).is_some();
        let is_awaited = loading || explaining || identifying;
        if failure.kind == FailureKind::GpuLost && is_awaited {
            return self.fall_back_to_cpu(&failure.detail);
        }
        self.tile_answered(job, None);
        self.explanation_came(job, None);
        if let Some(recording) = running(&mut self.recordings, job) {
            if failure.kind == FailureKind::UnsupportedFormat && !recording.is_converted {
                recording.job = None;
                recording.state = RecordingState::Converting;
                return vec![Effect::Convert(recording.id)];
            }
            recording.fail(failure);
            return self.advance();
        }
        if loading {
            return self.loading_failed(failure);
        }
        Vec::new()
    }

    /// What the GPU was asked, the CPU is asked again.
    fn fall_back_to_cpu(&mut self, detail: &str) -> Vec<Effect> {
        self.gpu_lost = true;
        self.notify(Failure::new(FailureKind::GpuLost, detail));
        vec![self.replace_worker()]
    }

    fn is_gpu_to_blame(&self, kind: FailureKind) -> bool {
        match &self.model {
            ModelState::Loaded { device, .. } => device.kind == DeviceKind::WebGpu,
            ModelState::Loading(stage) => {
                // It is opened from the first stage on, while the weights take the memory.
                let in_use = *stage == LoadStage::Device || kind != FailureKind::OutOfMemory;
                in_use && self.worker_ready && self.wanted_device() != DeviceChoice::Cpu
            }
            ModelState::Failed => false,
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
