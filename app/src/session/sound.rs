//! Stretches of sound, for whoever listens to them or saves them.

use super::{Effect, RecordingId, Session};
use crate::protocol::{JobId, Request};

impl Session {
    /// Asks the worker for a stretch of a recording; none while no worker is there to answer.
    pub fn ask_for_sound(
        &mut self,
        id: RecordingId,
        start_s: f64,
        end_s: f64,
    ) -> Option<(JobId, Effect)> {
        if !self.worker_ready {
            return None;
        }
        let job = self.new_job();
        let request = Request::Samples {
            job,
            start_s,
            end_s,
        };
        Some((job, Effect::SendWithFile(id, request)))
    }
}
