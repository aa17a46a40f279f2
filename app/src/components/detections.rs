//! Detections on the timeline: a lane for each species, a box for each detection.

use super::playback::Playback;
use super::spectrogram::percent;
use crate::session::{Recording, RecordingId, Species};
use crate::shell::Shell;
use crate::view::colour::species_class;
use crate::view::time_axis::clock;
use leptos::prelude::*;
use pipit_core::{Detection, LabelId};

/// The lanes of a recording, the most certain species first.
#[component]
pub(super) fn Lanes(
    shell: Shell,
    id: RecordingId,
    playback: Playback,
    duration_s: f64,
) -> impl IntoView {
    let species = shell.watch(id, Recording::species);
    let labels = move || -> Vec<LabelId> {
        species.with(|species| species.iter().flatten().map(|s| s.label).collect())
    };
    view! {
        <div class="lanes">
            <For each=labels key=|label| *label let:label>
                <Lane shell species label playback duration_s />
            </For>
        </div>
    }
}

#[component]
fn Lane(
    shell: Shell,
    species: Memo<Option<Vec<Species>>>,
    label: LabelId,
    playback: Playback,
    duration_s: f64,
) -> impl IntoView {
    let detections = move || -> Vec<Detection> {
        species.with(|species| {
            let species = species.iter().flatten().find(|s| s.label == label);
            species.map(|s| s.detections.clone()).unwrap_or_default()
        })
    };
    let (code, name) = names(shell, label);
    let lane_name = name.clone();
    let class = format!(
        "detection {}",
        species_class(shell.with(|s| s.colour(label)))
    );
    // Whatever a box shows is part of its key: boxes never change, they come and go.
    let key = |d: &Detection| {
        (
            d.start_s.to_bits(),
            d.end_s.to_bits(),
            d.confidence.to_bits(),
        )
    };
    let boxed = move |detection: Detection| {
        let Detection {
            start_s,
            end_s,
            confidence,
            ..
        } = detection;
        let words = format!(
            "{name}, {} to {}, confidence {:.0}%",
            clock(start_s, false),
            clock(end_s, false),
            confidence * 100.0
        );
        view! {
            <button
                type="button"
                class=class.clone()
                data-testid="detection"
                data-start-s=start_s
                data-end-s=end_s
                data-code=code.clone()
                data-confidence=confidence.to_string()
                aria-label=format!("Play {words}")
                title=words.clone()
                style:left=percent(start_s / duration_s)
                style:width=percent((end_s - start_s) / duration_s)
                on:click=move |_| playback.play_span(start_s, end_s)
            >
                {format!("{:.0}%", confidence * 100.0)}
            </button>
        }
    };
    view! {
        <div class="lane">
            <span class="lane-name" aria-hidden="true">
                {lane_name}
            </span>
            <For each=detections key=key children=boxed />
        </div>
    }
}

/// A species' code and common name.
fn names(shell: Shell, label: LabelId) -> (String, String) {
    shell.with(|session| {
        let label = session
            .manifest()
            .map(|manifest| manifest.classes.get(label));
        label
            .map(|label| (label.code.clone(), label.common_name.clone()))
            .unwrap_or_default()
    })
}
