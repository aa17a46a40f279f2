//! Failures, worded.

use crate::browser::{offline, page};
use crate::notice::{Notice, Remedy, word};
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
                key=|failure| (failure.kind.name(), failure.detail.clone())
                let:failure
            >
                <PageNotice shell failure />
            </For>
        </div>
    }
}

#[component]
fn PageNotice(shell: Shell, failure: Failure) -> impl IntoView {
    let notice = word(&failure);
    let remedy = notice.remedy.map(|remedy| match remedy {
        Remedy::Reload => view! {
            <button type="button" on:click=|_| page::reload()>
                "Reload the page"
            </button>
        }
        .into_any(),
        Remedy::Update => view! {
            <button type="button" data-testid="update-button" on:click=|_| offline::update_site()>
                "Change now"
            </button>
        }
        .into_any(),
        Remedy::Retry => view! {
            <button type="button" on:click=move |_| shell.update(Session::retry)>
                "Try again"
            </button>
        }
        .into_any(),
    });
    let dismiss = move |_| {
        shell.change(|session| session.dismiss(failure.kind));
    };
    view! {
        <NoticeText notice>
            {remedy}
            <button type="button" class="quiet" on:click=dismiss>
                "Dismiss"
            </button>
        </NoticeText>
    }
}

/// A notice with whatever can be done about it.
#[component]
pub(super) fn NoticeText(notice: Notice, children: Children) -> impl IntoView {
    let detail = (!notice.detail.is_empty()).then(|| {
        view! {
            <details>
                <summary>"Details"</summary>
                <code>{notice.detail}</code>
            </details>
        }
    });
    view! {
        <div class="notice" data-testid="notice" data-kind=notice.kind.name()>
            <p>
                <strong>{notice.sentence}</strong>
                " "
                {notice.next_step}
            </p>
            {detail}
            <p class="actions">{children()}</p>
        </div>
    }
}
