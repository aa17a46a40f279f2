//! Detections over the spectrogram: a box for each, in its species' colour.

use super::detections::detection_key;
use super::sight::Sight;
use super::spectrogram::percent;
use crate::browser::canvas::paint;
use crate::session::Evidence;
use crate::view::colour::{N_SPECIES_COLOURS, species_class};
use crate::view::frequency_axis;
use leptos::html::Canvas;
use leptos::prelude::*;
use pipit_core::Detection;

/// Boxes in sight; beyond this many, the most certain ones are drawn.
const MAX_BOXES: usize = 200;

/// The boxes in sight.
#[component]
pub(super) fn Boxes(sight: Sight) -> impl IntoView {
    let detections = sight
        .shell
        .watch_detections(sight.id, <[Detection]>::to_vec);
    let in_sight = Memo::new(move |_| {
        let viewport = sight.viewport.get();
        detections.with(|all| {
            strongest(all.as_deref().unwrap_or_default(), |d| {
                viewport.overlaps(d.start_s, d.end_s)
            })
        })
    });
    let chosen = Memo::new(move |_| sight.chosen());
    view! {
        <div class="boxes">
            <For each=move || in_sight.get() key=detection_key let:detection>
                <DetectionBox sight detection />
            </For>
            {move || chosen.get().map(|detection| view! { <EvidenceOverlay sight detection /> })}
        </div>
    }
}

fn strongest(detections: &[Detection], in_sight: impl Fn(&Detection) -> bool) -> Vec<Detection> {
    let mut seen: Vec<Detection> = detections.iter().filter(|d| in_sight(d)).copied().collect();
    if seen.len() > MAX_BOXES {
        seen.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        seen.truncate(MAX_BOXES);
    }
    seen
}

#[component]
fn DetectionBox(sight: Sight, detection: Detection) -> impl IntoView {
    let shell = sight.shell;
    let colour = shell.with_untracked(|session| session.colour(detection.label));
    let name = move || shell.name(detection.label);
    let class = format!("box {}", species_class(colour));
    // Names of several species over one stretch stand one below the other.
    let row = (colour % N_SPECIES_COLOURS).to_string();
    let edges = move || {
        let viewport = sight.viewport.get();
        let edge = |time_s| viewport.fraction(time_s).clamp(0.0, 1.0);
        (edge(detection.start_s), edge(detection.end_s))
    };
    let title = move || {
        let times = sight.times.get();
        let [start, end] =
            [detection.start_s, detection.end_s].map(|time_s| times.tell(time_s, false));
        let percent = detection.confidence * 100.0;
        (shell.words().picture.detection)(&name(), &start, &end, percent)
    };
    let is_selected = move || shell.is_selected(sight.id, &detection);
    // The list beneath has the same detections for those who use no mouse.
    view! {
        <div
            class=class
            class:selected=is_selected
            data-testid="box"
            aria-hidden="true"
            title=title
            style:left=move || percent(edges().0)
            style:width=move || percent(edges().1 - edges().0)
        >
            <span
                class="box-name"
                style:--row=row
                on:click=move |_| sight.play(detection)
            >
                {name}
            </span>
        </div>
    }
}

/// Where the evidence for a detection is: bright where it is strong, over a dimmed picture.
#[component]
fn EvidenceOverlay(sight: Sight, detection: Detection) -> impl IntoView {
    let explanation = sight.explanation(detection);
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move |_| {
        let (Some(canvas), Some(explanation)) = (canvas.get(), explanation.get()) else {
            return;
        };
        if let Evidence::Known {
            n_slices, values, ..
        } = &explanation.evidence
        {
            // Without it the words remain.
            let _ = paint(&canvas, &veil(values, *n_slices), *n_slices as u32);
        }
    });
    let edges = move || {
        let viewport = sight.viewport.get();
        explanation.get().map_or((0.0, 0.0), |explanation| {
            let edge = |time_s| viewport.fraction(time_s);
            (edge(explanation.start_s), edge(explanation.end_s))
        })
    };
    // The grid covers all bands; where only some are shown, it is drawn higher and cut off.
    let rows = move || {
        let band = sight.shell.display.get().band;
        sight.shell.with(|session| {
            session.manifest().map_or((0.0, 1.0), |manifest| {
                let n = manifest.mel.n_mels as f64;
                let rows = frequency_axis::rows(&manifest.mel, band);
                (rows.start as f64 / n, rows.len() as f64 / n)
            })
        })
    };
    let is_known = move || {
        explanation
            .get()
            .is_some_and(|e| matches!(e.evidence, Evidence::Known { .. }))
    };
    view! {
        <canvas
            node_ref=canvas
            class="evidence"
            aria-hidden="true"
            data-testid="evidence"
            hidden=move || !is_known()
            style:left=move || format!("{:.3}%", edges().0 * 100.0)
            style:width=move || format!("{:.3}%", (edges().1 - edges().0) * 100.0)
            style:height=move || format!("{:.3}%", 100.0 / rows().1)
            style:bottom=move || format!("{:.3}%", -100.0 * rows().0 / rows().1)
        ></canvas>
    }
}

/// Pixels that hide what does not speak for the species; the top row first.
fn veil(values: &[f32], n_slices: usize) -> Vec<u8> {
    /// Opacity where nothing speaks for it.
    const DARK: f32 = 190.0;
    let strongest = values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    values
        .chunks_exact(n_slices.max(1))
        .rev()
        .flatten()
        .flat_map(|value| {
            let strength = (value / strongest).clamp(0.0, 1.0);
            [0, 0, 0, (DARK * (1.0 - strength)).round() as u8]
        })
        .collect()
}
