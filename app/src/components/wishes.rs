//! Which detections are shown, and what species are called: all acts at once on kept scores.

use super::language::NamesMenu;
use super::number::{Entry, Number};
use crate::session::Session;
use crate::session::wishes::ListUse;
use crate::settings::MAX_S;
use crate::shell::Shell;
use leptos::html::Textarea;
use leptos::prelude::*;
use pipit_core::LabelId;

/// The controls, folded away until somebody wants them.
#[component]
pub(super) fn Wishes(shell: Shell) -> impl IntoView {
    view! {
        <details class="display-controls" data-testid="wishes">
            <summary>{move || shell.words().wishes.heading}</summary>
            <div class="controls">
                <NamesMenu shell />
                <Number
                    shell
                    entry=Entry::field(0.0, MAX_S, 0.5)
                    name=|words| words.wishes.merge_gap
                    test_id="merge-gap"
                    value=move || shell.with(Session::merge_gap_s)
                    change=move |gap_s| {
                        shell.change(move |session| {
                            session.set(|settings| settings.merge_gap_s = Some(gap_s));
                        });
                    }
                />
                <Number
                    shell
                    entry=Entry::field(0.0, MAX_S, 0.5)
                    name=|words| words.wishes.min_duration
                    test_id="min-duration"
                    value=move || shell.with(|session| session.settings().min_duration_s)
                    change=move |min_s| {
                        shell.change(move |session| {
                            session.set(|settings| settings.min_duration_s = min_s);
                        });
                    }
                />
                <OwnThresholds shell />
                <SpeciesLists shell />
            </div>
        </details>
    }
}

/// Species with thresholds of their own; the table shows only those that reach them.
#[component]
fn OwnThresholds(shell: Shell) -> impl IntoView {
    let thresholds = Memo::new(move |_| shell.with(Session::own_thresholds));
    let row = move |(label, threshold): (LabelId, f32)| {
        let name = move || shell.name(label);
        let text = move || (shell.words().wishes.own_threshold)(&name(), threshold * 100.0);
        view! {
            <li>
                {text}
                <button
                    type="button"
                    class="quiet"
                    data-testid="own-threshold-reset"
                    aria-label=move || (shell.words().wishes.reset_threshold_of)(&name())
                    on:click=move |_| {
                        shell.change(|session| session.set_threshold_of(label, None));
                    }
                >
                    {move || shell.words().wishes.reset_threshold}
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || thresholds.with(|thresholds| !thresholds.is_empty())>
            <ul class="own-thresholds" aria-label=move || shell.words().wishes.own_thresholds>
                {move || thresholds.get().into_iter().map(row).collect_view()}
            </ul>
        </Show>
    }
}

/// A pasted list of species, and what it is for.
#[component]
fn SpeciesLists(shell: Shell) -> impl IntoView {
    let text = NodeRef::<Textarea>::new();
    let unknown = RwSignal::new(Vec::<String>::new());
    let apply = move |list_use| {
        let pasted = text
            .get_untracked()
            .map(|text| text.value())
            .unwrap_or_default();
        shell.change(move |session| {
            unknown.set(session.set_species(&pasted, list_use));
        });
    };
    let summary = move || {
        let words = &shell.words().wishes;
        shell.with(|session| {
            let settings = session.settings();
            (words.looked_for)(settings.included.len(), settings.excluded.len())
        })
    };
    view! {
        <div class="species-lists">
            <label>
                <span>{move || shell.words().wishes.list}</span>
                <textarea node_ref=text rows="3" data-testid="species-text"></textarea>
            </label>
            <p class="actions">
                <button
                    type="button"
                    data-testid="only-these"
                    on:click=move |_| apply(ListUse::Include)
                >
                    {move || shell.words().wishes.only_these}
                </button>
                <button
                    type="button"
                    data-testid="not-these"
                    on:click=move |_| apply(ListUse::Exclude)
                >
                    {move || shell.words().wishes.not_these}
                </button>
                <button
                    type="button"
                    data-testid="all-species"
                    on:click=move |_| shell.change(Session::clear_species)
                >
                    {move || shell.words().wishes.all_species}
                </button>
            </p>
            <p class="fine" role="status" data-testid="species-summary">
                {summary} " "
                {move || {
                    let unknown = unknown.get();
                    let words = &shell.words().wishes;
                    (!unknown.is_empty()).then(|| (words.unknown)(&unknown.join(", ")))
                }}
            </p>
        </div>
    }
}
