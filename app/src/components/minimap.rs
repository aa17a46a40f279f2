//! All of a recording in one strip: where its detections are, and what of it is in sight.

use super::sight::Sight;
use super::spectrogram::{paint_on_change, percent};
use crate::browser::canvas::paint;
use crate::browser::page::clicked_fraction;
use crate::view::colour::species_class;
use crate::view::viewport::Viewport;
use leptos::ev::PointerEvent;
use leptos::html::Canvas;
use leptos::prelude::*;
use pipit_core::Detection;

/// Width of the strip's picture, whatever its width on the screen.
const WIDTH_PX: usize = 600;
/// Marks drawn; in a strip of this width more would only cover each other.
const MAX_MARKS: usize = 300;

/// The strip. A press or a drag moves what is in sight.
#[component]
pub(super) fn Minimap(sight: Sight) -> impl IntoView {
    let shell = sight.shell;
    let canvas = NodeRef::<Canvas>::new();
    // What is heard live changes many times a second, and all of it is read each time: once is enough.
    let revision = shell.watch(sight.id, |r| {
        let heard_s = r.is_heard().then_some(r.duration_s()).flatten();
        heard_s.map_or((r.revision, 0), |heard_s| (0, heard_s as u64))
    });
    let changes = move || {
        // Tracking alone would not evaluate it, and so never hear of a change.
        revision.get();
    };
    paint_on_change(shell, canvas, changes, move || paint_now(sight, canvas));
    let strongest = shell.watch_detections(sight.id, strongest);
    let mark = move |whole: Viewport, detection: Detection| {
        let colour = shell.with_untracked(|session| session.colour(detection.label));
        let class = format!("mark {}", species_class(colour));
        let [start, end] = [detection.start_s, detection.end_s].map(|s| whole.fraction(s));
        view! {
            <span class=class style:left=percent(start) style:width=percent(end - start)></span>
        }
    };
    let edges = move || {
        let (viewport, whole) = (
            sight.viewport.get(),
            Viewport::whole(sight.duration_s.get()),
        );
        (
            whole.fraction(viewport.start_s),
            whole.fraction(viewport.end_s()),
        )
    };
    let go = move |fraction: f64| {
        sight.change(|viewport, duration_s| {
            let centre_s = fraction * duration_s;
            let start_s = centre_s - viewport.span_s / 2.0;
            viewport.moved(start_s - viewport.start_s, duration_s)
        });
    };
    let press = move |event: &PointerEvent, place: f64| {
        if event.buttons() != 0 {
            go(place);
        }
    };
    view! {
        <div
            class="minimap"
            data-testid="minimap"
            aria-hidden="true"
            on:pointerdown:target=move |event| {
                press(&event, clicked_fraction(&event.target(), &event));
            }
            on:pointermove:target=move |event| {
                press(&event, clicked_fraction(&event.target(), &event));
            }
        >
            <canvas node_ref=canvas></canvas>
            {move || {
                let whole = Viewport::whole(sight.duration_s.get());
                let strongest = strongest.get().unwrap_or_default();
                strongest.into_iter().map(|detection| mark(whole, detection)).collect_view()
            }}
            <span
                class="window"
                style:left=move || percent(edges().0)
                style:width=move || percent(edges().1 - edges().0)
            ></span>
        </div>
    }
}

/// The most certain detections, as many as are marked.
fn strongest(detections: &[Detection]) -> Vec<Detection> {
    let mut strongest = detections.to_vec();
    strongest.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    strongest.truncate(MAX_MARKS);
    strongest
}

fn paint_now(sight: Sight, canvas: NodeRef<Canvas>) {
    let Some(canvas) = canvas.get_untracked() else {
        return;
    };
    let pixels = sight.shell.with_untracked(|session| {
        let recording = session.recording(sight.id)?;
        let whole = Viewport::whole(recording.duration_s()?);
        super::spectrogram::picture(sight, session.manifest()?, recording, whole, WIDTH_PX)
    });
    if let Some(pixels) = pixels {
        let _ = paint(&canvas, &pixels, WIDTH_PX as u32);
        sight
            .shell
            .ask(|session| session.look_over(sight.id, WIDTH_PX));
    }
}
