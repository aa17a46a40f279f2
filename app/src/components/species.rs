//! The table of species.

use super::playback::Playback;
use crate::session::{Recording, RecordingId, RecordingState, Species};
use crate::shell::Shell;
use crate::view::colour::species_class;
use crate::view::time_axis::clock;
use leptos::prelude::*;
use pipit_core::{Label, LabelId};

/// Times written out for a species; more are counted.
const MAX_TIMES: usize = 8;

/// The species of a recording with their best confidence and times.
#[component]
pub(super) fn SpeciesTable(shell: Shell, id: RecordingId, playback: Playback) -> impl IntoView {
    let species = shell.watch(id, Recording::species);
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
                "No species reaches this confidence. Move the slider to the left to see weaker matches."
            </p>
        </Show>
        <Show when=move || shows.get()>
            <table class="species">
                <thead>
                    <tr>
                        <th scope="col">"Species"</th>
                        <th scope="col">"Best confidence"</th>
                        <th scope="col">"Heard at"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=labels key=|label| *label let:label>
                        <SpeciesRow shell species label playback />
                    </For>
                </tbody>
            </table>
        </Show>
    }
}

#[component]
fn SpeciesRow(
    shell: Shell,
    species: Memo<Option<Vec<Species>>>,
    label: LabelId,
    playback: Playback,
) -> impl IntoView {
    let this = Memo::new(move |_| {
        species.with(|species| species.iter().flatten().find(|s| s.label == label).cloned())
    });
    let names: Option<Label> =
        shell.with(|session| session.manifest().map(|m| m.classes.get(label).clone()));
    let (code, common, scientific) = names
        .map(|label| (label.code, label.common_name, label.scientific_name))
        .unwrap_or_default();
    let swatch = format!("swatch {}", species_class(shell.with(|s| s.colour(label))));
    let best = move || this.with(|this| this.as_ref().map_or(0.0, |species| species.best));
    let times = move || {
        let species = this.get()?;
        let more = species.detections.len().saturating_sub(MAX_TIMES);
        let buttons = species
            .detections
            .into_iter()
            .take(MAX_TIMES)
            .map(|detection| {
                let span = (detection.start_s, detection.end_s);
                let [start, end] = [span.0, span.1].map(|time_s| clock(time_s, false));
                view! {
                    <button
                        type="button"
                        class="time"
                        aria-label=format!("Play {start} to {end}")
                        on:click=move |_| playback.play_span(span.0, span.1)
                    >
                        {format!("{start}–{end}")}
                    </button>
                }
            });
        let more = (more > 0).then(|| format!("and {more} more"));
        Some(view! { {buttons.collect_view()} {more} })
    };
    view! {
        <tr data-testid="species-row" data-code=code>
            <th scope="row">
                <span class=swatch aria-hidden="true"></span>
                <span class="common">{common}</span>
                " "
                <i>{scientific}</i>
            </th>
            <td class="tabular">
                <meter aria-hidden="true" min="0" max="1" value=best></meter>
                {move || format!("{:.0}%", best() * 100.0)}
            </td>
            <td>{times}</td>
        </tr>
    }
}
