//! How spectrograms look and how recordings are played.

use super::menu::Menu;
use super::number::{Entry, Number};
use crate::settings::Settings;
use crate::shell::Shell;
use crate::view::colour::Colours;
use crate::view::display::Frequencies;
use crate::view::listening::RATES;
use crate::view::times::TimeScale;
use crate::words::Text;
use leptos::prelude::*;

fn frequency_words(frequencies: Frequencies) -> Text {
    match frequencies {
        Frequencies::All => |words| words.display.all_frequencies,
        Frequencies::Low => |_| "0–2 kHz",
        Frequencies::Middle => |_| "1–6 kHz",
        Frequencies::Song => |_| "2–9 kHz",
        Frequencies::High => |words| words.display.from_5_khz,
    }
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
                <Number
                    shell
                    entry=Entry::slider(-1.0, 1.0, 0.05)
                    name=|words| words.display.brightness
                    test_id="brightness"
                    value=move || shell.with(|session| session.settings().brightness)
                    change=move |value| restyle(shell, |settings| settings.brightness = value)
                />
                <Number
                    shell
                    entry=Entry::slider(-1.0, 1.0, 0.05)
                    name=|words| words.display.contrast
                    test_id="contrast"
                    value=move || shell.with(|session| session.settings().contrast)
                    change=move |value| restyle(shell, |settings| settings.contrast = value)
                />
                <button
                    type="button"
                    class="quiet"
                    on:click=move |_| restyle(shell, Settings::reset_display)
                >
                    {move || shell.words().display.reset}
                </button>
                <RateMenu shell />
                <Listen shell />
            </div>
        </details>
    }
}

fn restyle(shell: Shell, change: impl FnOnce(&mut Settings)) {
    shell.change(|session| session.restyle(change));
}

#[component]
fn ColourMenu(shell: Shell) -> impl IntoView {
    let change = move |name: String| {
        if let Some(colours) = Colours::from_name(&name) {
            restyle(shell, |settings| settings.colours = colours);
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
    let change = move |name: String| {
        if let Some(frequencies) = Frequencies::from_name(&name) {
            restyle(shell, |settings| settings.frequencies = frequencies);
        }
    };
    let choices = Frequencies::ALL.map(|choice| (choice.name(), frequency_words(choice)));
    let value = move || shell.with(|session| session.settings().frequencies.name());
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
            restyle(shell, |settings| settings.time = time);
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
                        let is_chosen = move || {
                            (shell.listening.get().rate - rate).abs() < f64::EPSILON
                        };
                        view! {
                            <option value=rate.to_string() selected=is_chosen>
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

#[component]
fn Tick(
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
