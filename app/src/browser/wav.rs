//! WAV files in the browser's memory: mono, 32-bit floats.

use super::files::SourceFile;
use super::samples::Samples;
use crate::wav_header::{MOST_BYTES, header};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::Blob;

/// Blocks that are put away together, where the browser may move them to disk.
const BLOCKS_AT_ONCE: u32 = 512;

/// A WAV of these samples.
///
/// # Errors
/// If the browser has no room for it, or a WAV none for so many samples.
pub fn of_samples(sample_rate_hz: u32, Samples(samples): &Samples) -> Result<Blob, JsValue> {
    if samples.length() > MOST_BYTES / 4 {
        return Err("decoded, it has more than the four gigabytes that a WAV can have".into());
    }
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

    /// Whether a block still fits.
    #[must_use]
    pub fn has_room(&self, Samples(block): &Samples) -> bool {
        block.length() <= (MOST_BYTES - self.n_bytes) / 4
    }

    /// Adds a copy of a block, for which there must be room.
    ///
    /// # Errors
    /// If the browser has no room for it.
    pub fn push(&mut self, Samples(block): &Samples) -> Result<(), JsValue> {
        self.recent.push(&block.slice(0, block.length()));
        self.n_bytes = self
            .n_bytes
            .saturating_add(block.byte_length())
            .min(MOST_BYTES);
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
