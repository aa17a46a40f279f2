//! How recordings are played.

use super::frequency_axis::Band;

/// The user's choices for playing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listening {
    /// 1 is the speed at which it was recorded.
    pub rate: f64,
    /// Slower, but as high as it was recorded.
    pub keeps_pitch: bool,
    /// A detection that is played starts again at its end.
    pub loops: bool,
    /// Only the frequencies that the spectrogram shows are heard.
    pub filters: bool,
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
        }
    }
}

impl Listening {
    /// What follows a moment of playing. A recording may end before a stretch of it does: its length
    /// is not to the millisecond what a header says.
    #[must_use]
    pub fn next(self, moment: Moment) -> Next {
        match moment.span_s {
            Some((start_s, end_s)) if moment.has_ended || moment.position_s >= end_s => {
                if self.loops {
                    Next::From(start_s)
                } else {
                    Next::Stop
                }
            }
            _ => Next::GoOn,
        }
    }

    /// The band that is heard, where not everything is.
    #[must_use]
    pub fn heard(self, shown: Option<Band>) -> Option<Band> {
        shown.filter(|_| self.filters)
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
    };

    fn at(position_s: f64, has_ended: bool) -> Moment {
        Moment {
            position_s,
            has_ended,
            span_s: Some((2.0, 8.0)),
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
}
