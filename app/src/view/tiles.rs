//! Pieces of spectrogram in a finer resolution than the overview, computed when they come into
//! sight and forgotten when they have not been looked at for long.

use super::picture::Levels;
use super::viewport::Viewport;
use pipit_core::Manifest;
use std::collections::HashMap;
use std::ops::Range;

/// Columns of a tile.
pub const TILE_COLUMNS: usize = 512;

/// Hops between the columns of the levels, in seconds, from coarse to fine.
const HOPS_S: [f64; 7] = [0.64, 0.16, 0.04, 0.02, 0.01, 0.005, 0.0025];

/// Tiles kept for a recording: some 40 MB at 128 bands, if a day of it is looked at.
const MAX_TILES: usize = 600;
/// Tiles that one view shows: two of them, the close one and the strip, must not drive out each other's.
const MAX_IN_SIGHT: usize = MAX_TILES / 2;

/// A resolution: samples at the model's rate from one column to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Level {
    /// Samples between columns.
    pub hop_length: usize,
}

/// Which piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileKey {
    /// Its resolution.
    pub level: Level,
    /// Its place: it begins `index * TILE_COLUMNS` columns after the recording's start.
    pub index: usize,
}

/// The tiles of one recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tiles {
    kept: HashMap<TileKey, Tile>,
    /// How often each value occurs in all tiles that ever came.
    histogram: Histogram,
    /// Counts up with every look.
    clock: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Histogram(Box<[u64; 256]>);

impl Default for Histogram {
    fn default() -> Self {
        Self(Box::new([0; 256]))
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Tile {
    /// Column by column, low frequencies first.
    values: Vec<u8>,
    looked_at: u64,
}

impl Level {
    /// All levels for a model, from coarse to fine.
    pub fn all(manifest: &Manifest) -> impl Iterator<Item = Self> {
        let rate = f64::from(manifest.audio.sample_rate_hz);
        HOPS_S.into_iter().map(move |hop_s| Self {
            hop_length: ((hop_s * rate).round() as usize).max(1),
        })
    }

    /// Columns in a second.
    #[must_use]
    pub fn columns_per_s(self, manifest: &Manifest) -> f64 {
        f64::from(manifest.audio.sample_rate_hz) / self.hop_length as f64
    }
}

/// The coarsest level that shows all that `px_per_s` can; none where the overview does. An overview
/// that is not there has 0 columns a second.
#[must_use]
pub fn level(manifest: &Manifest, overview_per_s: f64, px_per_s: f64) -> Option<Level> {
    if px_per_s <= overview_per_s * 1.25 {
        return None;
    }
    let mut finest = None;
    for level in Level::all(manifest) {
        let columns_per_s = level.columns_per_s(manifest);
        if columns_per_s > overview_per_s {
            finest = Some(level);
        }
        if columns_per_s >= px_per_s {
            break;
        }
    }
    finest
}

/// Indices of the tiles in sight; the first ones where they are too many to be kept.
#[must_use]
pub fn in_sight(viewport: Viewport, columns_per_s: f64, duration_s: f64) -> Range<usize> {
    let index = |time_s: f64| time_s.clamp(0.0, duration_s) * columns_per_s / TILE_COLUMNS as f64;
    let first = index(viewport.start_s) as usize;
    let end = index(viewport.end_s()).ceil() as usize;
    first..end.min(first + MAX_IN_SIGHT)
}

impl Tiles {
    /// Whether a tile is there; it then counts as looked at.
    pub fn look(&mut self, key: TileKey) -> bool {
        self.clock += 1;
        match self.kept.get_mut(&key) {
            Some(tile) => {
                tile.looked_at = self.clock;
                true
            }
            None => false,
        }
    }

    /// Keeps a tile, and forgets the one that was not looked at for longest if there are too many.
    pub fn insert(&mut self, key: TileKey, values: Vec<u8>) {
        self.clock += 1;
        let looked_at = self.clock;
        for value in values.iter().filter(|value| **value > 0) {
            self.histogram.0[usize::from(*value)] += 1;
        }
        self.kept.insert(key, Tile { values, looked_at });
        if self.kept.len() > MAX_TILES {
            let oldest = self.kept.iter().min_by_key(|(_, tile)| tile.looked_at);
            if let Some(key) = oldest.map(|(key, _)| *key) {
                self.kept.remove(&key);
            }
        }
    }

    /// Levels that show what has come so far well.
    #[must_use]
    pub fn levels(&self) -> Levels {
        Levels::of(&self.histogram.0)
    }

    /// Values of one column, low frequencies first, if its tile is there.
    #[must_use]
    pub fn column(&self, level: Level, column: usize, n_rows: usize) -> Option<&[u8]> {
        let key = TileKey {
            level,
            index: column / TILE_COLUMNS,
        };
        let start = column % TILE_COLUMNS * n_rows;
        self.kept.get(&key)?.values.get(start..start + n_rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture::manifest;

    #[test]
    fn levels_are_as_fine_as_the_view_can_show() {
        let manifest = manifest();
        let hop = |overview, px| level(&manifest, overview, px).map(|level| level.hop_length);
        assert_eq!(hop(80.0, 60.0), None);
        assert_eq!(hop(80.0, 150.0), Some(160));
        assert_eq!(hop(1.5, 20.0), Some(1280));
        assert_eq!(hop(0.0, 0.1), Some(20_480));
        // Nothing is finer than the finest.
        assert_eq!(hop(1.5, 10_000.0), Some(80));
    }

    #[test]
    fn tiles_in_sight_cover_the_view_and_end_with_the_recording() {
        let viewport = Viewport {
            start_s: 10.0,
            span_s: 20.0,
        };
        // 100 columns a second are 5.12 s a tile.
        assert_eq!(in_sight(viewport, 100.0, 1000.0), 1..6);
        assert_eq!(in_sight(viewport, 100.0, 11.0), 1..3);
        let week_s = 7.0 * 86_400.0;
        assert_eq!(
            in_sight(Viewport::whole(week_s), 1.0, week_s).len(),
            MAX_IN_SIGHT
        );
    }

    #[test]
    fn the_tile_that_nobody_looked_at_goes_first() {
        let mut tiles = Tiles::default();
        let level = Level { hop_length: 320 };
        let key = |index| TileKey { level, index };
        for index in 0..MAX_TILES {
            tiles.insert(key(index), vec![index as u8; TILE_COLUMNS]);
        }
        assert!(tiles.look(key(0)));
        tiles.insert(key(MAX_TILES), vec![7; TILE_COLUMNS]);
        assert!(tiles.look(key(0)) && !tiles.look(key(1)));
        let column = MAX_TILES * TILE_COLUMNS + 3;
        assert_eq!(tiles.column(level, column, 1), Some([7].as_slice()));
        assert_eq!(tiles.column(level, TILE_COLUMNS, 1), None);
    }
}
