//! The first bytes of a WAV of mono, 32-bit floats.
//!
//! Their layout is that of Microsoft's and IBM's "Multimedia Programming Interface and Data
//! Specifications 1.0" with the format tag 3 for floats. Lengths have 32 bits in it.

/// What stands before the samples.
const HEADER_BYTES: u32 = 44;
/// What the first length does not count: itself and the four letters before it.
const UNCOUNTED_BYTES: u32 = 8;

/// The most bytes of samples that a WAV can tell of: six hours and a quarter at 48 kHz.
pub const MOST_BYTES: u32 = (u32::MAX - (HEADER_BYTES - UNCOUNTED_BYTES)) / 4 * 4;

/// The header of so many bytes of samples, at most [`MOST_BYTES`].
#[must_use]
pub fn header(sample_rate_hz: u32, n_bytes: u32) -> Vec<u8> {
    const FLOAT: [u8; 2] = [3, 0];
    const ONE_CHANNEL: [u8; 2] = [1, 0];
    let n_bytes = n_bytes.min(MOST_BYTES);
    let parts: [&[u8]; 13] = [
        b"RIFF",
        &(n_bytes + (HEADER_BYTES - UNCOUNTED_BYTES)).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16_u32.to_le_bytes(),
        &FLOAT,
        &ONE_CHANNEL,
        &sample_rate_hz.to_le_bytes(),
        &(sample_rate_hz * 4).to_le_bytes(),
        &[4, 0],
        &[32, 0],
        b"data",
        &n_bytes.to_le_bytes(),
    ];
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_find_what_was_written() {
        let samples = [0.5_f32, -0.25, 1.5];
        let mut wav = header(44_100, 12);
        assert_eq!(wav.len(), HEADER_BYTES as usize);
        wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let read = hound::WavReader::new(wav.as_slice()).expect("a WAV");
        assert_eq!((read.spec().sample_rate, read.spec().channels), (44_100, 1));
        let read: Vec<f32> = read.into_samples().map(|s| s.expect("a sample")).collect();
        assert_eq!(read, samples);
    }

    #[test]
    fn the_longest_one_still_tells_its_length() {
        let wav = header(48_000, MOST_BYTES);
        let length = |at: usize| {
            let bytes = wav[at..at + 4].try_into().expect("four bytes");
            u64::from(u32::from_le_bytes(bytes))
        };
        assert_eq!(length(4) + 8, length(40) + 44);
        assert_eq!(length(40), u64::from(MOST_BYTES));
        assert_eq!(MOST_BYTES % 4, 0);
    }
}
