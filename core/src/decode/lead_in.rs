//! The silence that an encoder puts before the sound of an MP4 file.
//!
//! Encoders of AAC need some 20 to 50 ms to get going. The file's edit list says how much of the
//! track to leave out, and browsers do; the decoder that `pipit` uses does not.

use std::io::{self, Read, Seek, SeekFrom};

/// Larger descriptions than this belong to films, not to recordings.
const MAX_DESCRIPTION_BYTES: u64 = 1 << 26;

/// Seconds to leave out at the start; 0 for anything but an MP4 that says so.
pub(super) fn seconds(file: &mut (impl Read + Seek)) -> io::Result<f64> {
    let description = description(file)?;
    file.rewind()?;
    Ok(description
        .as_deref()
        .and_then(|moov| boxes(moov).find_map(|(kind, trak)| of_track(kind, trak)))
        .unwrap_or(0.0))
}

/// The content of the box `moov`, which may lie before or after the sound.
fn description(file: &mut (impl Read + Seek)) -> io::Result<Option<Vec<u8>>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    let mut is_first = true;
    while at + 8 <= end {
        file.seek(SeekFrom::Start(at))?;
        let mut header = [0; 16];
        file.by_ref().take(16).read_exact(&mut header[..8])?;
        let kind = [header[4], header[5], header[6], header[7]];
        if is_first && kind != *b"ftyp" {
            return Ok(None);
        }
        is_first = false;
        let (length, content) = match be(&header[..4]) {
            0 => (end - at, 8),
            1 => {
                file.read_exact(&mut header[8..])?;
                (be(&header[8..]), 16)
            }
            length => (length, 8),
        };
        if length < content {
            return Ok(None);
        }
        if kind == *b"moov" && length <= MAX_DESCRIPTION_BYTES {
            file.seek(SeekFrom::Start(at + content))?;
            let mut moov = Vec::new();
            file.by_ref()
                .take(length - content)
                .read_to_end(&mut moov)?;
            return Ok(Some(moov));
        }
        at = at.saturating_add(length);
    }
    Ok(None)
}

/// What the edit list of an audio track skips.
fn of_track(kind: &[u8], trak: &[u8]) -> Option<f64> {
    let mdia = find(trak, b"mdia").filter(|_| kind == b"trak")?;
    let handler = find(mdia, b"hdlr")?;
    if handler.get(8..12)? != b"soun" {
        return None;
    }
    let mdhd = find(mdia, b"mdhd")?;
    let timescale = be(match mdhd.first()? {
        0 => mdhd.get(12..16)?,
        _ => mdhd.get(20..24)?,
    });
    let edits = find(find(trak, b"edts")?, b"elst")?;
    let is_short = *edits.first()? == 0;
    let (size, time) = if is_short { (12, 4..8) } else { (20, 8..16) };
    let skipped = edits.get(8..)?.chunks_exact(size).find_map(|edit| {
        let start = be(&edit[time.clone()]);
        // −1 stands for a pause before the sound.
        let is_pause = start
            == if is_short {
                u64::from(u32::MAX)
            } else {
                u64::MAX
            };
        (!is_pause).then_some(start)
    })?;
    (timescale > 0).then(|| skipped as f64 / timescale as f64)
}

fn find<'a>(content: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(content).find_map(|(kind, content)| (kind == wanted).then_some(content))
}

/// The boxes in a box: kind and content.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::try_from(be(rest.get(..4)?)).ok()?;
        let content = rest.get(8..length)?;
        let kind = &rest[4..8];
        rest = &rest[length..];
        Some((kind, content))
    })
}

fn be(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = (content.len() + 8) as u32;
        [&length.to_be_bytes(), kind.as_slice(), content].concat()
    }

    fn mp4(edits: &[u8]) -> Vec<u8> {
        let mut mdhd = vec![0; 24];
        mdhd[12..16].copy_from_slice(&48_000_u32.to_be_bytes());
        let hdlr = [&[0; 8], b"soun".as_slice(), &[0; 12]].concat();
        let mdia = [boxed(b"mdhd", &mdhd), boxed(b"hdlr", &hdlr)].concat();
        let edts = boxed(b"edts", &boxed(b"elst", edits));
        let trak = [edts, boxed(b"mdia", &mdia)].concat();
        let moov = [boxed(b"mvhd", &[0; 100]), boxed(b"trak", &trak)].concat();
        [
            boxed(b"ftyp", b"M4A "),
            boxed(b"mdat", &[7; 50]),
            boxed(b"moov", &moov),
        ]
        .concat()
    }

    fn frames_at_48_khz(file: &[u8]) -> f64 {
        let seconds = seconds(&mut Cursor::new(file)).unwrap_or(0.0);
        (seconds * 48_000.0).round()
    }

    #[test]
    fn the_edit_list_tells_where_the_sound_begins() {
        let one = [
            [0, 0, 0, 0],
            [0, 0, 0, 1],
            [0, 0, 55, 120],
            [0, 0, 4, 0],
            [0, 1, 0, 0],
        ]
        .concat();
        assert_eq!(frames_at_48_khz(&mp4(&one)) as u32, 1024);
        let pause = [[0; 4], [0, 0, 0, 2], [0, 0, 0, 9], [255; 4], [0, 1, 0, 0]].concat();
        let after_pause = [pause.as_slice(), &one[8..]].concat();
        assert_eq!(frames_at_48_khz(&mp4(&after_pause)) as u32, 1024);
    }

    #[test]
    fn other_and_broken_files_have_none() {
        let whole = mp4(&[0; 20]);
        for file in [
            b"RIFF".as_slice(),
            b"",
            &whole[..40],
            &boxed(b"ftyp", b"M4A "),
        ] {
            assert_eq!(frames_at_48_khz(file) as u32, 0);
        }
        for cut in 0..whole.len() {
            assert_eq!(frames_at_48_khz(&whole[..cut]) as u32, 0);
        }
    }
}
