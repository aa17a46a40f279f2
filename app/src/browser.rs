//! The browser: the only code that names `web-sys` types.

#[cfg(feature = "worker")]
pub mod blob_source;
pub mod canvas;
pub mod clock;
pub mod decode;
pub mod download;
pub mod error;
pub mod fetch;
pub mod files;
pub mod folders;
pub mod gpu;
pub mod microphone;
pub mod offline;
pub mod page;
pub mod player;
pub mod port;
pub mod results;
pub mod samples;
pub mod scope;
pub mod storage;
pub mod wav;
