//! A recording's spectrogram as a picture: columns of quantised decibels, filled window by
//! window while the recording is analysed. Its size does not depend on the recording's length.

use super::colour::ColourMap;
use pipit_core::MelSpectrogram;
use std::ops::Range;

/// Decibels re 1 that are quantised to 0 and to 255: wider than any recording.
const RANGE_DB: (f32, f32) = (-100.0, 80.0);

/// A value that stands for "not known yet".
const BLANK: u8 = 0;

/// A picture in the making.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    n_columns: usize,
    n_rows: usize,
    /// Column by column, low frequencies first.
    values: Vec<u8>,
    histogram: Box<[u64; 256]>,
    /// Columns before this one are filled.
    filled: usize,
}

/// The span of intensities that the colour map is stretched over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    /// This and everything quieter gets the first colour.
    pub low: u8,
    /// This and everything louder gets the last colour.
    pub high: u8,
}

impl Levels {
    /// Whether what was painted with `other` should be painted again.
    #[must_use]
    pub fn differ_visibly(self, other: Self) -> bool {
        self.low.abs_diff(other.low) > 2 || self.high.abs_diff(other.high) > 2
    }
}

impl Picture {
    /// A blank picture.
    #[must_use]
    pub fn new(n_columns: usize, n_rows: usize) -> Self {
        Self {
            n_columns,
            n_rows,
            values: vec![BLANK; n_columns * n_rows],
            histogram: Box::new([0; 256]),
            filled: 0,
        }
    }

    /// Width in columns.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Height in Mel bands.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Columns before this one are filled.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// Takes columns from the worker; what lies beyond the picture's right edge is dropped.
    pub fn write(&mut self, first_column: usize, columns: &[u8]) {
        let start = (first_column * self.n_rows).min(self.values.len());
        let room = (self.values.len() - start) / self.n_rows.max(1);
        let n = (columns.len() / self.n_rows.max(1)).min(room);
        let columns = &columns[..n * self.n_rows];
        self.values[start..start + columns.len()].copy_from_slice(columns);
        for value in columns {
            self.histogram[usize::from(*value)] += 1;
        }
        self.filled = self.filled.max((first_column + n).min(self.n_columns));
    }

    /// Levels that show this recording well: from its noise floor to its loudest sounds.
    #[must_use]
    pub fn levels(&self) -> Levels {
        let total: u64 = self.histogram.iter().sum();
        let quantile = |fraction: f64| {
            let wanted = (total as f64 * fraction) as u64;
            let mut seen = 0;
            self.histogram
                .iter()
                .position(|count| {
                    seen += count;
                    seen > wanted
                })
                .unwrap_or(255) as u8
        };
        let high = quantile(0.9995);
        // At least 30 dB, so that an even noise does not become a storm of colours.
        let low = quantile(0.3).min(high.saturating_sub(43));
        Levels { low, high }
    }

    /// Pixels (red, green, blue, opaque) of some columns, the top row first.
    #[must_use]
    pub fn pixels(&self, columns: Range<usize>, levels: Levels, colours: &ColourMap) -> Vec<u8> {
        let span = u32::from(levels.high.saturating_sub(levels.low)).max(1);
        let mut pixels = Vec::with_capacity(columns.len() * self.n_rows * 4);
        for row in (0..self.n_rows).rev() {
            for column in columns.clone() {
                let value = self.values[column * self.n_rows + row];
                let above = u32::from(value.saturating_sub(levels.low));
                let [red, green, blue] = colours[(above * 255 / span).min(255) as usize];
                pixels.extend([red, green, blue, 255]);
            }
        }
        pixels
    }
}

