//! A piece of a recording's spectrogram, finer than the overview.

use super::samples;
use crate::protocol::Failure;
use crate::view::picture;
use pipit_core::resample::resample;
use pipit_core::{Manifest, MelConfig, MelFrontend, Waveform};
use web_sys::Blob;

/// Which piece.
pub(super) struct Piece {
    /// Samples at the model's rate from one column to the next.
    pub(super) hop_length: usize,
    /// Columns before it.
    pub(super) first_column: usize,
    /// Its width.
    pub(super) n_columns: usize,
}

/// Quantised columns; columns behind the recording's end are blank.
pub(super) fn compute(manifest: &Manifest, file: Blob, piece: &Piece) -> Result<Vec<u8>, Failure> {
    let rate = manifest.audio.sample_rate_hz;
    let config = MelConfig {
        hop_length: piece.hop_length,
        // What is quiet beside this piece's loudest sound may be loud beside its neighbour's.
        top_db: None,
        ..manifest.mel
    };
    let mut frontend = MelFrontend::new(rate, &config).map_err(Failure::internal)?;
    // Whole hops before the piece, so that its first columns see the sound before them.
    let lead = config
        .n_fft
        .div_ceil(config.hop_length)
        .min(piece.first_column);
    let first_sample = (piece.first_column - lead) * config.hop_length;
    let n_samples = (lead + piece.n_columns) * config.hop_length + config.n_fft;

    let time_s = |sample: usize| sample as f64 / f64::from(rate);
    let end_s = time_s(first_sample + n_samples);
    let (samples, sample_rate_hz) = samples::read(file, time_s(first_sample), end_s)?;
    let sound = Waveform {
        samples,
        sample_rate_hz,
    };
    let mut sound = resample(&sound, rate).map_err(Failure::internal)?;
    sound.samples.truncate(n_samples);
    let mel = frontend.decibels(&sound.samples);
    Ok(picture::piece(&mel, lead, piece.n_columns))
}
