//! What the interface speaks, and what it calls species.

use super::menu::{Choice, Menu};
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
    // Each in its own language, so that whoever speaks it finds it.
    let choice = |language: Language| {
        Choice::new(language.code(), language.own_name()).in_language(language.code())
    };
    view! {
        <Menu
            shell
            name=|words| words.controls.language
            test_id="language"
            choices=move || Language::ALL.map(choice).into()
            value=move || shell.language.get().code().to_owned()
            change
        />
    }
}

/// What species are called: common and scientific names, and whatever else the model brings.
#[component]
pub(super) fn NamesMenu(shell: Shell) -> impl IntoView {
    let namings = Memo::new(move |before: Option<&Vec<Naming>>| {
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
    let choice = move |naming: &Naming| {
        let words = &shell.words().controls;
        let text = match naming {
            Naming::Common => words.common_names.to_owned(),
            Naming::Scientific => words.scientific_names.to_owned(),
            Naming::In(tag) => language_name(tag, shell.language.get().code()),
        };
        Choice::new(naming.name(), text)
    };
    view! {
        <Menu
            shell
            name=|words| words.controls.names_in
            test_id="names"
            choices=move || namings.with(|namings| namings.iter().map(choice).collect())
            value=move || shell.naming.get().name().to_owned()
            change
        />
    }
}
