//! The recordings' way from the user to the worker, one after another.

use super::{Decoded, Effect, ModelState, Recording, RecordingId, RecordingState, Session};
use crate::protocol::{Failure, FailureKind, JobId, Request};

/// Peaks below this are silence: −80 dB of full scale.
const SILENCE_PEAK: f32 = 1e-4;

impl Session {
    /// Takes new recordings by name; their ids come in the same order.
    pub fn add(&mut self, names: impl IntoIterator<Item = String>) -> Vec<RecordingId> {
        let first = self.recordings.len();
        for name in names {
            self.n_recordings += 1;
            self.recordings
                .push(Recording::new(RecordingId(self.n_recordings), name));
        }
        self.recordings[first..].iter().map(|r| r.id).collect()
    }

    /// Takes the site's own example.
    pub fn add_example(&mut self, name: String) -> RecordingId {
        self.n_recordings += 1;
        let mut example = Recording::new(RecordingId(self.n_recordings), name);
        example.is_example = true;
        let id = example.id;
        self.recordings.push(example);
        id
    }

    /// Starts whatever can start now: one recording is worked on at a time, so that only one is
    /// in memory decoded.
    pub fn advance(&mut self) -> Vec<Effect> {
        let model = match &self.model {
            ModelState::Loaded { manifest, .. } => Some(manifest.mel.n_mels),
            _ => None,
        };
        let job = JobId(self.n_jobs + 1);
        if let Some(active) = self.recordings.iter_mut().find(|r| r.is_active()) {
            let (RecordingState::Decoded, Some(n_mels)) = (active.state, model) else {
                return Vec::new();
            };
            self.n_jobs += 1;
            return vec![active.begin(job, n_mels)];
        }
        let waiting = |r: &&mut Recording| r.state == RecordingState::Waiting;
        match self.recordings.iter_mut().find(waiting) {
            Some(next) => {
                next.state = RecordingState::Decoding;
                vec![Effect::Decode(next.id)]
            }
            None => Vec::new(),
        }
    }

    /// The browser has decoded a recording and keeps its samples.
    pub fn decoded(&mut self, id: RecordingId, decoded: Decoded) -> Vec<Effect> {
        let Some(recording) = self.recordings.iter_mut().find(|r| r.id == id) else {
            return vec![Effect::DropSamples(id)];
        };
        match recording.state {
            RecordingState::Decoding => {}
            // Stopped and started again while it was first decoded: the same samples twice.
            RecordingState::Decoded => return Vec::new(),
            _ => return vec![Effect::DropSamples(id)],
        }
        recording.decoded = Some(decoded);
        if decoded.peak < SILENCE_PEAK {
            recording.state = RecordingState::Done;
            recording.done_s = decoded.duration_s;
            recording.failure = Some(Failure::new(
                FailureKind::Silent,
                format_args!("its loudest sample is {}", decoded.peak),
            ));
            let mut effects = vec![Effect::DropSamples(id)];
            effects.extend(self.advance());
            return effects;
        }
        recording.state = RecordingState::Decoded;
        self.advance()
    }

    /// A recording could not be decoded.
    pub fn decode_failed(&mut self, id: RecordingId, failure: Failure) -> Vec<Effect> {
        let decoding = |r: &&mut Recording| r.id == id && r.state == RecordingState::Decoding;
        if let Some(recording) = self.recordings.iter_mut().find(decoding) {
            recording.fail(failure);
        }
        self.advance()
    }

    /// The user stops a recording; what was found so far stays.
    pub fn cancel(&mut self, id: RecordingId) -> Vec<Effect> {
        let Some(recording) = self.recordings.iter_mut().find(|r| r.id == id) else {
            return Vec::new();
        };
        if recording.is_over() {
            return Vec::new();
        }
        let mut effects = vec![Effect::DropSamples(id)];
        effects.extend(
            recording
                .job
                .take()
                .map(|job| Effect::Send(Request::Cancel { job })),
        );
        recording.state = RecordingState::Cancelled;
        effects.extend(self.advance());
        effects
    }

    /// The user runs a recording again that was stopped or has failed.
    pub fn rerun(&mut self, id: RecordingId) -> Vec<Effect> {
        let over = |r: &&mut Recording| r.id == id && r.is_over();
        if let Some(recording) = self.recordings.iter_mut().find(over) {
            recording.requeue();
        }
        self.advance()
    }

    /// The user takes a recording off the page.
    pub fn remove(&mut self, id: RecordingId) -> Vec<Effect> {
        let mut effects = self.cancel(id);
        self.recordings.retain(|r| r.id != id);
        effects.push(Effect::Forget(id));
        effects
    }

    /// Puts what is running back in the queue and tells the worker, which may be gone already.
    pub(super) fn requeue_running(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for recording in &mut self.recordings {
            if let Some(job) = recording.job {
                effects.push(Effect::Send(Request::Cancel { job }));
                recording.requeue();
            }
        }
        effects
    }
}
