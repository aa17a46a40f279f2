//! Failures, worded.

use crate::browser::{offline, page};
use crate::notice::{Remedy, word};
use crate::protocol::Failure;
use crate::session::Session;
use crate::shell::Shell;
use leptos::prelude::*;

/// Failures that concern the whole page.
#[component]
pub(super) fn Notices(shell: Shell) -> impl IntoView {
    let failures = Memo::new(move |_| shell.with(|session| session.notices().to_vec()));
    view! {
        <div class="notices" role="alert">
            <For
                each=move || failures.get()
                key=Failure::clone
                let:failure
            >
                <PageNotice shell failure />
            </For>
        </div>
    }
}

#[component]
fn PageNotice(shell: Shell, failure: Failure) -> impl IntoView {
    let kind = failure.kind;
    let remedy = word(shell.language.get_untracked(), &failure).remedy;
    let remedy = remedy.map(|remedy| match remedy {
        Remedy::Reload => view! {
            <button type="button" on:click=|_| page::reload()>
                {move || shell.words().notice.reload}
            </button>
        }
        .into_any(),
        Remedy::Update => view! {
            <button type="button" data-testid="update-button" on:click=|_| offline::update_site()>
                {move || shell.words().notice.update}
            </button>
        }
        .into_any(),
        Remedy::Retry => view! {
            <button type="button" on:click=move |_| shell.update(Session::retry)>
                {move || shell.words().notice.try_again}
            </button>
        }
        .into_any(),
    });
    let dismiss = move |_| {
        shell.change(|session| session.dismiss(kind));
    };
    view! {
        <NoticeText shell failure>
            {remedy}
            <button type="button" class="quiet" on:click=dismiss>
                {move || shell.words().notice.dismiss}
            </button>
        </NoticeText>
    }
}

/// A failure in words, with whatever can be done about it.
#[component]
pub(super) fn NoticeText(shell: Shell, failure: Failure, children: Children) -> impl IntoView {
    let kind = failure.kind.name();
    let notice = Memo::new(move |_| word(shell.language.get(), &failure));
    let has_detail = Memo::new(move |_| notice.with(|notice| !notice.detail.is_empty()));
    view! {
        <div class="notice" data-testid="notice" data-kind=kind>
            <p>
                <strong>{move || notice.with(|notice| notice.sentence)}</strong>
                " "
                {move || notice.with(|notice| notice.next_step)}
            </p>
            <Show when=move || has_detail.get()>
                <details>
                    <summary>{move || shell.words().notice.details}</summary>
                    <code lang=move || notice.with(|notice| notice.detail_language.code())>
                        {move || notice.with(|notice| notice.detail.clone())}
                    </code>
                </details>
            </Show>
            <p class="actions">{children()}</p>
        </div>
    }
}
