//! Cutting a recording of any length into windows of one length.

use crate::resample::{ResampleError, Resampler};
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Length of the network's input and the step between inputs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowConfig {
    /// Length of one window in seconds.
    pub length_s: f32,
    /// From the start of one window to the start of the next, in seconds; at most the length.
    pub hop_s: f32,
}

/// The audio that the network is shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioConfig {
    /// Every recording is brought to this rate.
    pub sample_rate_hz: u32,
    /// How it is cut.
    pub window: WindowConfig,
}

/// Settings that make no windows.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum AudioConfigError {
    /// A rate that nothing records at.
    #[error("the sample rate must be 1000 to 768000 Hz, got {0}")]
    SampleRate(u32),
    /// Length or hop are out of range.
    #[error(
        "a window must be above 0 s and at most 600 s, its hop above 0 s and at most a window, got {length_s} s every {hop_s} s"
    )]
    Window {
        /// Configured length.
        length_s: f32,
        /// Configured hop.
        hop_s: f32,
    },
}

impl AudioConfig {
    /// Says whether a recording can be cut like this.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check(&self) -> Result<(), AudioConfigError> {
        if !(1_000..=768_000).contains(&self.sample_rate_hz) {
            return Err(AudioConfigError::SampleRate(self.sample_rate_hz));
        }
        let WindowConfig { length_s, hop_s } = self.window;
        let is_sane = length_s <= 600.0 && hop_s <= length_s && hop_s > 0.0;
        if !is_sane || self.hop_samples() == 0 {
            return Err(AudioConfigError::Window { length_s, hop_s });
        }
        Ok(())
    }

    /// Samples in one window.
    #[must_use]
    pub fn window_samples(&self) -> usize {
        samples(self.window.length_s, self.sample_rate_hz)
    }

    /// Samples from one window's start to the next one's.
    #[must_use]
    pub fn hop_samples(&self) -> usize {
        samples(self.window.hop_s, self.sample_rate_hz)
    }
}

/// One window of a recording at the model's rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Start in the recording, seconds.
    pub start_s: f64,
    /// End of the recorded audio within the window, seconds; behind it is padding.
    pub end_s: f64,
    /// Always the configured number of samples.
    pub samples: Vec<f32>,
}

