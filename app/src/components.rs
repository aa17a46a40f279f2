//! What is seen: small Leptos components that read the session and pass on intents.

#![allow(
    unreachable_pub,
    reason = "the component macro makes public what is private"
)]

mod about;
mod boxes;
mod chosen;
mod controls;
mod detections;
mod display;
mod export;
mod intake;
mod kept;
mod keys;
mod language;
mod menu;
mod minimap;
mod models;
mod notice;
mod page;
mod playback;
mod recording;
mod review;
mod sight;
mod species;
mod spectrogram;
mod summary;
mod wishes;

pub use page::mount;
