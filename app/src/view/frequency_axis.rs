//! The vertical axis: kilohertz on the Mel scale, low frequencies at the bottom.

use pipit_core::MelConfig;
use pipit_core::mel::hz_to_mel;
use std::ops::Range;

/// A labelled line on the axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// From the bottom, 0 to 1.
    pub position: f64,
    /// In kilohertz.
    pub label: String,
}

/// Frequencies that make round labels, in the order in which they are given room.
const CANDIDATES_HZ: [f32; 15] = [
    1000.0, 2000.0, 4000.0, 8000.0, 500.0, 16_000.0, 6000.0, 3000.0, 12_000.0, 10_000.0, 250.0,
    24_000.0, 32_000.0, 48_000.0, 64_000.0,
];

/// A choice of frequencies to look at, in hertz.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Its lower edge.
    pub low_hz: f32,
    /// Its upper edge.
    pub high_hz: f32,
}

/// Rows of the picture that show a band; all of them where no band is chosen. At least eight, so
/// that something can be seen.
#[must_use]
pub fn rows(mel: &MelConfig, band: Option<Band>) -> Range<usize> {
    const AT_LEAST: usize = 8;
    let Some(band) = band else {
        return 0..mel.n_mels;
    };
    let row = |hz: f32| (position(mel, hz) * mel.n_mels as f64).max(0.0);
    let start = (row(band.low_hz) as usize).min(mel.n_mels.saturating_sub(AT_LEAST));
    let end = (row(band.high_hz).ceil() as usize).clamp(start + AT_LEAST, mel.n_mels.max(AT_LEAST));
    start..end.min(mel.n_mels)
}

/// Labels for round frequencies in these rows, none nearer to another than `spacing` (0 to 1 of the
/// height), from low to high.
#[must_use]
pub fn ticks(mel: &MelConfig, rows: &Range<usize>, spacing: f64) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    for hz in CANDIDATES_HZ {
        let row = position(mel, hz) * mel.n_mels as f64;
        let position = (row - rows.start as f64) / rows.len().max(1) as f64;
        let room = |tick: &Tick| (tick.position - position).abs() >= spacing;
        if (0.0..=1.0).contains(&position) && ticks.iter().all(room) {
            let label = format!("{}", hz / 1000.0);
            ticks.push(Tick { position, label });
        }
    }
    ticks.sort_by(|a, b| a.position.total_cmp(&b.position));
    ticks
}

/// Where a frequency stands, from the bottom; outside 0 to 1 where the picture does not reach it.
#[must_use]
pub fn position(mel: &MelConfig, hz: f32) -> f64 {
    let to_mel = |hz: f32| hz_to_mel(f64::from(hz), mel.scale);
    let (low, high) = (to_mel(mel.f_min), to_mel(mel.f_max));
    // Band m of n peaks at (m + 1) / (n + 1) of the range, but is drawn around (m + ½) / n.
    let bands = mel.n_mels as f64;
    ((to_mel(hz) - low) / (high - low) * (bands + 1.0) - 0.5) / bands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture;

    #[test]
    fn a_bands_centre_stands_in_the_middle_of_its_row() {
        let mel = fixture::manifest().mel;
        let low = hz_to_mel(f64::from(mel.f_min), mel.scale);
        let high = hz_to_mel(f64::from(mel.f_max), mel.scale);
        for band in [0, 5, mel.n_mels - 1] {
            let centre = low + (high - low) * (band + 1) as f64 / (mel.n_mels + 1) as f64;
            let hz = pipit_core::mel::mel_to_hz(centre, mel.scale) as f32;
            let row = position(&mel, hz) * mel.n_mels as f64;
            assert!((row - (band as f64 + 0.5)).abs() < 1e-3, "{band}: {row}");
        }
    }

    #[test]
    fn labels_are_round_rise_and_keep_their_distance() {
        let mel = fixture::manifest().mel;
        let ticks = ticks(&mel, &rows(&mel, None), 0.1);
        assert!(ticks.iter().any(|tick| tick.label == "4"));
        assert!(ticks.len() >= 4);
        assert!(
            ticks
                .windows(2)
                .all(|t| t[1].position - t[0].position >= 0.1)
        );
    }

    #[test]
    fn a_band_shows_its_rows_and_moves_the_labels() {
        let mel = fixture::manifest().mel;
        let band = Band {
            low_hz: 1000.0,
            high_hz: 4000.0,
        };
        let rows = rows(&mel, Some(band));
        let edges = [1000.0, 4000.0].map(|hz| position(&mel, hz) * mel.n_mels as f64);
        assert!((rows.start as f64) <= edges[0] && rows.end as f64 >= edges[1]);
        assert!(rows.len() < mel.n_mels);
        let labels: Vec<String> = ticks(&mel, &rows, 0.05)
            .into_iter()
            .map(|t| t.label)
            .collect();
        assert_eq!(labels, ["1", "2", "3", "4"]);
        let narrow = Band {
            low_hz: 5000.0,
            high_hz: 5001.0,
        };
        assert_eq!(super::rows(&mel, Some(narrow)).len(), 8);
    }
}
