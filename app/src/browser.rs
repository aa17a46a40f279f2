//! The browser: the only code that names `web-sys` types.

pub mod canvas;
pub mod clock;
pub mod decode;
pub mod error;
pub mod fetch;
pub mod files;
pub mod gpu;
pub mod page;
pub mod player;
pub mod port;
pub mod scope;
pub mod storage;

pub use js_sys::Float32Array as Samples;
