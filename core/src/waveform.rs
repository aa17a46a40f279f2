//! Mono audio in memory.

use thiserror::Error;

/// Mono samples, nominally in −1…1, at a fixed rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Waveform {
    /// The samples, one channel.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub sample_rate_hz: u32,
}

/// Why channels do not make a waveform.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum WaveformError {
    /// There is no channel at all.
    #[error("the recording has no audio channel")]
    NoChannel,
    /// A channel is shorter or longer than the first.
    #[error("channels differ in length: {0} and {1} samples")]
    UnequalChannels(usize, usize),
    /// The rate is zero.
    #[error("the sample rate is 0 Hz")]
    NoRate,
}

impl Waveform {
    /// Mixes `channels`, each `[n_samples]`, down to mono.
    ///
    /// # Errors
    /// No channel, channels of unequal length, or a rate of zero.
    pub fn from_channels(channels: &[&[f32]], sample_rate_hz: u32) -> Result<Self, WaveformError> {
        let first = channels.first().ok_or(WaveformError::NoChannel)?;
        if let Some(other) = channels.iter().find(|c| c.len() != first.len()) {
            return Err(WaveformError::UnequalChannels(first.len(), other.len()));
        }
        if sample_rate_hz == 0 {
            return Err(WaveformError::NoRate);
        }
        Ok(Self {
            samples: mixdown(channels),
            sample_rate_hz,
        })
    }

    /// Length in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate_hz)
    }

    /// The largest absolute sample; 0 for an empty waveform.
    #[must_use]
    pub fn peak(&self) -> f32 {
        self.samples.iter().fold(0.0, |peak, s| peak.max(s.abs()))
    }
}

/// The mean over channels, as long as the shortest of them.
///
/// One channel comes back bit for bit. The mean, rather than the sum, keeps full scale at 1.
#[must_use]
pub fn mixdown(channels: &[&[f32]]) -> Vec<f32> {
    let n = channels.iter().map(|c| c.len()).min().unwrap_or(0);
    let mut mono = vec![0.0_f32; n];
    for channel in channels {
        for (sum, sample) in mono.iter_mut().zip(*channel) {
            *sum += sample;
        }
    }
    if channels.len() > 1 {
        let count = channels.len() as f32;
        for sample in &mut mono {
            *sample /= count;
        }
    }
    mono
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixdown_is_the_mean_of_channels() {
        assert_eq!(mixdown(&[&[1.0, 0.5], &[0.0, -0.5]]), vec![0.5, 0.0]);
        assert_eq!(mixdown(&[&[0.1, -0.7]]), vec![0.1, -0.7]);
        assert!(mixdown(&[]).is_empty());
    }

    #[test]
    fn channels_that_make_no_waveform_are_refused() {
        assert_eq!(
            Waveform::from_channels(&[], 8000),
            Err(WaveformError::NoChannel)
        );
        assert_eq!(
            Waveform::from_channels(&[&[0.0], &[0.0, 0.0]], 8000),
            Err(WaveformError::UnequalChannels(1, 2))
        );
        assert_eq!(
            Waveform::from_channels(&[&[0.0]], 0),
            Err(WaveformError::NoRate)
        );
    }

    #[test]
    fn duration_and_peak() {
        let waveform = Waveform::from_channels(&[&[0.0, -0.75, 0.5, 0.0]], 2).expect("valid");
        assert!((waveform.duration_s() - 2.0).abs() < f64::EPSILON);
        assert!((waveform.peak() - 0.75).abs() < f32::EPSILON);
    }
}
