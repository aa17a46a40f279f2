//! The commands behind `cargo xtask`, and the static file server that they share with the
//! end-to-end tests.
//!
//! One file a command: [`serve`], [`test`], [`build`], [`bench`], [`ablate`], [`example`]. Beneath them lie
//! [`tools`] (the WASM target, Trunk, wasm-bindgen), [`chromium`], [`readers`] (other programs on
//! exports), [`steps`] (names and times of what runs), [`command`] (child processes), [`page`] (pages of
//! which a command writes a part) and [`site`] (the server).

pub mod ablate;
pub mod axe;
pub mod bench;
pub mod build;
pub mod chromium;
pub mod command;
pub mod example;
pub mod offline;
pub mod page;
pub mod readers;
pub mod serve;
pub mod site;
pub mod steps;
pub mod test;
pub mod tools;
pub mod workspace;
