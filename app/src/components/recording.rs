//! One recording's card.

use super::chosen::Chosen;
use super::detections::DetectionList;
use super::keys::Sights;
use super::minimap::Minimap;
use super::notice::NoticeText;
use super::playback::Playback;
use super::player_bar::PlayerBar;
use super::sight::Sight;
use super::species::SpeciesTable;
use super::spectrogram::Spectrogram;
use crate::protocol::DeviceKind;
use crate::session::{AudioFacts, Recording, RecordingId, RecordingState, Species};
use crate::shell::Shell;
use crate::view::time_axis::clock;
use crate::words::CardWords;
use leptos::prelude::*;

/// Everything about one recording.
#[component]
pub(super) fn RecordingCard(shell: Shell, id: RecordingId) -> impl IntoView {
    let name = shell.watch(id, |r| r.name.clone());
    let name = move || name.get().unwrap_or_default();
    let is_example = shell.watch(id, |r| r.is_example);
    let state = shell.watch(id, |r| r.state);
    let audio = shell.watch(id, |r| r.audio);
    let failure = shell.watch(id, |r| r.failure.clone());
    let n_species = shell.watch_detections(id, |detections| Species::of(detections).len());
    let is_found = shell.watch(id, |r| {
        (r.state == RecordingState::Done && r.failure.is_none()).then_some(r.is_recalled)
    });
    let found = move || Some((n_species.get()?, is_found.get()??));
    let is_open = shell.watch(id, |r| r.audio.is_some() && r.is_unfolded);
    let is_unfolded = shell.watch(id, |r| r.is_unfolded);
    let fold = move |_| {
        shell.change(|session| session.unfold(id, is_unfolded.get_untracked() == Some(false)));
    };
    view! {
        <article
            class="recording"
            data-testid="recording"
            data-name=name
            data-state=move || state.get().map(RecordingState::name)
        >
            <header>
                <h2>
                    <button
                        type="button"
                        class="fold"
                        data-testid="fold-button"
                        aria-expanded=move || (is_unfolded.get() == Some(true)).to_string()
                        on:click=fold
                    >
                        {name}
                    </button>
                </h2>
                <p class="fine">
                    {move || Some(facts(&shell.words().card, audio.get()??))}
                    {move || {
                        (is_example.get() == Some(true))
                            .then(|| format!(" · {}", shell.words().card.synthesised))
                    }}
                    {move || {
                        let (n_species, is_recalled) = found()?;
                        let found = (shell.words().card.found)(n_species, is_recalled);
                        Some(format!(" · {found}"))
                    }}
                </p>
                <Progress shell id />
                <Actions shell id />
            </header>
            {move || {
                failure
                    .get()
                    .flatten()
                    .map(|failure| view! { <NoticeText shell failure>""</NoticeText> })
            }}
            <Show when=move || is_open.get() == Some(true)>
                <OpenRecording shell id />
            </Show>
        </article>
    }
}

/// What there is to see and hear once the file is open.
#[component]
fn OpenRecording(shell: Shell, id: RecordingId) -> impl IntoView {
    let sight = Sight::new(shell, id, Playback::new(shell, id));
    Sights::register(sight);
    view! {
        <PlayerBar sight />
        <Minimap sight />
        <Spectrogram sight />
        <Chosen sight />
        <SpeciesTable sight />
        <DetectionList sight />
    }
}

