//! Carries out the session's effects, and tells it what came of them.

mod models;

use crate::browser::decode::convert;
use crate::browser::error::describe;
use crate::browser::fetch::{self, HttpCache};
use crate::browser::files::{SourceFile, Taken};
use crate::browser::microphone::Microphone;
use crate::browser::port::WorkerPort;
use crate::browser::wav::GrowingWav;
use crate::browser::{clock, download, offline, page, results};
use crate::protocol::{Failure, FailureKind, JobId, Request, Response};
use crate::session::selection::Selected;
use crate::session::{Effect, KeptResults, Recording, RecordingId, Session};
use crate::settings::Settings;
use crate::view::colour::Colours;
use crate::view::display::Display;
use crate::view::listening::Listening;
use crate::words::Language;
use futures_channel::oneshot;
use js_sys::Float32Array;
use leptos::prelude::*;
use std::collections::HashMap;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// The example's address within the site.
const EXAMPLE: &str = "assets/example.wav";
/// The name that answers are kept under.
const REVIEW: &str = "review.json";

/// The session with everything of the browser's that belongs to it. Copies are the same shell.
#[derive(Clone, Copy)]
pub struct Shell {
    session: RwSignal<Session>,
    kept: StoredValue<Kept, LocalStorage>,
    /// The recording that plays: one at a time.
    pub now_playing: RwSignal<Option<RecordingId>>,
    /// The chosen detection.
    pub selected: RwSignal<Option<Selected>>,
    /// How spectrograms look.
    pub display: RwSignal<Display>,
    /// How recordings are played.
    pub listening: RwSignal<Listening>,
}

/// What cannot be part of the session because it lives in the browser.
#[derive(Default)]
struct Kept {
    port: Option<WorkerPort>,
    files: HashMap<RecordingId, SourceFile>,
    /// What the browser had to decode, as files that the worker reads.
    converted: HashMap<RecordingId, SourceFile>,
    /// The files of model packages that are being checked.
    packages: HashMap<JobId, Vec<SourceFile>>,
    /// Added models that the browser would not keep, by id.
    unkept_models: HashMap<String, SourceFile>,
    /// The open microphone with what it has heard.
    live: Option<Live>,
    /// Who waits for a stretch of sound.
    listeners: HashMap<JobId, oneshot::Sender<Result<Sound, Failure>>>,
}

/// What is being heard.
struct Live {
    id: RecordingId,
    job: JobId,
    sound: GrowingWav,
    _microphone: Microphone,
}

/// A stretch of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Mono.
    pub samples: Vec<f32>,
    /// Their rate.
    pub sample_rate_hz: u32,
}

impl Shell {
    /// Starts a session and its worker.
    #[must_use]
    pub fn start() -> Self {
        let (settings, warnings) = Settings::from_query(page::site(), &page::query());
        let (session, effects) = Session::start(settings);
        let shell = Self {
            session: RwSignal::new(session),
            kept: StoredValue::new_local(Kept::default()),
            now_playing: RwSignal::new(None),
            selected: RwSignal::new(None),
            display: RwSignal::new(Display::default()),
            listening: RwSignal::new(Listening::default()),
        };
        shell.perform(effects);
        if !warnings.is_empty() {
            let sentences: Vec<String> = warnings
                .iter()
                .map(|warning| warning.word(Language::English))
                .collect();
            shell.notify(Failure::new(FailureKind::BadSettings, sentences.join(" ")));
        }
        // The address always leads back to what is set.
        let query = Memo::new(move |_| shell.with(|session| session.settings().to_query()));
        leptos::prelude::Effect::new(move |_| page::set_query(&query.get()));
        shell
    }

    /// Reads the session; whoever reads in a reactive place hears of changes.
    pub fn with<T>(self, read: impl FnOnce(&Session) -> T) -> T {
        self.session.with(read)
    }

    /// Reads the session once.
    pub fn with_untracked<T>(self, read: impl FnOnce(&Session) -> T) -> T {
        self.session.with_untracked(read)
    }

