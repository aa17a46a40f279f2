//! The page as a whole.

use super::about::About;
use super::controls::Controls;
use super::display::DisplayControls;
use super::export::ExportMenu;
use super::intake::{DropVeil, Intake};
use super::kept::Kept;
use super::keys::{Keys, Sights};
use super::language::LanguageMenu;
use super::models::Models;
use super::notice::Notices;
use super::recording::RecordingCard;
use super::review::ReviewFiles;
use super::summary::Summary;
use super::wishes::Wishes;
use crate::browser::page::mount_point;
use crate::session::{RecordingId, Session};
use crate::shell::Shell;
use leptos::prelude::*;

/// Puts the page into the document.
pub fn mount() {
    if let Some(place) = mount_point() {
        leptos::mount::mount_to(place, || view! { <Page /> }).forget();
    }
}

#[component]
fn Page() -> impl IntoView {
    let shell = Shell::start();
    Sights::provide();
    let ids = Memo::new(move |_| {
        shell.with(|session| {
            session
                .recordings()
                .iter()
                .map(|r| r.id)
                .collect::<Vec<RecordingId>>()
        })
    });
    view! {
        <header class="masthead">
            <h1>"Pipit"</h1>
            <p>
                {move || shell.words().page.purpose} " "
                <strong>{move || shell.words().page.nothing_uploaded}</strong>
            </p>
            <LanguageMenu shell />
        </header>
        <main>
            <Intake shell />
            <div class="bench">
                <Status shell />
                <Controls shell />
                <Wishes shell />
                <DisplayControls shell />
                <div class="takeaway">
                    <ExportMenu shell />
                    <ReviewFiles shell />
                </div>
            </div>
            <Notices shell />
            <Summary shell />
            <For each=move || ids.get() key=|id| *id let:id>
                <RecordingCard shell id />
            </For>
        </main>
        <About shell />
        <Models shell />
        <Kept shell />
        <DropVeil shell />
        <Keys shell />
    }
}

/// One line that says what is going on, and how far the model's download has come.
#[component]
fn Status(shell: Shell) -> impl IntoView {
    let status = Memo::new(move |_| shell.with(Session::status));
    let download = Memo::new(move |_| {
        shell.with(|session| {
            let (received, total) = session.download()?;
            Some((received as f64 / 1e6, total as f64 / 1e6))
        })
    });
    view! {
        <div class="status">
            <p role="status" data-testid="status">
                {move || status.get()}
            </p>
            {move || {
                download
                    .get()
                    .map(|(received, total)| {
                        view! {
                            <progress
                                aria-label=move || shell.words().status.download
                                max=total
                                value=received
                            ></progress>
                            <span class="fine">
                                {move || (shell.words().status.downloaded)(received, total)}
                            </span>
                        }
                    })
            }}
        </div>
    }
}
