//! Taking results to other programs.

use crate::browser::download;
use crate::browser::error::describe;
use crate::export::archive::archive;
use crate::export::{self, Export, ExportError};
use crate::protocol::Failure;
use crate::shell::Shell;
use crate::words::Text;
use leptos::prelude::*;
use std::fmt::Display;
use wasm_bindgen_futures::spawn_local;

/// A kind of file, with what it is for.
#[derive(Clone, Copy)]
struct Format {
    test_id: &'static str,
    name: Text,
    title: Text,
    file: &'static str,
    mime: &'static str,
    write: fn(&Export) -> Result<Vec<u8>, ExportError>,
}

const FORMATS: [Format; 6] = [
    Format {
        test_id: "export-csv",
        name: |_| "CSV",
        title: |words| words.export.csv,
        file: "pipit-detections.csv",
        mime: "text/csv",
        write: export::csv::detections,
    },
    Format {
        test_id: "export-recordings",
        name: |words| words.export.recordings,
        title: |words| words.export.recordings_title,
        file: "pipit-recordings.csv",
        mime: "text/csv",
        write: export::csv::files,
    },
    Format {
        test_id: "export-raven",
        name: |_| "Raven",
        title: |words| words.export.raven,
        file: "pipit.selections.txt",
        mime: "text/tab-separated-values",
        write: export::raven::selection_table,
    },
    Format {
        test_id: "export-raven-each",
        name: |_| "Raven (ZIP)",
        title: |words| words.export.raven_each,
        file: "pipit-raven.zip",
        mime: "application/zip",
        write: selection_tables,
    },
    Format {
        test_id: "export-audacity",
        name: |_| "Audacity",
        title: |words| words.export.audacity,
        file: "pipit-audacity.zip",
        mime: "application/zip",
        write: label_tracks,
    },
    Format {
        test_id: "export-json",
        name: |_| "JSON",
        title: |words| words.export.json,
        file: "pipit-detections.json",
        mime: "application/json",
        write: export::json::document,
    },
];

fn selection_tables(export: &Export) -> Result<Vec<u8>, ExportError> {
    archive(&export::raven::selection_tables(export)?)
}

fn label_tracks(export: &Export) -> Result<Vec<u8>, ExportError> {
    archive(&export::audacity::label_tracks(export)?)
}

/// The buttons, once there is something to take away.
#[component]
pub(super) fn ExportMenu(shell: Shell) -> impl IntoView {
    let has_results =
        Memo::new(move |_| shell.with(|session| session.exported_recordings().next().is_some()));
    let is_cutting = RwSignal::new(false);
    let buttons = FORMATS.map(|format| {
        view! {
            <button
                type="button"
                data-testid=format.test_id
                title=move || (format.title)(shell.words())
                on:click=move |_| save(shell, format)
            >
                {move || (format.name)(shell.words())}
            </button>
        }
    });
    view! {
        <Show when=move || has_results.get()>
            <section class="export" aria-label=move || shell.words().export.heading>
                <span>{move || shell.words().export.heading}</span>
                {buttons.clone()}
                <button
                    type="button"
                    data-testid="export-clips"
                    title=move || shell.words().export.clips_title
                    disabled=move || is_cutting.get()
                    on:click=move |_| {
                        is_cutting.set(true);
                        spawn_local(async move {
                            shell.save_clips().await;
                            is_cutting.set(false);
                        });
                    }
                >
                    {move || {
                        let words = &shell.words().export;
                        if is_cutting.get() { words.cutting } else { words.clips }
                    }}
                </button>
            </section>
        </Show>
    }
}

fn save(shell: Shell, format: Format) {
    let Some(export) = shell.with_untracked(crate::session::Session::export) else {
        return;
    };
    match (format.write)(&export) {
        Ok(bytes) => hand_over(shell, format.file, format.mime, &bytes),
        Err(error) => tell(shell, &error),
    }
}

fn hand_over(shell: Shell, name: &str, mime: &str, bytes: &[u8]) {
    if let Err(thrown) = download::save(name, mime, bytes) {
        tell(shell, &describe(&thrown));
    }
}

fn tell(shell: Shell, error: &impl Display) {
    shell.notify(Failure::internal(error));
}
