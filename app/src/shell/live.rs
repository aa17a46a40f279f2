//! The open microphone.

use super::{Kept, Shell};
use crate::browser::clock;
use crate::browser::error::describe;
use crate::browser::microphone::Microphone;
use crate::browser::samples::Samples;
use crate::browser::wav::GrowingWav;
use crate::protocol::{Failure, FailureKind, JobId, Request};
use crate::session::{RecordingId, Session};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// What is being heard.
pub(super) struct Live {
    id: RecordingId,
    job: JobId,
    sound: GrowingWav,
    _microphone: Microphone,
}

impl Shell {
    /// Opens the microphone and listens.
    pub(super) fn open_microphone(self) {
        spawn_local(async move {
            let site = self.session.with_untracked(|s| s.site().to_owned());
            let heard = move |block: Samples| self.heard(&block);
            let lost = move || {
                self.notify(Failure::new(FailureKind::MicrophoneLost, ""));
                self.stop_listening();
            };
            let microphone = match Microphone::open(&site, heard, lost).await {
                Ok(microphone) => microphone,
                Err(failure) => {
                    return self.change(|session| session.microphone_failed(failure));
                }
            };
            let sample_rate_hz = microphone.sample_rate_hz();
            self.update(|session| {
                let words = &session.settings().spoken().words().intake;
                // As the file will be called that it can be saved to.
                let name = format!("{}.wav", (words.live_name)(&clock::date_and_time()));
                let (heard, effects) = session.listen(name, sample_rate_hz);
                if let Some((id, job)) = heard {
                    let sound = GrowingWav::new(sample_rate_hz);
                    self.kept.update_value(|kept| {
                        kept.live = Some(Live {
                            id,
                            job,
                            sound,
                            _microphone: microphone,
                        });
                    });
                }
                effects
            });
        });
    }

    /// Whether the microphone is open for this recording.
    #[must_use]
    pub fn hears(self, id: RecordingId) -> bool {
        (self.kept).with_value(|kept| kept.live.as_ref().is_some_and(|live| live.id == id))
    }

    /// Closes the microphone if nobody listens to it any more: identifying what it hears has failed.
    pub(super) fn stop_listening_in_vain(self) {
        let heard = self
            .kept
            .with_value(|kept| kept.live.as_ref().map(|live| live.id));
        if heard.is_some() && heard != self.with_untracked(Session::listening) {
            self.stop_listening();
        }
    }

    /// Closes the microphone; what was heard becomes a file of the recording.
    pub fn stop_listening(self) {
        let live = self
            .kept
            .try_update_value(|kept| kept.live.take())
            .flatten();
        if let Some(live) = live {
            let name = self
                .session
                .with_untracked(|s| s.recording(live.id).map(|r| r.name.clone()));
            if let Ok(file) = live.sound.into_file(name.unwrap_or_default()) {
                self.kept.update_value(|kept| {
                    kept.files.insert(live.id, file);
                });
            }
        }
        self.update(Session::stop_listening);
    }

    fn heard(self, block: &Samples) {
        let is_full = self.kept.with_value(|kept| {
            let live = kept.live.as_ref();
            live.is_some_and(|live| !live.sound.has_room(block))
        });
        if is_full {
            self.stop_listening();
            return self.notify(Failure::new(FailureKind::LiveTooLong, ""));
        }
        let sent = self.kept.try_update_value(|kept| {
            let Kept { port, live, .. } = kept;
            let (Some(port), Some(live)) = (port, live) else {
                return Ok(());
            };
            live.sound.push(block)?;
            port.send_samples(&Request::Heard { job: live.job }, block)
        });
        if let Some(Err(thrown)) = sent {
            self.stop_listening();
            self.notify(Failure::new(FailureKind::OutOfMemory, describe(&thrown)));
        }
    }
}
