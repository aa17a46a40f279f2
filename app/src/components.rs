//! What is seen: small Leptos components that read the session and pass on intents.

pub mod about;
pub mod controls;
pub mod detections;
pub mod intake;
pub mod notice;
pub mod page;
pub mod playback;
pub mod recording;
pub mod spectrogram;
pub mod species;

pub use page::mount;
