//! Playing one recording, in step with its spectrogram.

use crate::browser::clock::each_frame;
use crate::browser::error::describe;
use crate::browser::player::Player;
use crate::protocol::{Failure, FailureKind};
use crate::session::RecordingId;
use crate::shell::{Shell, Sound};
use crate::view::frequency_axis::Band;
use crate::view::listening::{Moment, Next, Piece};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Whoever pauses so near to the end hears no more of it.
const END_S: f64 = 0.05;

/// A recording's player. Copies are the same player.
#[derive(Clone, Copy)]
pub(super) struct Playback {
    shell: Shell,
    id: RecordingId,
    player: StoredValue<Option<Player>, LocalStorage>,
    /// The stretch that plays, if not everything does.
    span_s: StoredValue<Option<(f64, f64)>>,
    /// Where it is to play from, while it is to play.
    wanted_s: StoredValue<Option<f64>>,
    /// What the player holds where the browser cannot play the file.
    piece: StoredValue<Option<Piece>>,
    /// Start of the piece that is on its way.
    fetching_s: StoredValue<Option<f64>>,
    /// The frequencies of the chosen detection, where only they are to be heard.
    chosen_band: Memo<Option<Band>>,
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
            wanted_s: StoredValue::new(None),
            piece: StoredValue::new(None),
            fetching_s: StoredValue::new(None),
            chosen_band: Memo::new(move |_| {
                let selected = shell.selected.get()?;
                shell.listening.get().isolates.then_some(())?;
                shell.with(|session| session.recording(id)?.chosen_band(&selected))
            }),
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
            // Tracking alone would not evaluate a memo, and so never hear of a change.
            shell.listening.get();
            shell.display.get();
            playback.chosen_band.get();
            if let Some(player) = playback.player.get_value() {
                playback.tune(&player);
            }
        });
        playback
    }

    pub(super) fn toggle(self) {
        if self.is_playing.get_untracked() {
            return self.pause();
        }
        self.span_s.set_value(None);
        let position_s = self.position_s.get_untracked();
        let is_last = self.piece.get_value().and_then(Piece::more_s).is_none();
        let is_at_end = |player: &Player| {
            let stands_s = player.position_s();
            let has_ended = player.has_ended() && stands_s <= position_s;
            let is_here = (stands_s - position_s).abs() < END_S;
            is_last && (has_ended || (is_here && player.remains_s() < END_S))
        };
        let player = self.player.get_value();
        if player.is_some_and(|player| is_at_end(&player)) {
            self.move_to(0.0);
        }
        self.play();
    }

    /// Stops; the next start is from here.
    pub(super) fn stop(self) {
        self.span_s.set_value(None);
        self.pause();
    }

    /// Plays a stretch and stops at its end.
    pub(super) fn play_span(self, start_s: f64, end_s: f64) {
        self.move_to(start_s);
        self.span_s.set_value(Some((start_s, end_s)));
        self.play();
    }

    pub(super) fn seek(self, position_s: f64) {
        self.span_s.set_value(None);
        self.move_to(position_s);
        if self.wanted_s.get_value().is_some() {
            self.play();
        }
    }

    fn move_to(self, position_s: f64) {
        self.position_s.set(position_s);
        if let Some(player) = self.player().filter(|_| self.holds(position_s)) {
            player.seek(position_s);
        }
    }

    fn play(self) {
        self.shell.now_playing.set(Some(self.id));
        let Some(player) = self.player() else { return };
        let from_s = self.position_s.get_untracked();
        self.wanted_s.set_value(Some(from_s));
        if self.holds(from_s) {
            player.play();
        } else {
            player.pause();
            self.fetch(from_s);
        }
    }

    fn pause(self) {
        self.wanted_s.set_value(None);
        self.fetching_s.set_value(None);
        // One that never played needs no player to be made.
        if let Some(player) = self.player.get_value() {
            player.pause();
            self.is_playing.set(false);
        }
    }

    /// The player, made when it is first needed; none while there is no file.
    fn player(self) -> Option<Player> {
        let made = self.player.get_value();
        made.or_else(|| {
            let file = self.shell.file(self.id)?;
            let changed = move |is_playing| self.changed(is_playing);
            let refused = move |cause: String| self.refused(&cause);
            let player = Player::new(&file, changed, refused).ok()?;
            self.tune(&player);
            self.player.set_value(Some(player.clone()));
            Some(player)
        })
    }

    fn holds(self, position_s: f64) -> bool {
        let piece = self.piece.get_value();
        piece.is_none_or(|piece| piece.holds(position_s))
    }

    /// Has the worker decode what the browser cannot, and plays it as soon as it comes.
    fn fetch(self, from_s: f64) {
        if self.fetching_s.get_value() == Some(from_s) {
            return;
        }
        self.fetching_s.set_value(Some(from_s));
        spawn_local(async move {
            let end_s = from_s + Piece::LENGTH_S;
            let sound = self.shell.sound(self.id, from_s, end_s).await;
            // Paused, or elsewhere, or gone with its card.
            if self.fetching_s.try_get_value() != Some(Some(from_s)) {
                return;
            }
            self.fetching_s.set_value(None);
            match sound {
                Ok(sound) => self.take(from_s, &sound),
                Err(failure) => self.fail(failure),
            }
        });
    }

    fn take(self, from_s: f64, sound: &Sound) {
        let Some(player) = self.player.get_value() else {
            return;
        };
        if sound.samples.is_empty() {
            return self.stop();
        }
        match player.load(&sound.samples, sound.sample_rate_hz, from_s) {
            Ok(()) => {
                let length_s = sound.samples.len() as f64 / f64::from(sound.sample_rate_hz);
                self.piece.set_value(Some(Piece::new(from_s, length_s)));
                player.play();
            }
            Err(thrown) => {
                self.fail(Failure::new(FailureKind::OutOfMemory, describe(&thrown)));
            }
        }
    }

    /// The browser cannot play what the player holds: a file that only the worker can decode, or
    /// one that is damaged.
    fn refused(self, cause: &str) {
        let (Some(Some(player)), Some(piece)) =
            (self.player.try_get_value(), self.piece.try_get_value())
        else {
            return;
        };
        if piece.is_some() {
            return self.fail(Failure::new(FailureKind::UnsupportedFormat, cause));
        }
        self.piece.set_value(Some(Piece::NOTHING));
        if let Some(wanted_s) = self.wanted_s.get_value() {
            self.fetch(wanted_s.max(player.position_s()));
        }
    }

    fn fail(self, failure: Failure) {
        self.stop();
        self.shell.notify(failure);
    }

    /// Hands the user's choices to a player.
    fn tune(self, player: &Player) {
        let listening = self.shell.listening.get_untracked();
        let shown = self.shell.display.get_untracked().band;
        player.set_rate(listening.rate, listening.keeps_pitch);
        // Where the browser has no filters everything is heard.
        let _ = player.set_band(listening.heard(shown, self.chosen_band.get_untracked()));
    }

    fn changed(self, is_playing: bool) {
        let Some(Some(player)) = self.player.try_get_value() else {
            return;
        };
        if player.has_ended() {
            // It may begin again, or go on with the next piece, at once.
            if self.turn(&player) {
                return;
            }
            self.wanted_s.set_value(None);
            self.position_s.set(player.position_s());
        }
        self.is_playing.set(is_playing);
        if is_playing && !self.is_followed.get_value() {
            self.is_followed.set_value(true);
            each_frame(move || self.follow());
        }
    }

    /// Moves the playhead along; `false` once there is nothing to follow.
    fn follow(self) -> bool {
        let Some(Some(player)) = self.player.try_get_value() else {
            return false;
        };
        let is_playing = !player.is_paused();
        self.is_followed.set_value(is_playing);
        if is_playing {
            self.position_s.set(player.position_s());
            self.turn(&player);
        }
        is_playing
    }

    /// Stops at the end of what is to be heard, or goes on elsewhere: then `true`.
    fn turn(self, player: &Player) -> bool {
        if self.wanted_s.get_value().is_none() {
            return false;
        }
        let next = self.shell.listening.get_untracked().next(Moment {
            position_s: player.position_s(),
            has_ended: player.has_ended(),
            span_s: self.span_s.get_value(),
            more_s: self.piece.get_value().and_then(Piece::more_s),
        });
        match next {
            Next::GoOn => false,
            Next::Stop => {
                self.stop();
                false
            }
            Next::From(position_s) => {
                self.move_to(position_s);
                self.play();
                true
            }
        }
    }
}
