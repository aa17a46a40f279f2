//! Detections as a table, as JSON and as CSV.

use std::fmt::Write as _;

use std::io::{Write, stdout};

use comfy_table::{CellAlignment, Table, presets};
use pipit_core::{Detection, Manifest, Taxonomy};
use serde::Serialize;

use super::Format;

/// A recording with what was found in it.
pub(super) struct IdentifiedFile {
    /// As it was named on the command line.
    pub(super) file: String,
    /// Length of the audio.
    pub(super) duration_s: f64,
    /// In order of time.
    pub(super) detections: Vec<Detection>,
}

/// Prints all files in one document.
pub(super) fn print(
    files: &[IdentifiedFile],
    manifest: &Manifest,
    format: Format,
) -> anyhow::Result<()> {
    let text = match format {
        Format::Table => table(files, &manifest.classes).into_bytes(),
        Format::Json => json(files, manifest)?,
        Format::Csv => csv(files, &manifest.classes)?,
    };
    match stdout().write_all(&text) {
        // The reader has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

#[derive(Serialize)]
struct JsonFile<'a> {
    file: &'a str,
    duration_s: f64,
    model: JsonModel<'a>,
    detections: Vec<JsonDetection<'a>>,
}

#[derive(Serialize)]
struct JsonModel<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct JsonDetection<'a> {
    start_s: f64,
    end_s: f64,
    code: &'a str,
    scientific_name: &'a str,
    common_name: &'a str,
    confidence: f32,
}

fn json(files: &[IdentifiedFile], manifest: &Manifest) -> anyhow::Result<Vec<u8>> {
    let files: Vec<JsonFile<'_>> = files
        .iter()
        .map(|file| JsonFile {
            file: &file.file,
            duration_s: file.duration_s,
            model: JsonModel {
                name: &manifest.name,
                version: &manifest.version,
            },
            detections: file
                .detections
                .iter()
                .map(|detection| {
                    let label = manifest.classes.get(detection.label);
                    JsonDetection {
                        start_s: detection.start_s,
                        end_s: detection.end_s,
                        code: &label.code,
                        scientific_name: &label.scientific_name,
                        common_name: &label.common_name,
                        confidence: detection.confidence,
                    }
                })
                .collect(),
        })
        .collect();
    let mut text = serde_json::to_vec_pretty(&files)?;
    text.push(b'\n');
    Ok(text)
}

fn csv(files: &[IdentifiedFile], classes: &Taxonomy) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "file",
        "start_s",
        "end_s",
        "code",
        "scientific_name",
        "common_name",
        "confidence",
    ])?;
    for file in files {
        for detection in &file.detections {
            let label = classes.get(detection.label);
            table.write_record([
                &file.file,
                &detection.start_s.to_string(),
                &detection.end_s.to_string(),
                &label.code,
                &label.scientific_name,
                &label.common_name,
                &detection.confidence.to_string(),
            ])?;
        }
    }
    Ok(table.into_inner()?)
}

fn table(files: &[IdentifiedFile], classes: &Taxonomy) -> String {
    let mut text = String::new();
    for file in files {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} ({})", file.file, clock(file.duration_s));
        if file.detections.is_empty() {
            text += "  nothing above the threshold\n\n";
            continue;
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
            "from",
            "to",
            "species",
            "scientific name",
            "confidence",
        ]);
        for detection in &file.detections {
            let label = classes.get(detection.label);
            table.add_row([
                clock(detection.start_s),
                clock(detection.end_s),
                label.common_name.clone(),
                label.scientific_name.clone(),
                format!("{:.2}", detection.confidence),
            ]);
        }
        for column in [0, 1, 4] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let _ = writeln!(text, "{table}\n");
    }
    text
}

/// Minutes and seconds: `1:05.0`.
fn clock(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round();
    let minutes = (tenths / 600.0).floor();
    format!("{minutes:.0}:{:04.1}", (tenths - minutes * 600.0) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_carries_over() {
        assert_eq!(clock(0.0), "0:00.0");
        assert_eq!(clock(65.04), "1:05.0");
        assert_eq!(clock(59.99), "1:00.0");
    }
}
