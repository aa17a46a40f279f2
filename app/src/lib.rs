//! Pipit in the browser: a page and its workers.
//!
//! ```text
//! page    components ─► session ─► effects ─► shell ─► browser ┐ protocol
//! worker  browser ◄─ device, model, job ◄──────────────────────┘
//! ```
//!
//! [`session`] is all that the page knows and decides; it asks for what must be done by
//! returning effects, and never touches the browser, so it is tested natively. Only [`browser`] and
//! the worker name `web-sys` types. Without feature `worker`, as the page is built, there is no Burn
//! in it.

pub mod audio_header;
pub mod export;
pub mod file_stamp;
pub mod in_turn;
pub mod model_package;
pub mod naming;
pub mod notice;
pub mod protocol;
pub mod recent;
pub mod recorded_at;
pub mod review;
pub mod session;
pub mod settings;
pub mod species_list;
pub mod view;
pub mod wav_header;
pub mod words;

#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
pub mod shell;
#[cfg(all(target_arch = "wasm32", feature = "worker"))]
pub mod worker;

/// Equal in a page and a worker that were built together.
pub const BUILD: &str = env!("PIPIT_BUILD");
