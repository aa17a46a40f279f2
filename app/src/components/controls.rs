//! The confidence slider and the device menu.

use super::language::{LanguageMenu, NamesMenu};
use super::menu::{Choice, Menu};
use super::number::{Entry, Number};
use crate::protocol::DeviceChoice;
use crate::session::Session;
use crate::shell::Shell;
use crate::words::Words;
use leptos::prelude::*;

fn device_choice(choice: DeviceChoice, words: &Words) -> Choice {
    let text = match choice {
        DeviceChoice::Auto => words.controls.automatic,
        DeviceChoice::WebGpu => "WebGPU",
        DeviceChoice::Cpu => "CPU",
    };
    Choice::new(choice.name(), text)
}

/// Settings that act on everything on the page.
#[component]
pub(super) fn Controls(shell: Shell) -> impl IntoView {
    view! {
        <div class="controls">
            <Threshold shell />
            <div class="controls">
                <ModelMenu shell />
                <DeviceMenu shell />
                <LanguageMenu shell />
                <NamesMenu shell />
            </div>
        </div>
    }
}

#[component]
fn Threshold(shell: Shell) -> impl IntoView {
    let threshold = Memo::new(move |_| shell.with(Session::threshold));
    let by_species = Memo::new(move |_| shell.with(Session::has_class_thresholds));
    let words = move || {
        if by_species.get() {
            shell.words().controls.by_species.into()
        } else {
            format!("{:.0}%", threshold.get() * 100.0)
        }
    };
    let is_chosen = Memo::new(move |_| shell.with(|s| s.settings().threshold.is_some()));
    view! {
        <Number
            shell
            entry=Entry::slider(0.0, 1.0, 0.01)
            name=|words| words.controls.confidence_at_least
            test_id="threshold"
            value=move || threshold.get()
            change=move |threshold| shell.change(|session| session.set_threshold(threshold))
        >
            <output>{words}</output>
        </Number>
        <Show when=move || is_chosen.get()>
            <button
                type="button"
                class="quiet"
                data-testid="threshold-reset"
                on:click=move |_| shell.change(Session::reset_threshold)
            >
                {move || shell.words().controls.as_the_model}
            </button>
        </Show>
    }
}

/// Which model listens; not shown where there is only one. Titles are as whoever made the model wrote
/// them.
#[component]
fn ModelMenu(shell: Shell) -> impl IntoView {
    let models = Memo::new(move |_| {
        let words = &shell.words().controls;
        shell.with(|session| {
            let of_site = session.catalogue().iter();
            let of_site = of_site.map(|entry| Choice::new(&entry.name, &entry.title));
            let added = session.added_models().iter();
            let added = added.map(|model| {
                let title = format!("{} {}", model.title, model.version);
                Choice::new(&model.id, (words.added)(&title))
            });
            of_site.chain(added).collect::<Vec<_>>()
        })
    });
    let chosen =
        move || shell.with(|session| session.chosen_model().unwrap_or_default().to_owned());
    view! {
        <Show when=move || models.with(|models| models.len() >= 2)>
            <Menu
                shell
                name=|words| words.controls.model
                test_id="model-choice"
                choices=move || models.get()
                value=chosen
                change=move |model| shell.update(|session| session.choose_model(&model))
            />
        </Show>
    }
}

#[component]
fn DeviceMenu(shell: Shell) -> impl IntoView {
    let device = Memo::new(move |_| shell.with(|session| session.device().cloned()));
    let change = move |name: String| {
        if let Some(choice) = DeviceChoice::from_name(&name) {
            shell.update(|session| session.choose_device(choice));
        }
    };
    let explanation = move || {
        let device = device.get()?;
        let words = shell.words();
        let reason = device
            .passed_over
            .map(|reason| (words.controls.no_webgpu)(&(words.cause.no_gpu)(&reason)));
        Some(reason.unwrap_or(device.adapter)).filter(|text| !text.is_empty())
    };
    view! {
        <Menu
            shell
            name=|words| words.controls.compute_on
            test_id="device-choice"
            choices=move || {
                let words = shell.words();
                DeviceChoice::ALL.map(|choice| device_choice(choice, words)).into()
            }
            value=move || shell.with(|session| session.device_choice().name().to_owned())
            change
        />
        <span class="chip" data-testid="device" title=explanation>
            {move || device.get().map_or("…".into(), |device| device.kind.to_string())}
        </span>
    }
}
