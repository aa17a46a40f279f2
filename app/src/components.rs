//! What is seen: small Leptos components that read the session and pass on intents.

#![allow(
    unreachable_pub,
    reason = "the component macro makes public what is private"
)]

mod about;
mod controls;
mod detections;
mod intake;
mod notice;
mod page;
mod playback;
mod recording;
mod species;
mod spectrogram;

pub use page::mount;
