//! The pixels of what is in sight.

use super::colour::ColourMap;
use super::picture::{Levels, Picture};
use super::tiles::{Level, Tiles};
use super::viewport::Viewport;
use std::ops::Range;

/// Where the values of columns come from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Bands of a column.
    pub n_rows: usize,
    /// All of the recording, in few columns, if it is there.
    pub overview: Option<&'a Picture>,
    /// Columns of the overview in a second.
    pub overview_per_s: f64,
    /// The finer pieces that are there.
    pub tiles: &'a Tiles,
    /// The resolution to use where its pieces are there, with its columns in a second.
    pub level: Option<(Level, f64)>,
}

/// How values become colours.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// From the quietest to the loudest value shown.
    pub levels: Levels,
    /// Their colours.
    pub colours: &'a ColourMap,
}

/// Pixels (red, green, blue, opaque), the top row first; `rows` are the bands shown, low ones first.
/// A pixel shows the loudest of the columns that it covers.
#[must_use]
pub fn pixels(
    source: Source,
    viewport: Viewport,
    width_px: usize,
    rows: Range<usize>,
    style: Style,
) -> Vec<u8> {
    let height = rows.len();
    let mut pixels = vec![255; width_px * height * 4];
    let span = u32::from(style.levels.high.saturating_sub(style.levels.low)).max(1);
    let mut values = vec![0; height];
    for x in 0..width_px {
        let [from_s, to_s] = [x, x + 1].map(|x| viewport.time_s(x as f64 / width_px as f64));
        source.loudest(from_s, to_s, rows.clone(), &mut values);
        for (i, value) in values.iter().enumerate() {
            let above = u32::from(value.saturating_sub(style.levels.low));
            let colour = style.colours[(above * 255 / span).min(255) as usize];
            let pixel = ((height - 1 - i) * width_px + x) * 4;
            pixels[pixel..pixel + 3].copy_from_slice(&colour);
        }
    }
    pixels
}

impl Source<'_> {
    fn loudest(&self, from_s: f64, to_s: f64, rows: Range<usize>, values: &mut [u8]) {
        values.fill(0);
        if let Some((level, per_s)) = self.level {
            let mut all = true;
            for column in columns(from_s, to_s, per_s) {
                match self.tiles.column(level, column, self.n_rows) {
                    Some(column) => raise(values, &column[rows.clone()]),
                    None => all = false,
                }
            }
            if all {
                return;
            }
        }
        for column in columns(from_s, to_s, self.overview_per_s) {
            if let Some(column) = self.overview.and_then(|overview| overview.column(column)) {
                raise(values, &column[rows.clone()]);
            }
        }
    }
}

/// Columns between two times, at least one.
fn columns(from_s: f64, to_s: f64, per_s: f64) -> Range<usize> {
    let first = (from_s * per_s).max(0.0) as usize;
    let end = (to_s * per_s).max(0.0) as usize;
    first..end.max(first + 1)
}

fn raise(values: &mut [u8], others: &[u8]) {
    for (value, other) in values.iter_mut().zip(others) {
        *value = (*value).max(*other);
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour::Colours;
    use super::super::tiles::{TILE_COLUMNS, TileKey};
    use super::*;

    const LEVELS: Levels = Levels {
        low: 100,
        high: 200,
    };

    fn reds(source: Source, viewport: Viewport, width_px: usize, rows: Range<usize>) -> Vec<u8> {
        let colours = std::array::from_fn(|i| [i as u8, 0, 0]);
        let style = Style {
            levels: LEVELS,
            colours: &colours,
        };
        let pixels = pixels(source, viewport, width_px, rows, style);
        pixels.chunks_exact(4).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn loud_is_bright_and_high_bands_are_at_the_top() {
        let mut overview = Picture::new(1, 2);
        overview.write(0, &[100, 200]);
        let source = Source {
            n_rows: overview.n_rows(),
            overview: Some(&overview),
            overview_per_s: 1.0,
            tiles: &Tiles::default(),
            level: None,
        };
        assert_eq!(reds(source, Viewport::whole(1.0), 1, 0..2), [255, 0]);
        assert_eq!(reds(source, Viewport::whole(1.0), 1, 1..2), [255]);
        let colours = Colours::Viridis.map();
        let style = Style {
            levels: LEVELS,
            colours: &colours,
        };
        let pixels = pixels(source, Viewport::whole(1.0), 1, 0..2, style);
        assert_eq!(pixels, [253, 231, 37, 255, 68, 1, 84, 255]);
    }

    #[test]
    fn a_pixel_shows_the_loudest_of_its_columns() {
        let mut overview = Picture::new(4, 1);
        overview.write(0, &[100, 200, 100, 150]);
        let source = Source {
            n_rows: overview.n_rows(),
            overview: Some(&overview),
            overview_per_s: 1.0,
            tiles: &Tiles::default(),
            level: None,
        };
        assert_eq!(reds(source, Viewport::whole(4.0), 2, 0..1), [255, 127]);
        // Nothing is known behind the end.
        assert_eq!(reds(source, Viewport::whole(8.0), 2, 0..1), [255, 0]);
    }

    #[test]
    fn tiles_are_shown_where_they_are_and_the_overview_elsewhere() {
        let mut overview = Picture::new(11, 1);
        overview.write(0, &[200; 11]);
        let level = Level { hop_length: 320 };
        let mut tiles = Tiles::default();
        tiles.insert(TileKey { level, index: 1 }, vec![150; TILE_COLUMNS]);
        let source = Source {
            n_rows: overview.n_rows(),
            overview: Some(&overview),
            overview_per_s: 1.0,
            tiles: &tiles,
            level: Some((level, 100.0)),
        };
        let viewport = Viewport {
            start_s: 5.0,
            span_s: 0.2,
        };
        let reds = reds(source, viewport, 20, 0..1);
        assert_eq!((reds[0], reds[19]), (255, 127));
    }
}
