//! One recording's card.

use super::notice::NoticeText;
use super::playback::{Playback, PlayerBar};
use super::species::SpeciesTable;
use super::spectrogram::Spectrogram;
use crate::notice::word;
use crate::protocol::DeviceKind;
use crate::session::{Decoded, Recording, RecordingId, RecordingState};
use crate::shell::Shell;
use crate::view::time_axis::clock;
use leptos::prelude::*;

/// Everything about one recording.
#[component]
pub(super) fn RecordingCard(shell: Shell, id: RecordingId) -> impl IntoView {
    let name = shell.watch(id, |r| r.name.clone());
    let name = move || name.get().unwrap_or_default();
    let is_example = shell.watch(id, |r| r.is_example);
    let state = shell.watch(id, |r| r.state);
    let decoded = shell.watch(id, |r| r.decoded);
    let failure = shell.watch(id, |r| r.failure.clone());
    let shows = shell.watch(id, |r| r.picture.as_ref().and(r.decoded));
    let playback = Playback::new(shell, id);
    view! {
        <article
            class="recording"
            data-testid="recording"
            data-name=name
            data-state=move || state.get().map(RecordingState::name)
        >
            <header>
                <h2>{name}</h2>
                <p class="fine">
                    {move || decoded.get().flatten().map(facts)}
                    {move || {
                        (is_example.get() == Some(true))
                            .then_some(" · synthesised by Pipit, not a real recording")
                    }}
                </p>
                <Actions shell id />
            </header>
            <Progress shell id />
            {move || {
                failure
                    .get()
                    .flatten()
                    .map(|failure| view! { <NoticeText notice=word(&failure)>""</NoticeText> })
            }}
            {move || {
                shows
                    .get()
                    .flatten()
                    .map(|decoded| {
                        let duration_s = decoded.duration_s;
                        view! {
                            <PlayerBar playback duration_s />
                            <Spectrogram shell id playback duration_s />
                            <SpeciesTable shell id playback />
                        }
                    })
            }}
        </article>
    }
}

/// What can be done with it.
#[component]
fn Actions(shell: Shell, id: RecordingId) -> impl IntoView {
    let is_over = shell.watch(id, Recording::is_over);
    let may_rerun = shell.watch(id, Recording::may_rerun);
    let rerun = move |_| shell.update(|session| session.rerun(id));
    let cancel = move |_| shell.update(|session| session.cancel(id));
    let remove = move |_| shell.update(|session| session.remove(id));
    view! {
        <p class="actions">
            <Show when=move || may_rerun.get() == Some(true)>
                <button type="button" data-testid="rerun-button" on:click=rerun>
                    "Run again"
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
                        >
                            "Remove"
                        </button>
                    }
                }
            >
                <button type="button" data-testid="cancel-button" on:click=cancel>
                    "Cancel"
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
    let words = move || match state.get()? {
        RecordingState::Waiting => Some("Waiting its turn".to_owned()),
        RecordingState::Decoding => Some("Decoding…".to_owned()),
        RecordingState::Decoded => Some("Waiting for the model".to_owned()),
        RecordingState::Cancelled => Some(match done_s.get() {
            Some(done_s) if done_s > 0.0 => format!("Stopped at {}", clock(done_s, false)),
            _ => "Stopped".to_owned(),
        }),
        RecordingState::Running => {
            let (done_s, duration_s) = (done_s.get()?, duration_s.get()??);
            Some(format!(
                "{} of {}",
                clock(done_s, false),
                clock(duration_s, false)
            ))
        }
        RecordingState::Done | RecordingState::Failed => None,
    };
    view! {
        <p class="progress fine">
            <Show when=move || state.get() == Some(RecordingState::Running)>
                <progress
                    data-testid="progress"
                    aria-label="Identified so far"
                    max=move || duration_s.get().flatten()
                    value=move || done_s.get()
                ></progress>
            </Show>
            <span class="tabular">{words}</span>
            <span class="tabular" data-testid="speed">
                {move || Some(speed_words(speed.get()??, device.get()))}
            </span>
        </p>
    }
}

fn speed_words(speed: f64, device: Option<DeviceKind>) -> String {
    let digits = usize::from(speed < 10.0);
    let device = device.map(|kind| format!(" on {kind}")).unwrap_or_default();
    format!("{speed:.digits$}× real time{device}")
}

fn facts(decoded: Decoded) -> String {
    let khz = f64::from(decoded.sample_rate_hz) / 1000.0;
    format!("{} at {khz} kHz", clock(decoded.duration_s, true))
}
