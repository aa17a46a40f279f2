//! WAV, and its 64-bit kin RF64 and BW64.

use super::AudioHeader;
use super::bytes::{le_u16, le_u32, starts_with_at};

/// Format tags that every browser's WAV decoder takes.
const USUAL: [u16; 5] = [
    1,      // PCM
    3,      // float
    6,      // A-law
    7,      // µ-law
    0xfffe, // extensible
];

pub(super) fn read(bytes: &[u8]) -> Option<AudioHeader> {
    let riff = [b"RIFF", b"RF64", b"BW64"]
        .iter()
        .any(|magic| bytes.starts_with(*magic));
    if !riff || !starts_with_at(bytes, 8, b"WAVE") {
        return None;
    }
    let mut header = AudioHeader::new("audio/wav", None);
    let mut frame_bytes = None;
    let mut at = 12;
    while let Some(size) = le_u32(bytes, at + 4) {
        let body = at + 8;
        if starts_with_at(bytes, at, b"fmt ") {
            let tag = le_u16(bytes, body)?;
            if !USUAL.contains(&tag) {
                header.mime = format!("audio/wav; codecs=\"{tag}\"");
            }
            header.sample_rate_hz = le_u32(bytes, body + 4).filter(|rate| *rate > 0);
            frame_bytes = le_u16(bytes, body + 12).filter(|n| *n > 0);
        } else if starts_with_at(bytes, at, b"data") {
            // All ones: streamed, or RF64 with its size elsewhere.
            header.n_frames = frame_bytes
                .filter(|_| size != u32::MAX)
                .map(|frame| u64::from(size) / u64::from(frame));
            break;
        }
        at = body.checked_add(size as usize + (size as usize & 1))?;
    }
    Some(header)
}
