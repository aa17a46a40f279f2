//! The horizontal axis: seconds, minutes, hours.

/// Steps between labels, in seconds.
const STEPS_S: [f64; 13] = [
    0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
];

/// Times to label in a recording of `duration_s` shown `width_px` wide, at least `spacing_px` apart.
#[must_use]
pub fn ticks(duration_s: f64, width_px: f64, spacing_px: f64) -> Vec<f64> {
    if !(duration_s > 0.0 && width_px > 0.0) {
        return Vec::new();
    }
    let px_per_s = width_px / duration_s;
    let last = STEPS_S[STEPS_S.len() - 1];
    let step = STEPS_S
        .into_iter()
        .find(|step| step * px_per_s >= spacing_px)
        .unwrap_or_else(|| (spacing_px / px_per_s / last).ceil() * last);
    // Two pixels of tolerance keep a label that falls on the very end.
    let n = ((duration_s + 2.0 / px_per_s) / step) as usize;
    (0..=n).map(|i| i as f64 * step).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_room_and_reach_the_end() {
        assert_eq!(ticks(10.0, 600.0, 80.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(7200.0, 16_000.0, 80.0).len(), 121);
        assert_eq!(
            ticks(100_000.0, 500.0, 80.0),
            [0.0, 18_000.0, 36_000.0, 54_000.0, 72_000.0, 90_000.0]
        );
        assert!(ticks(0.0, 600.0, 80.0).is_empty());
        assert!(ticks(f64::NAN, 600.0, 80.0).is_empty());
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
}
