//! The recordings' way from the user to the worker, one after another.

use super::{Effect, KeptResults, ModelState, Recording, RecordingId, RecordingState, Session};
use crate::protocol::{Failure, Request};
use pipit_core::package::sha256_hex;

/// Recordings whose cards are unfolded without being asked for.
const UNFOLDED_AT_FIRST: usize = 3;

impl Session {
    /// Takes new recordings by name and size; their ids come in the same order.
    pub fn add(&mut self, files: impl IntoIterator<Item = (String, u64)>) -> Vec<RecordingId> {
        let first = self.recordings.len();
        for (name, bytes) in files {
            self.n_recordings += 1;
            let mut recording = Recording::new(RecordingId(self.n_recordings), name);
            recording.bytes = bytes;
            self.recordings.push(recording);
        }
        for (index, recording) in self.recordings.iter_mut().enumerate().skip(first) {
            // More would take more memory than a page should.
            recording.is_unfolded = index < UNFOLDED_AT_FIRST;
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

    /// Starts whatever can start now: one recording at a time.
    pub fn advance(&mut self) -> Vec<Effect> {
        let is_busy = self.recordings.iter().any(Recording::is_active);
        if is_busy || !matches!(self.model, ModelState::Loaded { .. }) {
            return Vec::new();
        }
        let waiting = |r: &Recording| r.state == RecordingState::Waiting;
        let key = self.results_key();
        match self.recordings.iter_mut().find(|r| waiting(r)) {
            Some(next) => {
                next.state = RecordingState::Recalling;
                vec![Effect::Recall(next.id, key)]
            }
            None => Vec::new(),
        }
    }

    /// The browser has looked for earlier results of the model that [`Effect::Recall`] named.
    pub fn recalled(
        &mut self,
        id: RecordingId,
        model: &str,
        kept: Option<KeptResults>,
    ) -> Vec<Effect> {
        let is_current = model == self.results_key();
        let n_classes = self.manifest().map(|manifest| manifest.classes.len());
        let wishes = self.wishes();
        let job = self.new_job();
        let place = self.place(id);
        let recording = place.map(|place| &mut self.recordings[place]);
        let recalling = |r: &&mut Recording| r.state == RecordingState::Recalling;
        let Some(recording) = recording.filter(recalling) else {
            return self.advance();
        };
        if !is_current {
            // The model went meanwhile: what it found says nothing about what another would find.
            recording.state = RecordingState::Waiting;
            return self.advance();
        }
        let fits = |kept: &KeptResults| {
            let mut windows = kept.windows.iter();
            windows.all(|window| Some(window.scores.0.len()) == n_classes)
        };
        match kept.filter(fits) {
            Some(kept) => {
                recording.recall(kept);
                if let Some((config, filter)) = wishes {
                    recording.detect(&config, &filter, &mut self.seen);
                }
                self.advance()
            }
            None => vec![recording.begin(job)],
        }
    }

    /// The user folds or unfolds a recording's card.
    pub fn unfold(&mut self, id: RecordingId, is_unfolded: bool) {
        self.visited.take_if(|visited| *visited == id);
        if let Some(recording) = self.recording_mut(id) {
            recording.unfold(is_unfolded);
        }
    }

    /// The user is led to a recording: its card is unfolded, until the next one's is if it was not before.
    pub fn visit(&mut self, id: RecordingId) {
        let is_folded = self.recording(id).is_some_and(|r| !r.is_unfolded);
        if let Some(visited) = self.visited.filter(|visited| *visited != id) {
            self.unfold(visited, false);
        }
        if is_folded {
            self.unfold(id, true);
            self.visited = Some(id);
        }
    }

    /// Digest of the weights and of all numbers that shape the scores; thresholds are not among them.
    pub(super) fn results_key(&self) -> String {
        self.manifest().map_or_else(String::new, |manifest| {
            let weights = manifest.weights_entry().map(|entry| entry.sha256.clone());
            let numbers = serde_json::to_string(&(
                &manifest.audio,
                &manifest.mel,
                &manifest.normalization,
                manifest.pooling,
                &manifest.calibration,
            ));
            let text = format!(
                "{} {}",
                weights.unwrap_or_default(),
                numbers.unwrap_or_default()
            );
            sha256_hex(text.as_bytes())
        })
    }

    /// The browser has decoded a recording that the worker could not read.
    pub fn converted(&mut self, id: RecordingId) -> Vec<Effect> {
        if let Some(recording) = self.recording_mut(id) {
            recording.is_converted = true;
            if recording.state == RecordingState::Converting {
                recording.state = RecordingState::Waiting;
            }
        }
        self.advance()
    }

    /// The browser could not decode a recording either.
    pub fn conversion_failed(&mut self, id: RecordingId, failure: Failure) -> Vec<Effect> {
        let converting = |r: &&mut Recording| r.state == RecordingState::Converting;
        if let Some(recording) = self.recording_mut(id).filter(converting) {
            recording.fail(failure);
        }
        self.advance()
    }

    /// The user stops a recording; what was found so far stays.
    pub fn cancel(&mut self, id: RecordingId) -> Vec<Effect> {
        let Some(recording) = self.recording_mut(id) else {
            return Vec::new();
        };
        if recording.is_over() {
            return Vec::new();
        }
        let job = recording.job.take();
        let cancel = job.map(|job| Effect::Send(Request::Cancel { job }));
        let mut effects = Vec::from_iter(cancel);
        recording.state = RecordingState::Cancelled;
        effects.extend(self.advance());
        effects
    }

    /// The user runs a recording again that was stopped or has failed.
    pub fn rerun(&mut self, id: RecordingId) -> Vec<Effect> {
        let over = |r: &&mut Recording| r.is_over();
        if let Some(recording) = self.recording_mut(id).filter(over) {
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
                effects.push(Effect::Send(if recording.is_heard() {
                    Request::StopListening { job }
                } else {
                    Request::Cancel { job }
                }));
                recording.interrupt();
            }
        }
        effects
    }
}
