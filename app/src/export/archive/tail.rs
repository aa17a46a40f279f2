//! The end of a file that is being written: what lies before it has been handed out.

use std::cell::RefCell;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::rc::Rc;

/// A file that keeps only what may still be changed. Copies are the same file.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail(Rc<RefCell<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// Bytes that were handed out.
    start: u64,
    /// Those after them.
    bytes: Cursor<Vec<u8>>,
}

impl Tail {
    /// Where what is kept begins in the file.
    pub(super) fn start(&self) -> u64 {
        self.0.borrow().start
    }

    /// Length of the file so far.
    pub(super) fn end(&self) -> u64 {
        self.0.borrow().end()
    }

    /// Hands out what lies before a place in the file; nobody may write there again.
    pub(super) fn take_before(&self, place: u64) -> Vec<u8> {
        let mut kept = self.0.borrow_mut();
        let length = place.min(kept.end()).saturating_sub(kept.start);
        let position = kept.bytes.position().saturating_sub(length);
        let mut bytes = std::mem::take(kept.bytes.get_mut());
        let rest = bytes.split_off(length as usize);
        kept.start += length;
        kept.bytes = Cursor::new(rest);
        kept.bytes.set_position(position);
        bytes
    }
}

impl Kept {
    fn end(&self) -> u64 {
        self.start + self.bytes.get_ref().len() as u64
    }
}

impl Write for Tail {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Tail {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut kept = self.0.borrow_mut();
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => kept.end().checked_add_signed(offset),
            SeekFrom::Current(offset) => {
                let position = kept.start + kept.bytes.position();
                position.checked_add_signed(offset)
            }
        };
        let place = place.ok_or(io::ErrorKind::InvalidInput)?;
        let within = place.checked_sub(kept.start).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "it has been handed out already",
            )
        })?;
        kept.bytes.set_position(within);
        Ok(place)
    }
}
