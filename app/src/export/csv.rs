//! CSV with one row a detection, and with one row a recording.
//!
//! `docs/exports.md` has the columns. Made for R and pandas: a header of lower-case names, points in numbers, UTF-8, an empty field
//! where something is not known, and the settings in every row so that tables can be stacked.

use super::provenance::provenance;
use super::{Export, ExportError, ExportedDetection, ExportedFile, number};
use crate::review::Answer;
use ::csv::Writer;

const DETECTION_COLUMNS: [&str; 15] = [
    "file",
    "start_s",
    "end_s",
    "begin",
    "end",
    "scientific_name",
    "common_name",
    "code",
    "confidence",
    "low_hz",
    "high_hz",
    "review",
    "review_species",
    "file_duration_s",
    "sample_rate_hz",
];

/// One row a detection, in the order of recordings and then of time.
///
/// `begin` and `end` are ISO 8601 on the recorder's clock, with its offset if that is known.
///
/// # Errors
/// If a row cannot be written.
pub fn detections(export: &Export) -> Result<Vec<u8>, ExportError> {
    let rows = export
        .files
        .iter()
        .flat_map(|file| file.detections.iter().map(move |d| detection(file, d)));
    table(export, &DETECTION_COLUMNS, rows)
}

/// One row a recording: what was listened to, also where nothing was heard.
///
/// # Errors
/// If a row cannot be written.
pub fn files(export: &Export) -> Result<Vec<u8>, ExportError> {
    let columns = [
        "file",
        "begin",
        "end",
        "file_duration_s",
        "analysed_s",
        "sample_rate_hz",
        "n_detections",
        "n_species",
    ];
    let rows = export.files.iter().map(|file| {
        let mut codes: Vec<&str> = file.detections.iter().map(|d| d.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        vec![
            file.name.clone(),
            moment(file, 0.0),
            moment(file, file.duration_s),
            number(file.duration_s),
            number(file.analysed_s),
            file.sample_rate_hz.to_string(),
            file.detections.len().to_string(),
            codes.len().to_string(),
        ]
    });
    table(export, &columns, rows)
}

/// The rows of a table whose first column names something else than the recording.
pub(super) fn detections_with<'a>(
    export: &Export,
    more_columns: &[&'static str],
    rows: impl Iterator<Item = (Vec<String>, &'a ExportedFile, &'a ExportedDetection)>,
) -> Result<Vec<u8>, ExportError> {
    let columns = [more_columns, &DETECTION_COLUMNS].concat();
    let rows = rows.map(|(more, file, d)| [more, detection(file, d)].concat());
    table(export, &columns, rows)
}

fn table(
    export: &Export,
    columns: &[&'static str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<Vec<u8>, ExportError> {
    let settings = provenance(export);
    let names = settings.iter().map(|setting| setting.name);
    let mut table = Writer::from_writer(Vec::new());
    table.write_record(columns.iter().copied().chain(names))?;
    for row in rows {
        let settings = settings.iter().map(|setting| setting.value.as_str());
        table.write_record(row.iter().map(String::as_str).chain(settings))?;
    }
    table
        .into_inner()
        .map_err(|error| ExportError::Write(error.into_error()))
}

fn detection(file: &ExportedFile, d: &ExportedDetection) -> Vec<String> {
    let (low, high) = d
        .band_hz
        .map(|(low, high)| (number(low.into()), number(high.into())))
        .unwrap_or_default();
    let review = d.review.as_ref();
    let review_species = review.and_then(Answer::other_species);
    vec![
        file.name.clone(),
        number(d.start_s),
        number(d.end_s),
        moment(file, d.start_s),
        moment(file, d.end_s),
        d.scientific_name.clone(),
        d.common_name.clone(),
        d.code.clone(),
        d.confidence.to_string(),
        low,
        high,
        review.map_or("", Answer::name).to_owned(),
        review_species.unwrap_or_default().to_owned(),
        number(file.duration_s),
        file.sample_rate_hz.to_string(),
    ]
}

fn moment(file: &ExportedFile, time_s: f64) -> String {
    let moment = file.moment(time_s);
    moment.map(|m| m.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::export;
    use super::*;
    use std::collections::BTreeMap;

    /// The rows of a table by column.
    fn read(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
        let mut table = ::csv::Reader::from_reader(bytes);
        table
            .deserialize()
            .collect::<Result<_, _>>()
            .expect("every row has every column")
    }

    #[test]
    fn a_row_says_what_was_heard_where_and_when() {
        let rows = read(&detections(&export()).expect("writes"));
        assert_eq!(rows.len(), 3);
        for (column, value) in [
            ("file", "20240512_051500.WAV"),
            ("start_s", "5"),
            ("end_s", "12.5"),
            ("begin", "2024-05-12T05:15:05.000"),
            ("end", "2024-05-12T05:15:12.500"),
            ("scientific_name", "Coereba flaveola"),
            ("common_name", "Bananaquit"),
            ("code", "banana"),
            ("confidence", "0.87"),
            ("low_hz", "3200"),
            ("high_hz", "9100.5"),
            ("review", "yes"),
            ("review_species", ""),
        ] {
            assert_eq!(rows[0][column], value, "{column}");
        }
        assert_eq!(rows[1]["low_hz"], "");
        assert_eq!(
            (
                rows[1]["review"].as_str(),
                rows[1]["review_species"].as_str()
            ),
            ("other", "Turdus plumbeus")
        );
        assert_eq!(rows[2]["begin"], "");
        assert_eq!(rows[2]["common_name"], "Tody, \"Puerto\nRican\"");
    }

    #[test]
    fn every_row_carries_model_and_settings() {
        for row in read(&detections(&export()).expect("writes")) {
            for (column, value) in [
                ("model", "puerto-rico"),
                ("model_version", "1.0.0"),
                ("model_sha256", "ab12"),
                ("manifest_sha256", "cd34"),
                ("pipit_version", "0.1.0"),
                ("threshold", "0.4"),
                ("class_thresholds", "banana=0.45;coqui=0.6"),
                ("species_thresholds", "banana=0.7;prtody1=0.3"),
                ("merge_gap_s", "2.5"),
                ("min_duration_s", "1"),
                ("included_species", ""),
                ("excluded_species", "coqui"),
                ("window_s", "5"),
                ("hop_s", "5"),
                ("model_band_hz", "50-14000"),
                ("device", "CPU"),
            ] {
                assert_eq!(row[column], value, "{column}");
            }
        }
    }

    #[test]
    fn recordings_without_detections_are_listed_too() {
        let rows = read(&files(&export()).expect("writes"));
        let counts: Vec<_> = rows
            .iter()
            .map(|row| (row["n_detections"].as_str(), row["n_species"].as_str()))
            .collect();
        assert_eq!(counts, [("2", "1"), ("1", "1"), ("0", "0")]);
        assert_eq!(rows[0]["end"], "2024-05-12T05:16:00.000");
        let analysed: Vec<_> = rows.iter().map(|row| row["analysed_s"].as_str()).collect();
        assert_eq!(analysed, ["60", "10", "12.5"]);
    }

    #[test]
    fn every_column_is_documented() {
        let page = include_str!("../../../docs/exports.md");
        for bytes in [detections(&export()), files(&export())] {
            let bytes = bytes.expect("writes");
            let mut table = ::csv::Reader::from_reader(&*bytes);
            for column in table.headers().expect("a header") {
                assert!(page.contains(&format!("`{column}`")), "{column}");
            }
        }
    }

    #[test]
    fn an_export_without_detections_is_a_header() {
        let mut empty = export();
        empty.files.clear();
        let text = String::from_utf8(detections(&empty).expect("writes")).expect("UTF-8");
        assert_eq!(text.lines().count(), 1);
        assert!(text.starts_with("file,start_s,end_s,begin,end,"));
    }
}
