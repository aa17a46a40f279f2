//! What a recording's first bytes say, by content and never by the file's name: recordings
//! with a wrong extension are common.
//!
//! The page decodes at the rate found here, so that the browser does not resample to the
//! sound card's rate first.

mod aiff;
mod matroska;
mod mp4;
mod mpeg;
mod ogg;
mod riff;

use bytes::{be_u24, starts_with_at};

/// What a recording's header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioHeader {
    /// Media type, with the codec where the browser's answer may depend on it.
    pub mime: String,
    /// The recording's own rate, where the header gives one.
    pub sample_rate_hz: Option<u32>,
    /// Sample frames, where the header gives them in advance.
    pub n_frames: Option<u64>,
}

/// The outcome of looking at some bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// A recording.
    Found(AudioHeader),
    /// No recording that is known here.
    Unknown,
    /// The answer lies further on in the file: probe again with the bytes from this offset.
    ReadAt(u64),
}

/// Looks at `bytes`, which start at `offset` in the file. A few tens of kilobytes are enough.
#[must_use]
pub fn probe(bytes: &[u8], offset: u64) -> Probe {
    if let Some(skip) = id3v2_length(bytes) {
        // Tags may hold pictures of any size; some writers leave zeros behind them.
        let start = usize::try_from(skip).unwrap_or(usize::MAX);
        return match bytes.get(start..) {
            Some(rest) if rest.len() >= 4096 => probe(rest, offset + skip),
            _ => Probe::ReadAt(offset + skip),
        };
    }
    if let Some(found) = mp4::probe(bytes, offset) {
        return found;
    }
    let found = riff::read(bytes)
        .or_else(|| flac(bytes))
        .or_else(|| ogg::read(bytes))
        .or_else(|| aiff::read(bytes))
        .or_else(|| matroska::read(bytes))
        .or_else(|| other(bytes))
        .or_else(|| mpeg::read(bytes));
    found.map_or(Probe::Unknown, Probe::Found)
}

/// Whether a file in a folder is a recording, as far as its name tells: most other files there never
/// claim to be one.
#[must_use]
pub fn is_recording_name(name: &str) -> bool {
    const ENDINGS: [&str; 14] = [
        "wav", "wave", "flac", "mp3", "ogg", "oga", "opus", "m4a", "mp4", "aac", "aif", "aiff",
        "webm", "caf",
    ];
    // A Mac leaves such companions of its files on cards.
    let file = name.rsplit('/').next().unwrap_or(name);
    let ending = file
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    !file.starts_with("._") && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

impl AudioHeader {
    fn new(mime: impl Into<String>, sample_rate_hz: Option<u32>) -> Self {
        Self {
            mime: mime.into(),
            sample_rate_hz: sample_rate_hz.filter(|rate| *rate > 0),
            n_frames: None,
        }
    }
}

/// Length of an `ID3v2` tag with its header, if the bytes start with one.
fn id3v2_length(bytes: &[u8]) -> Option<u64> {
    let header = bytes
        .get(..10)
        .filter(|header| header.starts_with(b"ID3"))?;
    let size = header[6..10]
        .iter()
        .fold(0_u64, |size, byte| (size << 7) | u64::from(byte & 0x7f));
    let footer = if header[5] & 0x10 == 0 { 0 } else { 10 };
    Some(10 + size + footer)
}

fn flac(bytes: &[u8]) -> Option<AudioHeader> {
    if !bytes.starts_with(b"fLaC") {
        return None;
    }
    // The first block is always STREAMINFO; its rate has 20 bits, its frame count 36.
    let info = bytes.get(8..).unwrap_or_default();
    let rate = be_u24(info, 10).map(|word| word >> 4);
    let frames = info.get(13..18).map(|tail| {
        tail.iter()
            .fold(0_u64, |n, byte| (n << 8) | u64::from(*byte))
            & 0xf_ffff_ffff
    });
    Some(AudioHeader {
        // Zero means that the encoder did not know.
        n_frames: frames.filter(|n| *n > 0),
        ..AudioHeader::new("audio/flac", rate)
    })
}

/// Formats that are recognised so that the notice can say more than "not audio".
fn other(bytes: &[u8]) -> Option<AudioHeader> {
    const KNOWN: [(usize, &[u8], &str); 7] = [
        (0, b"caff", "audio/x-caf"),
        (0, b"wvpk", "audio/x-wavpack"),
        (0, b"MAC ", "audio/x-ape"),
        (0, b"#!AMR", "audio/amr"),
        (0, b"DSD ", "audio/x-dsf"),
        (0, b".snd", "audio/basic"),
        (
            0,
            &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11],
            "audio/x-ms-wma",
        ),
    ];
    KNOWN
        .iter()
        .find(|(at, magic, _)| starts_with_at(bytes, *at, magic))
        .map(|(_, _, mime)| AudioHeader::new(*mime, None))
}

/// Numbers out of byte slices; `None` where the slice ends.
mod bytes {
    pub(super) fn starts_with_at(bytes: &[u8], at: usize, magic: &[u8]) -> bool {
        bytes.get(at..).is_some_and(|rest| rest.starts_with(magic))
    }

    pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
        bytes.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    pub(super) fn le_u16(bytes: &[u8], at: usize) -> Option<u16> {
        array(bytes, at).map(u16::from_le_bytes)
    }

    pub(super) fn le_u32(bytes: &[u8], at: usize) -> Option<u32> {
        array(bytes, at).map(u32::from_le_bytes)
    }

    pub(super) fn be_u16(bytes: &[u8], at: usize) -> Option<u16> {
        array(bytes, at).map(u16::from_be_bytes)
    }

    pub(super) fn be_u24(bytes: &[u8], at: usize) -> Option<u32> {
        let [a, b, c] = array(bytes, at)?;
        Some(u32::from_be_bytes([0, a, b, c]))
    }

    pub(super) fn be_u32(bytes: &[u8], at: usize) -> Option<u32> {
        array(bytes, at).map(u32::from_be_bytes)
    }

    pub(super) fn be_u64(bytes: &[u8], at: usize) -> Option<u64> {
        array(bytes, at).map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests;
