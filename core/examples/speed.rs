//! How fast the pipeline is on this machine's CPU, for `cargo xtask bench`.
//!
//! `cargo run --release -p pipit-core --features model,burn/simd --example speed -- MODEL_FOLDER` prints
//! one line of JSON. One thread, best of some rounds.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

#[cfg(feature = "model")]
fn main() {
    speed::main();
}

#[cfg(not(feature = "model"))]
fn main() {
    eprintln!("this needs `--features model`");
}

#[cfg(feature = "model")]
mod speed {
    use std::env;
    use std::fs;
    use std::future::Future;
    use std::path::Path;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::time::Instant;

    use burn::prelude::Device;
    use pipit_core::package::{MANIFEST_FILE, WEIGHTS_FILE};
    use pipit_core::{Classifier, MelFrontend, ModelPackage};

    const ROUNDS: usize = 20;

    pub(super) fn main() {
        let folder = env::args().nth(1).expect("the folder of a model");
        let folder = Path::new(&folder);
        let manifest = fs::read(folder.join(MANIFEST_FILE)).expect("a manifest");
        let weights = fs::read(folder.join(WEIGHTS_FILE)).expect("weights");
        let package = ModelPackage::open(&manifest, weights).expect("a sound package");
        let classifier = Classifier::new(&package, &Device::flex()).expect("fitting weights");

        let manifest = classifier.manifest();
        let audio = &manifest.audio;
        let mut mel = MelFrontend::new(audio.sample_rate_hz, &manifest.mel).expect("settings");
        let samples = noise(audio.window_samples());
        let mel_ms = best_ms(|| drop(mel.decibels(&samples)));

        let mut window = mel.decibels(&samples);
        manifest.normalization.apply(&mut window);
        let n_frames = window.n_frames;
        let windows = [window];
        let classifier_ms = best_ms(|| drop(ready(classifier.classify(&windows))));

        let per_minute = mel_ms * 60.0 / f64::from(audio.window.length_s);
        println!(
            "{{\"mel_ms_per_minute\": {per_minute}, \"classifier_ms_per_window\": {classifier_ms}, \
             \"n_frames\": {n_frames}}}"
        );
    }

    fn best_ms(mut work: impl FnMut()) -> f64 {
        work();
        (0..ROUNDS)
            .map(|_| {
                let begun = Instant::now();
                work();
                begun.elapsed().as_secs_f64() * 1000.0
            })
            .fold(f64::INFINITY, f64::min)
    }

    /// The CPU is always ready at once.
    fn ready<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
        }
    }

    fn noise(length: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..length).map(|_| 0.1 * next()).collect()
    }
}
