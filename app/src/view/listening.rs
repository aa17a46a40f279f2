//! How recordings are played.

use super::frequency_axis::Band;

/// The user's choices for playing.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are wishes that do not exclude each other"
)]
pub struct Listening {
    /// 1 is the speed at which it was recorded.
    pub rate: f64,
    /// Slower, but as high as it was recorded.
    pub keeps_pitch: bool,
    /// A detection that is played starts again at its end.
    pub loops: bool,
    /// Only the frequencies that the spectrogram shows are heard.
    pub filters: bool,
    /// Only the frequencies of the chosen detection are heard.
    pub isolates: bool,
}

/// Where playing stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The time that is heard.
    pub position_s: f64,
    /// Nothing more is played by itself.
    pub has_ended: bool,
    /// The stretch that is to be heard, if not everything is.
    pub span_s: Option<(f64, f64)>,
    /// Where the recording goes on behind what is at hand.
    pub more_s: Option<f64>,
}

/// What is at hand of a recording whose file the browser cannot play.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    start_s: f64,
    end_s: f64,
    is_last: bool,
}

/// What playing does next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// What it does already.
    GoOn,
    /// It goes on at this time.
    From(f64),
    /// It stops.
    Stop,
}

/// Speeds to choose from.
pub const RATES: [f64; 5] = [0.1, 0.25, 0.5, 1.0, 2.0];

impl Default for Listening {
    fn default() -> Self {
        Self {
            rate: 1.0,
            keeps_pitch: false,
            loops: false,
            filters: false,
            isolates: false,
        }
    }
}

impl Listening {
    /// Whether it is neither slower nor faster.
    #[must_use]
    pub fn is_at_recorded_speed(self) -> bool {
        (self.rate - Self::default().rate).abs() < f64::EPSILON
    }

    /// The same without what concerns a chosen detection.
    #[must_use]
    pub fn of_any_detection(self) -> Self {
        Self {
            isolates: false,
            ..self
        }
    }

    /// What follows a moment of playing. A recording may end before a stretch of it does: its length
    /// is not to the millisecond what a header says.
    #[must_use]
    pub fn next(self, moment: Moment) -> Next {
        let Moment {
            position_s,
            has_ended,
            span_s,
            more_s,
        } = moment;
        let is_over = has_ended && more_s.is_none();
        match (span_s, more_s) {
            (Some((start_s, end_s)), _) if is_over || position_s >= end_s => {
                if self.loops {
                    Next::From(start_s)
                } else {
                    Next::Stop
                }
            }
            (_, Some(more_s)) if has_ended => Next::From(more_s),
            _ => Next::GoOn,
        }
    }

    /// The band that is heard, where not everything is: of the chosen detection if that is wished
    /// and known, else what is shown.
    #[must_use]
    pub fn heard(self, shown: Option<Band>, chosen: Option<Band>) -> Option<Band> {
        let shown = shown.filter(|_| self.filters || self.isolates);
        chosen.filter(|_| self.isolates).or(shown)
    }
}

impl Piece {
    /// Length that is asked for, seconds: some 10 MB of samples.
    pub const LENGTH_S: f64 = 60.0;

    /// Nothing is at hand yet.
    pub const NOTHING: Self = Self {
        start_s: 0.0,
        end_s: 0.0,
        is_last: false,
    };

    /// What came when [`Piece::LENGTH_S`] were asked for; less than that only the end has.
    #[must_use]
    pub fn new(start_s: f64, length_s: f64) -> Self {
        Self {
            start_s,
            end_s: start_s + length_s,
            is_last: length_s < Self::LENGTH_S - 0.01,
        }
    }

    /// Whether a time is in it.
    #[must_use]
    pub fn holds(self, position_s: f64) -> bool {
        (self.start_s..self.end_s).contains(&position_s)
    }

    /// Where the recording goes on behind it.
    #[must_use]
    pub fn more_s(self) -> Option<f64> {
        (!self.is_last).then_some(self.end_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOP: Listening = Listening {
        rate: 1.0,
        keeps_pitch: false,
        loops: true,
        filters: false,
        isolates: false,
    };

    fn at(position_s: f64, has_ended: bool) -> Moment {
        Moment {
            position_s,
            has_ended,
            span_s: Some((2.0, 8.0)),
            more_s: None,
        }
    }

    #[test]
    fn a_stretch_stops_at_its_end_or_begins_again() {
        let once = Listening::default();
        assert_eq!(once.next(at(7.9, false)), Next::GoOn);
        assert_eq!(once.next(at(8.0, false)), Next::Stop);
        assert_eq!(LOOP.next(at(8.0, false)), Next::From(2.0));
    }

    #[test]
    fn a_stretch_ends_with_the_recording_at_the_latest() {
        assert_eq!(Listening::default().next(at(7.9, true)), Next::Stop);
        assert_eq!(LOOP.next(at(7.9, true)), Next::From(2.0));
    }

    #[test]
    fn only_stretches_are_repeated() {
        let all = Moment {
            span_s: None,
            ..at(8.0, true)
        };
        assert_eq!(LOOP.next(all), Next::GoOn);
    }

    #[test]
    fn a_piece_is_followed_by_the_next_one_unless_the_stretch_is_over() {
        let more = |position_s, has_ended| Moment {
            more_s: Some(6.0),
            ..at(position_s, has_ended)
        };
        assert_eq!(LOOP.next(more(5.9, false)), Next::GoOn);
        assert_eq!(LOOP.next(more(6.0, true)), Next::From(6.0));
        assert_eq!(LOOP.next(more(8.0, true)), Next::From(2.0));
        let all = Moment {
            span_s: None,
            ..more(6.0, true)
        };
        assert_eq!(Listening::default().next(all), Next::From(6.0));
    }

    #[test]
    fn only_the_last_piece_is_shorter_than_asked_for() {
        let first = Piece::new(30.0, Piece::LENGTH_S);
        assert_eq!(first.more_s(), Some(90.0));
        assert!(first.holds(30.0) && first.holds(89.9));
        assert!(!first.holds(29.9) && !first.holds(90.0));
        assert_eq!(Piece::new(90.0, 4.0).more_s(), None);
        assert!(!Piece::NOTHING.holds(0.0));
    }

    #[test]
    fn the_chosen_detections_band_is_heard_where_it_is_known() {
        let band = |low_hz| {
            Some(Band {
                low_hz,
                high_hz: 9000.0,
            })
        };
        let (shown, chosen) = (band(1000.0), band(4000.0));
        let listening = |filters, isolates| Listening {
            filters,
            isolates,
            ..Listening::default()
        };
        assert_eq!(listening(false, false).heard(shown, chosen), None);
        assert_eq!(listening(true, false).heard(shown, chosen), shown);
        assert_eq!(listening(false, true).heard(shown, chosen), chosen);
        assert_eq!(listening(true, true).heard(None, chosen), chosen);
        assert_eq!(listening(false, true).heard(shown, None), shown);
        assert_eq!(listening(false, true).heard(None, None), None);
    }
}
