//! How recordings come in.

use super::file_button::{Choosing, FileButton};
use crate::browser::files;
use crate::session::Session;
use crate::shell::Shell;
use leptos::prelude::*;

/// What the file chooser offers; others can be dropped.
const RECORDINGS: &str = "audio/*,video/webm,video/mp4,.flac,.opus,.ogg,.wav,.mp3,.m4a,.aif,.aiff";

/// The invitation to drop, choose or try.
#[component]
pub(super) fn Intake(shell: Shell) -> impl IntoView {
    // It makes room once there is something to look at.
    let is_slim = Memo::new(move |_| shell.with(|session| !session.recordings().is_empty()));
    view! {
        <section
            class="intake"
            class:slim=move || is_slim.get()
            data-testid="drop-zone"
            aria-label=move || shell.words().intake.region
        >
            <p class="invitation">{move || shell.words().intake.drop}</p>
            <p class="actions">
                <FileButton
                    shell
                    name=|words| words.intake.choose_files
                    test_id="file-input"
                    choosing=Choosing::Files(RECORDINGS)
                    is_primary=true
                    take=move |taken| shell.add(taken)
                />
                <FileButton
                    shell
                    name=|words| words.intake.choose_folder
                    test_id="folder-input"
                    choosing=Choosing::Folder
                    take=move |taken| shell.add(taken)
                />
                <LiveButton shell />
                <button
                    type="button"
                    data-testid="example-button"
                    on:click=move |_| shell.add_example()
                >
                    {move || shell.words().intake.try_example}
                </button>
            </p>
            <p class="fine">{move || shell.words().intake.formats}</p>
        </section>
    }
}

/// Opens and closes the microphone.
#[component]
fn LiveButton(shell: Shell) -> impl IntoView {
    let is_listening = Memo::new(move |_| shell.with(|session| session.listening().is_some()));
    let is_ready = Memo::new(move |_| shell.with(|session| session.manifest().is_some()));
    let toggle = move |_| {
        if is_listening.get_untracked() {
            shell.stop_listening();
        } else {
            shell.update(Session::open_microphone);
        }
    };
    view! {
        <button
            type="button"
            data-testid="live-button"
            aria-pressed=move || is_listening.get().to_string()
            disabled=move || !is_ready.get()
            on:click=toggle
        >
            {move || {
                let words = &shell.words().intake;
                if is_listening.get() { words.stop_listening } else { words.listen_live }
            }}
        </button>
    }
}

/// Covers the page while files are held over it.
#[component]
pub(super) fn DropVeil(shell: Shell) -> impl IntoView {
    let hovered = RwSignal::new(false);
    files::on_drop(
        move |over| hovered.set(over),
        move |dropped| shell.add(dropped),
    );
    view! {
        <div class="drop-veil" aria-hidden="true" hidden=move || !hovered.get()>
            {move || shell.words().intake.let_go}
        </div>
    }
}
