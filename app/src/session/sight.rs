//! What of a recording's spectrogram is in sight, and what must be computed for that.

use super::{Effect, ModelState, Recording, RecordingId, Session};
use crate::protocol::{JobId, Request};
use crate::view::picture::{self, Levels};
use crate::view::render::Source;
use crate::view::tiles::{self, TILE_COLUMNS, TileKey};
use crate::view::viewport::Viewport;
use pipit_core::Manifest;

/// Pieces under way at a time: those asked for last are wanted most.
const MAX_AWAITED: usize = 4;

impl Session {
    /// The user looks at a stretch of a recording, `width_px` wide: asks for what is missing.
    pub fn look(&mut self, id: RecordingId, viewport: Viewport, width_px: usize) -> Vec<Effect> {
        self.ask_for(id, viewport, width_px, MAX_AWAITED)
    }

    /// A strip `width_px` wide shows all of a recording: asks for what is missing, a piece at a time,
    /// because what is looked at closely comes first.
    pub fn look_over(&mut self, id: RecordingId, width_px: usize) -> Vec<Effect> {
        let duration_s = self.recording(id).and_then(Recording::duration_s);
        let viewport = Viewport::whole(duration_s.unwrap_or_default());
        self.ask_for(id, viewport, width_px, 1)
    }

    /// Asks for pieces as long as fewer than `most` are under way.
    fn ask_for(
        &mut self,
        id: RecordingId,
        viewport: Viewport,
        width_px: usize,
        most: usize,
    ) -> Vec<Effect> {
        let (ModelState::Loaded { manifest, .. }, Some(place)) = (&self.model, self.place(id))
        else {
            return Vec::new();
        };
        let recording = &mut self.recordings[place];
        // There is no file to take them from yet.
        if recording.is_heard() {
            return Vec::new();
        }
        let missing = recording.missing(manifest, viewport, width_px);
        let mut effects = Vec::new();
        for key in missing {
            if self.awaited.values().any(|awaited| *awaited == (id, key)) {
                continue;
            }
            if self.awaited.len() >= most {
                self.recordings[place].is_put_off = true;
                break;
            }
            let job = self.new_job();
            self.awaited.insert(job, (id, key));
            let request = Request::Spectrogram {
                job,
                hop_length: key.level.hop_length,
                first_column: key.index * TILE_COLUMNS,
                n_columns: TILE_COLUMNS,
            };
            effects.push(Effect::SendWithFile(id, request));
        }
        effects
    }

    /// A piece has come, or will not come.
    pub(super) fn tile_answered(&mut self, job: JobId, columns: Option<&[u8]>) {
        let Some((id, key)) = self.awaited.remove(&job) else {
            return;
        };
        // There is room again: whoever paints asks again.
        for recording in &mut self.recordings {
            if std::mem::take(&mut recording.is_put_off) {
                recording.revision += 1;
            }
        }
        if let Some(recording) = self.recording_mut(id) {
            // One that failed is not asked for again: it stays blank, and the overview shows.
            let columns = columns.unwrap_or_default().to_vec();
            recording.tiles.insert(key, columns);
            recording.revision += 1;
        }
    }
}

impl Recording {
    /// What there is to paint a stretch from; nothing before the file is open.
    #[must_use]
    pub fn source<'a>(
        &'a self,
        manifest: &Manifest,
        viewport: Viewport,
        width_px: usize,
    ) -> Option<Source<'a>> {
        self.audio?;
        // What was found in an earlier run, or behind a folded card, has no overview.
        let overview_per_s = match &self.picture {
            Some(_) => picture::columns_per_s(self.announced_s),
            None => 0.0,
        };
        let px_per_s = width_px as f64 / viewport.span_s;
        let level = tiles::level(manifest, overview_per_s, px_per_s);
        Some(Source {
            n_rows: manifest.mel.n_mels,
            overview: self.picture.as_ref(),
            overview_per_s,
            tiles: &self.tiles,
            level: level.map(|level| (level, level.columns_per_s(manifest))),
        })
    }

    fn missing(
        &mut self,
        manifest: &Manifest,
        viewport: Viewport,
        width_px: usize,
    ) -> Vec<TileKey> {
        let Some(Source {
            level: Some((level, columns_per_s)),
            ..
        }) = self.source(manifest, viewport, width_px)
        else {
            return Vec::new();
        };
        let duration_s = self.duration_s().unwrap_or_default();
        tiles::in_sight(viewport, columns_per_s, duration_s)
            .map(|index| TileKey { level, index })
            .filter(|key| !self.tiles.look(*key))
            .collect()
    }

    /// Levels that show it well; what fits most recordings before anything is known of it.
    #[must_use]
    pub fn levels(&self) -> Levels {
        match &self.picture {
            Some(picture) => picture.levels(),
            None => self.tiles.levels(),
        }
    }
}
