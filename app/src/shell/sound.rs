//! Stretches of sound, which the worker cuts out of recordings.

use super::Shell;
use crate::protocol::{Failure, Response};
use crate::session::RecordingId;
use futures_channel::oneshot;
use leptos::prelude::*;

/// A stretch of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Mono.
    pub samples: Vec<f32>,
    /// Their rate.
    pub sample_rate_hz: u32,
}

impl Shell {
    /// The sound of a stretch of a recording.
    ///
    /// # Errors
    /// A file that cannot be read, or a worker that has ended.
    pub async fn sound(self, id: RecordingId, start_s: f64, end_s: f64) -> Result<Sound, Failure> {
        let (sender, receiver) = oneshot::channel();
        self.ask(|session| {
            // Without a worker the sender is dropped, and by that the receiver hears of it.
            let Some((job, effect)) = session.ask_for_sound(id, start_s, end_s) else {
                return Vec::new();
            };
            self.kept.update_value(|kept| {
                kept.listeners.insert(job, sender);
            });
            vec![effect]
        });
        let ended = |_| {
            let detail = "the worker has ended; try again once the next one is ready";
            Failure::internal(detail)
        };
        receiver.await.map_err(ended)?
    }

    pub(super) fn answer_listener(self, response: &Response, bytes: &[u8]) {
        let (job, answer) = match response {
            Response::Samples {
                job,
                sample_rate_hz,
            } => {
                let samples = bytes.chunks_exact(4);
                let sound = Sound {
                    samples: samples
                        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                        .collect(),
                    sample_rate_hz: *sample_rate_hz,
                };
                (job, Ok(sound))
            }
            Response::Failed { job, failure } => (job, Err(failure.clone())),
            _ => return,
        };
        let listener = self
            .kept
            .try_update_value(|kept| kept.listeners.remove(job))
            .flatten();
        if let Some(listener) = listener {
            // Whoever asked may have gone.
            let _ = listener.send(answer);
        }
    }
}