    /// Colours of spectrograms.
    #[must_use]
    pub fn colours(self) -> Colours {
        self.with(|session| session.settings().colours)
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

    /// Changes the session where nothing is left to be done in the browser.
    pub fn change(self, change: impl FnOnce(&mut Session)) {
        self.update(|session| {
            change(session);
            Vec::new()
        });
    }

    /// Asks the worker for something that changes nothing on the page until the answer comes.
    pub fn ask(self, question: impl FnOnce(&mut Session) -> Vec<Effect>) {
        let effects = self
            .session
            .try_maybe_update(|session| (false, question(session)));
        self.perform(effects.unwrap_or_default());
    }

    /// Tells the user of a failure that belongs to no recording.
    pub fn notify(self, failure: Failure) {
        self.change(|session| session.notify(failure));
    }

    /// Takes files from the user.
    pub fn add(self, taken: Taken) {
        let Taken {
            files,
            packages,
            n_others,
        } = taken;
        for package in packages {
            self.add_package(package);
        }
        if files.is_empty() && n_others == 0 {
            return;
        }
        self.update(|session| {
            if n_others > 0 {
                let failure = Failure::new(
                    FailureKind::OthersLeftOut,
                    format_args!("{n_others} files are no recordings by their names"),
                );
                session.notify(failure);
            }
            let ids = session.add(files.iter().map(|file| (file.name.clone(), file.size())));
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
                Err(cause) => {
                    let detail = format!("{url}: {cause}");
                    self.notify(Failure::new(FailureKind::Internal, detail));
                }
            }
        });
    }

