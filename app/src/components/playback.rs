//! Playing one recording, in step with its spectrogram.

use super::sight::Sight;
use crate::browser::clock::each_frame;
use crate::browser::player::Player;
use crate::session::RecordingId;
use crate::shell::Shell;
use crate::view::listening::{Moment, Next};
use leptos::prelude::*;

/// A recording's player. Copies are the same player.
#[derive(Clone, Copy)]
pub(super) struct Playback {
    shell: Shell,
    id: RecordingId,
    player: StoredValue<Option<Player>, LocalStorage>,
    /// The stretch that plays, if not everything does.
    span_s: StoredValue<Option<(f64, f64)>>,
    /// Somebody moves the playhead along already.
    is_followed: StoredValue<bool>,
    pub(super) is_playing: RwSignal<bool>,
    pub(super) position_s: RwSignal<f64>,
}

impl Playback {
    pub(super) fn new(shell: Shell, id: RecordingId) -> Self {
        let playback = Self {
            shell,
            id,
            player: StoredValue::new_local(None),
            span_s: StoredValue::new(None),
            is_followed: StoredValue::new(false),
            is_playing: RwSignal::new(false),
            position_s: RwSignal::new(0.0),
        };
        Effect::new(move |_| {
            if shell.now_playing.get() != Some(id) {
                playback.pause();
            }
        });
        Effect::new(move |_| {
            shell.listening.track();
            shell.display.track();
            playback
                .player
                .with_value(|player| player.iter().for_each(|player| playback.tune(player)));
        });
        playback
    }

    pub(super) fn toggle(self) {
        if self.is_playing.get_untracked() {
            self.pause();
        } else {
            self.span_s.set_value(None);
            self.play();
        }
    }

    /// Stops; the next start is from here.
    pub(super) fn stop(self) {
        self.span_s.set_value(None);
        self.pause();
    }

    /// Plays a stretch and stops at its end.
    pub(super) fn play_span(self, start_s: f64, end_s: f64) {
        self.seek(start_s);
        self.span_s.set_value(Some((start_s, end_s)));
        self.play();
    }

    pub(super) fn seek(self, position_s: f64) {
        self.span_s.set_value(None);
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
            if let Some(player) = &player {
                self.tune(player);
            }
            self.player.set_value(player);
        }
        self.player.with_value(|player| player.as_ref().map(act));
    }

    /// Hands the user's choices to a player.
    fn tune(self, player: &Player) {
        let listening = self.shell.listening.get_untracked();
        let shown = self.shell.display.get_untracked().band;
        player.set_rate(listening.rate, listening.keeps_pitch);
        // Where the browser has no filters everything is heard.
        let _ = player.set_band(listening.heard(shown));
    }

    fn changed(self, is_playing: bool) {
        let player = self.player.try_get_value().flatten();
        // What has come to the recording's end may begin again at once.
        if player.is_some_and(|player| player.has_ended()) && self.turn() {
            return;
        }
        let is_gone = self.is_playing.try_set(is_playing).is_some();
        if !is_gone && is_playing && !self.is_followed.get_value() {
            self.is_followed.set_value(true);
            each_frame(move || self.follow());
        }
    }

    /// Moves the playhead along; `false` once there is nothing to follow.
    fn follow(self) -> bool {
        let player = self.player.try_get_value().flatten();
        let Some(player) = player.filter(|player| !player.is_paused()) else {
            self.is_followed.try_set_value(false);
            return false;
        };
        self.position_s.try_set(player.position_s());
        self.turn();
        true
    }

    /// Stops at the end of what is to be heard, or begins again: then `true`.
    fn turn(self) -> bool {
        let (Some(Some(player)), Some(span_s)) =
            (self.player.try_get_value(), self.span_s.try_get_value())
        else {
            return false;
        };
        let moment = Moment {
            position_s: player.position_s(),
            has_ended: player.has_ended(),
            span_s,
        };
        match self.shell.listening.get_untracked().next(moment) {
            Next::GoOn => false,
            Next::From(start_s) => {
                player.seek(start_s);
                player.play();
                true
            }
            Next::Stop => {
                self.stop();
                false
            }
        }
    }
}

/// Button, position and time.
#[component]
pub(super) fn PlayerBar(sight: Sight) -> impl IntoView {
    let Sight {
        shell,
        playback,
        duration_s,
        times,
        ..
    } = sight;
    let seek = move |text: String| {
        if let Ok(position_s) = text.parse() {
            playback.seek(position_s);
            sight.change(|viewport, duration_s| viewport.following(position_s, duration_s));
        }
    };
    view! {
        <div class="player">
            <button type="button" data-testid="play-button" on:click=move |_| playback.toggle()>
                {move || {
                    let words = &shell.words().player;
                    if playback.is_playing.get() { words.pause } else { words.play }
                }}
            </button>
            <input
                type="range"
                class="seek"
                aria-label=move || shell.words().player.position
                min="0"
                max=move || duration_s.get()
                step="0.1"
                prop:value=move || playback.position_s.get().to_string()
                on:input:target=move |event| seek(event.target().value())
            />
            <span class="fine tabular">
                {move || times.get().tell(playback.position_s.get(), true)} " / "
                {move || times.get().tell(duration_s.get(), true)}
            </span>
        </div>
    }
}
