//! What tells a file from others without reading all of it, wherever it lies.
//!
//! Names do not: two recorders that were set alike write files of one name, one size and one date.

use pipit_core::package::sha256_hex;
use std::ops::Range;

/// Pieces that are read, spread evenly over the file from its first byte to its last.
const PIECES: u64 = 16;
/// Length of each.
const PIECE_BYTES: u64 = 16 << 10;

/// The parts of a file of this size that are to be read: all of a short one.
#[must_use]
pub fn pieces(size: u64) -> Vec<Range<u64>> {
    if size <= PIECES * PIECE_BYTES {
        return std::iter::once(0..size).collect();
    }
    let last = size - PIECE_BYTES;
    (0..PIECES)
        .map(|i| {
            // In this order it fits for files of any size.
            let start = last / (PIECES - 1) * i + last % (PIECES - 1) * i / (PIECES - 1);
            start..start + PIECE_BYTES
        })
        .collect()
}

/// Digest of a file's size and of the bytes of its [`pieces`], one after another.
#[must_use]
pub fn stamp(size: u64, pieces: &[u8]) -> String {
    sha256_hex(&[size.to_le_bytes().as_slice(), pieces].concat())
}

/// A file's own name, without the folders that it lies in.
#[must_use]
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The name under which a model's results of a file are kept. A file that was changed between the
/// pieces has another date, in milliseconds.
#[must_use]
pub fn results_name(stamp: &str, path: &str, changed_ms: f64, model: &str) -> String {
    let name = name_of(path);
    let file = sha256_hex(format!("{stamp}\n{name}\n{changed_ms}").as_bytes());
    format!("{file}.{model}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_lie_apart_and_reach_from_end_to_end() {
        for size in [262_145, 1_000_003, 5_760_044, u64::MAX] {
            let pieces = pieces(size);
            assert_eq!(pieces.len(), 16);
            assert_eq!((pieces[0].start, pieces[15].end), (0, size));
            for pair in pieces.windows(2) {
                assert_eq!(pair[0].end - pair[0].start, PIECE_BYTES);
                assert!(pair[0].end <= pair[1].start, "{size}");
            }
        }
        for size in [0, 1, 262_144] {
            let all = 0..size;
            assert_eq!(pieces(size), [all]);
        }
    }

    #[test]
    fn size_and_content_tell_files_apart() {
        assert_eq!(stamp(3, b"abc"), stamp(3, b"abc"));
        assert_ne!(stamp(3, b"abc"), stamp(3, b"abd"));
        assert_ne!(stamp(3, b"abc"), stamp(4, b"abc"));
    }

    #[test]
    fn a_file_is_the_same_alone_and_in_a_folder() {
        let name = |path, changed_ms| results_name("ab", path, changed_ms, "model");
        assert_eq!(name("card/Data/a.wav", 1.0), name("a.wav", 1.0));
        assert_ne!(name("a.wav", 1.0), name("a.wav", 2.0));
        assert_ne!(name("a.wav", 1.0), name("b.wav", 1.0));
        assert!(name("a.wav", 1.0).ends_with(".model.json"));
        assert_ne!(
            name("a.wav", 1.0),
            results_name("cd", "a.wav", 1.0, "model")
        );
    }
}
