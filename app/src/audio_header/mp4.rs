//! MP4 and M4A: boxes within boxes; the sound's description may stand at the file's end.

use super::bytes::{array, be_u16, be_u32, be_u64};
use super::{AudioHeader, Probe};

/// Boxes that a file can consist of at its top level.
const TOP_LEVEL: [&[u8; 4]; 9] = [
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"pdin", b"moof",
];

/// One box within the bytes at hand; its body may be cut off.
struct Mp4Box<'a> {
    kind: [u8; 4],
    body: &'a [u8],
    /// Offset of the next box from this one's start.
    length: u64,
}

pub(super) fn probe(bytes: &[u8], offset: u64) -> Option<Probe> {
    let kind: [u8; 4] = array(bytes, 4)?;
    // A file starts with one of two; only further on all are credible.
    let credible = if offset == 0 {
        &kind == b"ftyp" || &kind == b"moov"
    } else {
        TOP_LEVEL.contains(&&kind)
    };
    if !credible {
        return None;
    }
    let mut at = 0_u64;
    loop {
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
        let Some(found) = rest.and_then(first_box) else {
            return Some(Probe::ReadAt(offset + at));
        };
        if &found.kind == b"moov" {
            let whole = found.body.len() as u64 + 8 >= found.length;
            return Some(match sound_track(found.body) {
                Some(header) => Probe::Found(header),
                // Cut off: look again with this box at the front, unless it is there already.
                None if !whole && at > 0 => Probe::ReadAt(offset + at),
                None if whole => Probe::Unknown,
                None => Probe::Found(AudioHeader::new("audio/mp4", None)),
            });
        }
        at += found.length;
    }
}

fn first_box(bytes: &[u8]) -> Option<Mp4Box<'_>> {
    let kind = array(bytes, 4)?;
    let (head, length) = match be_u32(bytes, 0)? {
        0 => (8, u64::MAX / 2),
        1 => (16, be_u64(bytes, 8)?),
        short => (8, u64::from(short)),
    };
    if length < head || length > u64::MAX / 2 {
        return None;
    }
    let end = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    Some(Mp4Box {
        kind,
        body: bytes.get(head as usize..end)?,
        length,
    })
}

/// Boxes directly within a body, by kind.
fn children(mut body: &[u8], kind: [u8; 4]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        while let Some(found) = first_box(body) {
            let next = usize::try_from(found.length).unwrap_or(usize::MAX);
            body = body.get(next..).unwrap_or_default();
            if found.kind == kind {
                return Some(found.body);
            }
        }
        None
    })
}

fn sound_track(moov: &[u8]) -> Option<AudioHeader> {
    children(moov, *b"trak").find_map(|track| {
        let media = children(track, *b"mdia").next()?;
        let handler = children(media, *b"hdlr").next()?;
        if handler.get(8..12) != Some(b"soun") {
            return None;
        }
        let table = children(children(media, *b"minf").next()?, *b"stbl").next()?;
        let description = children(table, *b"stsd").next()?;
        // Version, flags and the number of entries stand before the first entry.
        let entry = first_box(description.get(8..)?)?;
        let written = be_u16(entry.body, 24)
            .map(u32::from)
            .filter(|rate| *rate > 0);
        let timescale = || {
            let header = children(media, *b"mdhd").next()?;
            let long = header.first() == Some(&1);
            be_u32(header, if long { 20 } else { 12 })
        };
        let codec = match &entry.kind {
            b"mp4a" => "mp4a.40.2",
            b"Opus" => "opus",
            b"fLaC" => "flac",
            b"alac" => "alac",
            b"ac-3" => "ac-3",
            b"ec-3" => "ec-3",
            _ => "unknown",
        };
        // 16 bits hold no rate above 65,535 Hz; the media's clock ticks at the true one.
        let rate = match &entry.kind {
            b"Opus" => Some(48_000),
            b"alac" | b"fLaC" => timescale().or(written),
            _ => written.or_else(timescale),
        };
        Some(AudioHeader::new(
            format!("audio/mp4; codecs=\"{codec}\""),
            rate,
        ))
    })
}
