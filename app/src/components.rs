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
mod file_button;
mod intake;
mod kept;
mod keys;
mod language;
mod menu;
mod minimap;
mod models;
mod notice;
mod number;
mod page;
mod playback;
mod player_bar;
mod recording;
mod review;
mod sight;
mod species;
mod spectrogram;
mod summary;
mod wishes;

pub use page::mount;
