//! The stretch of a recording that is in sight.

/// The shortest stretch that can fill the view, seconds.
const MIN_SPAN_S: f64 = 0.5;

/// Longer recordings are not shown as a whole at first, seconds.
const FIRST_SPAN_S: f64 = 60.0;

/// What is shown of a recording that is being made, seconds.
const LIVE_SPAN_S: f64 = 20.0;

/// What is in sight: a start and a length, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// Time at the left edge.
    pub start_s: f64,
    /// Time from the left edge to the right one.
    pub span_s: f64,
}

impl Viewport {
    /// All of a recording.
    #[must_use]
    pub fn whole(duration_s: f64) -> Self {
        Self {
            start_s: 0.0,
            span_s: duration_s.max(MIN_SPAN_S),
        }
    }

    /// What a recording shows before anybody has moved it.
    #[must_use]
    pub fn first(duration_s: f64) -> Self {
        Self::whole(duration_s.min(FIRST_SPAN_S))
    }

    /// The end of a recording that is still growing, at a pace that eyes can follow.
    #[must_use]
    pub fn last(duration_s: f64) -> Self {
        Self {
            start_s: (duration_s - LIVE_SPAN_S).max(0.0),
            span_s: LIVE_SPAN_S,
        }
    }

    /// Time at the right edge.
    #[must_use]
    pub fn end_s(self) -> f64 {
        self.start_s + self.span_s
    }

    /// Where a time stands: 0 at the left edge, 1 at the right one.
    #[must_use]
    pub fn fraction(self, time_s: f64) -> f64 {
        (time_s - self.start_s) / self.span_s
    }

    /// The time that stands at this part of the width.
    #[must_use]
    pub fn time_s(self, fraction: f64) -> f64 {
        self.start_s + fraction * self.span_s
    }

    /// Whether any of a stretch is in sight.
    #[must_use]
    pub fn overlaps(self, start_s: f64, end_s: f64) -> bool {
        start_s < self.end_s() && end_s > self.start_s
    }

    /// Shows `factor` times as much, while the time at `anchor` (0 to 1) stays where it is.
    #[must_use]
    pub fn zoomed(self, factor: f64, anchor: f64, duration_s: f64) -> Self {
        let longest = duration_s.max(MIN_SPAN_S);
        let span_s = (self.span_s * factor).clamp(MIN_SPAN_S, longest);
        let start_s = self.time_s(anchor) - anchor * span_s;
        Self { start_s, span_s }.within(duration_s)
    }

    /// Moves towards the end, or back where `by_s` is negative.
    #[must_use]
    pub fn moved(self, by_s: f64, duration_s: f64) -> Self {
        Self {
            start_s: self.start_s + by_s,
            ..self
        }
        .within(duration_s)
    }

    /// Brings a stretch into sight: unchanged where all of it is, else with the stretch in the
    /// middle, and zoomed out if it would not fit.
    #[must_use]
    pub fn showing(self, start_s: f64, end_s: f64, duration_s: f64) -> Self {
        if start_s >= self.start_s && end_s <= self.end_s() {
            return self;
        }
        let span_s = self.span_s.max((end_s - start_s) * 1.5);
        Self {
            start_s: f64::midpoint(start_s, end_s) - span_s / 2.0,
            span_s,
        }
        .within(duration_s)
    }

    /// Turns the page where the playing position has left the view.
    #[must_use]
    pub fn following(self, position_s: f64, duration_s: f64) -> Self {
        if (self.start_s..=self.end_s()).contains(&position_s) {
            return self;
        }
        Self {
            start_s: position_s - 0.05 * self.span_s,
            ..self
        }
        .within(duration_s)
    }

    fn within(self, duration_s: f64) -> Self {
        let span_s = self.span_s.min(duration_s.max(MIN_SPAN_S));
        let last_start_s = (duration_s - span_s).max(0.0);
        Self {
            start_s: self.start_s.clamp(0.0, last_start_s),
            span_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: Viewport = Viewport {
        start_s: 10.0,
        span_s: 20.0,
    };

    fn close(a: Viewport, start_s: f64, span_s: f64) {
        assert!(
            (a.start_s - start_s).abs() < 1e-9 && (a.span_s - span_s).abs() < 1e-9,
            "{a:?}"
        );
    }

    #[test]
    fn short_recordings_are_shown_whole_and_long_ones_from_their_start() {
        close(Viewport::first(12.0), 0.0, 12.0);
        close(Viewport::first(3.0 * 3600.0), 0.0, 60.0);
        close(Viewport::first(0.1), 0.0, 0.5);
    }

    #[test]
    fn zooming_keeps_the_time_under_the_pointer() {
        let zoomed = VIEW.zoomed(0.5, 0.25, 100.0);
        assert!((zoomed.time_s(0.25) - VIEW.time_s(0.25)).abs() < 1e-9);
        close(zoomed, 12.5, 10.0);
        close(VIEW.zoomed(1e9, 0.9, 100.0), 0.0, 100.0);
        close(VIEW.zoomed(1e-9, 0.0, 100.0), 10.0, 0.5);
    }

    #[test]
    fn the_view_stays_within_the_recording() {
        close(VIEW.moved(-50.0, 100.0), 0.0, 20.0);
        close(VIEW.moved(500.0, 100.0), 80.0, 20.0);
        close(VIEW.moved(1.0, 5.0), 0.0, 5.0);
    }

    #[test]
    fn a_stretch_comes_into_sight_without_moving_what_shows_it() {
        assert_eq!(VIEW.showing(11.0, 29.0, 100.0), VIEW);
        close(VIEW.showing(40.0, 42.0, 100.0), 31.0, 20.0);
        close(VIEW.showing(40.0, 80.0, 100.0), 30.0, 60.0);
    }

    #[test]
    fn the_view_turns_its_page_when_the_sound_leaves_it() {
        assert_eq!(VIEW.following(29.0, 100.0), VIEW);
        close(VIEW.following(31.0, 100.0), 30.0, 20.0);
    }

    #[test]
    fn times_and_fractions_are_inverse() {
        assert!((VIEW.fraction(VIEW.time_s(0.3)) - 0.3).abs() < 1e-12);
        assert!(VIEW.overlaps(9.0, 11.0) && !VIEW.overlaps(30.0, 31.0));
    }
}
