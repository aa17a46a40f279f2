//! The table of species.

use super::sight::Sight;
use crate::session::{RecordingState, Species};
use crate::view::colour::species_class;
use leptos::prelude::*;
use pipit_core::LabelId;

/// Times written out for a species; more are counted.
const MAX_TIMES: usize = 8;

/// The species of a recording with their best confidence and times.
#[component]
pub(super) fn SpeciesTable(sight: Sight) -> impl IntoView {
    let Sight { shell, id, .. } = sight;
    let species = shell.watch_detections(id, Species::of);
    let labels = move || -> Vec<LabelId> {
        species.with(|species| species.iter().flatten().map(|s| s.label).collect())
    };
    let found_nothing = shell.watch(id, |r| {
        r.state == RecordingState::Done && r.detections.is_empty() && r.failure.is_none()
    });
    let shows = Memo::new(move |_| !labels().is_empty());
    view! {
        <Show when=move || found_nothing.get() == Some(true)>
            <p data-testid="no-species">
                {move || shell.words().species.nothing_found}
            </p>
        </Show>
        <Show when=move || shows.get()>
            <table class="species">
                <thead>
                    <tr>
                        <th scope="col">{move || shell.words().species.species}</th>
                        <th scope="col">{move || shell.words().species.best_confidence}</th>
                        <th scope="col">{move || shell.words().species.heard_at}</th>
                        <th scope="col">{move || shell.words().species.at_least}</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=labels key=|label| *label let:label>
                        <SpeciesRow sight species label />
                    </For>
                </tbody>
            </table>
        </Show>
    }
}

#[component]
fn SpeciesRow(sight: Sight, species: Memo<Option<Vec<Species>>>, label: LabelId) -> impl IntoView {
    let shell = sight.shell;
    let this = Memo::new(move |_| {
        species.with(|species| species.iter().flatten().find(|s| s.label == label).cloned())
    });
    let names = shell.with(|session| session.label(label).cloned());
    let (code, scientific) = names
        .map(|label| (label.code, label.scientific_name))
        .unwrap_or_default();
    let name = move || shell.name(label);
    // Not twice where species are called by it.
    let scientific = move || Some(scientific.clone()).filter(|scientific| *scientific != name());
    let swatch = format!("swatch {}", species_class(shell.with(|s| s.colour(label))));
    let hidden = code.clone();
    let hide = move |_| {
        let code = hidden.clone();
        shell.change(|session| session.set_hidden(code, true));
    };
    let set_own = move |percent: String| {
        let threshold = percent.parse().ok().map(|percent: f32| percent / 100.0);
        shell.change(|session| session.set_threshold_of(label, threshold));
    };
    let best = move || this.with(|this| this.as_ref().map_or(0.0, |species| species.best));
    let times = move || {
        let species = this.get()?;
        let words = &shell.words().species;
        let told = sight.times.get();
        let more = species.detections.len().saturating_sub(MAX_TIMES);
        let buttons = species
            .detections
            .into_iter()
            .take(MAX_TIMES)
            .map(|detection| {
                let span = told.tell_span(detection.start_s, detection.end_s);
                let label = (words.play)(&span);
                view! {
                    <button
                        type="button"
                        class="time"
                        aria-label=label
                        on:click=move |_| sight.play(detection)
                    >
                        {span}
                    </button>
                }
            });
        let more = (more > 0).then(|| (words.more)(more));
        Some(view! { {buttons.collect_view()} {more} })
    };
    view! {
        <tr data-testid="species-row" data-code=code>
            <th scope="row">
                <span class=swatch aria-hidden="true"></span>
                <span class="common" lang=move || shell.name_language(label)>
                    {name}
                </span>
                " "
                <i lang="la">{scientific}</i>
            </th>
            <td class="tabular">
                <meter aria-hidden="true" min="0" max="1" value=best></meter>
                {move || format!("{:.0}%", best() * 100.0)}
            </td>
            <td>{times}</td>
            <td data-heading=move || shell.words().species.at_least>
                <input
                    type="number"
                    min="0"
                    max="100"
                    step="1"
                    class="own-threshold"
                    data-testid="own-threshold"
                    aria-label=move || (shell.words().species.least_confidence)(&name())
                    prop:value=move || {
                        format!("{:.0}", shell.with(|session| session.threshold_of(label)) * 100.0)
                    }
                    on:change:target=move |event| set_own(event.target().value())
                />
                <button
                    type="button"
                    class="quiet"
                    data-testid="hide-species"
                    aria-label=move || (shell.words().species.hide_name)(&name())
                    on:click=hide
                >
                    {move || shell.words().species.hide}
                </button>
            </td>
        </tr>
    }
}
