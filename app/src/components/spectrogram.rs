//! The spectrogram with its axes, and what is drawn over it.

use super::boxes::Boxes;
use super::sight::{Sight, ZOOM_STEP};
use crate::browser::canvas::paint;
use crate::browser::clock::each_frame;
use crate::browser::page::{clicked_fraction, on_resize};
use crate::session::Recording;
use crate::shell::Shell;
use crate::view::frequency_axis::{self, Band};
use crate::view::render::{Style, pixels};
use crate::view::viewport::Viewport;
use leptos::ev::{KeyboardEvent, PointerEvent, WheelEvent};
use leptos::html::Canvas;
use leptos::prelude::*;
use pipit_core::Manifest;

/// Room for a label of the time axis.
const TIME_LABEL_PX: f64 = 72.0;
/// Width of a digit in it, with its part of the label's padding.
const DIGIT_PX: f64 = 8.0;
/// Room for a label of the frequency axis, as a part of its height.
const FREQUENCY_LABEL: f64 = 0.09;
/// A press that moves less than this is a click.
const CLICK_PX: f64 = 4.0;
/// Turns of the wheel for one step of zooming.
const WHEEL_STEP_PX: f64 = 100.0;

/// A picture of the sound that can be zoomed and moved.
#[component]
pub(super) fn Spectrogram(sight: Sight) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    paint_when_it_changes(sight, canvas);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            on_resize(&canvas, move |width_px| {
                let _ = sight.width_px.try_set(width_px);
            });
        }
    });
    let name = sight.shell.watch(sight.id, |r| r.name.clone());
    let playhead = move || {
        sight
            .viewport
            .get()
            .fraction(sight.playback.position_s.get())
    };
    let hand = Hand::new(sight);
    let words = move || &sight.shell.words().picture;
    view! {
        <div class="spectrogram">
            <FrequencyAxis sight />
            <div
                class="track"
                tabindex="0"
                role="group"
                aria-label=move || words().keys
                on:keydown=move |event| steer(sight, &event)
                on:wheel:target=move |event| turn(sight, canvas, &event)
            >
                <canvas
                    node_ref=canvas
                    data-testid="spectrogram"
                    data-start-s=move || sight.viewport.get().start_s
                    data-span-s=move || sight.viewport.get().span_s
                    role="img"
                    aria-label=move || (words().of)(&name.get().unwrap_or_default())
                    title=move || words().mouse
                    on:pointerdown:target=move |event| hand.down(&event)
                    on:pointermove:target=move |event| hand.moved(&event)
                    on:pointerup:target=move |event| {
                        if hand.up(&event) {
                            let fraction = clicked_fraction(&event.target(), &event);
                            sight.playback.seek(sight.viewport.get_untracked().time_s(fraction));
                        }
                    }
                ></canvas>
                <Boxes sight />
                <div
                    class="playhead"
                    data-testid="playhead"
                    data-position-s=move || sight.playback.position_s.get()
                    hidden=move || !(0.0..=1.0).contains(&playhead())
                    style:left=move || percent(playhead())
                ></div>
                <TimeAxis sight />
            </div>
        </div>
    }
}

/// A part of the width in the style sheet's unit.
pub(super) fn percent(fraction: f64) -> String {
    format!("{:.4}%", fraction.clamp(0.0, 1.0) * 100.0)
}

/// Paints whatever has changed since the last repaint, before the next one.
fn paint_when_it_changes(sight: Sight, canvas: NodeRef<Canvas>) {
    let revision = sight.shell.watch(sight.id, |r| r.revision);
    let changes = move || {
        // Tracking alone would not evaluate it, and so never hear of a change.
        revision.get();
        sight.viewport.track();
        sight.width_px.track();
    };
    paint_on_change(sight.shell, canvas, changes, move || {
        paint_now(sight, canvas);
    });
}

/// Calls `paint` before the next repaint after anything has changed that `changes` reads, or the
/// user's taste.
pub(super) fn paint_on_change(
    shell: Shell,
    canvas: NodeRef<Canvas>,
    changes: impl Fn() + 'static,
    paint: impl Fn() + Copy + 'static,
) {
    let colours = Memo::new(move |_| shell.colours());
    // Without a model nothing is painted, and nothing asked for.
    let is_loaded = Memo::new(move |_| shell.with(|session| session.manifest().is_some()));
    let is_due = StoredValue::new(false);
    Effect::new(move |_| {
        changes();
        shell.display.get();
        colours.get();
        is_loaded.get();
        if canvas.get().is_none() || is_due.get_value() {
            return;
        }
        is_due.set_value(true);
        each_frame(move || {
            // Gone with its card, perhaps.
            if is_due.try_set_value(false).is_none() {
                paint();
            }
            false
        });
    });
}

