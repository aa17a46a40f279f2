//! How spectrograms look and how recordings are played.

use super::menu::Menu;
use crate::shell::Shell;
use crate::view::colour::Colours;
use crate::view::display::Display;
use crate::view::frequency_axis::Band;
use crate::view::listening::RATES;
use crate::view::times::TimeScale;
use crate::words::Text;
use leptos::prelude::*;

/// Bands to choose from, in hertz, with their words.
const BANDS: [(&str, Text, Option<Band>); 5] = [
    ("all", |words| words.display.all_frequencies, None),
    ("low", |_| "0–2 kHz", Some(band(0.0, 2000.0))),
    ("middle", |_| "1–6 kHz", Some(band(1000.0, 6000.0))),
    ("song", |_| "2–9 kHz", Some(band(2000.0, 9000.0))),
    (
        "high",
        |words| words.display.from_5_khz,
        Some(band(5000.0, 96_000.0)),
    ),
];

const fn band(low_hz: f32, high_hz: f32) -> Band {
    Band { low_hz, high_hz }
}

fn colour_words(colours: Colours) -> Text {
    match colours {
        Colours::Viridis => |_| "Viridis",
        Colours::Magma => |_| "Magma",
        Colours::InverseGrey => |words| words.display.black_on_white,
    }
}

fn time_words(scale: TimeScale) -> Text {
    match scale {
        TimeScale::Elapsed => |words| words.display.since_start,
        TimeScale::Clock => |words| words.display.by_clock,
    }
}

/// The controls, folded away until somebody wants them.
#[component]
pub(super) fn DisplayControls(shell: Shell) -> impl IntoView {
    view! {
        <details class="display-controls" data-testid="display-controls">
            <summary>{move || shell.words().display.heading}</summary>
            <div class="controls">
                <ColourMenu shell />
                <BandMenu shell />
                <TimeMenu shell />
                <Slider
                    shell
                    name=|words| words.display.brightness
                    test_id="brightness"
                    value=move || shell.display.get().brightness
                    change=move |value| shell.display.update(|display| display.brightness = value)
                />
                <Slider
                    shell
                    name=|words| words.display.contrast
                    test_id="contrast"
                    value=move || shell.display.get().contrast
                    change=move |value| shell.display.update(|display| display.contrast = value)
                />
                <button
                    type="button"
                    class="quiet"
                    on:click=move |_| {
                        shell.display.set(Display::default());
                        shell.change(|session| {
                            session
                                .set(|settings| {
                                    settings.colours = Colours::default();
                                    settings.time = TimeScale::default();
                                });
                        });
                    }
                >
                    {move || shell.words().display.reset}
                </button>
                <RateMenu shell />
                <Listen shell />
            </div>
        </details>
    }
}

#[component]
fn ColourMenu(shell: Shell) -> impl IntoView {
    let change = move |name: String| {
        if let Some(colours) = Colours::from_name(&name) {
            shell.change(|session| session.set(|settings| settings.colours = colours));
        }
    };
    let choices = Colours::ALL.map(|colours| (colours.name(), colour_words(colours)));
    let value = move || shell.colours().name();
    view! {
        <Menu
            shell
            name=|words| words.display.colours
            test_id="colours"
            choices=choices.into()
            value
            change
        />
    }
}

#[component]
fn BandMenu(shell: Shell) -> impl IntoView {
    let value = move || {
        let band = shell.display.get().band;
        BANDS
            .iter()
            .find(|(.., b)| *b == band)
            .map_or("all", |(name, ..)| *name)
    };
    let change = move |name: String| {
        if let Some((.., band)) = BANDS.iter().find(|(n, ..)| *n == name) {
            shell.display.update(|display| display.band = *band);
        }
    };
    let choices = BANDS.map(|(name, text, _)| (name, text));
    view! {
        <Menu
            shell
            name=|words| words.display.frequencies
            test_id="band"
            choices=choices.into()
            value
            change
        />
    }
}

/// Only recordings whose names say when they began follow the choice of the clock.
#[component]
fn TimeMenu(shell: Shell) -> impl IntoView {
    let change = move |name: String| {
        if let Some(time) = TimeScale::from_name(&name) {
            shell.change(|session| session.set(|settings| settings.time = time));
        }
    };
    let choices = TimeScale::ALL.map(|scale| (scale.name(), time_words(scale)));
    let value = move || shell.with(|session| session.settings().time.name());
    view! {
        <Menu
            shell
            name=|words| words.display.time
            test_id="time-scale"
            choices=choices.into()
            value
            change
        />
    }
}

#[component]
fn Slider(
    shell: Shell,
    name: Text,
    test_id: &'static str,
    value: impl Fn() -> f64 + Send + Sync + 'static,
    change: impl Fn(f64) + Send + Sync + 'static,
) -> impl IntoView {
    let change = move |text: String| {
        if let Ok(value) = text.parse() {
            change(value);
        }
    };
    view! {
        <label class="control">
            <span>{move || name(shell.words())}</span>
            <input
                type="range"
                min="-1"
                max="1"
                step="0.05"
                data-testid=test_id
                prop:value=move || value().to_string()
                on:input:target=move |event| change(event.target().value())
            />
        </label>
    }
}

#[component]
fn RateMenu(shell: Shell) -> impl IntoView {
    let change = move |text: String| {
        if let Ok(rate) = text.parse() {
            shell.listening.update(|listening| listening.rate = rate);
        }
    };
    view! {
        <label class="control">
            <span>{move || shell.words().display.speed}</span>
            <select
                data-testid="rate"
                prop:value=move || shell.listening.get().rate.to_string()
                on:change:target=move |event| change(event.target().value())
            >
                {RATES
                    .map(|rate| {
                        let is_default = (rate - 1.0).abs() < f64::EPSILON;
                        view! {
                            <option value=rate.to_string() selected=is_default>
                                {format!("{rate}×")}
                            </option>
                        }
                    })}
            </select>
        </label>
    }
}

#[component]
fn Listen(shell: Shell) -> impl IntoView {
    view! {
        <Tick
            shell
            name=|words| words.display.keep_pitch
            test_id="keeps-pitch"
            value=move || shell.listening.get().keeps_pitch
            change=move |on| shell.listening.update(|listening| listening.keeps_pitch = on)
        />
        <Tick
            shell
            name=|words| words.display.repeat
            test_id="loops"
            value=move || shell.listening.get().loops
            change=move |on| shell.listening.update(|listening| listening.loops = on)
        />
        <Tick
            shell
            name=|words| words.display.hear_shown
            test_id="filters"
            value=move || shell.listening.get().filters
            change=move |on| shell.listening.update(|listening| listening.filters = on)
        />
    }
}

/// Something to be wished or not.
#[component]
pub(super) fn Tick(
    shell: Shell,
    name: Text,
    test_id: &'static str,
    value: impl Fn() -> bool + Send + Sync + 'static,
    change: impl Fn(bool) + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <label class="control">
            <input
                type="checkbox"
                data-testid=test_id
                prop:checked=value
                on:change:target=move |event| change(event.target().checked())
            />
            <span>{move || name(shell.words())}</span>
        </label>
    }
}
