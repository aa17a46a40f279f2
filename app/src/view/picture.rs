//! A recording's spectrogram as a picture: columns of quantised decibels, filled window by
//! window while the recording is analysed. Its size does not depend on the recording's length.

use super::time_axis;
use pipit_core::MelSpectrogram;
use std::ops::Range;

/// Decibels re 1 that are quantised to 0 and to 255: wider than any recording.
const RANGE_DB: (f32, f32) = (-100.0, 80.0);

/// A value that stands for "not known yet".
const BLANK: u8 = 0;

/// Columns for a second of a short recording; longer ones get what fits on a canvas.
const COLUMNS_PER_S: f64 = 80.0;

/// Columns for a second of a recording whose length nobody knows.
const COLUMNS_PER_S_OF_UNKNOWN: f64 = 40.0;

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
    /// From the noise floor to the loudest sounds, of how often each value occurs.
    #[must_use]
    pub fn of(histogram: &[u64; 256]) -> Self {
        let total: u64 = histogram.iter().sum();
        let quantile = |fraction: f64| {
            let wanted = (total as f64 * fraction) as u64;
            let mut seen = 0;
            histogram
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
        Self { low, high }
    }

    /// Brighter or darker, with more or less contrast: both −1 to 1, 0 leaves the levels alone.
    #[must_use]
    pub fn adjusted(self, brightness: f64, contrast: f64) -> Self {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        let span = (high - low) * 4_f64.powf(-contrast);
        let middle = f64::midpoint(low, high) - brightness * (high - low);
        let level = |value: f64| value.round().clamp(0.0, 255.0) as u8;
        Self {
            low: level(middle - span / 2.0),
            high: level(middle + span / 2.0),
        }
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

    /// Takes columns from the worker; the picture grows where they do not fit.
    pub fn write(&mut self, first_column: usize, columns: &[u8]) {
        let start = first_column * self.n_rows;
        let n = columns.len() / self.n_rows.max(1);
        let columns = &columns[..n * self.n_rows];
        self.n_columns = self.n_columns.max(first_column + n);
        self.values.resize(self.n_columns * self.n_rows, BLANK);
        self.values[start..start + columns.len()].copy_from_slice(columns);
        for value in columns {
            self.histogram[usize::from(*value)] += 1;
        }
        self.filled = self.filled.max(first_column + n);
    }

    /// Levels that show this recording well.
    #[must_use]
    pub fn levels(&self) -> Levels {
        Levels::of(&self.histogram)
    }

    /// Values of one column, low frequencies first, once it is filled.
    #[must_use]
    pub fn column(&self, column: usize) -> Option<&[u8]> {
        let start = column * self.n_rows;
        (column < self.filled)
            .then(|| self.values.get(start..start + self.n_rows))
            .flatten()
    }
}

/// Columns for one second of a recording of this length.
#[must_use]
pub fn columns_per_s(duration_s: Option<f64>) -> f64 {
    match duration_s {
        Some(duration_s) if duration_s > 0.0 => {
            let fitting = n_columns(Some(duration_s)) as f64 / duration_s;
            fitting.min(COLUMNS_PER_S)
        }
        _ => COLUMNS_PER_S_OF_UNKNOWN,
    }
}

/// Width of the picture of a recording of this length.
#[must_use]
pub fn n_columns(duration_s: Option<f64>) -> usize {
    time_axis::width_px(duration_s.unwrap_or_default(), COLUMNS_PER_S)
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

/// `n_columns` columns, one a frame, from frame `first` on; blank where there are no frames.
#[must_use]
pub fn piece(mel: &MelSpectrogram, first: usize, n_columns: usize) -> Vec<u8> {
    let mut values = vec![BLANK; n_columns * mel.n_mels];
    let n = n_columns.min(mel.n_frames.saturating_sub(first));
    for (row, frames) in mel.values.chunks_exact(mel.n_frames.max(1)).enumerate() {
        for (column, decibels) in frames[first.min(mel.n_frames)..][..n].iter().enumerate() {
            values[column * mel.n_mels + row] = quantise(*decibels);
        }
    }
    values
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
    fn pictures_fill_from_left_and_grow_where_they_must() {
        let mut picture = Picture::new(4, 2);
        picture.write(0, &[10, 20, 30, 40]);
        assert_eq!((picture.filled(), picture.n_columns()), (2, 4));
        picture.write(3, &[50, 60, 70, 80]);
        assert_eq!((picture.filled(), picture.n_columns()), (5, 5));
        assert_eq!(picture.values, [10, 20, 30, 40, 0, 0, 50, 60, 70, 80]);
    }

    #[test]
    fn a_piece_has_a_column_for_each_frame_and_blanks_behind_the_end() {
        let values = piece(&ramp(2, 5), 3, 4);
        let expected = [3.0, 3.0, 4.0, 4.0].map(quantise);
        assert_eq!((&values[..4], &values[4..]), (&expected[..], &[0; 4][..]));
        assert_eq!(piece(&ramp(1, 2), 7, 2), [0, 0]);
    }

    #[test]
    fn long_recordings_get_coarser_pictures() {
        assert!((columns_per_s(Some(10.0)) - 80.0).abs() < 1e-9);
        assert!((columns_per_s(Some(3600.0)) * 3600.0 - 16_000.0).abs() < 1e-6);
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

    #[test]
    fn brightness_moves_levels_and_contrast_narrows_them() {
        let levels = Levels {
            low: 100,
            high: 140,
        };
        assert_eq!(levels.adjusted(0.0, 0.0), levels);
        assert_eq!(levels.adjusted(0.5, 0.0), Levels { low: 80, high: 120 });
        assert_eq!(
            levels.adjusted(0.0, 0.5),
            Levels {
                low: 110,
                high: 130
            }
        );
    }
}
