//! What the interface speaks, and what it calls species.

use crate::browser::page::language_name;
use crate::naming::Naming;
use crate::shell::Shell;
use crate::words::Language;
use leptos::prelude::*;

/// The interface's language.
#[component]
pub(super) fn LanguageMenu(shell: Shell) -> impl IntoView {
    let change = move |tag: String| {
        if let Some(language) = Language::from_tag(&tag) {
            shell.change(|session| session.set_language(language));
        }
    };
    view! {
        <label class="control">
            <span>{move || shell.words().controls.language}</span>
            <select
                data-testid="language"
                prop:value=move || shell.language.get().code()
                on:change:target=move |event| change(event.target().value())
            >
                {Language::ALL
                    .map(|language| {
                        let is_chosen = move || shell.language.get() == language;
                        view! {
                            <option
                                value=language.code()
                                lang=language.code()
                                selected=is_chosen
                            >
                                {language.own_name()}
                            </option>
                        }
                    })}
            </select>
        </label>
    }
}

/// What species are called: common and scientific names, and whatever else the model brings.
#[component]
pub(super) fn NamesMenu(shell: Shell) -> impl IntoView {
    let choices = Memo::new(move |before: Option<&Vec<Naming>>| {
        let fixed = vec![Naming::Common, Naming::Scientific];
        shell.with(|session| match session.manifest() {
            Some(manifest) => {
                let tags = manifest.classes.languages().into_iter();
                let of_model = tags.map(|tag| Naming::In(tag.to_owned()));
                fixed.into_iter().chain(of_model).collect()
            }
            // While another model comes, the menu stays as it is.
            None => before.cloned().unwrap_or(fixed),
        })
    });
    let change = move |name: String| {
        if let Some(naming) = Naming::from_name(&name) {
            shell.change(|session| session.set_names(naming));
        }
    };
    let option = move |naming: Naming| {
        let value = naming.name().to_owned();
        let text = {
            let naming = naming.clone();
            move || {
                let words = &shell.words().controls;
                match &naming {
                    Naming::Common => words.common_names.to_owned(),
                    Naming::Scientific => words.scientific_names.to_owned(),
                    Naming::In(tag) => language_name(tag, shell.language.get().code()),
                }
            }
        };
        view! {
            <option value=value selected=move || shell.naming.get() == naming>
                {text}
            </option>
        }
    };
    view! {
        <label class="control">
            <span>{move || shell.words().controls.names_in}</span>
            <select
                data-testid="names"
                prop:value=move || shell.naming.get().name().to_owned()
                on:change:target=move |event| change(event.target().value())
            >
                {move || choices.get().into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}
