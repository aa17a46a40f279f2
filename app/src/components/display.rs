//! How spectrograms look and how recordings are played.

use super::menu::{Choice, Menu};
use super::number::{Entry, Number};
use crate::settings::Settings;
use crate::shell::Shell;
use crate::view::colour::Colours;
use crate::view::display::Frequencies;
use crate::view::listening::RATES;
use crate::view::times::TimeScale;
use crate::words::{Text, Words};
use leptos::prelude::*;

fn frequencies(choice: Frequencies, words: &Words) -> Choice {
    let text = match choice {
        Frequencies::All => words.display.all_frequencies,
        Frequencies::Low => "0–2 kHz",
        Frequencies::Middle => "1–6 kHz",
        Frequencies::Song => "2–9 kHz",
        Frequencies::High => words.display.from_5_khz,
    };
    Choice::new(choice.name(), text)
}

fn colours(choice: Colours, words: &Words) -> Choice {
    let text = match choice {
        Colours::Viridis => "Viridis",
        Colours::Magma => "Magma",
        Colours::InverseGrey => words.display.black_on_white,
    };
    Choice::new(choice.name(), text)
}

fn time_scale(choice: TimeScale, words: &Words) -> Choice {
    let text = match choice {
        TimeScale::Elapsed => words.display.since_start,
        TimeScale::Clock => words.display.by_clock,
    };
    Choice::new(choice.name(), text)
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
    let choices = move || {
        Colours::ALL
            .map(|choice| colours(choice, shell.words()))
            .into()
    };
    let value = move || shell.colours().name().to_owned();
    view! {
        <Menu
            shell
            name=|words| words.display.colours
            test_id="colours"
            choices
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
    let choices = move || {
        Frequencies::ALL
            .map(|choice| frequencies(choice, shell.words()))
            .into()
    };
    let value = move || shell.with(|session| session.settings().frequencies.name().to_owned());
    view! {
        <Menu
            shell
            name=|words| words.display.frequencies
            test_id="band"
            choices
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
    let choices = move || {
        TimeScale::ALL
            .map(|choice| time_scale(choice, shell.words()))
            .into()
    };
    let value = move || shell.with(|session| session.settings().time.name().to_owned());
    view! {
        <Menu
            shell
            name=|words| words.display.time
            test_id="time-scale"
            choices
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
        <Menu
            shell
            name=|words| words.display.speed
            test_id="rate"
            choices=|| RATES.map(|rate| Choice::new(rate.to_string(), format!("{rate}×"))).into()
            value=move || shell.listening.get().rate.to_string()
            change
        />
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
