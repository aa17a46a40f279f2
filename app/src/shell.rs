//! The session beside everything of the browser's that belongs to it.

mod clips;
mod converted;
mod keeping;
mod live;
mod models;
mod perform;
mod sound;

pub use keeping::{KeptAmount, kept_amount};
pub use sound::Sound;

use crate::browser::error::describe;
use crate::browser::fetch::{self, HttpCache};
use crate::browser::files::{SourceFile, Taken};
use crate::browser::port::WorkerPort;
use crate::browser::{download, page};
use crate::naming::Naming;
use crate::notice::Cause;
use crate::protocol::{Failure, FailureKind, JobId};
use crate::session::selection::Selected;
use crate::session::{Effect, Recording, RecordingId, Session};
use crate::settings::Settings;
use crate::view::colour::Colours;
use crate::view::display::Display;
use crate::view::listening::Listening;
use crate::view::times::Times;
use crate::words::{Language, Words};
use converted::Converted;
use futures_channel::oneshot;
use leptos::prelude::*;
use live::Live;
use pipit_core::{Detection, LabelId};
use std::collections::HashMap;
use wasm_bindgen_futures::spawn_local;

/// The example's address within the site.
const EXAMPLE: &str = "assets/example.wav";

/// The session with everything of the browser's that belongs to it. Copies are the same shell.
#[derive(Clone, Copy)]
pub struct Shell {
    session: RwSignal<Session>,
    /// What the interface speaks.
    pub language: Memo<Language>,
    /// What species are called; as it was while a model is being loaded.
    pub naming: Memo<Naming>,
    kept: StoredValue<Kept, LocalStorage>,
    /// The recording that plays: one at a time.
    pub now_playing: RwSignal<Option<RecordingId>>,
    /// The chosen detection.
    pub selected: RwSignal<Option<Selected>>,
    /// How spectrograms look.
    pub display: Memo<Display>,
    /// How recordings are played.
    pub listening: RwSignal<Listening>,
}

/// What cannot be part of the session because it lives in the browser.
#[derive(Default)]
struct Kept {
    port: Option<WorkerPort>,
    /// Workers started so far.
    n_starts: usize,
    files: HashMap<RecordingId, SourceFile>,
    /// What the browser had to decode.
    converted: Converted,
    /// The files of model packages that are being checked.
    packages: HashMap<JobId, Vec<SourceFile>>,
    /// Added models that the browser would not keep, by id.
    unkept_models: HashMap<String, SourceFile>,
    /// The open microphone with what it has heard.
    live: Option<Live>,
    /// Answers of a review as they were read or kept last.
    review: Vec<u8>,
    /// Those on the page could not be kept: what was kept before must not replace them.
    has_unkept_answers: bool,
    /// The changes of answers when a review was saved last.
    n_saved_answer_changes: u64,
    /// Who waits for a stretch of sound.
    listeners: HashMap<JobId, oneshot::Sender<Result<Sound, Failure>>>,
}

impl Shell {
    /// Starts a session and its worker.
    #[must_use]
    pub fn start() -> Self {
        let (mut settings, warnings) = Settings::from_query(page::site(), &page::query());
        settings.browser_language = Language::preferred([&*page::language()]);
        let listening = RwSignal::new(settings.listening);
        let (session, effects) = Session::start(settings);
        let session = RwSignal::new(session);
        let language = Memo::new(move |_| session.with(|session| session.settings().spoken()));
        let display = Memo::new(move |_| session.with(|session| session.settings().display()));
        let naming = Memo::new(move |before: Option<&Naming>| {
            let now = session.with(Session::naming);
            now.or_else(|| before.cloned()).unwrap_or_default()
        });
        let shell = Self {
            session,
            language,
            naming,
            kept: StoredValue::new_local(Kept::default()),
            now_playing: RwSignal::new(None),
            selected: RwSignal::new(None),
            display,
            listening,
        };
        shell.perform(effects);
        shell.change(|session| session.ignored(warnings));
        // Nobody answers in two tabs at once.
        page::on_focus(move || spawn_local(shell.recall_review()));
        page::ask_before_leaving(move || shell.would_lose_something());
        // How one listens is a setting as well.
        leptos::prelude::Effect::new(move |_| {
            let listening = shell.listening.get().of_any_detection();
            if shell.with_untracked(|session| session.settings().listening != listening) {
                shell.change(|session| session.restyle(|settings| settings.listening = listening));
            }
        });
        // The address always leads back to what is set.
        let query = Memo::new(move |_| shell.with(Session::query));
        leptos::prelude::Effect::new(move |_| page::set_query(&query.get()));
        leptos::prelude::Effect::new(move |_| {
            page::set_language(language.get().code(), shell.words().page.title);
        });
        shell
    }

    /// The interface's texts; whoever reads in a reactive place hears when another language is
    /// spoken.
    #[must_use]
    pub fn words(self) -> &'static Words {
        self.language.get().words()
    }

    /// A species' name as the user wishes; whoever reads in a reactive place hears of other wishes.
    #[must_use]
    pub fn name(self, label: LabelId) -> String {
        self.naming.track();
        self.session.with_untracked(|session| session.name(label))
    }

    /// The language of [`Shell::name`], as a tag, for those who read it aloud.
    #[must_use]
    pub fn name_language(self, label: LabelId) -> String {
        self.naming.track();
        self.session
            .with_untracked(|session| session.name_language(label))
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

    /// As [`Shell::watch`], for what follows from a recording's detections alone: read only where
    /// they have changed, and not at each of the session's many other changes.
    pub fn watch_detections<T>(
        self,
        id: RecordingId,
        read: impl Fn(&[Detection]) -> T + Send + Sync + 'static,
    ) -> Memo<Option<T>>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        let findings = self.watch(id, |r| r.findings);
        Memo::new(move |_| {
            findings.get()?;
            self.with_untracked(|session| session.recording(id).map(|r| read(&r.detections)))
        })
    }

    /// Changes whenever a reviewer's answers have changed.
    #[must_use]
    pub fn answers(self) -> Memo<u64> {
        Memo::new(move |_| self.with(Session::n_answer_changes))
    }

    /// How a recording's times are told.
    #[must_use]
    pub fn times(self, id: RecordingId) -> Memo<Times> {
        Memo::new(move |_| {
            self.with(|session| {
                let recorded_at = session.recording(id).and_then(|r| r.recorded_at);
                Times::new(session.settings().time, recorded_at)
            })
        })
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
                let cause = Cause::LeftOut(n_others);
                session.notify(Failure::because(FailureKind::OthersLeftOut, cause));
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
                    self.notify(Failure::internal(detail));
                }
            }
        });
    }

    /// Hands a recording that lies only in this page to the user, as a file.
    pub fn save(self, id: RecordingId) {
        let Some(file) = self.file(id) else { return };
        match download::save_blob(&file.name, file.blob()) {
            Ok(()) => self.change(|session| session.saved(id)),
            Err(thrown) => self.notify(Failure::new(FailureKind::OutOfMemory, describe(&thrown))),
        }
    }

    /// The file of a recording.
    #[must_use]
    pub fn file(self, id: RecordingId) -> Option<SourceFile> {
        self.kept.with_value(|kept| kept.files.get(&id).cloned())
    }
}
