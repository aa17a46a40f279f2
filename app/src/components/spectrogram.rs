//! The spectrogram with its axes, and the detections beneath it.

use super::detections::Lanes;
use super::playback::Playback;
use crate::browser::canvas::{fits, paint};
use crate::browser::page::{clicked_fraction, keep_in_sight};
use crate::session::RecordingId;
use crate::shell::Shell;
use crate::view::colour::viridis;
use crate::view::frequency_axis;
use crate::view::picture::Levels;
use crate::view::time_axis::{self, clock};
use leptos::html::{Canvas, Div};
use leptos::prelude::*;

/// Width of a second where there is room for it; long recordings get less.
const PX_PER_S: f64 = 40.0;
/// Width that a page has at least on a desk.
const USUAL_WIDTH_PX: f64 = 900.0;
/// Room for a label of the time axis.
const TIME_LABEL_PX: f64 = 72.0;
/// Room for a label of the frequency axis, as a part of its height.
const FREQUENCY_LABEL: f64 = 0.09;

/// A scrolling picture of the sound.
#[component]
pub(super) fn Spectrogram(
    shell: Shell,
    id: RecordingId,
    playback: Playback,
    duration_s: f64,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let scroller = NodeRef::<Div>::new();
    paint_as_it_fills(shell, id, canvas);
    let fraction = move || playback.position_s.get() / duration_s;
    Effect::new(move |_| {
        let fraction = fraction();
        if let Some(scroller) = scroller.get().filter(|_| playback.is_playing.get()) {
            keep_in_sight(&scroller, fraction);
        }
    });
    let name = shell.watch(id, |r| r.name.clone());
    let width_px = time_axis::width_px(duration_s, PX_PER_S);
    view! {
        <div class="spectrogram">
            <FrequencyAxis shell />
            <div class="scroller" node_ref=scroller tabindex="0" role="group" aria-label="Spectrogram and detections">
                <div class="track" style:min-width=format!("{width_px}px")>
                    <canvas
                        node_ref=canvas
                        data-testid="spectrogram"
                        role="img"
                        aria-label=move || format!("Spectrogram of {}", name.get().unwrap_or_default())
                        title="Click to move there"
                        on:click:target=move |event| {
                            playback.seek(clicked_fraction(&event.target(), &event) * duration_s);
                        }
                    ></canvas>
                    <TimeAxis duration_s width_px=width_px as f64 />
                    <Lanes shell id playback duration_s />
                    <div
                        class="playhead"
                        data-testid="playhead"
                        data-position-s=move || playback.position_s.get()
                        style:left=move || percent(fraction())
                    ></div>
                </div>
            </div>
        </div>
    }
}

/// A part of the width in the style sheet's unit.
pub(super) fn percent(fraction: f64) -> String {
    format!("{:.4}%", fraction.clamp(0.0, 1.0) * 100.0)
}

/// Paints new columns; all of them where the levels have moved on.
fn paint_as_it_fills(shell: Shell, id: RecordingId, canvas: NodeRef<Canvas>) {
    let colours = viridis();
    let filled = shell.watch(id, |r| {
        r.picture.as_ref().map(|p| (p.filled(), r.scores.len()))
    });
    Effect::new(move |painted: Option<(usize, Levels)>| {
        let (before, levels) = painted.unwrap_or((0, Levels { low: 0, high: 0 }));
        let Some(canvas) = canvas.get() else {
            return (0, levels);
        };
        // Tracking alone would not evaluate it, and so never hear of a change.
        filled.get();
        untrack(|| {
            shell.with(|session| {
                let picture = session.recording(id).and_then(|r| r.picture.as_ref());
                let Some(picture) = picture else {
                    return (0, levels);
                };
                let wanted = picture.levels();
                let stale = !fits(&canvas, picture)
                    || wanted.differ_visibly(levels)
                    || picture.filled() < before;
                let (from, levels) = if stale { (0, wanted) } else { (before, levels) };
                let columns = from..picture.filled().max(from);
                // A canvas that the browser refuses leaves the picture out, and nothing else.
                let _ = paint(&canvas, picture, columns, levels, &colours);
                (picture.filled(), levels)
            })
        })
    });
}

#[component]
fn FrequencyAxis(shell: Shell) -> impl IntoView {
    let ticks = Memo::new(move |_| {
        shell.with(|session| {
            let mel = session.manifest().map(|manifest| &manifest.mel);
            mel.map(|mel| frequency_axis::ticks(mel, FREQUENCY_LABEL))
                .unwrap_or_default()
        })
    });
    view! {
        <div class="frequency-axis" aria-hidden="true">
            <span class="unit">"kHz"</span>
            {move || {
                ticks
                    .get()
                    .into_iter()
                    .map(|tick| {
                        view! { <span class="tick" style:bottom=percent(tick.position)>{tick.label}</span> }
                    })
                    .collect_view()
            }}
        </div>
    }
}

#[component]
fn TimeAxis(duration_s: f64, width_px: f64) -> impl IntoView {
    let tenths = duration_s < 4.0;
    let ticks = time_axis::ticks(duration_s, width_px.max(USUAL_WIDTH_PX), TIME_LABEL_PX);
    view! {
        <div class="time-axis" aria-hidden="true">
            {ticks
                .into_iter()
                .map(|time_s| {
                    view! {
                        <span class="tick" style:left=percent(time_s / duration_s)>
                            {clock(time_s, tenths)}
                        </span>
                    }
                })
                .collect_view()}
        </div>
    }
}
