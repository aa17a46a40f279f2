//! The clips of all detections, as one ZIP.

use super::Shell;
use crate::browser::download::GrowingFile;
use crate::browser::error::describe;
use crate::export::archive::Archive;
use crate::export::clips::{self, Clip};
use crate::export::{ExportError, OutputFile};
use crate::protocol::{Failure, FailureKind};
use crate::session::{RecordingId, Session};
use wasm_bindgen::JsValue;

/// Sound before and after a detection in its clip, seconds.
const MARGIN_S: f64 = 1.0;
/// Bytes of the ZIP in the page's own memory, before the browser takes them.
const PIECE_BYTES: u64 = 16 << 20;

impl Shell {
    /// Cuts one clip after another and saves them. Those that cannot be cut are left out, which the
    /// user is told.
    ///
    /// One clip's sound and a piece of the ZIP are in memory; the browser has the rest.
    pub async fn save_clips(self) {
        if let Err(failure) = self.zip_clips().await {
            self.notify(failure);
        }
    }

    async fn zip_clips(self) -> Result<(), Failure> {
        let found = self.with_untracked(Session::export_with_sound);
        let Some((export, ids)) = found else {
            return Ok(());
        };
        self.change(|session| session.dismiss(FailureKind::ClipsLeftOut));
        let planned = clips::plan(&export, MARGIN_S);
        let n_planned = planned.len();
        let mut archive = Archive::new();
        let mut zip = GrowingFile::default();
        let (mut kept, mut left_out) = (Vec::new(), Vec::new());
        for clip in planned {
            let (Some(file), Some(id)) = (export.files.get(clip.file), ids.get(clip.file)) else {
                continue;
            };
            match self.cut(*id, &clip, file.sample_rate_hz).await {
                Ok(sound) => {
                    archive.add(&sound).map_err(|error| unwritten(&error))?;
                    if archive.n_settled() >= PIECE_BYTES {
                        zip.push(&archive.take()).map_err(|thrown| full(&thrown))?;
                    }
                    kept.push(clip);
                }
                Err(failure) => left_out.push((*id, failure)),
            }
        }
        if !left_out.is_empty() {
            self.change(|session| session.clips_left_out(&left_out, n_planned));
        }
        if kept.is_empty() && n_planned > 0 {
            return Ok(());
        }
        let rest = clips::index(&export, &kept).and_then(|files| {
            files.iter().try_for_each(|file| archive.add(file))?;
            archive.finish()
        });
        let rest = rest.map_err(|error| unwritten(&error))?;
        zip.push(&rest)
            .and_then(|()| zip.save("pipit-clips.zip", "application/zip"))
            .map_err(|thrown| full(&thrown))
    }

    async fn cut(
        self,
        id: RecordingId,
        clip: &Clip,
        sample_rate_hz: u32,
    ) -> Result<OutputFile, Failure> {
        clip.check(sample_rate_hz)
            .map_err(|error| unwritten(&error))?;
        let sound = self.sound(id, clip.start_s, clip.end_s).await?;
        // The samples begin where the clip does.
        let clip = Clip {
            start_s: 0.0,
            end_s: clip.length_s(),
            ..clip.clone()
        };
        clips::cut(&sound.samples, sound.sample_rate_hz, &clip).map_err(|error| unwritten(&error))
    }
}

fn unwritten(error: &ExportError) -> Failure {
    Failure::internal(error)
}

fn full(thrown: &JsValue) -> Failure {
    Failure::new(FailureKind::OutOfMemory, describe(thrown))
}
