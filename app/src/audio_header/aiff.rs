//! AIFF and AIFF-C.

use super::AudioHeader;
use super::bytes::{be_u16, be_u32, be_u64, starts_with_at};

pub(super) fn read(bytes: &[u8]) -> Option<AudioHeader> {
    let kind = starts_with_at(bytes, 8, b"AIFF") || starts_with_at(bytes, 8, b"AIFC");
    if !bytes.starts_with(b"FORM") || !kind {
        return None;
    }
    let mut header = AudioHeader::new("audio/aiff", None);
    let mut at = 12;
    while let Some(size) = be_u32(bytes, at + 4) {
        let body = at + 8;
        if starts_with_at(bytes, at, b"COMM") {
            header.n_frames = be_u32(bytes, body + 2).map(u64::from);
            header.sample_rate_hz = extended(bytes, body + 8);
            break;
        }
        at = body.checked_add(size as usize + (size as usize & 1))?;
    }
    Some(header)
}

/// A rate written as an 80-bit float.
fn extended(bytes: &[u8], at: usize) -> Option<u32> {
    let exponent = i32::from(be_u16(bytes, at)? & 0x7fff) - 16_383;
    let mantissa = be_u64(bytes, at + 2)?;
    // The leading one of the mantissa is written out: 63 bits stand behind the point.
    if !(0..32).contains(&exponent) {
        return None;
    }
    u32::try_from(mantissa >> (63 - exponent)).ok()
}
