//! The spectrogram of what is being heard, column by column and not window by window.

use crate::protocol::Failure;
use crate::view::picture;
use pipit_core::resample::Resampler;
use pipit_core::{Manifest, MelConfig, MelFrontend};

/// Columns in the making.
pub(super) struct LivePicture {
    resampler: Resampler,
    frontend: MelFrontend,
    hop_length: usize,
    /// Frames at either end of what is at hand that do not see all that they should.
    margin: usize,
    /// Samples at the model's rate that are still needed.
    samples: Vec<f32>,
    /// Column of the first of them.
    first_column: usize,
    /// Columns handed out.
    done: usize,
}

impl LivePicture {
    /// Begins with the sound.
    pub(super) fn new(manifest: &Manifest, sample_rate_hz: u32) -> Result<Self, Failure> {
        let rate = manifest.audio.sample_rate_hz;
        let hop_length = (f64::from(rate) / picture::columns_per_s(None)).round() as usize;
        let config = MelConfig {
            hop_length: hop_length.max(1),
            top_db: None,
            ..manifest.mel
        };
        Ok(Self {
            resampler: Resampler::new(sample_rate_hz, rate).map_err(Failure::internal)?,
            frontend: MelFrontend::new(rate, &config).map_err(Failure::internal)?,
            margin: (config.n_fft / 2).div_ceil(config.hop_length),
            hop_length: config.hop_length,
            samples: Vec::new(),
            first_column: 0,
            done: 0,
        })
    }

    /// Takes a block; gives the first new column's index and the quantised columns.
    pub(super) fn push(&mut self, block: &[f32]) -> Result<(usize, Vec<u8>), Failure> {
        self.resampler
            .push(block, &mut self.samples)
            .map_err(Failure::internal)?;
        let n_frames = 1 + self.samples.len() / self.hop_length;
        let known = (self.first_column + n_frames).saturating_sub(1 + self.margin);
        let n_new = known.saturating_sub(self.done);
        let first = self.done;
        if n_new == 0 {
            return Ok((first, Vec::new()));
        }
        let mel = self.frontend.decibels(&self.samples);
        let columns = picture::piece(&mel, first - self.first_column, n_new);
        self.done = known;
        let spent = (self.done - self.first_column).saturating_sub(self.margin);
        self.samples.drain(..spent * self.hop_length);
        self.first_column += spent;
        Ok((first, columns))
    }
}
