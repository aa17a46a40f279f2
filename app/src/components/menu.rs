//! A menu.

use crate::shell::Shell;
use crate::words::Text;
use leptos::prelude::*;

/// An entry of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    name: String,
    words: String,
    lang: Option<&'static str>,
}

impl Choice {
    /// An entry by its name, which the program reads, in the user's words.
    pub(super) fn new(name: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            words: words.into(),
            lang: None,
        }
    }

    /// The same in words of another language than the page's.
    pub(super) fn in_language(self, lang: &'static str) -> Self {
        Self {
            lang: Some(lang),
            ..self
        }
    }
}

/// `value` is the name of the choice that holds, and `change` is given that of another.
#[component]
pub(super) fn Menu(
    shell: Shell,
    name: Text,
    test_id: &'static str,
    choices: impl Fn() -> Vec<Choice> + Send + Sync + 'static,
    value: impl Fn() -> String + Send + Sync + 'static,
    change: impl Fn(String) + Send + Sync + 'static,
) -> impl IntoView {
    let choices = Memo::new(move |_| choices());
    let value = Memo::new(move |_| value());
    let option = move |Choice { name, words, lang }: Choice| {
        let is_chosen = {
            let name = name.clone();
            move || value.with(|value| *value == name)
        };
        view! {
            <option value=name lang=lang selected=is_chosen>
                {words}
            </option>
        }
    };
    view! {
        <label class="control">
            <span>{move || name(shell.words())}</span>
            <select
                data-testid=test_id
                prop:value=move || value.get()
                on:change:target=move |event| change(event.target().value())
            >
                {move || choices.get().into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}
