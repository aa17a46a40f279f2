//! The horizontal axis: seconds, minutes, hours.

use super::viewport::Viewport;

/// Steps between labels, in seconds. Each divides a day, so that midnight has a label on any clock.
const STEPS_S: [f64; 20] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
    7200.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0,
];

/// Times to label.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticks {
    /// In order.
    pub times_s: Vec<f64>,
    /// Whether labels need tenths of seconds to be told apart.
    pub tenths: bool,
}

/// Times to label in a view that is `width_px` wide, at least `spacing_px` apart. They are whole
/// steps on a clock that shows `origin_s` where the recording begins.
#[must_use]
pub fn ticks(viewport: Viewport, origin_s: f64, width_px: f64, spacing_px: f64) -> Ticks {
    if !(viewport.span_s > 0.0 && width_px > 0.0) {
        return Ticks {
            times_s: Vec::new(),
            tenths: false,
        };
    }
    let px_per_s = width_px / viewport.span_s;
    let last = STEPS_S[STEPS_S.len() - 1];
    let step = STEPS_S
        .into_iter()
        .find(|step| step * px_per_s >= spacing_px)
        .unwrap_or_else(|| (spacing_px / px_per_s / last).ceil() * last);
    // Two pixels of tolerance keep a label that falls on an edge.
    let slack_s = 2.0 / px_per_s;
    let first = ((origin_s + viewport.start_s - slack_s) / step)
        .ceil()
        .max(0.0) as usize;
    let end = ((origin_s + viewport.end_s() + slack_s) / step) as usize;
    Ticks {
        times_s: (first..=end).map(|i| i as f64 * step - origin_s).collect(),
        tenths: step < 1.0,
    }
}

/// A time as people write it: `7 s` is `0:07`; tenths only where asked for.
#[must_use]
pub fn clock(seconds: f64, tenths: bool) -> String {
    let seconds = seconds.max(0.0);
    let total_tenths = (seconds * 10.0).round() as u64;
    let whole = if tenths {
        total_tenths / 10
    } else {
        seconds.round() as u64
    };
    let (hours, minutes, s) = (whole / 3600, whole / 60 % 60, whole % 60);
    let text = if hours > 0 {
        format!("{hours}:{minutes:02}:{s:02}")
    } else {
        format!("{minutes}:{s:02}")
    };
    if tenths {
        format!("{text}.{}", total_tenths % 10)
    } else {
        text
    }
}

/// How wide a recording is drawn: `preferred_px_per_s`, but never wider than a canvas may be.
#[must_use]
pub fn width_px(duration_s: f64, preferred_px_per_s: f64) -> usize {
    /// Browsers refuse larger canvases.
    const MAX_PX: f64 = 16_000.0;
    (duration_s * preferred_px_per_s).clamp(1.0, MAX_PX).ceil() as usize
}

/// The time that somebody wrote: seconds, `minutes:seconds` or `hours:minutes:seconds`.
#[must_use]
pub fn parse_clock(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    for part in text.trim().split(':') {
        let part: f64 = part.trim().replace(',', ".").parse().ok()?;
        if !part.is_finite() || part < 0.0 {
            return None;
        }
        seconds = seconds * 60.0 + part;
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_room_and_reach_the_edges() {
        let times = |start_s, span_s, width_px| {
            ticks(Viewport { start_s, span_s }, 0.0, width_px, 80.0).times_s
        };
        assert_eq!(times(0.0, 10.0, 600.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(times(61.0, 9.0, 600.0), [62.0, 64.0, 66.0, 68.0, 70.0]);
        assert_eq!(times(0.0, 7200.0, 16_000.0).len(), 121);
        assert_eq!(
            times(0.0, 100_000.0, 500.0),
            [0.0, 21_600.0, 43_200.0, 64_800.0, 86_400.0]
        );
        let close = ticks(
            Viewport {
                start_s: 1.0,
                span_s: 0.5,
            },
            0.0,
            1000.0,
            80.0,
        );
        assert!(close.tenths && close.times_s.len() == 6);
        assert!(times(0.0, 0.0, 100.0).is_empty());
    }

    #[test]
    fn clocks_read_as_usual() {
        assert_eq!(clock(7.0, false), "0:07");
        assert_eq!(clock(59.97, true), "1:00.0");
        assert_eq!(clock(59.97, false), "1:00");
        assert_eq!(clock(3661.25, false), "1:01:01");
        assert_eq!(clock(-1.0, true), "0:00.0");
    }

    #[test]
    fn long_recordings_stay_within_a_canvas() {
        assert_eq!(width_px(10.0, 60.0), 600);
        assert_eq!(width_px(0.001, 60.0), 1);
        assert_eq!(width_px(10_800.0, 60.0), 16_000);
    }

    #[test]
    fn written_times_are_understood() {
        let times = ["90", "1:30", " 0:01:30 ", "1:0,5", "2:00:00"].map(parse_clock);
        assert_eq!(
            times,
            [Some(90.0), Some(90.0), Some(90.0), Some(60.5), Some(7200.0)]
        );
        assert_eq!(["", "a", "1:-3", "1::2", "inf"].map(parse_clock), [None; 5]);
    }
}
