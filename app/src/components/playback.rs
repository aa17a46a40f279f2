//! Playing one recording, in step with its spectrogram.

use crate::browser::clock::each_frame;
use crate::browser::player::Player;
use crate::session::RecordingId;
use crate::shell::Shell;
use crate::view::time_axis::clock;
use leptos::prelude::*;

/// A recording's player. Copies are the same player.
#[derive(Clone, Copy)]
pub(super) struct Playback {
    shell: Shell,
    id: RecordingId,
    player: StoredValue<Option<Player>, LocalStorage>,
    /// Where to stop by itself.
    until_s: StoredValue<Option<f64>>,
    pub(super) is_playing: RwSignal<bool>,
    pub(super) position_s: RwSignal<f64>,
}

impl Playback {
    pub(super) fn new(shell: Shell, id: RecordingId) -> Self {
        let playback = Self {
            shell,
            id,
            player: StoredValue::new_local(None),
            until_s: StoredValue::new(None),
            is_playing: RwSignal::new(false),
            position_s: RwSignal::new(0.0),
        };
        Effect::new(move |_| {
            if shell.now_playing.get() != Some(id) {
                playback.pause();
            }
        });
        playback
    }

    pub(super) fn toggle(self) {
        if self.is_playing.get_untracked() {
            self.pause();
        } else {
            self.until_s.set_value(None);
            self.play();
        }
    }

    /// Plays a stretch and stops at its end.
    pub(super) fn play_span(self, start_s: f64, end_s: f64) {
        self.seek(start_s);
        self.until_s.set_value(Some(end_s));
        self.play();
    }

    pub(super) fn seek(self, position_s: f64) {
        self.until_s.set_value(None);
        self.with_player(|player| player.seek(position_s));
        self.position_s.set(position_s);
    }

    fn play(self) {
        self.shell.now_playing.set(Some(self.id));
        self.with_player(Player::play);
    }

    fn pause(self) {
        // One that never played needs no player to be made.
        self.player
            .with_value(|player| player.iter().for_each(Player::pause));
    }

    fn with_player(self, act: impl FnOnce(&Player)) {
        if self.player.with_value(Option::is_none) {
            let player = self
                .shell
                .file(self.id)
                .and_then(|file| Player::new(&file, move |playing| self.changed(playing)).ok());
            self.player.set_value(player);
        }
        self.player.with_value(|player| player.as_ref().map(act));
    }

    fn changed(self, playing: bool) {
        let was_playing = self.is_playing.try_set(playing);
        if playing && was_playing.is_none() {
            each_frame(move || self.follow());
        }
    }

    /// Moves the playhead along; `false` once there is nothing to follow.
    fn follow(self) -> bool {
        let now = self.player.try_with_value(|player| {
            player
                .as_ref()
                .map(|player| (player.position_s(), player.is_paused()))
        });
        let Some(Some((position_s, is_paused))) = now else {
            return false;
        };
        if self.position_s.try_set(position_s).is_some() {
            return false;
        }
        if self
            .until_s
            .get_value()
            .is_some_and(|until| position_s >= until)
        {
            self.until_s.set_value(None);
            self.pause();
        }
        !is_paused
    }
}

/// Button, position and time.
#[component]
pub(super) fn PlayerBar(playback: Playback, duration_s: f64) -> impl IntoView {
    let seek = move |text: String| {
        if let Ok(position_s) = text.parse() {
            playback.seek(position_s);
        }
    };
    view! {
        <div class="player">
            <button type="button" data-testid="play-button" on:click=move |_| playback.toggle()>
                {move || if playback.is_playing.get() { "Pause" } else { "Play" }}
            </button>
            <input
                type="range"
                class="seek"
                aria-label="Position in the recording"
                min="0"
                max=duration_s
                step="0.1"
                prop:value=move || playback.position_s.get().to_string()
                on:input:target=move |event| seek(event.target().value())
            />
            <span class="fine tabular">
                {move || clock(playback.position_s.get(), true)} " / " {clock(duration_s, true)}
            </span>
        </div>
    }
}
