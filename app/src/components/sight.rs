//! What of a recording is in sight, and how it is moved.

use super::playback::Playback;
use crate::session::selection::Selected;
use crate::session::{Explanation, Recording, RecordingId};
use crate::shell::Shell;
use crate::view::times::Times;
use crate::view::viewport::Viewport;
use leptos::prelude::*;
use pipit_core::Detection;

/// Sound played before and after a detection, seconds.
const MARGIN_S: f64 = 0.5;

/// How much one step of zooming shows more or less.
pub(super) const ZOOM_STEP: f64 = 1.5;

/// The view of one recording. Copies are the same view.
#[derive(Clone, Copy)]
pub(super) struct Sight {
    pub(super) shell: Shell,
    pub(super) id: RecordingId,
    pub(super) playback: Playback,
    pub(super) duration_s: Memo<f64>,
    /// How its times are told.
    pub(super) times: Memo<Times>,
    pub(super) viewport: RwSignal<Viewport>,
    /// Width of the spectrogram on the screen.
    pub(super) width_px: RwSignal<f64>,
}

impl Sight {
    /// The first view of a recording that is open.
    pub(super) fn new(shell: Shell, id: RecordingId, playback: Playback) -> Self {
        let known = shell.watch(id, Recording::duration_s);
        let duration_s = Memo::new(move |_| known.get().flatten().unwrap_or_default());
        let times = shell.times(id);
        let sight = Self {
            shell,
            id,
            playback,
            duration_s,
            times,
            viewport: RwSignal::new(Viewport::first(duration_s.get_untracked())),
            width_px: RwSignal::new(0.0),
        };
        Effect::new(move |_| {
            let position_s = playback.position_s.get();
            if playback.is_playing.get() {
                sight.change(|viewport, duration_s| viewport.following(position_s, duration_s));
            }
        });
        Effect::new(move |_| {
            let selected = shell.selected.get();
            if let Some(selected) = selected.filter(|selected| selected.recording == id) {
                let Detection { start_s, end_s, .. } = selected.detection;
                sight.show(start_s, end_s);
            }
        });
        // One whose header tells no length is in sight from its start, as far as it is known.
        let is_announced = shell.watch(id, |recording| recording.announced_s.is_some());
        Effect::new(move |shown: Option<Viewport>| {
            let first = Viewport::first(duration_s.get());
            let is_untouched = shown.is_some_and(|shown| shown == sight.viewport.get_untracked());
            if is_untouched && is_announced.get_untracked() == Some(false) {
                sight.viewport.set(first);
            }
            first
        });
        // What is heard live stays in sight while it comes in.
        let is_heard = shell.watch(id, Recording::is_heard);
        Effect::new(move |_| {
            let end_s = duration_s.get();
            if is_heard.get() == Some(true) {
                sight.viewport.set(Viewport::last(end_s));
            }
        });
        sight
    }

    pub(super) fn zoom(self, factor: f64, anchor: f64) {
        self.change(|viewport, duration_s| viewport.zoomed(factor, anchor, duration_s));
    }

    /// Moves by a part of what is in sight.
    pub(super) fn pan(self, fraction: f64) {
        self.change(|viewport, duration_s| viewport.moved(fraction * viewport.span_s, duration_s));
    }

    /// Brings a stretch into sight.
    pub(super) fn show(self, start_s: f64, end_s: f64) {
        self.change(|viewport, duration_s| viewport.showing(start_s, end_s, duration_s));
    }

    pub(super) fn show_all(self) {
        self.change(|_, duration_s| Viewport::whole(duration_s));
    }

    pub(super) fn change(self, change: impl FnOnce(Viewport, f64) -> Viewport) {
        let before = self.viewport.get_untracked();
        let after = change(before, self.duration_s.get_untracked());
        if after != before {
            self.viewport.set(after);
        }
    }

    /// Chooses a detection, which brings it into sight.
    pub(super) fn select(self, detection: Detection) {
        self.shell.selected.set(Some(Selected {
            recording: self.id,
            detection,
        }));
    }

    /// As [`Sight::chosen`], read once.
    pub(super) fn chosen_untracked(self) -> Option<Detection> {
        untrack(|| self.chosen())
    }

    /// The chosen detection, if it is one of this recording's.
    pub(super) fn chosen(self) -> Option<Detection> {
        let selected = self.shell.selected.get()?;
        self.shell.with(|session| {
            let recording = session.recording(self.id)?;
            let mut detections = recording.detections.iter();
            detections
                .find(|detection| selected.is(self.id, detection))
                .copied()
        })
    }

    /// Why a detection was made, as far as that is known.
    pub(super) fn explanation(self, detection: Detection) -> Memo<Option<Explanation>> {
        let explanation = self
            .shell
            .watch(self.id, move |r| r.explanation(&detection).cloned());
        Memo::new(move |_| explanation.get().flatten())
    }

    /// Chooses a detection and plays it with a little of what is around it.
    pub(super) fn play(self, detection: Detection) {
        self.select(detection);
        let start_s = (detection.start_s - MARGIN_S).max(0.0);
        let end_s = (detection.end_s + MARGIN_S).min(self.duration_s.get_untracked());
        self.playback.play_span(start_s, end_s);
    }

    /// Plays the chosen detection; `false` if none of this recording is chosen.
    pub(super) fn play_selected(self) -> bool {
        let selected = self.shell.selected.get_untracked();
        match selected.filter(|selected| selected.recording == self.id) {
            Some(selected) => {
                self.play(selected.detection);
                true
            }
            None => false,
        }
    }

    /// The zoom's anchor when there is no pointer: the playing position, or the middle.
    pub(super) fn anchor(self) -> f64 {
        let viewport = self.viewport.get_untracked();
        let position = viewport.fraction(self.playback.position_s.get_untracked());
        if (0.0..=1.0).contains(&position) {
            position
        } else {
            0.5
        }
    }
}
