//! Saying whether a detection is right, and what follows from the answers.

use super::file_button::{Choosing, FileButton};
use super::number::{Entry, Number};
use super::sight::Sight;
use crate::browser::download;
use crate::browser::files::Taken;
use crate::notice::Cause;
use crate::protocol::{Failure, FailureKind};
use crate::review::{Answer, ReviewState};
use crate::session::{Meaning, Session};
use crate::shell::Shell;
use crate::words::{ReviewWords, Text};
use leptos::prelude::*;
use pipit_core::{Detection, LabelId, Taxonomy};
use wasm_bindgen_futures::spawn_local;

/// Answers by button, with their words, keys and test ids.
const ANSWERS: [(Answer, Text, &str, &str); 3] = [
    (Answer::Yes, |words| words.review.yes, "Y", "review-yes"),
    (Answer::No, |words| words.review.no, "N", "review-no"),
    (
        Answer::Unsure,
        |words| words.review.unsure,
        "U",
        "review-unsure",
    ),
];

/// The sign of a state in lists.
pub(super) fn sign(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Open => "",
        ReviewState::Yes => "✓",
        ReviewState::No => "✗",
        ReviewState::Other => "→",
        ReviewState::Unsure => "?",
    }
}

/// Answers the chosen detection and goes on to the next that is worth a question.
pub(super) fn answer(sight: Sight, answer: Answer) -> bool {
    let Some(detection) = sight.chosen_untracked() else {
        return false;
    };
    let shell = sight.shell;
    shell.update(|session| session.answer(sight.id, &detection, Some(answer)));
    true
}

/// Asks whether the chosen detection is right.
#[component]
pub(super) fn Verdict(sight: Sight, detection: Detection) -> impl IntoView {
    let shell = sight.shell;
    let given =
        Memo::new(move |_| shell.with(|session| session.answer_to(sight.id, &detection).cloned()));
    let buttons = ANSWERS.map(|(value, name, key, test_id)| {
        let pressed = value.clone();
        view! {
            <button
                type="button"
                data-testid=test_id
                aria-pressed=move || (given.get().as_ref() == Some(&pressed)).to_string()
                on:click=move |_| {
                    answer(sight, value.clone());
                }
            >
                {move || name(shell.words())} " "
                <kbd>{key}</kbd>
            </button>
        }
    });
    let species = move || {
        let naming = shell.naming.get();
        shell.with_untracked(|session| {
            let classes = session.manifest().map(|manifest| &manifest.classes);
            let labels = classes.into_iter().flat_map(Taxonomy::iter);
            let mut species: Vec<(String, String)> = labels
                .map(|(_, label)| (naming.of(label).to_owned(), label.code.clone()))
                .collect();
            species.sort();
            species
        })
    };
    let other = move || match given.get() {
        Some(Answer::Other(code)) => code.unwrap_or_else(|| "?".into()),
        _ => String::new(),
    };
    let choose = move |code: String| {
        let species = (code != "?").then_some(code.clone());
        if !code.is_empty() {
            answer(sight, Answer::Other(species));
        }
    };
    view! {
        <div class="verdict" role="group" aria-label=move || shell.words().review.question>
            <span>{move || shell.words().review.ask}</span>
            {buttons}
            <select
                aria-label=move || shell.words().review.other
                data-testid="review-other"
                prop:value=other
                on:change:target=move |event| choose(event.target().value())
            >
                <option value="">{move || shell.words().review.choose_other}</option>
                <option value="?">{move || shell.words().review.not_listed}</option>
                {move || {
                    species()
                        .into_iter()
                        .map(|(name, code)| {
                            let is_chosen = code == other();
                            view! { <option value=code selected=is_chosen>{name}</option> }
                        })
                        .collect_view()
                }}
            </select>
            <button
                type="button"
                class="quiet"
                data-testid="review-undo"
                on:click=move |_| undo(shell)
            >
                {move || shell.words().review.undo}
            </button>
            <button
                type="button"
                class="quiet"
                data-testid="review-redo"
                on:click=move |_| redo(shell)
            >
                {move || shell.words().review.redo}
            </button>
        </div>
        <SpeciesReview shell label=detection.label />
    }
}

