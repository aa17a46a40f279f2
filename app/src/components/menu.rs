//! A menu of fixed choices.

use crate::shell::Shell;
use crate::words::Text;
use leptos::prelude::*;

/// Its choices each have a name, which `change` is given, and words.
#[component]
pub(super) fn Menu(
    shell: Shell,
    name: Text,
    test_id: &'static str,
    choices: Vec<(&'static str, Text)>,
    value: impl Fn() -> &'static str + Send + Sync + 'static,
    change: impl Fn(String) + Send + Sync + 'static,
) -> impl IntoView {
    let value = Memo::new(move |_| value());
    let options = choices.into_iter().map(|(choice, text)| {
        view! {
            <option value=choice selected=move || value.get() == choice>
                {move || text(shell.words())}
            </option>
        }
    });
    view! {
        <label class="control">
            <span>{move || name(shell.words())}</span>
            <select
                data-testid=test_id
                prop:value=move || value.get()
                on:change:target=move |event| change(event.target().value())
            >
                {options.collect_view()}
            </select>
        </label>
    }
}