fn paint_now(sight: Sight, canvas: NodeRef<Canvas>) {
    let Some(canvas) = canvas.get_untracked() else {
        return;
    };
    let viewport = sight.viewport.get_untracked();
    let width_px = sight.width_px.get_untracked().round().max(0.0) as usize;
    let pixels = sight.shell.with_untracked(|session| {
        let recording = session.recording(sight.id)?;
        picture(sight, session.manifest()?, recording, viewport, width_px)
    });
    if let Some(pixels) = pixels {
        // A canvas that the browser refuses leaves the picture out, and nothing else.
        let _ = paint(&canvas, &pixels, width_px as u32);
        sight
            .shell
            .ask(|session| session.look(sight.id, viewport, width_px));
    }
}

/// The pixels of a recording in a view.
pub(super) fn picture(
    sight: Sight,
    manifest: &Manifest,
    recording: &Recording,
    viewport: Viewport,
    width_px: usize,
) -> Option<Vec<u8>> {
    let display = sight.shell.display.get_untracked();
    let source = recording.source(manifest, viewport, width_px)?;
    let levels = recording.levels();
    let colours = sight.shell.with_untracked(|s| s.settings().colours).map();
    let style = Style {
        levels: levels.adjusted(display.brightness, display.contrast),
        colours: &colours,
    };
    let rows = frequency_axis::rows(&manifest.mel, display.band);
    Some(pixels(source, viewport, width_px, rows, style))
}

fn steer(sight: Sight, event: &KeyboardEvent) {
    match event.key().as_str() {
        "ArrowLeft" => sight.pan(-0.2),
        "ArrowRight" => sight.pan(0.2),
        "Home" => sight.change(|viewport, duration_s| viewport.moved(-duration_s, duration_s)),
        "End" => sight.change(|viewport, duration_s| viewport.moved(duration_s, duration_s)),
        _ => return,
    }
    event.prevent_default();
}

/// The wheel zooms; sideways, or with Shift, it moves.
fn turn(sight: Sight, canvas: NodeRef<Canvas>, event: &WheelEvent) {
    let Some(canvas) = canvas.get_untracked() else {
        return;
    };
    event.prevent_default();
    let (x, y) = (event.delta_x(), event.delta_y());
    if event.shift_key() || x.abs() > y.abs() {
        let by = if x == 0.0 { y } else { x };
        sight.pan(by / sight.width_px.get_untracked().max(1.0));
    } else {
        let anchor = clicked_fraction(&canvas, event);
        sight.zoom(ZOOM_STEP.powf(y / WHEEL_STEP_PX), anchor);
    }
}

/// A pointer that drags the picture.
#[derive(Clone, Copy)]
struct Hand {
    sight: Sight,
    /// Where it went down, with what was then in sight.
    held: StoredValue<Option<(f64, Viewport)>>,
}

impl Hand {
    fn new(sight: Sight) -> Self {
        Self {
            sight,
            held: StoredValue::new(None),
        }
    }

    fn down(self, event: &PointerEvent) {
        let viewport = self.sight.viewport.get_untracked();
        self.held
            .set_value(Some((f64::from(event.client_x()), viewport)));
    }

    fn moved(self, event: &PointerEvent) {
        let Some((from_px, viewport)) = self.held.get_value() else {
            return;
        };
        if event.buttons() == 0 {
            self.held.set_value(None);
            return;
        }
        let by_px = from_px - f64::from(event.client_x());
        if by_px.abs() >= CLICK_PX {
            let width_px = self.sight.width_px.get_untracked().max(1.0);
            self.sight.change(|_, duration_s| {
                viewport.moved(by_px / width_px * viewport.span_s, duration_s)
            });
        }
    }

    /// Whether it was a click.
    fn up(self, event: &PointerEvent) -> bool {
        let held = self.held.get_value();
        self.held.set_value(None);
        held.is_some_and(|(from_px, _)| (from_px - f64::from(event.client_x())).abs() < CLICK_PX)
    }
}

#[component]
fn FrequencyAxis(sight: Sight) -> impl IntoView {
    let shell = sight.shell;
    let band = Memo::new(move |_| shell.display.get().band);
    let ticks = Memo::new(move |_| {
        let band: Option<Band> = band.get();
        shell.with(|session| {
            let mel = session.manifest().map(|manifest| &manifest.mel);
            mel.map(|mel| {
                let rows = frequency_axis::rows(mel, band);
                frequency_axis::ticks(mel, &rows, FREQUENCY_LABEL)
            })
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
fn TimeAxis(sight: Sight) -> impl IntoView {
    let labels = move || {
        let viewport = sight.viewport.get();
        let times = sight.times.get();
        let width_px = sight.width_px.get();
        let ticks = times.ticks(viewport, width_px, TIME_LABEL_PX);
        ticks
            .into_iter()
            .map(|tick| {
                let fraction = viewport.fraction(tick.time_s);
                let room_px = (1.0 - fraction) * width_px;
                let is_cut = room_px < DIGIT_PX * tick.label.chars().count() as f64;
                view! {
                    <span
                        class="tick"
                        class:cut=is_cut
                        class:new-day=tick.is_new_day
                        style:left=percent(fraction)
                    >
                        {tick.label}
                    </span>
                }
            })
            .collect_view()
    };
    view! {
        <div class="time-axis" data-testid="time-axis" aria-hidden="true">
            {labels}
        </div>
    }
}
