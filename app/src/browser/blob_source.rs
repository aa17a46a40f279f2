//! A file of the user's as a seekable stream of bytes, read piece by piece in the worker.

use super::error::describe;
use js_sys::Uint8Array;
use pipit_core::decode::MediaSource;
use send_wrapper::SendWrapper;
use std::io::{self, Read, Seek, SeekFrom};
use wasm_bindgen::JsValue;
use web_sys::{Blob, FileReaderSync};

/// Bytes fetched where reading begins: whoever looks for a place in a long file jumps on soon.
const FIRST_PIECE: u64 = 1 << 16;
/// Bytes fetched at a time by whoever reads on: each call to the browser costs as much as some
/// hundred kilobytes.
const PIECE: u64 = 1 << 20;

/// Reads a file where it lies; only a piece of it is in memory.
pub struct BlobSource {
    // A worker is one thread; the decoder asks for a source that could move to another.
    blob: SendWrapper<Blob>,
    reader: SendWrapper<FileReaderSync>,
    length: u64,
    position: u64,
    piece: Vec<u8>,
    piece_start: u64,
}

impl BlobSource {
    /// A stream at the start of the file.
    ///
    /// # Errors
    /// Outside a worker.
    pub fn new(blob: Blob) -> Result<Self, JsValue> {
        Ok(Self {
            length: blob.size() as u64,
            blob: SendWrapper::new(blob),
            reader: SendWrapper::new(FileReaderSync::new()?),
            position: 0,
            piece: Vec::new(),
            piece_start: 0,
        })
    }

    /// What is in memory from the present position on.
    fn at_hand(&self) -> &[u8] {
        let offset = self.position.checked_sub(self.piece_start);
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        offset
            .and_then(|offset| self.piece.get(offset..))
            .unwrap_or_default()
    }

    fn fetch(&mut self) -> Result<(), JsValue> {
        let fetched = self.piece.len() as u64;
        let reads_on = fetched > 0 && self.position == self.piece_start + fetched;
        let length = if reads_on {
            (2 * fetched).min(PIECE)
        } else {
            FIRST_PIECE
        };
        let end = (self.position + length).min(self.length);
        let piece = self
            .blob
            .slice_with_f64_and_f64(self.position as f64, end as f64)?;
        let buffer = self.reader.read_as_array_buffer(&piece)?;
        self.piece = Uint8Array::new(&buffer).to_vec();
        self.piece_start = self.position;
        Ok(())
    }
}

impl Read for BlobSource {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.at_hand().is_empty() && self.position < self.length {
            // Damaged recordings give errors of every other kind.
            self.fetch()
                .map_err(|thrown| io::Error::new(io::ErrorKind::NotFound, describe(&thrown)))?;
        }
        let bytes = self.at_hand();
        let n = bytes.len().min(target.len());
        target[..n].copy_from_slice(&bytes[..n]);
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for BlobSource {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl MediaSource for BlobSource {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