/// The columns of one window, with a frame every `step_s`, for a picture with `columns_per_s`: the first column's index and
/// the quantised values. A column shows the loudest of its frames; where columns are finer than
/// frames, neighbours repeat a frame.
#[must_use]
pub fn columns(
    mel: &MelSpectrogram,
    window_s: Range<f64>,
    step_s: f64,
    columns_per_s: f64,
) -> (usize, Vec<u8>) {
    let first = (window_s.start * columns_per_s).floor() as usize;
    let last = ((window_s.end * columns_per_s).ceil() as usize).max(first + 1);
    let mut values = Vec::with_capacity((last - first) * mel.n_mels);
    if mel.n_frames == 0 {
        return (first, values);
    }
    let frame_at = |column: usize| {
        let since_start = column as f64 / columns_per_s - window_s.start;
        ((since_start / step_s).round().max(0.0) as usize).min(mel.n_frames - 1)
    };
    for column in first..last {
        let from = frame_at(column);
        let to = frame_at(column + 1).max(from + 1);
        for row in 0..mel.n_mels {
            let frames = &mel.values[row * mel.n_frames..][from..to];
            values.push(quantise(
                frames.iter().copied().fold(f32::NEG_INFINITY, f32::max),
            ));
        }
    }
    (first, values)
}

fn quantise(decibels: f32) -> u8 {
    let (low, high) = RANGE_DB;
    // Blank stays apart from everything measured.
    ((decibels - low) / (high - low) * 255.0)
        .round()
        .clamp(1.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::colour::viridis;

    fn ramp(n_mels: usize, n_frames: usize) -> MelSpectrogram {
        MelSpectrogram {
            n_mels,
            n_frames,
            values: (0..n_mels * n_frames)
                .map(|i| (i % n_frames) as f32)
                .collect(),
        }
    }

    #[test]
    fn a_column_shows_its_loudest_frame() {
        // Frames every 10 ms hold 0, 1, 2 … dB; columns are 50 ms wide.
        let (first, values) = columns(&ramp(2, 101), 0.0..1.0, 0.01, 20.0);
        assert_eq!((first, values.len()), (0, 20 * 2));
        assert_eq!(values[0], quantise(4.0));
        assert_eq!(values[2 * 19 + 1], quantise(99.0));
    }

    #[test]
    fn fine_columns_repeat_frames_and_late_windows_start_late() {
        let (first, values) = columns(&ramp(1, 11), 5.0..6.0, 0.1, 40.0);
        assert_eq!((first, values.len()), (200, 40));
        assert!(values.is_sorted());
    }

    #[test]
    fn a_short_padded_window_gives_only_its_real_columns() {
        let (_, values) = columns(&ramp(1, 501), 0.0..0.25, 0.01, 20.0);
        assert_eq!(values.len(), 5);
        assert_eq!(columns(&ramp(1, 1), 0.0..0.001, 0.01, 20.0).1.len(), 1);
    }

    #[test]
    fn pictures_fill_from_left_and_drop_what_does_not_fit() {
        let mut picture = Picture::new(4, 2);
        picture.write(0, &[10, 20, 30, 40]);
        assert_eq!(picture.filled(), 2);
        picture.write(3, &[50, 60, 70, 80]);
        picture.write(9, &[1, 2]);
        assert_eq!(picture.filled(), 4);
        assert_eq!(picture.values, [10, 20, 30, 40, 0, 0, 50, 60]);
    }

    #[test]
    fn loud_is_yellow_at_the_top_for_high_bands() {
        let mut picture = Picture::new(1, 2);
        picture.write(0, &[100, 200]);
        let levels = Levels {
            low: 100,
            high: 200,
        };
        let pixels = picture.pixels(0..1, levels, &viridis());
        assert_eq!(pixels, [253, 231, 37, 255, 68, 1, 84, 255]);
    }

    #[test]
    fn levels_span_noise_floor_to_peak() {
        let mut picture = Picture::new(1000, 1);
        let mut values = vec![90; 990];
        values.extend([220; 10]);
        picture.write(0, &values);
        assert_eq!(picture.levels(), Levels { low: 90, high: 220 });
        let mut even = Picture::new(100, 1);
        even.write(0, &[120; 100]);
        assert_eq!(even.levels(), Levels { low: 77, high: 120 });
    }
}
