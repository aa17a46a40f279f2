//! How long a training step takes on this machine's CPU.
//!
//! `cargo run --release -p pipit-core --features training,rayon,burn/simd --example training_speed` prints the best
//! of some rounds, in seconds, on all threads. After `-- ` networks may be named; `training_speed.py` is the same
//! step in PyTorch.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

#[cfg(not(feature = "training"))]
fn main() {
    eprintln!("this needs `--features training`");
}

#[cfg(feature = "training")]
fn main() {
    use std::time::Instant;

    use burn::prelude::*;
    use burn::tensor::Distribution;
    use pipit_core::{Architecture, Model};

    let mut architectures: Vec<Architecture> = std::env::args()
        .skip(1)
        .map(|name| name.parse().expect("a network's name"))
        .collect();
    if architectures.is_empty() {
        architectures.push(Architecture::TfEfficientNetLite0);
    }
    // As the birds of Puerto Rico are trained.
    let (frozen, shape) = (3, [16, 1, 128, 313]);
    let device = Device::flex().autodiff();
    let windows = Tensor::<4>::random(shape, Distribution::Default, &device);
    for architecture in architectures {
        let model = Model::new(architecture, 1, 27, &device).freeze(frozen);
        let (mut forward, mut step) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..6 {
            let begun = Instant::now();
            let loss = model.forward(windows.clone()).square().mean();
            forward = forward.min(begun.elapsed().as_secs_f64());
            drop(loss.backward());
            step = step.min(begun.elapsed().as_secs_f64());
        }
        println!(
            "{architecture}, {shape:?}, {frozen} stages frozen: forward {forward:.3}, step {step:.3}"
        );
    }
}
