//! Carries out the session's effects, and tells it what came of them.

use super::Shell;
use crate::browser::error::describe;
use crate::browser::files::SourceFile;
use crate::browser::port::WorkerPort;
use crate::browser::{gpu, offline};
use crate::protocol::{DeviceChoice, Failure, FailureKind, Request};
use crate::session::Effect;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

impl Shell {
    pub(super) fn perform(self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::StartWorker(device) => spawn_local(self.start_worker(device)),
                // Later, because its own last words may have led here.
                Effect::EndWorker => spawn_local(async move { self.end_worker() }),
                Effect::Send(request) => self.send_beside(&request),
                Effect::SendWithFile(id, request) => self.send_with_file(id, request),
                Effect::Recall(id, model) => spawn_local(self.recall(id, model)),
                Effect::Keep(id, model, results) => spawn_local(self.keep(id, model, results)),
                Effect::KeepReview(json) => spawn_local(self.keep_review(json)),
                Effect::RecallReview => spawn_local(self.recall_review()),
                Effect::Convert(id) => spawn_local(self.convert(id)),
                Effect::KeepSite => {
                    let site = self.session.with_untracked(|s| s.site().to_owned());
                    offline::keep_site(&site, move || {
                        self.notify(Failure::new(FailureKind::UpdateReady, ""));
                    });
                }
                Effect::OpenMicrophone => self.open_microphone(),
                Effect::Forget(id) => self.kept.update_value(|kept| {
                    kept.converted.forget(id);
                    kept.files.remove(&id);
                }),
            }
        }
    }

    /// Whoever waits for the worker's answer hears that none will come.
    fn end_worker(self) {
        self.kept.update_value(|kept| {
            kept.port = None;
            kept.listeners.clear();
            kept.converted.forget_waiting();
        });
    }

    async fn start_worker(self, device: DeviceChoice) {
        let site = self
            .session
            .with_untracked(|session| session.site().to_owned());
        if self.kept.with_value(|kept| kept.live.is_some()) {
            self.stop_listening();
        }
        // The old one ends before the new one starts: two would need twice the memory.
        self.end_worker();
        let start = self.kept.try_update_value(|kept| {
            kept.n_starts += 1;
            kept.n_starts
        });
        let with_gpu = device != DeviceChoice::Cpu && gpu::usable(device).await.is_ok();
        // Another may have been wanted meanwhile.
        if self.kept.with_value(|kept| Some(kept.n_starts) != start) {
            return;
        }
        let answered = move |response, bytes: Vec<u8>| {
            self.answer_listener(&response, &bytes);
            self.take_package(&response, &bytes);
            self.update(|session| session.apply(response, &bytes));
            self.stop_listening_in_vain();
        };
        let died = move |words: String| self.update(|session| session.worker_died(&words));
        match WorkerPort::start(&site, with_gpu, answered, died) {
            Ok(port) => self.kept.update_value(|kept| kept.port = Some(port)),
            Err(thrown) => died(describe(&thrown)),
        }
    }

    pub(super) fn send(self, request: &Request, file: Option<&SourceFile>) {
        let sent = self.kept.with_value(|kept| match &kept.port {
            Some(port) => port.send(request, file.map(SourceFile::blob)),
            None => Ok(()),
        });
        self.survive(sent);
    }

    pub(super) fn survive(self, sent: Result<(), JsValue>) {
        if let Err(thrown) = sent {
            self.update(|session| session.worker_died(&describe(&thrown)));
        }
    }
}
