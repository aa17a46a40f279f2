//! Raven selection tables: tab-separated text that Raven Pro and Raven Lite open.
//!
//! Column names and their meaning are those of the Raven Pro 1.6 User's Manual (Cornell Lab of
//! Ornithology), chapter "Selection tables". Raven demands a frequency range for every selection:
//! where none was measured it is the band that the model hears, as far as the recording reaches.

use super::file_name::{UniqueNames, stem};
use super::provenance::provenance;
use super::{Export, ExportError, ExportedDetection, ExportedFile, OutputFile};
use crate::review::Answer;
use ::csv::{QuoteStyle, WriterBuilder};
use std::slice;

const COLUMNS: [&str; 16] = [
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Begin File",
    "File Offset (s)",
    "Begin Time (ISO 8601)",
    "Species",
    "Common Name",
    "Species Code",
    "Confidence",
    "Review",
    "Review Species",
];

/// One table of all recordings as Raven shows them when they are opened as one sequence in this
/// order: begin and end count from the start of the first, the offset from the start of each.
///
/// # Errors
/// If a row cannot be written.
pub fn selection_table(export: &Export) -> Result<Vec<u8>, ExportError> {
    table(export, &export.files)
}

/// A table for each recording, named as Raven finds it beside the recording.
///
/// # Errors
/// If a row cannot be written.
pub fn selection_tables(export: &Export) -> Result<Vec<OutputFile>, ExportError> {
    let mut names = UniqueNames::default();
    let tables = export.files.iter().map(|file| {
        Ok(OutputFile {
            name: names.take(&stem(&file.name), "Table.1.selections.txt"),
            bytes: table(export, slice::from_ref(file))?,
        })
    });
    tables.collect()
}

fn table(export: &Export, files: &[ExportedFile]) -> Result<Vec<u8>, ExportError> {
    let settings = provenance(export);
    // Raven knows no quotes; fields are cleaned of tabs and ends of lines instead.
    let mut table = WriterBuilder::new()
        .delimiter(b'\t')
        .quote_style(QuoteStyle::Never)
        .from_writer(Vec::new());
    let titles = settings.iter().map(|setting| setting.title);
    table.write_record(COLUMNS.into_iter().chain(titles))?;
    let values: Vec<String> = settings.iter().map(|s| plain(&s.value)).collect();
    let mut file_start_s = 0.0;
    let mut n = 0;
    for file in files {
        for detection in &file.detections {
            n += 1;
            let selection = selection(n, file_start_s, export, file, detection);
            table.write_record(selection.iter().chain(&values))?;
        }
        file_start_s += file.duration_s;
    }
    table
        .into_inner()
        .map_err(|error| ExportError::Write(error.into_error()))
}

fn selection(
    n: usize,
    file_start_s: f64,
    export: &Export,
    file: &ExportedFile,
    d: &ExportedDetection,
) -> [String; COLUMNS.len()] {
    let (low_hz, high_hz) = d.band_hz.unwrap_or(export.model.band_hz(file));
    let file_name = file.name.rsplit(['/', '\\']).next().unwrap_or(&file.name);
    let moment = file.moment(d.start_s).map(|moment| moment.to_string());
    let review = d.review.as_ref();
    [
        n.to_string(),
        "Spectrogram 1".to_owned(),
        "1".to_owned(),
        seconds(file_start_s + d.start_s),
        seconds(file_start_s + d.end_s),
        format!("{low_hz:.1}"),
        format!("{high_hz:.1}"),
        plain(file_name),
        seconds(d.start_s),
        moment.unwrap_or_default(),
        plain(&d.scientific_name),
        plain(&d.common_name),
        plain(&d.code),
        d.confidence.to_string(),
        review.map_or("", Answer::name).to_owned(),
        plain(review.and_then(Answer::other_species).unwrap_or_default()),
    ]
}

/// Always with decimals: readers would take a column of whole numbers for one of integers.
fn seconds(time_s: f64) -> String {
    format!("{time_s:.6}")
}

/// A field in one line, without tabs, and without quotes for readers to trip over.
pub(super) fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
        .replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::export;
    use super::*;

    /// The cells of a table, split as Raven splits them.
    fn read(bytes: Vec<u8>) -> Vec<Vec<String>> {
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines()
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn begin_counts_through_all_recordings_and_the_offset_within_one() {
        let rows = read(selection_table(&export()).expect("writes"));
        assert_eq!(rows[0][..COLUMNS.len()], COLUMNS);
        assert!(rows.iter().all(|row| row.len() == rows[0].len()));
        let start = |row: usize| [0, 3, 4, 7, 8].map(|column| rows[row][column].as_str());
        assert_eq!(
            start(1),
            [
                "1",
                "5.000000",
                "12.500000",
                "20240512_051500.WAV",
                "5.000000"
            ]
        );
        assert_eq!(
            start(3),
            [
                "3",
                "60.000000",
                "65.000000",
                "tody: 'two'.flac",
                "0.000000"
            ]
        );
        assert_eq!(rows[3][11], "Tody, 'Puerto Rican'");
    }

    #[test]
    fn unmeasured_frequencies_are_the_models_up_to_the_recordings() {
        let rows = read(selection_table(&export()).expect("writes"));
        let band = |row: usize| [rows[row][5].as_str(), rows[row][6].as_str()];
        assert_eq!(band(1), ["3200.0", "9100.5"]);
        assert_eq!(band(2), ["50.0", "14000.0"]);
        assert_eq!(band(3), ["50.0", "8000.0"]);
    }

    #[test]
    fn each_recording_has_a_table_of_its_own() {
        let tables = selection_tables(&export()).expect("writes");
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "20240512_051500.Table.1.selections.txt",
                "tody_ _two_.Table.1.selections.txt",
                "silent_20240512T060000Z.Table.1.selections.txt",
            ]
        );
        let rows = read(tables[1].bytes.clone());
        assert_eq!(rows.len(), 2);
        assert_eq!(
            [0, 3, 4].map(|i| rows[1][i].as_str()),
            ["1", "0.000000", "5.000000"]
        );
    }

    #[test]
    fn settings_stand_in_columns_of_their_own() {
        let rows = read(selection_table(&export()).expect("writes"));
        let column = |title: &str| {
            let at = rows[0].iter().position(|t| t == title);
            rows[2][at.expect("the column is there")].clone()
        };
        assert_eq!(column("Model"), "puerto-rico");
        assert_eq!(column("Model SHA-256"), "ab12");
        assert_eq!(column("Manifest SHA-256"), "cd34");
        assert_eq!(column("Class Thresholds"), "banana=0.45;coqui=0.6");
        assert_eq!(column("Species Thresholds"), "banana=0.7;prtody1=0.3");
        assert_eq!(column("Review Species"), "Turdus plumbeus");
    }
}
