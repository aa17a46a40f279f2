//! MP3 (and its layers I and II) and raw AAC: streams of frames without a file header.

use super::AudioHeader;

/// Junk is allowed before the first frame, but not more than this.
const MAX_JUNK: usize = 8192;

/// A frame's header.
struct Frame {
    mime: &'static str,
    sample_rate_hz: u32,
    length: usize,
}

pub(super) fn read(bytes: &[u8]) -> Option<AudioHeader> {
    // Any two bytes in 2,048 look like a frame's start, so the next frame must follow it.
    (0..bytes.len().min(MAX_JUNK)).find_map(|at| {
        let first = frame(bytes.get(at..)?)?;
        let rest = bytes.get(at + first.length..).unwrap_or_default();
        let ends = rest.is_empty() && at == 0;
        let follows = frame(rest).is_some_and(|next| next.sample_rate_hz == first.sample_rate_hz);
        (ends || follows).then(|| AudioHeader::new(first.mime, Some(first.sample_rate_hz)))
    })
}

fn frame(bytes: &[u8]) -> Option<Frame> {
    let head = bytes.get(..4)?;
    if head[0] != 0xff || head[1] & 0xe0 != 0xe0 {
        return None;
    }
    if head[1] & 0xf6 == 0xf0 {
        return adts(bytes);
    }
    let version = (head[1] >> 3) & 3;
    let layer = (head[1] >> 1) & 3;
    let bitrate_index = usize::from(head[2] >> 4);
    let rate_index = usize::from((head[2] >> 2) & 3);
    if version == 1 || layer == 0 || rate_index == 3 || !(1..15).contains(&bitrate_index) {
        return None;
    }
    let mpeg1 = version == 3;
    let shift = match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    let sample_rate_hz = [44_100, 48_000, 32_000][rate_index] >> shift;
    let kbps = match (mpeg1, layer) {
        (true, 3) => [
            32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
        ],
        (true, 2) => [
            32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
        ],
        (true, _) => [
            32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ],
        (false, 3) => [
            32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
        ],
        (false, _) => [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    }[bitrate_index - 1];
    let padding = usize::from((head[2] >> 1) & 1);
    let bits = kbps * 1000;
    let rate = sample_rate_hz as usize;
    let length = match (layer, mpeg1) {
        (3, _) => (12 * bits / rate + padding) * 4,
        (1, false) => 72 * bits / rate + padding,
        _ => 144 * bits / rate + padding,
    };
    Some(Frame {
        mime: "audio/mpeg",
        sample_rate_hz,
        length,
    })
}

fn adts(bytes: &[u8]) -> Option<Frame> {
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8000, 7350,
    ];
    let head = bytes.get(..7)?;
    let sample_rate_hz = *RATES.get(usize::from((head[2] >> 2) & 15))?;
    let length =
        (usize::from(head[3] & 3) << 11) | (usize::from(head[4]) << 3) | usize::from(head[5] >> 5);
    (length > 7).then_some(Frame {
        mime: "audio/aac",
        sample_rate_hz,
        length,
    })
}
