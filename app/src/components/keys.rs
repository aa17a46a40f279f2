//! The keyboard: what keys do wherever the focus is, and the sheet that lists them.

use super::display::Tick;
use super::review::{answer, redo, undo};
use super::sight::{Sight, ZOOM_STEP};
use crate::browser::page::{Focus, focus, on_key};
use crate::review::Answer;
use crate::session::RecordingId;
use crate::shell::Shell;
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The views of the recordings on the page.
#[derive(Clone, Copy)]
pub(super) struct Sights(StoredValue<BTreeMap<RecordingId, Sight>>);

impl Sights {
    /// Makes them known to all components.
    pub(super) fn provide() {
        provide_context(Self(StoredValue::new(BTreeMap::new())));
    }

    /// Adds a view for as long as the present component lives.
    pub(super) fn register(sight: Sight) {
        let Some(Self(sights)) = use_context() else {
            return;
        };
        sights.update_value(|sights| {
            sights.insert(sight.id, sight);
        });
        on_cleanup(move || {
            sights.try_update_value(|sights| sights.remove(&sight.id));
        });
    }

    /// The view that keys act on: of the chosen detection, else of what plays, else the first.
    fn current(self, shell: Shell) -> Option<Sight> {
        let chosen = shell.selected.get_untracked().map(|s| s.recording);
        let playing = shell.now_playing.get_untracked();
        self.0.with_value(|sights| {
            let known = |id: Option<RecordingId>| id.and_then(|id| sights.get(&id));
            known(chosen)
                .or_else(|| known(playing))
                .or_else(|| sights.values().next())
                .copied()
        })
    }
}

/// Listens for keys; holds the dialogs that they open.
#[component]
pub(super) fn Keys(shell: Shell) -> impl IntoView {
    let sheet = NodeRef::<Dialog>::new();
    let go_to = NodeRef::<Dialog>::new();
    let sights = use_context::<Sights>();
    let current = move || sights.and_then(|sights| sights.current(shell));
    on_key(move |event| {
        if act(shell, current(), sheet, go_to, &event) {
            event.prevent_default();
        }
    });
    let letters = move || shell.with(|session| !session.settings().letters_off);
    view! {
        <section class="about">
            <p class="actions">
                <button
                    type="button"
                    data-testid="show-keys"
                    on:click=move |_| {
                        toggle(sheet);
                    }
                >
                    {move || shell.words().keys.heading}
                </button>
            </p>
        </section>
        <dialog node_ref=sheet data-testid="key-sheet" aria-labelledby="keys-title">
            <h2 id="keys-title">{move || shell.words().keys.heading}</h2>
            <table class="keys">
                <tbody>
                    {move || {
                        shell
                            .words()
                            .keys
                            .sheet
                            .map(|(key, action)| {
                                view! {
                                    <tr>
                                        <th scope="row">
                                            <kbd>{key}</kbd>
                                        </th>
                                        <td>{action}</td>
                                    </tr>
                                }
                            })
                    }}
                </tbody>
            </table>
            <Tick
                shell
                name=|words| words.keys.letters
                test_id="letters"
                value=letters
                change=move |are_on| {
                    shell.change(|session| session.restyle(|settings| settings.letters_off = !are_on));
                }
            />
            <form method="dialog">
                <button>{move || shell.words().keys.close}</button>
            </form>
        </dialog>
        <GoTo shell dialog=go_to go=move |text| {
            let Some(sight) = current() else {
                return true;
            };
            let end_s = sight.duration_s.get_untracked();
            let time_s = sight.times.get_untracked().parse(text);
            let time_s = time_s.filter(|time_s| *time_s <= end_s);
            if let Some(time_s) = time_s {
                sight.playback.seek(time_s);
                sight.show(time_s, time_s);
            }
            time_s.is_some()
        } />
    }
}

/// Does what a key stands for; `false` if it stands for nothing here.
fn act(
    shell: Shell,
    sight: Option<Sight>,
    sheet: NodeRef<Dialog>,
    go_to: NodeRef<Dialog>,
    event: &KeyboardEvent,
) -> bool {
    let focus = focus();
    let with_control = event.ctrl_key() || event.meta_key();
    if focus == Focus::Text || event.alt_key() || event.default_prevented() {
        return false;
    }
    let is_letter = event.key() != " " && event.key().chars().count() == 1;
    let letters_off = shell.with_untracked(|session| session.settings().letters_off);
    if is_letter && !with_control && letters_off {
        return false;
    }
    if event.key() == "?" {
        return toggle(sheet);
    }
    let is_open = |dialog: NodeRef<Dialog>| dialog.get_untracked().is_some_and(|d| d.open());
    let Some(sight) = sight.filter(|_| !is_open(sheet) && !is_open(go_to)) else {
        return false;
    };
    if with_control {
        match event.key().to_lowercase().as_str() {
            "g" => return toggle(go_to),
            "y" => redo(shell),
            "z" if event.shift_key() => redo(shell),
            "z" => undo(shell),
            _ => return false,
        }
        return true;
    }
    let step = |by| {
        let detections = shell.with_untracked(|session| {
            let recording = session.recording(sight.id);
            recording.map(|recording| recording.detections.clone())
        });
        shell.select_next(sight, &detections.unwrap_or_default(), by)
    };
    match event.key().as_str() {
        " " if focus == Focus::Elsewhere => sight.playback.toggle(),
        "p" | "P" => return sight.play_selected(),
        "ArrowDown" if focus == Focus::Elsewhere => return step(1),
        "ArrowUp" if focus == Focus::Elsewhere => return step(-1),
        "y" | "Y" => return answer(sight, Answer::Yes),
        "n" | "N" => return answer(sight, Answer::No),
        "u" | "U" => return answer(sight, Answer::Unsure),
        "+" | "=" => sight.zoom(1.0 / ZOOM_STEP, sight.anchor()),
        "-" | "−" => sight.zoom(ZOOM_STEP, sight.anchor()),
        "0" => sight.show_all(),
        "Escape" => sight.playback.stop(),
        _ => return false,
    }
    true
}

fn toggle(dialog: NodeRef<Dialog>) -> bool {
    let Some(dialog) = dialog.get_untracked() else {
        return false;
    };
    if dialog.open() {
        dialog.close();
        true
    } else {
        dialog.show_modal().is_ok()
    }
}

/// Asks for a time; `go` says whether it was one.
#[component]
fn GoTo(
    shell: Shell,
    dialog: NodeRef<Dialog>,
    go: impl Fn(&str) -> bool + 'static,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let is_wrong = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = input.get_untracked().map(|input| input.value());
        let is_time = go(&text.unwrap_or_default());
        is_wrong.set(!is_time);
        if let Some(dialog) = dialog.get_untracked().filter(|_| is_time) {
            dialog.close();
        }
    };
    view! {
        <dialog node_ref=dialog data-testid="go-to" aria-labelledby="go-to-title">
            <h2 id="go-to-title">{move || shell.words().keys.go_to}</h2>
            <form on:submit=submit>
                <label class="control">
                    <span>{move || shell.words().keys.time}</span>
                    <input node_ref=input type="text" size="10" data-testid="go-to-time" autofocus />
                </label>
                <p role="alert">
                    {move || is_wrong.get().then(|| shell.words().keys.bad_time)}
                </p>
                <button>{move || shell.words().keys.go}</button>
            </form>
        </dialog>
    }
}
