//! The confidence slider and the device menu.

use super::language::{LanguageMenu, NamesMenu};
use super::menu::Menu;
use super::number::{Entry, Number};
use crate::protocol::DeviceChoice;
use crate::session::Session;
use crate::shell::Shell;
use crate::words::Text;
use leptos::prelude::*;

fn device_words(choice: DeviceChoice) -> Text {
    match choice {
        DeviceChoice::Auto => |words| words.controls.automatic,
        DeviceChoice::WebGpu => |_| "WebGPU",
        DeviceChoice::Cpu => |_| "CPU",
    }
}

/// Settings that act on everything on the page.
#[component]
pub(super) fn Controls(shell: Shell) -> impl IntoView {
    view! {
        <div class="controls">
            <Threshold shell />
            <ModelMenu shell />
            <DeviceMenu shell />
            <LanguageMenu shell />
            <NamesMenu shell />
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

/// Which model listens; not shown where there is only one.
#[component]
fn ModelMenu(shell: Shell) -> impl IntoView {
    let models = Memo::new(move |_| {
        shell.with(|session| {
            let of_site = session.catalogue().iter();
            let of_site = of_site.map(|entry| (entry.name.clone(), entry.title.clone()));
            let words = &session.settings().spoken().words().controls;
            let added = session.added_models().iter();
            let added = added.map(|model| {
                let title = format!("{} {}", model.title, model.version);
                (model.id.clone(), (words.added)(&title))
            });
            of_site.chain(added).collect::<Vec<_>>()
        })
    });
    let chosen = Memo::new(move |_| shell.with(|s| s.chosen_model().map(str::to_owned)));
    let change = move |model: String| shell.update(|session| session.choose_model(&model));
    view! {
        <Show when=move || models.with(|models| models.len() >= 2)>
            <label class="control">
                <span>{move || shell.words().controls.model}</span>
                <select
                    data-testid="model-choice"
                    prop:value=move || chosen.get().unwrap_or_default()
                    on:change:target=move |event| change(event.target().value())
                >
                    {move || {
                        models
                            .get()
                            .into_iter()
                            .map(|(id, title)| {
                                let is_chosen = {
                                    let id = id.clone();
                                    move || chosen.get().as_ref() == Some(&id)
                                };
                                view! {
                                    <option value=id selected=is_chosen>
                                        {title}
                                    </option>
                                }
                            })
                            .collect_view()
                    }}
                </select>
            </label>
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
            choices=DeviceChoice::ALL.map(|choice| (choice.name(), device_words(choice))).into()
            value=move || shell.with(|session| session.device_choice().name())
            change
        />
        <span class="chip" data-testid="device" title=explanation>
            {move || device.get().map_or("…".into(), |device| device.kind.to_string())}
        </span>
    }
}
