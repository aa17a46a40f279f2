//! Ogg with Vorbis, Opus, FLAC or Speex.

use super::AudioHeader;
use super::bytes::{be_u24, le_u32};

pub(super) fn read(bytes: &[u8]) -> Option<AudioHeader> {
    if !bytes.starts_with(b"OggS") {
        return None;
    }
    // The first page's body follows its segment table and holds only the codec's header.
    let n_segments = usize::from(*bytes.get(26)?);
    let codec = bytes.get(27 + n_segments..).unwrap_or_default();
    let (mime, rate) = if codec.starts_with(b"\x01vorbis") {
        ("audio/ogg; codecs=\"vorbis\"", le_u32(codec, 12))
    } else if codec.starts_with(b"OpusHead") {
        // Opus always decodes to 48 kHz, whatever rate the encoder was fed.
        ("audio/ogg; codecs=\"opus\"", Some(48_000))
    } else if codec.starts_with(b"\x7fFLAC") {
        let rate = be_u24(codec, 27).map(|word| word >> 4);
        ("audio/ogg; codecs=\"flac\"", rate)
    } else if codec.starts_with(b"Speex   ") {
        ("audio/ogg; codecs=\"speex\"", le_u32(codec, 36))
    } else {
        ("audio/ogg", None)
    };
    Some(AudioHeader::new(mime, rate))
}
