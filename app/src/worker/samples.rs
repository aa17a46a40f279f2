//! A stretch of a recording's sound.

use super::identify::{open, undecoded};
use crate::protocol::Failure;
use web_sys::Blob;

/// Mono samples and their rate. Less than asked for where the recording ends before.
pub(super) fn read(file: Blob, start_s: f64, end_s: f64) -> Result<(Vec<f32>, u32), Failure> {
    let mut stream = open(file)?;
    stream.seek(start_s).map_err(|error| undecoded(&error))?;
    let rate = stream.sample_rate_hz();
    let n_samples = ((end_s - start_s).max(0.0) * f64::from(rate)).round() as usize;
    let mut samples = Vec::new();
    while samples.len() < n_samples {
        match stream.next_block().map_err(|error| undecoded(&error))? {
            Some(block) => samples.extend(block),
            None => break,
        }
    }
    samples.truncate(n_samples);
    Ok((samples, rate))
}
