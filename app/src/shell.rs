//! Carries out the session's effects, and tells it what came of them.

use crate::browser::decode::decode;
use crate::browser::error::describe;
use crate::browser::fetch::{self, HttpCache};
use crate::browser::files::SourceFile;
use crate::browser::port::WorkerPort;
use crate::browser::{Samples, page};
use crate::protocol::{Failure, FailureKind, Request};
use crate::session::{Effect, Recording, RecordingId, Session};
use crate::settings::Settings;
use leptos::prelude::*;
use std::collections::HashMap;
use wasm_bindgen_futures::spawn_local;

/// The example's address within the site.
const EXAMPLE: &str = "assets/example.wav";

/// The session with everything of the browser's that belongs to it. Copies are the same shell.
#[derive(Clone, Copy)]
pub struct Shell {
    session: RwSignal<Session>,
    kept: StoredValue<Kept, LocalStorage>,
    /// The recording that plays: one at a time.
    pub now_playing: RwSignal<Option<RecordingId>>,
}

/// What cannot be part of the session because it lives in the browser.
#[derive(Default)]
struct Kept {
    port: Option<WorkerPort>,
    files: HashMap<RecordingId, SourceFile>,
    samples: HashMap<RecordingId, Samples>,
}

impl Shell {
    /// Starts a session and its worker.
    #[must_use]
    pub fn start() -> Self {
        let settings = Settings::from_parameters(page::site(), page::parameter);
        let (session, effects) = Session::start(settings);
        let shell = Self {
            session: RwSignal::new(session),
            kept: StoredValue::new_local(Kept::default()),
            now_playing: RwSignal::new(None),
        };
        shell.perform(effects);
        shell
    }

    /// Reads the session; whoever reads in a reactive place hears of changes.
    pub fn with<T>(self, read: impl FnOnce(&Session) -> T) -> T {
        self.session.with(read)
    }

    /// Something about a recording; `None` once it is removed.
    pub fn watch<T>(
        self,
        id: RecordingId,
        read: impl Fn(&Recording) -> T + Send + Sync + 'static,
    ) -> Memo<Option<T>>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.with(|session| session.recording(id).map(&read)))
    }

    /// Changes the session and does what it then asks for.
    pub fn update(self, change: impl FnOnce(&mut Session) -> Vec<Effect>) {
        let effects = self.session.try_update(change).unwrap_or_default();
        self.perform(effects);
    }

    /// Takes files from the user.
    pub fn add(self, files: Vec<SourceFile>) {
        self.update(|session| {
            let ids = session.add(files.iter().map(|file| file.name.clone()));
            self.kept
                .update_value(|kept| kept.files.extend(ids.into_iter().zip(files)));
            session.advance()
        });
    }

    /// Fetches the site's example.
    pub fn add_example(self) {
        spawn_local(async move {
            let url = format!(
                "{}{EXAMPLE}",
                self.session.with_untracked(|s| s.site().to_owned())
            );
            let example = async {
                let bytes = fetch::bytes(&url, HttpCache::Revalidate, |_| ())
                    .await
                    .map_err(|error| error.to_string())?;
                SourceFile::from_bytes("example.wav", &bytes).map_err(|thrown| describe(&thrown))
            };
            match example.await {
                Ok(file) => self.update(|session| {
                    let id = session.add_example(file.name.clone());
                    self.kept.update_value(|kept| {
                        kept.files.insert(id, file);
                    });
                    session.advance()
                }),
                Err(cause) => self.update(|session| {
                    let detail = format!("{url}: {cause}");
                    session.notify(Failure::new(FailureKind::Internal, detail));
                    Vec::new()
                }),
            }
        });
    }

    /// The file of a recording.
    #[must_use]
    pub fn file(self, id: RecordingId) -> Option<SourceFile> {
        self.kept.with_value(|kept| kept.files.get(&id).cloned())
    }

    fn perform(self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::StartWorker => self.start_worker(),
                Effect::Send(request) => self.send(&request, None),
                Effect::Decode(id) => spawn_local(self.decode(id)),
                Effect::Identify(id, request) => {
                    let samples = self
                        .kept
                        .try_update_value(|kept| kept.samples.remove(&id))
                        .flatten();
                    self.send(&request, samples.as_ref());
                }
                Effect::DropSamples(id) => self.kept.update_value(|kept| {
                    kept.samples.remove(&id);
                }),
                Effect::Forget(id) => self.kept.update_value(|kept| {
                    kept.samples.remove(&id);
                    kept.files.remove(&id);
                }),
            }
        }
    }

    fn start_worker(self) {
        let site = self
            .session
            .with_untracked(|session| session.site().to_owned());
        // The old one ends before the new one starts: two would need twice the memory.
        self.kept.update_value(|kept| kept.port = None);
        let answered = move |response, bytes: Vec<u8>| {
            self.update(|session| session.apply(response, &bytes));
        };
        let died = move |words: String| self.update(|session| session.worker_died(&words));
        match WorkerPort::start(&site, answered, died) {
            Ok(port) => self.kept.update_value(|kept| kept.port = Some(port)),
            Err(thrown) => died(describe(&thrown)),
        }
    }

    fn send(self, request: &Request, samples: Option<&Samples>) {
        let sent = self.kept.with_value(|kept| match &kept.port {
            Some(port) => port.send(request, samples),
            None => Ok(()),
        });
        if let Err(thrown) = sent {
            self.update(|session| session.worker_died(&describe(&thrown)));
        }
    }

    async fn decode(self, id: RecordingId) {
        let Some(file) = self.file(id) else { return };
        match decode(&file).await {
            Ok((decoded, samples)) => {
                self.kept.update_value(|kept| {
                    kept.samples.insert(id, samples);
                });
                self.update(|session| session.decoded(id, decoded));
            }
            Err(failure) => self.update(|session| session.decode_failed(id, failure)),
        }
    }
}
