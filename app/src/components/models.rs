//! Adding models and removing them.

use super::about::origin_words;
use super::file_button::{Choosing, FileButton};
use crate::protocol::ModelOrigin;
use crate::session::Session;
use crate::shell::Shell;
use leptos::prelude::*;

/// A model as the list shows it.
#[derive(Clone, PartialEq)]
struct Row {
    /// Name or id.
    model: String,
    title: String,
    facts: String,
    is_added: bool,
    is_removed: bool,
    is_chosen: bool,
}

fn rows(session: &Session) -> Vec<Row> {
    let words = &session.settings().spoken().words().models;
    let chosen = session.chosen_model();
    let facts = |classes: usize, bytes: u64, origin: &ModelOrigin| {
        (words.facts)(classes, bytes as f64 / 1e6, &origin_words(words, origin))
    };
    let of_site = session.catalogue().iter().map(|entry| Row {
        model: entry.name.clone(),
        title: format!("{} {}", entry.title, entry.version),
        facts: facts(entry.classes, entry.bytes, &ModelOrigin::Site),
        is_added: false,
        is_removed: session.is_model_removed(&entry.name),
        is_chosen: chosen == Some(&entry.name),
    });
    let added = session.added_models().iter().map(|model| Row {
        model: model.id.clone(),
        title: format!("{} {}", model.title, model.version),
        facts: facts(model.classes, model.bytes, &model.origin),
        is_added: true,
        is_removed: false,
        is_chosen: chosen == Some(&model.id),
    });
    of_site.chain(added).collect()
}

/// All models, and the ways to add one.
#[component]
pub(super) fn Models(shell: Shell) -> impl IntoView {
    let rows = Memo::new(move |_| shell.with(rows));
    let address = RwSignal::new(String::new());
    let fetch = move || {
        let typed = address.get_untracked().trim().to_owned();
        if !typed.is_empty() {
            shell.add_model_from(typed);
        }
    };
    view! {
        <section class="about" aria-label=move || shell.words().models.region>
            <details data-testid="models">
                <summary>{move || shell.words().models.heading}</summary>
                <ul class="models">
                    {move || rows.get().into_iter().map(|row| model(shell, row)).collect_view()}
                </ul>
                <p class="actions">
                    <FileButton
                        shell
                        name=|words| words.models.add
                        test_id="model-input"
                        choosing=Choosing::Files(".zip,.json,.safetensors")
                        take=move |taken| shell.add_models(taken)
                    />
                </p>
                <form
                    class="actions"
                    on:submit=move |event| {
                        event.prevent_default();
                        fetch();
                    }
                >
                    <label class="control">
                        <span>{move || shell.words().models.address}</span>
                        <input
                            type="text"
                            inputmode="url"
                            autocomplete="off"
                            spellcheck="false"
                            data-testid="model-address"
                            prop:value=move || address.get()
                            on:input:target=move |event| address.set(event.target().value())
                        />
                    </label>
                    <button type="submit" data-testid="model-fetch">
                        {move || shell.words().models.fetch}
                    </button>
                </form>
                <p class="fine">{move || shell.words().models.package}</p>
            </details>
        </section>
    }
}

fn model(shell: Shell, row: Row) -> impl IntoView {
    let Row {
        model,
        title,
        facts,
        is_added,
        is_removed,
        is_chosen,
    } = row;
    let (chosen, removed) = (model.clone(), model.clone());
    let words = &shell.words().models;
    let (remove, remove_name) = if is_added {
        (words.remove, (words.remove_title)(&title))
    } else {
        (words.remove_copy, (words.remove_copy_of)(&title))
    };
    let choose = if is_chosen {
        words.in_use
    } else {
        words.use_it
    };
    let choose_name = format!("{choose}: {title}");
    let state = if is_removed { words.removed } else { "" };
    view! {
        <li data-testid="model" data-model=model data-added=is_added.to_string()>
            <strong>{title}</strong>
            <span class="fine">{facts} {state}</span>
            <button
                type="button"
                data-testid="model-use"
                aria-label=choose_name
                aria-pressed=is_chosen.to_string()
                disabled=is_chosen
                on:click=move |_| shell.update(|session| session.choose_model(&chosen))
            >
                {choose}
            </button>
            <button
                type="button"
                class="quiet"
                data-testid="model-remove"
                aria-label=remove_name
                disabled=is_removed
                on:click=move |_| shell.update(|session| session.remove_model(&removed))
            >
                {remove}
            </button>
        </li>
    }
}
