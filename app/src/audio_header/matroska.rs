//! `WebM` and Matroska: EBML elements within elements.

use super::AudioHeader;
use super::bytes::{be_u32, be_u64};

const EBML: u32 = 0x1a45_dfa3;
const DOC_TYPE: u32 = 0x4282;
const SEGMENT: u32 = 0x1853_8067;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const CODEC_ID: u32 = 0x86;
const AUDIO: u32 = 0xe1;
const SAMPLING_FREQUENCY: u32 = 0xb5;

pub(super) fn read(bytes: &[u8]) -> Option<AudioHeader> {
    let (id, head, _) = first_element(bytes)?;
    if id != EBML {
        return None;
    }
    let kind = match find(head, DOC_TYPE) {
        Some(b"webm") => "webm",
        _ => "x-matroska",
    };
    let track = find(bytes, SEGMENT)
        .and_then(|segment| find(segment, TRACKS))
        .and_then(|tracks| {
            elements(tracks)
                .filter(|(id, _)| *id == TRACK_ENTRY)
                .find_map(|(_, track)| Some((track, find(track, AUDIO)?)))
        });
    let Some((track, audio)) = track else {
        return Some(AudioHeader::new(format!("audio/{kind}"), None));
    };
    let rate = find(audio, SAMPLING_FREQUENCY).and_then(float);
    let (codec, rate) = match find(track, CODEC_ID) {
        Some(b"A_OPUS") => ("opus", Some(48_000)),
        Some(b"A_VORBIS") => ("vorbis", rate),
        Some(b"A_FLAC") => ("flac", rate),
        Some(id) if id.starts_with(b"A_AAC") => ("mp4a.40.2", rate),
        _ => ("unknown", rate),
    };
    Some(AudioHeader::new(
        format!("audio/{kind}; codecs=\"{codec}\""),
        rate,
    ))
}

fn find(body: &[u8], id: u32) -> Option<&[u8]> {
    elements(body)
        .find(|(found, _)| *found == id)
        .map(|(_, body)| body)
}

fn elements(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (id, body, rest) = first_element(bytes)?;
        bytes = rest;
        Some((id, body))
    })
}

/// The first element's id and body, and what follows it.
fn first_element(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let id_length = bytes.first()?.leading_zeros() as usize + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes
        .get(..id_length)?
        .iter()
        .fold(0, |id, byte| (id << 8) | u32::from(*byte));
    let after_id = bytes.get(id_length..)?;
    let first = *after_id.first()?;
    let size_length = first.leading_zeros() as usize + 1;
    if size_length > 8 {
        return None;
    }
    let marked = u64::from(first) & ((1 << (8 - size_length)) - 1);
    let size = after_id
        .get(1..size_length)?
        .iter()
        .fold(marked, |size, byte| (size << 8) | u64::from(*byte));
    let content = after_id.get(size_length..)?;
    // All ones: the length was unknown to a live recorder. Beyond the bytes at hand: cut off.
    let end = usize::try_from(size)
        .unwrap_or(usize::MAX)
        .min(content.len());
    let (body, rest) = content.split_at(end);
    Some((id, body, rest))
}

fn float(bytes: &[u8]) -> Option<u32> {
    let value = match bytes.len() {
        4 => f64::from(f32::from_bits(be_u32(bytes, 0)?)),
        8 => f64::from_bits(be_u64(bytes, 0)?),
        _ => return None,
    };
    (value >= 1.0 && value < f64::from(u32::MAX)).then(|| value.round() as u32)
}
