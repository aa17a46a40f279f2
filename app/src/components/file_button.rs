//! A button that opens the browser's file chooser.

use crate::browser::files::{self, Taken};
use crate::shell::Shell;
use crate::words::Text;
use leptos::prelude::*;

/// What can be chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Choosing {
    /// Any number of files of these kinds.
    Files(&'static str),
    /// One file of these kinds.
    OneFile(&'static str),
    /// A folder with all that is in it.
    Folder,
}

/// `take` is given what was chosen.
#[component]
pub(super) fn FileButton(
    shell: Shell,
    name: Text,
    test_id: &'static str,
    choosing: Choosing,
    #[prop(optional)] is_primary: bool,
    take: impl Fn(Taken) + Send + Sync + 'static,
) -> impl IntoView {
    let accept = match choosing {
        Choosing::Files(kinds) | Choosing::OneFile(kinds) => Some(kinds),
        Choosing::Folder => None,
    };
    view! {
        <label class="button" class:primary=is_primary>
            {move || name(shell.words())}
            <input
                type="file"
                multiple=!matches!(choosing, Choosing::OneFile(_))
                accept=accept
                prop:webkitdirectory=choosing == Choosing::Folder
                class="visually-hidden"
                data-testid=test_id
                on:change:target=move |event| take(files::chosen(&event.target()))
            />
        </label>
    }
}
