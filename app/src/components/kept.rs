//! What this browser keeps of earlier runs.

use crate::shell::{KeptAmount, Shell, kept_amount};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// How much is kept, counted whenever it is opened, and a button that forgets it.
#[component]
pub(super) fn Kept(shell: Shell) -> impl IntoView {
    let amount = RwSignal::new(None::<KeptAmount>);
    let count = move || {
        spawn_local(async move { amount.set(Some(kept_amount().await)) });
    };
    let forget = move |_| {
        spawn_local(async move {
            shell.forget_results().await;
            count();
        });
    };
    let is_empty = move || amount.get().is_none_or(|amount| amount.n_results == 0);
    view! {
        <section class="about" aria-label=move || shell.words().kept.heading>
            <details data-testid="kept" on:toggle=move |_| count()>
                <summary>{move || shell.words().kept.heading}</summary>
                <p role="status" data-testid="kept-amount">
                    {move || {
                        let KeptAmount { n_results, bytes } = amount.get()?;
                        Some((shell.words().kept.amount)(n_results, bytes as f64 / 1e6))
                    }}
                </p>
                <p class="actions">
                    <button
                        type="button"
                        data-testid="forget-results"
                        disabled=is_empty
                        on:click=forget
                    >
                        {move || shell.words().kept.forget}
                    </button>
                </p>
                <p class="fine">{move || shell.words().kept.why}</p>
            </details>
        </section>
    }
}
