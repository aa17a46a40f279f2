//! Confidences window by window, as a table: what a submission to BirdCLEF is made of.

use std::path::Path;

use anyhow::Context;
use pipit_core::{Manifest, WindowScores};

use super::table;
use crate::files::PartialFile;

/// One row a window: its recording, start and end, then its confidence for each class.
pub(super) struct WindowTable(PartialFile);

impl WindowTable {
    /// Begins a table with the head of its columns.
    pub(super) fn create(path: &Path, manifest: &Manifest) -> anyhow::Result<Self> {
        Ok(Self(table::create(path, manifest)?))
    }

    /// Adds the windows of a recording, in order of time.
    pub(super) fn add(&mut self, filename: &str, windows: &[WindowScores]) -> anyhow::Result<()> {
        let cannot_write = self.0.cannot_write();
        let mut table = csv::Writer::from_writer(&mut self.0);
        for window in windows {
            let confidences = window.scores.0.iter().copied();
            let row = table::row(filename, window.start_s, window.end_s, confidences);
            (table.write_record(row)).with_context(|| cannot_write.clone())?;
        }
        table.flush().context(cannot_write)
    }

    /// Gives the table its name.
    pub(super) fn keep(self) -> anyhow::Result<()> {
        self.0.keep()
    }
}
