//! The list of detections: what screen readers and keyboards use, and what is reviewed.

use super::menu::{Choice, Menu};
use super::review::sign;
use super::sight::Sight;
use crate::browser::page::reveal;
use crate::review::ReviewState;
use crate::session::selection::Selected;
use crate::session::{RecordingId, selection};
use crate::shell::Shell;
use crate::view::colour::species_class;
use leptos::ev::KeyboardEvent;
use leptos::html::Li;
use leptos::prelude::*;
use pipit_core::{Detection, LabelId};

/// Rows shown at first, and added by each press of "more".
const PAGE: usize = 200;

/// All detections of a recording in order of time.
#[component]
pub(super) fn DetectionList(sight: Sight) -> impl IntoView {
    let shell = sight.shell;
    let id = sight.id;
    let n_shown = RwSignal::new(PAGE);
    let n_all = shell.watch_detections(id, <[Detection]>::len);
    let n_all = move || n_all.get().unwrap_or_default();
    let wanted = RwSignal::new(None::<ReviewState>);
    let detections = shell.watch_detections(id, <[Detection]>::to_vec);
    let answers = shell.answers();
    let listed = Memo::new(move |_| {
        let all = detections.get().unwrap_or_default();
        let Some(wanted) = wanted.get() else {
            return all;
        };
        answers.get();
        shell.with_untracked(|session| {
            let state = |d: &Detection| ReviewState::from(session.answer_to(id, d));
            all.into_iter().filter(|d| state(d) == wanted).collect()
        })
    });
    let n_listed = Memo::new(move |_| listed.with(Vec::len));
    let chosen_place = Memo::new(move |_| {
        let selected = shell.selected.get()?;
        listed.with(|listed| listed.iter().position(|d| selected.is(id, d)))
    });
    Effect::new(move |_| {
        if let Some(place) = chosen_place.get()
            && place >= n_shown.get_untracked()
        {
            n_shown.set((place + 1).next_multiple_of(PAGE));
        }
    });
    let shown = move || {
        let n = n_shown.get();
        listed.with(|listed| listed[..n.min(listed.len())].to_vec())
    };
    let active = move || {
        let place = chosen_place.get()?;
        listed.with(|listed| Some(row_id(id, listed.get(place)?)))
    };
    let heading = move || (shell.words().detections.heading)(n_all());
    view! {
        <details class="detections" open>
            <summary>{heading}</summary>
            <StateMenu shell wanted />
            <ol
                role="listbox"
                tabindex="0"
                data-testid="detections"
                aria-label=move || shell.words().detections.list
                aria-activedescendant=active
                on:keydown=move |event| choose(sight, listed, &event)
            >
                <For each=shown key=detection_key let:detection>
                    <Row sight detection answers />
                </For>
            </ol>
            <Show when=move || { n_listed.get() > n_shown.get() }>
                <button
                    type="button"
                    data-testid="more-button"
                    on:click=move |_| n_shown.update(|n| *n += PAGE)
                >
                    {move || shell.words().detections.more}
                </button>
            </Show>
        </details>
    }
}

/// Which detections are listed, by what was said about them.
#[component]
fn StateMenu(shell: Shell, wanted: RwSignal<Option<ReviewState>>) -> impl IntoView {
    let change = move |index: String| {
        let index: Option<usize> = index.parse().ok();
        wanted.set(index.and_then(|index| ReviewState::ALL.get(index).copied()));
    };
    let choices = move || {
        let words = shell.words();
        let all = Choice::new("all", words.detections.all);
        let states = ReviewState::ALL.into_iter().enumerate();
        let states = states
            .map(|(index, state)| Choice::new(index.to_string(), (words.review.state)(state)));
        std::iter::once(all).chain(states).collect()
    };
    let value = move || {
        let wanted = wanted.get();
        let index = wanted.and_then(|wanted| ReviewState::ALL.iter().position(|s| *s == wanted));
        index.map_or_else(|| "all".to_owned(), |index| index.to_string())
    };
    view! {
        <Menu
            shell
            name=|words| words.detections.shown
            test_id="review-filter"
            choices
            value
            change
        />
    }
}

