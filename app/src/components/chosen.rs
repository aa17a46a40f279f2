//! The chosen detection: what it is, and why it was made.

use super::review::Verdict;
use super::sight::Sight;
use crate::session::{Evidence, Explanation};
use leptos::prelude::*;
use pipit_core::Detection;

/// Shown while a detection of this recording is chosen.
#[component]
pub(super) fn Chosen(sight: Sight) -> impl IntoView {
    let chosen = Memo::new(move |_| sight.chosen());
    view! {
        {move || chosen.get().map(|detection| view! { <ChosenDetection sight detection /> })}
    }
}

#[component]
fn ChosenDetection(sight: Sight, detection: Detection) -> impl IntoView {
    let shell = sight.shell;
    let name = shell.with_untracked(|session| session.common_name(detection.label));
    let times = move || {
        sight
            .times
            .get()
            .tell_span(detection.start_s, detection.end_s)
    };
    let explanation = sight.explanation(detection);
    let words = move || explanation.get().as_ref().map(explain);
    let ask = move |_| shell.update(|session| session.explain(sight.id, &detection));
    view! {
        <section class="chosen" data-testid="chosen" aria-label="Chosen detection">
            <p>
                <strong>{name}</strong>
                {move || {
                    format!(" {}, confidence {:.0}%", times(), detection.confidence * 100.0)
                }}
            </p>
            <p class="actions">
                <button type="button" on:click=move |_| sight.play(detection)>
                    "Play"
                </button>
                <button
                    type="button"
                    data-testid="why-button"
                    disabled=move || explanation.get().is_some()
                    on:click=ask
                >
                    "Why this bird?"
                </button>
            </p>
            <p class="fine" data-testid="why" role="status">
                {words}
            </p>
            <Verdict sight detection />
        </section>
    }
}

fn explain(explanation: &Explanation) -> String {
    match &explanation.evidence {
        Evidence::Awaited => "Hiding parts of the sound, one after another…".into(),
        Evidence::Failed => "This could not be computed; the recording may have changed.".into(),
        Evidence::Known { band_hz: None, .. } => {
            "No single part of the sound speaks for this species.".into()
        }
        Evidence::Known {
            band_hz: Some((low_hz, high_hz)),
            ..
        } => format!(
            "What speaks for it lies between {:.1} and {:.1} kHz and is bright in the picture above; \
             without it the confidence falls.",
            low_hz / 1000.0,
            high_hz / 1000.0
        ),
    }
}
