//! Mono samples in the browser's memory, which Rust need not see.

use js_sys::Float32Array;

/// Some samples.
#[derive(Debug, Clone)]
pub struct Samples(pub(super) Float32Array);

impl From<&[f32]> for Samples {
    fn from(samples: &[f32]) -> Self {
        Self(Float32Array::from(samples))
    }
}