#[component]
fn Row(sight: Sight, detection: Detection, answers: Memo<u64>) -> impl IntoView {
    let shell = sight.shell;
    let Detection {
        start_s,
        end_s,
        confidence,
        label,
    } = detection;
    let (colour, code) =
        shell.with_untracked(|session| (session.colour(label), session.code(label)));
    let swatch = format!("swatch {}", species_class(colour));
    let is_selected = Memo::new(move |_| shell.is_selected(sight.id, &detection));
    let state = Memo::new(move |_| {
        answers.get();
        shell.with_untracked(|session| ReviewState::from(session.answer_to(sight.id, &detection)))
    });
    let state_words = move || (shell.words().review.state)(state.get());
    let row = NodeRef::<Li>::new();
    Effect::new(move |_| {
        // One whose end or confidence has changed is another row: nobody has chosen it just now.
        let is_new = move |selected: Selected| selected.detection == detection;
        if is_selected.get()
            && shell.selected.get_untracked().is_some_and(is_new)
            && let Some(row) = row.get_untracked()
        {
            reveal(&row);
        }
    });
    view! {
        <li
            node_ref=row
            id=row_id(sight.id, &detection)
            role="option"
            class="detection"
            aria-selected=move || is_selected.get().to_string()
            data-testid="detection"
            data-start-s=start_s
            data-end-s=end_s
            data-code=code
            data-confidence=confidence.to_string()
            on:click=move |_| sight.play(detection)
        >
            <span class="tabular">
                {move || sight.times.get().tell_span(start_s, end_s)}
            </span>
            <span class="detection-name" lang=move || shell.name_language(label)>
                <span class=swatch aria-hidden="true"></span>
                {move || shell.name(label)}
            </span>
            <span class="tabular">
                <span
                    data-testid="review-sign"
                    title=state_words
                    aria-label=state_words
                    role="img"
                >
                    {move || sign(state.get())}
                </span>
                {format!(" {:.0}%", confidence * 100.0)}
            </span>
        </li>
    }
}

/// The keys of a list: the arrows and Tab choose, Enter plays.
fn choose(sight: Sight, listed: Memo<Vec<Detection>>, event: &KeyboardEvent) {
    let step = |by| listed.with_untracked(|listed| sight.shell.select_next(sight, listed, by));
    let taken = match (event.key().as_str(), event.shift_key()) {
        ("ArrowDown", _) | ("Tab", false) => step(1),
        ("ArrowUp", _) | ("Tab", true) => step(-1),
        ("Enter", _) => sight.play_selected(),
        _ => false,
    };
    // At either end Tab leaves the list, as it does everywhere.
    if taken {
        event.prevent_default();
        event.stop_propagation();
    }
}

/// Whatever of a detection is shown: what stands for one never changes, it comes and goes.
pub(super) fn detection_key(detection: &Detection) -> (LabelId, [u64; 2], u32) {
    let times = [detection.start_s, detection.end_s].map(f64::to_bits);
    (detection.label, times, detection.confidence.to_bits())
}

fn row_id(recording: RecordingId, detection: &Detection) -> String {
    format!(
        "detection-{}-{}-{}",
        recording.0,
        detection.label.0,
        (detection.start_s * 1000.0).round()
    )
}

impl Shell {
    /// Whether this is the chosen detection.
    pub(super) fn is_selected(self, recording: RecordingId, detection: &Detection) -> bool {
        self.selected
            .get()
            .is_some_and(|selected| selected.is(recording, detection))
    }

    /// Goes to a detection, also of a recording whose card is folded.
    pub(super) fn go_to(self, id: RecordingId, detection: Detection) {
        self.change(|session| session.visit(id));
        self.selected.set(Some(Selected {
            recording: id,
            detection,
        }));
    }

    /// Chooses the next or previous one of some detections of a recording; `false` at the end.
    pub(super) fn select_next(self, sight: Sight, among: &[Detection], by: isize) -> bool {
        let selected = self.selected.get_untracked();
        let next = selection::neighbour(sight.id, among, selected.as_ref(), by);
        if let Some(detection) = next {
            sight.select(detection);
        }
        next.is_some()
    }
}
