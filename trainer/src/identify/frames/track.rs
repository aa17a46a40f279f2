//! Frames of windows that overlap become frames of the recording, one for each stretch of time.

use std::collections::VecDeque;

use pipit_core::{AudioConfig, Scores, WindowScores};

/// A stretch of a recording.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    /// Start in the recording, seconds.
    pub(super) start_s: f64,
    /// End in the recording, seconds.
    pub(super) end_s: f64,
    /// `[n_classes]`.
    pub(super) confidences: Vec<f64>,
}

/// The frames of one recording, window by window; holds those that a later window may still hear.
///
/// They are as long as the windows' own and begin with the recording. Where windows overlap, a
/// frame is the mean of theirs, each for as long as it covers it: a hop that is no whole number of
/// frames shifts the windows' frames against each other.
pub(super) struct FrameTrack {
    audio: AudioConfig,
    /// Frames in a window.
    per_window: u64,
    windows: u64,
    /// End of the recorded audio so far.
    end_s: f64,
    /// Frames that are done.
    done: u64,
    open: VecDeque<Mean>,
}

/// A mean as it grows.
#[derive(Default)]
struct Mean {
    sums: Vec<f64>,
    weight: f64,
}

impl FrameTrack {
    /// Begins a recording.
    pub(super) fn new(audio: &AudioConfig) -> Self {
        Self {
            audio: *audio,
            per_window: 0,
            windows: 0,
            end_s: 0.0,
            done: 0,
            open: VecDeque::new(),
        }
    }

    /// Takes the next window; returns the frames that no later one hears.
    pub(super) fn push(&mut self, window: &WindowScores, frames: &[Scores]) -> Vec<Frame> {
        self.per_window = frames.len() as u64;
        self.end_s = window.end_s;
        let start = self.windows * self.hop();
        for (index, frame) in frames.iter().enumerate() {
            let start = start + index as u64 * self.length();
            let (first, shift) = (start / self.length(), start % self.length());
            self.add(first, self.length() - shift, frame);
            self.add(first + 1, shift, frame);
        }
        self.windows += 1;
        let heard = self.windows * self.hop() / self.length();
        self.take(heard.saturating_sub(self.done))
    }

    /// The frames that are left.
    pub(super) fn finish(&mut self) -> Vec<Frame> {
        self.take(self.open.len() as u64)
    }

    /// Length of a frame, in parts of a sample of which there are as many as frames in a window: so
    /// all times are whole numbers.
    fn length(&self) -> u64 {
        self.audio.window_samples() as u64
    }

    /// From one window to the next, in the same parts.
    fn hop(&self) -> u64 {
        self.audio.hop_samples() as u64 * self.per_window
    }

    fn add(&mut self, index: u64, covered: u64, scores: &Scores) {
        if covered == 0 || index < self.done {
            return;
        }
        let place = (index - self.done) as usize;
        if self.open.len() <= place {
            self.open.resize_with(place + 1, Mean::default);
        }
        let mean = &mut self.open[place];
        mean.sums.resize(scores.0.len(), 0.0);
        let weight = covered as f64;
        for (sum, &score) in mean.sums.iter_mut().zip(&scores.0) {
            *sum += weight * f64::from(score);
        }
        mean.weight += weight;
    }

