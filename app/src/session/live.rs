//! Listening to the microphone.

use super::{Effect, Recording, RecordingId, RecordingState, Session};
use crate::protocol::{Failure, JobId, Request};

impl Session {
    /// The user wants to listen. While the browser asks whether that may be, and while a microphone
    /// is open, no other is opened.
    pub fn open_microphone(&mut self) -> Vec<Effect> {
        let is_open = self.is_opening_microphone || self.listening().is_some();
        if is_open || self.manifest().is_none() {
            return Vec::new();
        }
        self.is_opening_microphone = true;
        vec![Effect::OpenMicrophone]
    }

    /// The microphone could not be opened.
    pub fn microphone_failed(&mut self, failure: Failure) {
        self.is_opening_microphone = false;
        self.notify(failure);
    }

    /// The microphone is open: what it hears is a recording that grows. None without a model.
    pub fn listen(
        &mut self,
        name: String,
        sample_rate_hz: u32,
    ) -> (Option<(RecordingId, JobId)>, Vec<Effect>) {
        self.is_opening_microphone = false;
        let Some(n_mels) = self.manifest().map(|manifest| manifest.mel.n_mels) else {
            return (None, Vec::new());
        };
        let job = self.new_job();
        self.n_recordings += 1;
        let id = RecordingId(self.n_recordings);
        let mut recording = Recording::new(id, name);
        recording.is_live = true;
        recording.is_from_microphone = true;
        recording.state = RecordingState::Running;
        recording.job = Some(job);
        recording.opened(sample_rate_hz, None, n_mels);
        self.recordings.push(recording);
        let request = Request::Listen {
            job,
            sample_rate_hz,
        };
        (Some((id, job)), vec![Effect::Send(request)])
    }

    /// The user has a file of what was heard.
    pub fn saved(&mut self, id: RecordingId) {
        if let Some(recording) = self.recording_mut(id) {
            recording.is_saved = true;
        }
    }

    /// Whether something was heard live, or is being heard, that lies in no file of the user's.
    #[must_use]
    pub fn has_unsaved_sound(&self) -> bool {
        self.recordings.iter().any(Recording::is_unsaved)
    }

    /// The recording that the microphone is heard in.
    #[must_use]
    pub fn listening(&self) -> Option<RecordingId> {
        let heard = |r: &&Recording| r.is_heard();
        self.recordings.iter().find(heard).map(|r| r.id)
    }

    /// The user, or the microphone, has stopped; what was heard is still being identified.
    pub fn stop_listening(&mut self) -> Vec<Effect> {
        let Some(recording) = self.recordings.iter_mut().find(|r| r.is_heard()) else {
            return Vec::new();
        };
        recording.is_stopped = true;
        let stop = recording
            .job
            .map(|job| Effect::Send(Request::StopListening { job }));
        Vec::from_iter(stop)
    }
}
