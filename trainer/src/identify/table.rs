//! What tables of confidences have in common: a recording's span in a row, and a column for each class.

use std::path::Path;

use anyhow::Context;
use pipit_core::Manifest;

use crate::files::PartialFile;

/// Begins a table with the head of its columns.
pub(super) fn create(path: &Path, manifest: &Manifest) -> anyhow::Result<PartialFile> {
    let mut file = PartialFile::create(path)?;
    let mut table = csv::Writer::from_writer(&mut file);
    let codes = manifest.classes.iter().map(|(_, label)| &label.code[..]);
    table
        .write_record(["filename", "start_s", "end_s"].into_iter().chain(codes))
        .and_then(|()| Ok(table.flush()?))
        .with_context(|| format!("cannot write {}", path.display()))?;
    drop(table);
    Ok(file)
}

/// A row of the table, from one second to another.
pub(super) fn row(
    filename: &str,
    start_s: f64,
    end_s: f64,
    confidences: impl IntoIterator<Item = f32>,
) -> impl Iterator<Item = String> {
    let span = [start_s, end_s].map(|seconds| rounded(seconds).to_string());
    std::iter::once(filename.to_owned())
        .chain(span)
        .chain(confidences.into_iter().map(|value| value.to_string()))
}

/// To the microsecond, so that no digits stand in the table that mean nothing.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}