    /// The first open frames, as far as there is audio.
    fn take(&mut self, count: u64) -> Vec<Frame> {
        let parts_per_s = f64::from(self.audio.sample_rate_hz) * self.per_window as f64;
        let time_s = |index: u64| (index * self.length()) as f64 / parts_per_s;
        let spans: Vec<(f64, f64)> = (self.done..self.done + count)
            .map(|index| (time_s(index), time_s(index + 1).min(self.end_s)))
            .collect();
        self.done += count;
        (spans.into_iter())
            .zip(self.open.drain(..self.open.len().min(count as usize)))
            // What begins at the end, but for rounding, is padding.
            .filter(|((start_s, end_s), _)| end_s - start_s > 1e-6)
            .map(|((start_s, end_s), mean)| Frame {
                start_s,
                end_s,
                confidences: mean.sums.iter().map(|sum| sum / mean.weight).collect(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use pipit_core::WindowConfig;

    use super::*;

    fn track(hop_s: f32) -> FrameTrack {
        FrameTrack::new(&AudioConfig {
            sample_rate_hz: 1_000,
            window: WindowConfig {
                length_s: 1.0,
                hop_s,
            },
        })
    }

    /// All frames of windows, each with its end and the confidences of its frames.
    fn frames(hop_s: f32, windows: &[(f64, &[f32])]) -> Vec<(f64, f64, f64)> {
        let mut track = track(hop_s);
        let mut found = Vec::new();
        for (index, (end_s, frames)) in windows.iter().enumerate() {
            let window = WindowScores {
                start_s: index as f64 * f64::from(hop_s),
                end_s: *end_s,
                scores: Scores(vec![0.0]),
            };
            let frames: Vec<Scores> = frames.iter().map(|&score| Scores(vec![score])).collect();
            found.extend(track.push(&window, &frames));
        }
        found.extend(track.finish());
        (found.into_iter())
            .map(|frame| (frame.start_s, frame.end_s, frame.confidences[0]))
            .collect()
    }

    fn assert_close(found: &[(f64, f64, f64)], expected: &[(f64, f64, f64)]) {
        let close = |(a, b): (&(f64, f64, f64), &(f64, f64, f64))| {
            (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6 && (a.2 - b.2).abs() < 1e-6
        };
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(close),
            "{found:?} is not {expected:?}"
        );
    }

    #[test]
    fn windows_side_by_side_keep_their_frames_and_padding_has_none() {
        let found = frames(1.0, &[(1.0, &[0.1, 0.2]), (1.75, &[0.3, 0.4])]);
        assert_close(
            &found,
            &[
                (0.0, 0.5, 0.1),
                (0.5, 1.0, 0.2),
                (1.0, 1.5, 0.3),
                (1.5, 1.75, 0.4),
            ],
        );
        assert_close(&frames(1.0, &[(0.5, &[0.1, 0.2])]), &[(0.0, 0.5, 0.1)]);
        let third = 1.0 / 3.0;
        assert_close(
            &frames(1.0, &[(0.9, &[0.1, 0.2, 0.3])]),
            &[
                (0.0, third, 0.1),
                (third, 2.0 * third, 0.2),
                (2.0 * third, 0.9, 0.3),
            ],
        );
    }

    #[test]
    fn where_windows_overlap_their_frames_are_averaged() {
        let found = frames(
            0.5,
            &[(1.0, &[0.1, 0.2]), (1.5, &[0.4, 0.6]), (1.6, &[0.8, 0.9])],
        );
        assert_close(
            &found,
            &[
                (0.0, 0.5, 0.1),
                (0.5, 1.0, 0.3),
                (1.0, 1.5, 0.7),
                (1.5, 1.6, 0.9),
            ],
        );
    }

    #[test]
    fn frames_that_are_shifted_count_by_how_much_they_cover() {
        // The second window's frames begin half a frame later.
        let found = frames(0.25, &[(1.0, &[0.0, 0.6]), (1.25, &[0.3, 0.9])]);
        assert_close(
            &found,
            &[
                (0.0, 0.5, (2.0 * 0.0 + 0.3) / 3.0),
                (0.5, 1.0, (2.0 * 0.6 + 0.3 + 0.9) / 4.0),
                (1.0, 1.25, 0.9),
            ],
        );
    }

    #[test]
    fn frames_are_given_away_as_soon_as_no_window_hears_them() {
        let mut track = track(0.5);
        let scores = vec![Scores(vec![0.5]); 4];
        for index in 0..1_000 {
            let start_s = 0.5 * f64::from(index);
            let window = WindowScores {
                start_s,
                end_s: start_s + 1.0,
                scores: Scores(vec![0.5]),
            };
            assert_eq!(track.push(&window, &scores).len(), 2);
            assert_eq!(track.open.len(), 2);
        }
    }
}
