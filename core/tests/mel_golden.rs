//! The Mel front end against torchaudio 2.9.1 and librosa 0.11.0, natively and in WASM.
//! `fixtures/make_mel_golden.py` made the expected values.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/recipe.rs"]
mod recipe;

use pipit_core::{MelConfig, MelFrontend, MelNorm, MelScale};
use recipe::recipe;
use safetensors::SafeTensors;
use std::f64::consts::TAU;
use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const TOLERANCE_DB: f32 = 1e-3;

struct Setting {
    sample_rate_hz: u32,
    n_fft: usize,
    hop_length: usize,
    n_mels: usize,
    f_min: f32,
    f_max: f32,
    expected: &'static [u8],
}

#[wasm_bindgen_test(unsupported = test)]
fn settings_at_32_khz() {
    check(&Setting {
        sample_rate_hz: 32_000,
        n_fft: 2048,
        hop_length: 512,
        n_mels: 128,
        f_min: 0.0,
        f_max: 16_000.0,
        expected: include_bytes!("fixtures/mel_32000.safetensors"),
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn settings_at_48_khz() {
    check(&Setting {
        sample_rate_hz: 48_000,
        n_fft: 2048,
        hop_length: 512,
        n_mels: 128,
        f_min: 0.0,
        f_max: 24_000.0,
        expected: include_bytes!("fixtures/mel_48000.safetensors"),
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn small_settings_with_a_band() {
    check(&Setting {
        sample_rate_hz: 32_000,
        n_fft: 1024,
        hop_length: 320,
        n_mels: 64,
        f_min: 50.0,
        f_max: 14_000.0,
        expected: include_bytes!("fixtures/mel_32000_small.safetensors"),
    });
}

fn check(setting: &Setting) {
    let expected = SafeTensors::deserialize(setting.expected).unwrap();
    for (name, samples) in signals(setting.sample_rate_hz) {
        for (library, scale, norm) in [
            ("ta", MelScale::Htk, MelNorm::None),
            ("lr", MelScale::Slaney, MelNorm::Slaney),
        ] {
            let config = MelConfig {
                n_fft: setting.n_fft,
                hop_length: setting.hop_length,
                n_mels: setting.n_mels,
                f_min: setting.f_min,
                f_max: setting.f_max,
                power: 2.0,
                scale,
                norm,
                top_db: Some(80.0),
            };
            let mut frontend = MelFrontend::new(setting.sample_rate_hz, &config).unwrap();
            let ours = frontend.decibels(&samples);
            let theirs = expected.tensor(&format!("{name}.{library}.db")).unwrap();
            assert_eq!(theirs.shape(), [ours.n_mels, ours.n_frames]);
            let worst = theirs
                .data()
                .chunks_exact(4)
                .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
                .zip(&ours.values)
                .map(|(theirs, ours)| (theirs - ours).abs())
                .fold(0.0, f32::max);
            assert!(
                worst < TOLERANCE_DB,
                "{name} against {library}: off by {worst} dB"
            );
        }
    }
}

/// The signals of `fixtures/make_mel_golden.py`.
fn signals(rate: u32) -> Vec<(&'static str, Vec<f32>)> {
    const SECONDS: f64 = 1.3;
    let hz = f64::from(rate);
    let n = (hz * SECONDS) as usize;
    let time: Vec<f64> = (0..n).map(|i| i as f64 / hz).collect();
    let growth = (0.9 * hz / 2.0 / 200.0).ln() / SECONDS;
    let noise = recipe(&format!("noise:{rate}"), n, -0.5, 0.5);
    let mut impulse = vec![0.0; n];
    (impulse[n / 2], impulse[0], impulse[n - 1]) = (1.0, 0.5, -0.25);
    let mut bird: Vec<f64> = noise.iter().map(|v| 0.01 * f64::from(*v)).collect();
    for (start, low, high) in [
        (0.15, 3000.0, 5000.0),
        (0.4, 5200.0, 3600.0),
        (0.62, 4200.0, 4300.0),
        (0.8, 6000.0, 4000.0),
        (1.05, 3200.0, 6000.0),
    ] {
        let mut cycles = 0.0;
        for (sample, t) in bird.iter_mut().zip(&time) {
            let envelope = (-0.5 * ((t - start) / 0.03_f64).powi(2)).exp();
            let pitch = low + (high - low) * ((t - start + 0.09) / 0.18_f64).clamp(0.0, 1.0);
            cycles += pitch;
            let phase = TAU * cycles / hz;
            let overtone = if 2.0 * pitch < hz / 2.0 {
                0.3 * (2.0 * phase).sin()
            } else {
                0.0
            };
            *sample += 0.4 * envelope * (phase.sin() + overtone);
        }
    }
    let by = |f: &dyn Fn(f64) -> f64| time.iter().map(|t| f(*t) as f32).collect::<Vec<f32>>();
    vec![
        (
            "chirp",
            by(&|t| 0.5 * (TAU * 200.0 * ((growth * t).exp() - 1.0) / growth).sin()),
        ),
        ("noise", noise),
        ("impulse", impulse),
        ("silence", vec![0.0; n]),
        ("quiet", by(&|t| 1e-4 * (TAU * 4000.0 * t).sin())),
        ("bird", bird.into_iter().map(|v| v as f32).collect()),
    ]
}