/// What can be done with it.
#[component]
fn Actions(shell: Shell, id: RecordingId) -> impl IntoView {
    let is_over = shell.watch(id, Recording::is_over);
    let is_saved_by_hand = shell.watch(id, |r| r.is_live && (r.is_over() || r.is_stopped));
    let is_coming_in = shell.watch(id, |r| r.is_heard() && !r.is_stopped);
    let may_rerun = shell.watch(id, Recording::may_rerun);
    let rerun = move |_| shell.update(|session| session.rerun(id));
    let cancel = move |_| {
        if shell.hears(id) {
            shell.stop_listening();
        } else {
            shell.update(|session| session.cancel(id));
        }
    };
    let is_unsaved = shell.watch(id, Recording::is_unsaved);
    let is_asked = RwSignal::new(false);
    let remove = move |_| {
        // Its sound is nowhere else: one press is not enough.
        if is_unsaved.get_untracked() == Some(true) && !is_asked.get_untracked() {
            is_asked.set(true);
        } else {
            shell.update(|session| session.remove(id));
        }
    };
    view! {
        <p class="actions">
            <Show when=move || is_saved_by_hand.get() == Some(true)>
                <button type="button" data-testid="save-button" on:click=move |_| shell.save(id)>
                    {move || shell.words().card.save}
                </button>
            </Show>
            <Show when=move || may_rerun.get() == Some(true)>
                <button type="button" data-testid="rerun-button" on:click=rerun>
                    {move || shell.words().card.run_again}
                </button>
            </Show>
            <Show
                when=move || is_over.get() == Some(false)
                fallback=move || {
                    view! {
                        <button
                            type="button"
                            class="quiet"
                            data-testid="remove-button"
                            on:click=remove
                            on:blur=move |_| is_asked.set(false)
                        >
                            {move || {
                                let words = &shell.words().card;
                                if is_asked.get() && is_unsaved.get() == Some(true) {
                                    words.remove_unsaved
                                } else {
                                    words.remove
                                }
                            }}
                        </button>
                    }
                }
            >
                <button type="button" data-testid="cancel-button" on:click=cancel>
                    {move || {
                        let words = shell.words();
                        if is_coming_in.get() == Some(true) {
                            words.intake.stop_listening
                        } else {
                            words.card.cancel
                        }
                    }}
                </button>
            </Show>
        </p>
    }
}

/// How far it has come and how fast.
#[component]
fn Progress(shell: Shell, id: RecordingId) -> impl IntoView {
    let state = shell.watch(id, |r| r.state);
    let duration_s = shell.watch(id, Recording::duration_s);
    let done_s = shell.watch(id, |r| r.done_s);
    let speed = shell.watch(id, |r| r.speed);
    let device = Memo::new(move |_| shell.with(|session| session.device().map(|d| d.kind)));
    let progress = move || {
        let words = &shell.words().card;
        match state.get()? {
            RecordingState::Waiting | RecordingState::Recalling => Some(words.waiting.to_owned()),
            RecordingState::Converting => Some(words.decoding.to_owned()),
            RecordingState::Cancelled => Some(match done_s.get() {
                Some(done_s) if done_s > 0.0 => (words.stopped_at)(&clock(done_s, false)),
                _ => words.stopped.to_owned(),
            }),
            RecordingState::Running => {
                let done = clock(done_s.get()?, false);
                Some(match duration_s.get()? {
                    Some(duration_s) => (words.progress)(&done, &clock(duration_s, false)),
                    None => words.opening.to_owned(),
                })
            }
            RecordingState::Done | RecordingState::Failed => None,
        }
    };
    view! {
        <p class="progress fine">
            <Show when=move || state.get() == Some(RecordingState::Running)>
                <progress
                    data-testid="progress"
                    aria-label=move || shell.words().card.identified
                    max=move || duration_s.get().flatten()
                    value=move || done_s.get()
                ></progress>
            </Show>
            <span class="tabular">{progress}</span>
            <span class="tabular" data-testid="speed">
                {move || Some(speed_words(&shell.words().card, speed.get()??, device.get()))}
            </span>
        </p>
    }
}

fn speed_words(words: &CardWords, speed: f64, device: Option<DeviceKind>) -> String {
    let digits = usize::from(speed < 10.0);
    let device = device.map(|kind| kind.to_string());
    (words.speed)(&format!("{speed:.digits$}"), device.as_deref())
}

fn facts(words: &CardWords, audio: AudioFacts) -> String {
    let khz = f64::from(audio.sample_rate_hz) / 1000.0;
    (words.facts)(&clock(audio.duration_s, true), khz)
}
