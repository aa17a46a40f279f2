//! How times of a recording are told: since its beginning, or by the recorder's clock.

use super::time_axis::{self, clock, parse_clock};
use super::viewport::Viewport;
use crate::recorded_at::RecordedAt;

/// Seconds of a day on a recorder's clock, which knows no summer time.
const DAY_S: f64 = 86_400.0;

/// What times count from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TimeScale {
    /// The beginning of the recording.
    #[default]
    Elapsed,
    /// Midnight, for recordings whose names say when they began.
    Clock,
}

/// The times of one recording.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Times {
    /// When it began, if its times are told by the clock.
    began: Option<RecordedAt>,
}

/// A label of the time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where it stands, in seconds of the recording.
    pub time_s: f64,
    /// What it says.
    pub label: String,
    /// A day begins here, and the label is its date.
    pub is_new_day: bool,
}

impl TimeScale {
    /// All choices.
    pub const ALL: [Self; 2] = [Self::Elapsed, Self::Clock];

    /// The name in the menu's values and in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Elapsed => "elapsed",
            Self::Clock => "clock",
        }
    }

    /// The choice of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }
}

impl Times {
    /// The times of a recording that began then; elapsed ones if nobody knows.
    #[must_use]
    pub fn new(scale: TimeScale, recorded_at: Option<RecordedAt>) -> Self {
        Self {
            began: recorded_at.filter(|_| scale == TimeScale::Clock),
        }
    }

    /// Whether they are told by the clock.
    #[must_use]
    pub fn are_of_the_clock(self) -> bool {
        self.began.is_some()
    }

    /// A time as `0:07`, or as `05:30:07` by the clock; tenths only where asked for.
    #[must_use]
    pub fn tell(self, time_s: f64, tenths: bool) -> String {
        match self.began {
            Some(began) => time_of_day(began.second_of_day() + time_s, tenths),
            None => clock(time_s, tenths),
        }
    }

    /// A stretch as `0:05–0:10`.
    #[must_use]
    pub fn tell_span(self, start_s: f64, end_s: f64) -> String {
        let [start, end] = [start_s, end_s].map(|time_s| self.tell(time_s, false));
        format!("{start}–{end}")
    }

    /// Labels for a view that is `width_px` wide, at least `spacing_px` apart.
    #[must_use]
    pub fn ticks(self, viewport: Viewport, width_px: f64, spacing_px: f64) -> Vec<Tick> {
        let origin_s = self.began.map_or(0.0, RecordedAt::second_of_day);
        let ticks = time_axis::ticks(viewport, origin_s, width_px, spacing_px);
        let tick = |time_s: f64| {
            let new_day = self.began.filter(|_| is_midnight(origin_s + time_s));
            Tick {
                time_s,
                label: new_day.map_or_else(
                    || self.tell(time_s, ticks.tenths),
                    |began| began.after_s(time_s).day(),
                ),
                is_new_day: new_day.is_some(),
            }
        };
        ticks.times_s.iter().copied().map(tick).collect()
    }

    /// The time that somebody wrote, in seconds of the recording. By the clock, `5:31` and
    /// `05:31:07` are times of day, the first ones after the beginning; a bare number is seconds.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<f64> {
        let written = parse_clock(text)?;
        let Some(began) = self.began.filter(|_| text.contains(':')) else {
            return Some(written);
        };
        let n_parts = text.split(':').count();
        let second_of_day = if n_parts == 2 {
            written * 60.0
        } else {
            written
        };
        let is_time_of_day = n_parts <= 3 && second_of_day < DAY_S;
        is_time_of_day.then(|| (second_of_day - began.second_of_day()).rem_euclid(DAY_S))
    }
}

/// Ticks are no closer than tenths of a second.
fn is_midnight(second: f64) -> bool {
    ((second * 10.0).round() as u64).is_multiple_of(DAY_S as u64 * 10)
}