    /// Opens the microphone and listens.
    pub fn listen(self) {
        spawn_local(async move {
            let site = self.session.with_untracked(|s| s.site().to_owned());
            let heard = move |block: Float32Array| self.heard(&block);
            let lost = move || {
                self.notify(Failure::new(FailureKind::MicrophoneLost, ""));
                self.stop_listening();
            };
            let microphone = match Microphone::open(&site, heard, lost).await {
                Ok(microphone) => microphone,
                Err(failure) => {
                    return self.notify(failure);
                }
            };
            let sample_rate_hz = microphone.sample_rate_hz();
            self.update(|session| {
                let name = format!("Live {}", clock::time_of_day());
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

    /// Closes the microphone; what was heard becomes a file of the recording.
    pub fn stop_listening(self) {
        let live = self
            .kept
            .try_update_value(|kept| kept.live.take())
            .flatten();
        if let Some(live) = live {
            let name = self
                .session
                .with_untracked(|s| s.recording(live.id).map(|r| format!("{}.wav", r.name)));
            if let Ok(file) = live.sound.into_file(name.unwrap_or_default()) {
                self.kept.update_value(|kept| {
                    kept.files.insert(live.id, file);
                });
            }
        }
        self.update(Session::stop_listening);
    }

    fn heard(self, block: &Float32Array) {
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

    /// Hands a recording that lies only in this page to the user, as a file.
    pub fn save(self, id: RecordingId) {
        if let Some(file) = self.file(id)
            && let Err(thrown) = download::save_blob(&file.name, file.blob())
        {
            self.notify(Failure::new(FailureKind::OutOfMemory, describe(&thrown)));
        }
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
                Effect::Send(request) => self.send_beside(&request),
                Effect::SendWithFile(id, request) => {
                    let converted = self
                        .kept
                        .with_value(|kept| kept.converted.get(&id).cloned());
                    self.send(&request, converted.or_else(|| self.file(id)).as_ref());
                }
                Effect::Recall(id, model) => spawn_local(self.recall(id, model)),
                Effect::Keep(id, model, results) => spawn_local(self.keep(id, model, results)),
                Effect::KeepReview(json) => spawn_local(async move {
                    // Whoever wants to be sure saves the review as a file.
                    let _ = results::put(REVIEW, &json).await;
                }),
                Effect::RecallReview => spawn_local(async move {
                    if let Some(json) = results::get(REVIEW).await {
                        self.change(|session| session.recall_review(&json));
                    }
                }),
                Effect::Convert(id) => spawn_local(self.convert(id)),
                Effect::KeepSite => {
                    let site = self.session.with_untracked(|s| s.site().to_owned());
                    offline::keep_site(&site, move || {
                        self.notify(Failure::new(FailureKind::UpdateReady, ""));
                    });
                }
                Effect::Forget(id) => self.kept.update_value(|kept| {
                    kept.converted.remove(&id);
                    kept.files.remove(&id);
                }),
            }
        }
    }

    fn start_worker(self) {
        let site = self
            .session
            .with_untracked(|session| session.site().to_owned());
        if self.kept.with_value(|kept| kept.live.is_some()) {
            self.stop_listening();
        }
        // The old one ends before the new one starts: two would need twice the memory.
        self.kept.update_value(|kept| kept.port = None);
        // Nobody answers them any more.
        self.kept.update_value(|kept| kept.listeners.clear());
        let answered = move |response, bytes: Vec<u8>| {
            self.answer_listener(&response, &bytes);
            self.take_package(&response, &bytes);
            self.update(|session| session.apply(response, &bytes));
        };
        let died = move |words: String| self.update(|session| session.worker_died(&words));
        match WorkerPort::start(&site, answered, died) {
            Ok(port) => self.kept.update_value(|kept| kept.port = Some(port)),
            Err(thrown) => died(describe(&thrown)),
        }
    }

    fn send(self, request: &Request, file: Option<&SourceFile>) {
        let sent = self.kept.with_value(|kept| match &kept.port {
            Some(port) => port.send(request, file.map(SourceFile::blob)),
            None => Ok(()),
        });
        self.survive(sent);
    }

    fn survive(self, sent: Result<(), JsValue>) {
        if let Err(thrown) = sent {
            self.update(|session| session.worker_died(&describe(&thrown)));
        }
    }

    /// The sound of a stretch of a recording.
    ///
    /// # Errors
    /// A file that cannot be read, or a worker that has ended.
    pub async fn sound(self, id: RecordingId, start_s: f64, end_s: f64) -> Result<Sound, Failure> {
        let (sender, receiver) = oneshot::channel();
        self.ask(|session| {
            let job = session.new_job();
            self.kept.update_value(|kept| {
                kept.listeners.insert(job, sender);
            });
            let request = Request::Samples {
                job,
                start_s,
                end_s,
            };
            vec![Effect::SendWithFile(id, request)]
        });
        let ended = |_| Failure::new(FailureKind::Internal, "the worker has ended");
        receiver.await.map_err(ended)?
    }

    fn answer_listener(self, response: &Response, bytes: &[u8]) {
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

    async fn recall(self, id: RecordingId, model: String) {
        let kept = match self.results_name(id, &model) {
            Some(name) => results::get(&name).await,
            None => None,
        };
        // What cannot be read is computed anew and written over.
        let kept = kept.and_then(|json| KeptResults::from_json(&json).ok());
        self.update(|session| session.recalled(id, kept));
    }

    async fn keep(self, id: RecordingId, model: String, kept: KeptResults) {
        let (Some(name), Ok(json)) = (self.results_name(id, &model), kept.to_json()) else {
            return;
        };
        if let Err(thrown) = results::put(&name, &json).await {
            let failure = Failure::new(FailureKind::NotKept, describe(&thrown));
            self.change(|session| session.notify_once(failure));
        }
    }

    fn results_name(self, id: RecordingId, model: &str) -> Option<String> {
        let stamp = self.file(id)?.stamp;
        Some(format!("{stamp}.{model}.json"))
    }

    async fn convert(self, id: RecordingId) {
        let Some(file) = self.file(id) else { return };
        match convert(&file).await {
            Ok(converted) => {
                self.kept.update_value(|kept| {
                    kept.converted.insert(id, converted);
                });
                self.update(|session| session.converted(id));
            }
            Err(failure) => self.update(|session| session.conversion_failed(id, failure)),
        }
    }
}
