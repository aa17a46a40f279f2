//! The vertical axis: kilohertz on the Mel scale, low frequencies at the bottom.

use pipit_core::MelConfig;
use pipit_core::mel::hz_to_mel;

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

/// Labels for round frequencies, none nearer to another than `spacing` (0 to 1), from low to high.
#[must_use]
pub fn ticks(mel: &MelConfig, spacing: f64) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    for hz in CANDIDATES_HZ {
        let position = position(mel, hz);
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
        let ticks = ticks(&fixture::manifest().mel, 0.1);
        assert!(ticks.iter().any(|tick| tick.label == "4"));
        assert!(ticks.len() >= 4);
        assert!(
            ticks
                .windows(2)
                .all(|t| t[1].position - t[0].position >= 0.1)
        );
    }
}
