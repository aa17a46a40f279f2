//! The chosen detection: what it is, and why it was made.

use super::display::Tick;
use super::review::Verdict;
use super::sight::Sight;
use crate::session::{Evidence, Explanation, Recording};
use crate::words::ChosenWords;
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
    let facts = move || {
        let times = sight.times.get();
        let [start, end] =
            [detection.start_s, detection.end_s].map(|time_s| times.tell(time_s, false));
        (shell.words().chosen.facts)(&start, &end, detection.confidence * 100.0)
    };
    let explanation = sight.explanation(detection);
    let is_heard = shell.watch(sight.id, Recording::is_heard);
    let may_explain = shell.watch(sight.id, move |r| r.may_explain(&detection));
    let isolates = move || shell.listening.get().isolates;
    let evidence = move || {
        let words = &shell.words().chosen;
        match explanation.get() {
            Some(explanation) => Some(explain(words, &explanation)),
            None if is_heard.get() == Some(true) => Some(words.not_yet.into()),
            None => isolates().then(|| words.ask_for_band.into()),
        }
    };
    let ask = move |_| shell.update(|session| session.explain(sight.id, &detection));
    view! {
        <section
            class="chosen"
            data-testid="chosen"
            aria-label=move || shell.words().chosen.region
        >
            <p>
                <strong lang=move || shell.name_language(detection.label)>
                    {move || shell.name(detection.label)}
                </strong>
                " "
                {facts}
            </p>
            <p class="actions">
                <button type="button" on:click=move |_| sight.play(detection)>
                    {move || shell.words().player.play}
                </button>
                <button
                    type="button"
                    data-testid="why-button"
                    disabled=move || may_explain.get() != Some(true)
                    on:click=ask
                >
                    {move || shell.words().chosen.why}
                </button>
                <Tick
                    shell
                    name=|words| words.chosen.isolate
                    test_id="isolates"
                    value=isolates
                    change=move |on| shell.listening.update(|listening| listening.isolates = on)
                />
            </p>
            <p class="fine" data-testid="why" role="status">
                {evidence}
            </p>
            <Verdict sight detection />
        </section>
    }
}

fn explain(words: &ChosenWords, explanation: &Explanation) -> String {
    match &explanation.evidence {
        Evidence::Awaited => words.hiding.into(),
        Evidence::Failed => words.failed.into(),
        Evidence::Known { band_hz: None, .. } => words.nowhere.into(),
        Evidence::Known {
            band_hz: Some((low_hz, high_hz)),
            ..
        } => (words.band)(low_hz / 1000.0, high_hz / 1000.0),
    }
}