/// Takes the last answer back.
pub(super) fn undo(shell: Shell) {
    shell.update(|session| session.undo_answer().1);
}

/// Gives the answer again that was taken back last.
pub(super) fn redo(shell: Shell) {
    shell.update(|session| session.redo_answer().1);
}

/// How far the review of a species has come, and what its confidences mean by it.
#[component]
fn SpeciesReview(shell: Shell, label: LabelId) -> impl IntoView {
    let answers = shell.answers();
    let findings = Memo::new(move |_| shell.with(Session::findings));
    let progress = Memo::new(move |_| {
        answers.get();
        findings.with(|_| ());
        shell.with_untracked(|session| {
            let progress = session.review_progress(label);
            (progress.answered(), progress.wanted())
        })
    });
    let precision = Memo::new(move |_| shell.with(Session::wanted_precision));
    let meaning = Memo::new(move |_| {
        let words = &shell.words().review;
        answers.get();
        precision.get();
        findings.with(|_| ());
        shell.with_untracked(|session| meaning(words, session, label))
    });
    let next = move |_| {
        let place = shell.with_untracked(|session| session.next_to_review(label));
        if let Some((id, detection)) = place {
            shell.go_to(id, detection);
        }
    };
    view! {
        <p class="fine" data-testid="review-progress">
            {move || {
                let (answered, wanted) = progress.get();
                (shell.words().review.progress)(answered, wanted)
            }} " " {move || meaning.get()}
        </p>
        <p class="actions">
            <button type="button" data-testid="review-next" on:click=next>
                {move || shell.words().review.next}
            </button>
            <Number
                shell
                entry=Entry::field(50.0, 99.0, 1.0)
                name=|words| words.review.precision
                test_id="review-precision"
                value=move || (precision.get() * 100.0).round()
                change=move |percent| {
                    shell.change(|session| session.set_wanted_precision(percent / 100.0));
                }
            />
        </p>
    }
}

/// What the answers say about a species' confidences.
fn meaning(words: &ReviewWords, session: &Session, label: LabelId) -> String {
    match session.meaning(label) {
        Meaning::TooFew(n_answers) => (words.too_few)(n_answers),
        Meaning::From(threshold) => (words.threshold)(&threshold),
        Meaning::Nowhere => (words.no_threshold)(session.wanted_precision()),
    }
}

/// Saves all answers, and takes saved ones.
#[component]
pub(super) fn ReviewFiles(shell: Shell) -> impl IntoView {
    let changes = shell.answers();
    let n_answers = Memo::new(move |_| {
        changes.get();
        shell.with_untracked(|session| session.answers().iter().count())
    });
    let save = move |_| {
        let review = shell.with_untracked(Session::review_file);
        if let Some(review) = review {
            // Refused only where there is no room for some kilobytes.
            let _ = download::save("pipit-review.json", "application/json", &review.to_json());
            shell.review_was_saved();
        }
    };
    let load = move |taken: Taken| {
        let Some(file) = taken.files.into_iter().next() else {
            return;
        };
        spawn_local(async move {
            let json = file.all_bytes().await.unwrap_or_default();
            shell.update(|session| {
                session.load_review(&json).unwrap_or_else(|error| {
                    session.notify(Failure::because(
                        FailureKind::NoReview,
                        Cause::Review(error),
                    ));
                    Vec::new()
                })
            });
        });
    };
    view! {
        <span class="review-files">
            <button
                type="button"
                data-testid="save-review"
                disabled=move || n_answers.get() == 0
                on:click=save
            >
                {move || (shell.words().review.save)(n_answers.get())}
            </button>
            <FileButton
                shell
                name=|words| words.review.load
                test_id="load-review"
                choosing=Choosing::OneFile(".json,application/json")
                take=load
            />
        </span>
    }
}