/// Why a recording gives no windows.
#[derive(Debug, Error)]
pub enum WindowError {
    /// No sample ever came.
    #[error("the recording is empty")]
    EmptyRecording,
    /// No recording can be cut like that.
    #[error(transparent)]
    Config(#[from] AudioConfigError),
    /// The input rate cannot be converted.
    #[error(transparent)]
    Resample(#[from] ResampleError),
}

/// Resamples a recording as it arrives and cuts it into windows. Holds at most one window and
/// one block of audio, however long the recording.
///
/// The last window is padded with zeros; it is left out where an earlier window already holds
/// all of its audio, except that a recording always gives at least one window.
pub struct WindowStream {
    resampler: Resampler,
    cutter: Cutter,
}

struct Cutter {
    audio: AudioConfig,
    /// Audio at the model's rate, from the next window's start on.
    buffer: Vec<f32>,
    next_start: u64,
    n_windows: u64,
}

impl WindowStream {
    /// Plans the cutting of a recording made at `input_rate_hz`.
    ///
    /// # Errors
    /// Settings that [`AudioConfig::check`] refuses, or an input rate outside 1–768 kHz.
    pub fn new(input_rate_hz: u32, audio: &AudioConfig) -> Result<Self, WindowError> {
        audio.check()?;
        Ok(Self {
            resampler: Resampler::new(input_rate_hz, audio.sample_rate_hz)?,
            cutter: Cutter {
                audio: *audio,
                buffer: Vec::new(),
                next_start: 0,
                n_windows: 0,
            },
        })
    }

    /// Takes a block of samples at the input rate; returns the windows that it completes.
    ///
    /// # Errors
    /// Only if resampling fails.
    pub fn push(&mut self, samples: &[f32]) -> Result<Vec<Window>, WindowError> {
        self.resampler.push(samples, &mut self.cutter.buffer)?;
        Ok(self.cutter.full_windows())
    }

    /// Ends the recording; returns the remaining windows, the last one padded.
    ///
    /// # Errors
    /// [`WindowError::EmptyRecording`] if no sample was ever pushed.
    pub fn finish(self) -> Result<Vec<Window>, WindowError> {
        let mut cutter = self.cutter;
        self.resampler.finish(&mut cutter.buffer)?;
        let mut windows = cutter.full_windows();
        windows.extend(cutter.rest());
        if cutter.n_windows == 0 {
            return Err(WindowError::EmptyRecording);
        }
        Ok(windows)
    }
}

impl Cutter {
    fn full_windows(&mut self) -> Vec<Window> {
        let mut windows = Vec::new();
        let mut from = 0;
        while from + self.audio.window_samples() <= self.buffer.len() {
            windows.push(self.cut(from));
            from += self.audio.hop_samples();
        }
        // Once for all windows, as what stays has to move.
        self.buffer.drain(..from);
        windows
    }

    /// The padded window, if it holds audio that no earlier window held.
    fn rest(&mut self) -> Option<Window> {
        let overlap = self.audio.window_samples() - self.audio.hop_samples();
        let covered = if self.n_windows == 0 { 0 } else { overlap };
        (self.buffer.len() > covered).then(|| self.cut(0))
    }

    /// The next window, whose audio begins at `from` in the buffer and stays there.
    fn cut(&mut self, from: usize) -> Window {
        let length = self.audio.window_samples();
        let rate = f64::from(self.audio.sample_rate_hz);
        let audio = &self.buffer[from..];
        let n_real = audio.len().min(length);
        let mut samples = audio[..n_real].to_vec();
        samples.resize(length, 0.0);
        let start_s = self.next_start as f64 / rate;
        self.next_start += self.audio.hop_samples() as u64;
        self.n_windows += 1;
        Window {
            start_s,
            end_s: start_s + n_real as f64 / rate,
            samples,
        }
    }
}

/// All windows of a recording that is in memory.
///
/// # Errors
/// An empty recording, an impossible rate, or a configuration that makes no windows.
pub fn windows(waveform: &Waveform, audio: &AudioConfig) -> Result<Vec<Window>, WindowError> {
    let mut stream = WindowStream::new(waveform.sample_rate_hz, audio)?;
    let mut windows = stream.push(&waveform.samples)?;
    windows.extend(stream.finish()?);
    Ok(windows)
}

fn samples(seconds: f32, rate_hz: u32) -> usize {
    (f64::from(seconds) * f64::from(rate_hz)).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUDIO: AudioConfig = AudioConfig {
        sample_rate_hz: 1000,
        window: WindowConfig {
            length_s: 1.0,
            hop_s: 0.5,
        },
    };

    fn ramp(n: usize) -> Waveform {
        Waveform {
            samples: (0..n).map(|i| i as f32).collect(),
            sample_rate_hz: 1000,
        }
    }

    fn spans(n: usize) -> Vec<(f64, f64)> {
        windows(&ramp(n), &AUDIO)
            .expect("valid")
            .iter()
            .map(|w| (w.start_s, w.end_s))
            .collect()
    }

    #[test]
    fn every_sample_is_in_a_window_and_none_is_only_repeated() {
        assert_eq!(spans(1), [(0.0, 0.001)]);
        assert_eq!(spans(400), [(0.0, 0.4)]);
        assert_eq!(spans(1000), [(0.0, 1.0)]);
        assert_eq!(spans(1001), [(0.0, 1.0), (0.5, 1.001)]);
        assert_eq!(spans(1500), [(0.0, 1.0), (0.5, 1.5)]);
        assert_eq!(spans(1700), [(0.0, 1.0), (0.5, 1.5), (1.0, 1.7)]);
    }

    #[test]
    fn the_last_window_is_padded_with_zeros() {
        let windows = windows(&ramp(1200), &AUDIO).expect("valid");
        let last = windows.last().expect("two windows");
        assert_eq!(last.samples.len(), 1000);
        assert!((last.samples[699] - 1199.0).abs() < f32::EPSILON);
        assert!(last.samples[700..].iter().all(|s| *s == 0.0));
    }

    #[test]
    fn blocks_of_any_size_give_the_same_windows() {
        let whole = windows(&ramp(3456), &AUDIO).expect("valid");
        for size in [1, 7, 999, 5000] {
            let mut stream = WindowStream::new(1000, &AUDIO).expect("valid");
            let mut pieces = Vec::new();
            for block in ramp(3456).samples.chunks(size) {
                pieces.extend(stream.push(block).expect("push"));
            }
            pieces.extend(stream.finish().expect("finish"));
            assert_eq!(whole, pieces, "blocks of {size}");
        }
    }

    #[test]
    fn memory_does_not_grow_with_the_recording() {
        let mut stream = WindowStream::new(1000, &AUDIO).expect("valid");
        for _ in 0..1000 {
            stream.push(&[0.1; 700]).expect("push");
            assert!(stream.cutter.buffer.len() < 2000);
            assert!(stream.cutter.buffer.capacity() < 8000);
        }
    }

    #[test]
    fn an_empty_recording_is_an_error() {
        assert!(matches!(
            windows(&ramp(0), &AUDIO),
            Err(WindowError::EmptyRecording)
        ));
    }

    #[test]
    fn a_hop_that_skips_audio_is_refused() {
        let mut audio = AUDIO;
        audio.window.hop_s = 1.5;
        assert!(matches!(
            WindowStream::new(1000, &audio),
            Err(WindowError::Config(_))
        ));
    }
}
