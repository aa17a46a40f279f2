//! Confidences frame by frame, as a table that is written while recordings are heard.

mod track;

use std::path::Path;

use anyhow::Context;
use pipit_core::{AudioConfig, Manifest};

use super::table;
use crate::files::PartialFile;
use crate::score::Look;
use track::{Frame, FrameTrack};

/// One row a frame: its recording, start and end, then its confidence for each class.
pub(super) struct FrameTable {
    file: PartialFile,
    audio: AudioConfig,
}

impl FrameTable {
    /// Begins a table with the head of its columns.
    pub(super) fn create(path: &Path, manifest: &Manifest) -> anyhow::Result<Self> {
        Ok(Self {
            file: table::create(path, manifest)?,
            audio: manifest.audio,
        })
    }

    /// Adds the frames of the windows that `score` shows; none if it fails.
    pub(super) fn add<T>(
        &mut self,
        filename: &str,
        score: impl FnOnce(&mut Look<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let before = self.file.length()?;
        let scored = self.write(filename, score);
        if scored.is_err() {
            self.file.cut(before)?;
        }
        scored
    }

    /// Gives the table its name.
    pub(super) fn keep(self) -> anyhow::Result<()> {
        self.file.keep()
    }

    fn write<T>(
        &mut self,
        filename: &str,
        score: impl FnOnce(&mut Look<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut track = FrameTrack::new(&self.audio);
        let cannot_write = self.file.cannot_write();
        let mut table = csv::Writer::from_writer(&mut self.file);
        let mut write = |frames: Vec<Frame>| -> anyhow::Result<()> {
            for frame in frames {
                let confidences = frame.confidences.iter().map(|value| *value as f32);
                let row = table::row(filename, frame.start_s, frame.end_s, confidences);
                (table.write_record(row)).with_context(|| cannot_write.clone())?;
            }
            Ok(())
        };
        let scored = score(&mut |window| write(track.push(&window.window, &window.frames)))?;
        write(track.finish())?;
        table.flush().context(cannot_write)?;
        Ok(scored)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use pipit_core::{MelSpectrogram, ScoredWindow, Scores, WindowConfig, WindowScores};

    use super::*;

    fn window() -> ScoredWindow {
        ScoredWindow {
            window: WindowScores {
                start_s: 0.0,
                end_s: 1.0,
                scores: Scores(vec![0.5]),
            },
            mel: MelSpectrogram {
                n_mels: 0,
                n_frames: 0,
                values: Vec::new(),
            },
            frames: vec![Scores(vec![0.25]), Scores(vec![0.75])],
        }
    }

    #[test]
    fn a_recording_that_fails_leaves_no_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames.csv");
        let mut table = FrameTable {
            file: PartialFile::create(&path).unwrap(),
            audio: AudioConfig {
                sample_rate_hz: 1_000,
                window: WindowConfig {
                    length_s: 1.0,
                    hop_s: 1.0,
                },
            },
        };

        table.add("a.wav", |look| look(&window())).unwrap();
        let failed = table.add("b.wav", |look| -> anyhow::Result<()> {
            look(&window())?;
            bail!("cannot be read further");
        });
        assert!(failed.is_err());
        table.add("c.wav", |look| look(&window())).unwrap();
        assert!(!path.exists());
        table.keep().unwrap();

        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "a.wav,0,0.5,0.25",
                "a.wav,0.5,1,0.75",
                "c.wav,0,0.5,0.25",
                "c.wav,0.5,1,0.75"
            ]
        );
    }
}
