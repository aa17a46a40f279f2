//! WAV files in the browser's memory: mono, 32-bit floats.

use super::files::SourceFile;
use super::samples::Samples;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::Blob;

/// Blocks that are put away together, where the browser may move them to disk.
const BLOCKS_AT_ONCE: u32 = 512;

/// A WAV of these samples.
///
/// # Errors
/// If the browser has no room for it.
pub fn of_samples(sample_rate_hz: u32, Samples(samples): &Samples) -> Result<Blob, JsValue> {
    let header = header(sample_rate_hz, samples.byte_length());
    let parts = Array::of2(&Uint8Array::from(header.as_slice()), samples);
    Blob::new_with_u8_array_sequence(&parts)
}

/// A WAV that is still being recorded.
pub struct GrowingWav {
    sample_rate_hz: u32,
    n_bytes: u32,
    put_away: Array,
    recent: Array,
}

impl GrowingWav {
    /// Nothing yet.
    #[must_use]
    pub fn new(sample_rate_hz: u32) -> Self {
        Self {
            sample_rate_hz,
            n_bytes: 0,
            put_away: Array::new(),
            recent: Array::new(),
        }
    }

    /// Adds a copy of a block.
    ///
    /// # Errors
    /// If the browser has no room for it.
    pub fn push(&mut self, Samples(block): &Samples) -> Result<(), JsValue> {
        self.recent.push(&block.slice(0, block.length()));
        self.n_bytes = self.n_bytes.saturating_add(block.byte_length());
        if self.recent.length() >= BLOCKS_AT_ONCE {
            let blob = Blob::new_with_u8_array_sequence(&self.recent)?;
            self.put_away.push(&blob);
            self.recent = Array::new();
        }
        Ok(())
    }

    /// The whole file.
    ///
    /// # Errors
    /// If the browser has no room for it.
    pub fn into_file(self, name: String) -> Result<SourceFile, JsValue> {
        let header = header(self.sample_rate_hz, self.n_bytes);
        let parts = Array::of1(&Uint8Array::from(header.as_slice()))
            .concat(&self.put_away)
            .concat(&self.recent);
        let blob = Blob::new_with_blob_sequence(&parts)?;
        Ok(SourceFile::new(name, blob, 0.0))
    }
}

/// One channel of 32-bit floats.
fn header(sample_rate_hz: u32, n_bytes: u32) -> Vec<u8> {
    const FLOAT: [u8; 2] = [3, 0];
    const ONE_CHANNEL: [u8; 2] = [1, 0];
    let parts: [&[u8]; 13] = [
        b"RIFF",
        &n_bytes.saturating_add(36).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16_u32.to_le_bytes(),
        &FLOAT,
        &ONE_CHANNEL,
        &sample_rate_hz.to_le_bytes(),
        &(sample_rate_hz * 4).to_le_bytes(),
        &[4, 0],
        &[32, 0],
        b"data",
        &n_bytes.to_le_bytes(),
    ];
    parts.concat()
}
