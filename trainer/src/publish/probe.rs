//! A made-up recording on which two forms of one model are compared.

use std::f32::consts::TAU;

use anyhow::Context;
use burn::tensor::read_sync;
use pipit_core::{Classifier, Waveform, identify};

/// Scores of all windows of a recording of whistles that rise and fall over a soft hiss.
pub(super) fn scores(classifier: &Classifier) -> anyhow::Result<Vec<f32>> {
    let audio = &classifier.manifest().audio;
    let waveform = whistles(audio.sample_rate_hz, 4 * audio.window_samples());
    let windows = read_sync(identify(classifier, &waveform)).context("the probe fails")?;
    Ok(windows
        .into_iter()
        .flat_map(|window| window.scores.0)
        .collect())
}

fn whistles(sample_rate_hz: u32, samples: usize) -> Waveform {
    let rate = sample_rate_hz as f32;
    let mut phase = 0.0f32;
    // A linear congruential generator: the probe is the same everywhere and for ever.
    let mut state = 1u32;
    let samples = (0..samples)
        .map(|index| {
            let seconds = index as f32 / rate;
            let pitch_hz = rate * (0.12 + 0.08 * (1.7 * seconds).sin() * (0.4 * seconds).cos());
            phase = (phase + pitch_hz / rate).fract();
            let loudness = (TAU * 0.9 * seconds).sin().max(0.0);
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = (state >> 8) as f32 / (1u32 << 24) as f32 - 0.5;
            0.5 * loudness * (TAU * phase).sin() + 0.01 * hiss
        })
        .collect();
    Waveform {
        samples,
        sample_rate_hz,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_is_audible_and_repeats() {
        let probe = whistles(8_000, 8_000);

        assert!(probe.peak() > 0.4 && probe.peak() <= 0.51);
        assert_eq!(probe, whistles(8_000, 8_000));
    }
}
