//! A piece of a recording's spectrogram, finer than the overview.

use super::identify::open;
use crate::protocol::Failure;
use crate::view::picture;
use pipit_core::resample::Resampler;
use pipit_core::{Manifest, MelConfig, MelFrontend};
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

    let mut stream = open(file)?;
    stream
        .seek(first_sample as f64 / f64::from(rate))
        .map_err(Failure::internal)?;
    let mut resampler = Resampler::new(stream.sample_rate_hz(), rate).map_err(Failure::internal)?;
    let mut samples = Vec::new();
    let mut has_ended = true;
    while let Some(block) = stream.next_block().map_err(Failure::internal)? {
        resampler
            .push(&block, &mut samples)
            .map_err(Failure::internal)?;
        if samples.len() >= n_samples {
            has_ended = false;
            break;
        }
    }
    if has_ended {
        resampler.finish(&mut samples).map_err(Failure::internal)?;
    }
    samples.truncate(n_samples);
    let mel = frontend.decibels(&samples);
    Ok(picture::piece(&mel, lead, piece.n_columns))
}
