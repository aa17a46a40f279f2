//! What the worker's answers, and its end, mean for the session.

use super::{Effect, ModelState, Recording, RecordingState, Session};
use crate::protocol::{
    DeviceChoice, DeviceKind, DeviceReport, Failure, FailureKind, JobId, LoadStage, Response,
};
use pipit_core::{Manifest, WindowScores};

impl Session {
    /// Takes an answer of the worker, with the spectrogram columns that came beside it.
    pub fn apply(&mut self, response: Response, columns: &[u8]) -> Vec<Effect> {
        match response {
            Response::Ready { build } => self.worker_started(&build),
            Response::Loading { job, stage } => {
                if self.load_job == Some(job) {
                    self.model = ModelState::Loading(stage);
                }
                Vec::new()
            }
            Response::Loaded {
                job,
                manifest,
                device,
            } => self.loaded(job, manifest, device),
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
            Response::Finished { job } => self.ended(job, RecordingState::Done),
            Response::Cancelled { job } => self.ended(job, RecordingState::Cancelled),
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
        // Without a recording it would only die again.
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
        vec![self.load()]
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
        self.model = ModelState::Loaded { manifest, device };
        self.detect_all();
        self.advance()
    }

    fn scored(
        &mut self,
        job: JobId,
        windows: Vec<WindowScores>,
        (first_column, columns): (usize, &[u8]),
        done_s: f64,
        speed: Option<f64>,
    ) {
        let config = self.detection_config();
        let Some(recording) = running(&mut self.recordings, job) else {
            return;
        };
        recording.scores.extend(windows);
        recording.done_s = done_s;
        recording.speed = speed;
        if let Some(picture) = &mut recording.picture {
            picture.write(first_column, columns);
        }
        if let Some(config) = config {
            recording.detect(&config, &mut self.seen);
        }
    }

    fn ended(&mut self, job: JobId, state: RecordingState) -> Vec<Effect> {
        let Some(recording) = running(&mut self.recordings, job) else {
            return Vec::new();
        };
        recording.job = None;
        recording.state = state;
        if state == RecordingState::Done {
            recording.done_s = recording.duration_s().unwrap_or(recording.done_s);
        }
        self.advance()
    }

    fn failed(&mut self, job: JobId, failure: Failure) -> Vec<Effect> {
        let loading = self.load_job == Some(job);
        let recording = running(&mut self.recordings, job);
        if !loading && recording.is_none() {
            return Vec::new();
        }
        if failure.kind == FailureKind::GpuLost {
            return self.fall_back_to_cpu(&failure.detail);
        }
        if let Some(recording) = recording {
            recording.fail(failure);
            return self.advance();
        }
        self.model = ModelState::Failed;
        self.notify(failure);
        Vec::new()
    }

    fn fall_back_to_cpu(&mut self, detail: &str) -> Vec<Effect> {
        self.gpu_lost = true;
        self.notify(Failure::new(FailureKind::GpuLost, detail));
        for recording in &mut self.recordings {
            if recording.job.is_some() {
                recording.requeue();
            }
        }
        // Decoding can start again while the new worker loads.
        let mut effects = vec![self.restart()];
        effects.extend(self.advance());
        effects
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