fn time_of_day(second: f64, tenths: bool) -> String {
    let per_s = if tenths { 10.0 } else { 1.0 };
    let units = (second * per_s).round().rem_euclid(DAY_S * per_s) as u64;
    let whole = units / per_s as u64;
    let text = format!(
        "{:02}:{:02}:{:02}",
        whole / 3600,
        whole / 60 % 60,
        whole % 60
    );
    if tenths {
        format!("{text}.{}", units % 10)
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_clock(name: &str) -> Times {
        Times::new(TimeScale::Clock, RecordedAt::from_file_name(name))
    }

    fn labels(times: Times, start_s: f64, span_s: f64, width_px: f64) -> Vec<String> {
        let ticks = times.ticks(Viewport { start_s, span_s }, width_px, 80.0);
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn without_a_beginning_times_are_elapsed() {
        let recorded_at = RecordedAt::from_file_name("20240521_053000.WAV");
        for times in [
            by_clock("forest.wav"),
            Times::new(TimeScale::Elapsed, recorded_at),
        ] {
            assert!(!times.are_of_the_clock());
            assert_eq!(times.tell_span(5.0, 65.0), "0:05–1:05");
            assert_eq!(labels(times, 0.0, 4.0, 200.0), ["0:00", "0:02", "0:04"]);
            assert_eq!(times.parse("1:05"), Some(65.0));
        }
    }

    #[test]
    fn ticks_stand_at_whole_minutes_of_the_clock() {
        let times = by_clock("20240521_052950.WAV");
        let ticks = times.ticks(
            Viewport {
                start_s: 0.0,
                span_s: 180.0,
            },
            300.0,
            80.0,
        );
        let places: Vec<f64> = ticks.iter().map(|tick| tick.time_s).collect();
        assert_eq!(places, [10.0, 70.0, 130.0]);
        let words: Vec<&str> = ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(words, ["05:30:00", "05:31:00", "05:32:00"]);
        assert_eq!(
            labels(times, 0.0, 1.0, 200.0),
            ["05:29:50.0", "05:29:50.5", "05:29:51.0"]
        );
    }

    #[test]
    fn a_new_day_is_marked_with_its_date() {
        let times = by_clock("20240228_235950.WAV");
        assert_eq!(
            labels(times, 0.0, 20.0, 400.0),
            ["23:59:50", "23:59:55", "2024-02-29", "00:00:05", "00:00:10"]
        );
        // Seconds and tenths alike.
        assert_eq!(
            labels(times, 9.8, 0.4, 240.0),
            ["23:59:59.8", "2024-02-29", "00:00:00.2"]
        );
        // Every step divides the day, and in weeks every label is a day.
        assert!(labels(times, 0.0, 10_800.0, 400.0).contains(&"2024-02-29".into()));
        assert_eq!(
            labels(times, 0.0, 604_800.0, 250.0),
            ["2024-03-02", "2024-03-05"]
        );
        let ticks = by_clock("20240229_000000.WAV").ticks(Viewport::whole(10.0), 600.0, 80.0);
        assert!(ticks[0].is_new_day && !ticks[1].is_new_day);
    }

    #[test]
    fn the_clock_goes_on_after_midnight() {
        let times = by_clock("20240228_235959Z.wav");
        assert_eq!(times.tell_span(0.0, 61.6), "23:59:59–00:01:01");
        assert_eq!(times.tell(0.96, true), "00:00:00.0");
        assert_eq!(times.tell(0.6, false), "00:00:00");
    }

    #[test]
    fn written_times_of_day_are_the_first_after_the_beginning() {
        let times = by_clock("20240228_233000.WAV");
        let parsed = [
            "23:31", "00:00:05", "90", "23:29:59", "1:2:3:4", "24:10", "dawn",
        ]
        .map(|text| times.parse(text));
        assert_eq!(
            parsed,
            [
                Some(60.0),
                Some(1805.0),
                Some(90.0),
                Some(86_399.0),
                None,
                None,
                None
            ]
        );
    }
}
