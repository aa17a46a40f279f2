//! Audacity label tracks: start, end and text, parted by tabs.
//!
//! A second line that begins with a backslash gives a label's frequencies, as Audacity's manual
//! says under "Importing and Exporting Labels". Readers take either all labels of a track with such a
//! line or none: where only some frequencies were measured, the others are the band that the model
//! hears. Labels have no room for the settings: these go
//! into [`PROVENANCE_FILE`] in the same ZIP.

use super::file_name::{UniqueNames, stem};
use super::raven::plain;
use super::{Export, ExportError, ExportedFile, ExportedModel, OutputFile, PROVENANCE_FILE, json};
use std::fmt::Write as _;

/// A label track for each recording, and the settings.
///
/// # Errors
/// If the settings cannot be written.
pub fn label_tracks(export: &Export) -> Result<Vec<OutputFile>, ExportError> {
    let mut names = UniqueNames::default();
    let tracks = export.files.iter().map(|file| OutputFile {
        name: names.take(&stem(&file.name), "txt"),
        bytes: label_track(file, &export.model).into_bytes(),
    });
    let settings = OutputFile {
        name: PROVENANCE_FILE.to_owned(),
        bytes: json::document(export)?,
    };
    let mut files: Vec<OutputFile> = tracks.collect();
    files.push(settings);
    Ok(files)
}

/// The labels of one recording: name, confidence and the reviewer's answer.
#[must_use]
pub fn label_track(file: &ExportedFile, model: &ExportedModel) -> String {
    let with_frequencies = file.detections.iter().any(|d| d.band_hz.is_some());
    let mut track = String::new();
    for d in &file.detections {
        let name = plain(d.title());
        let review = d.review.as_ref();
        let review = review.map_or(String::new(), |answer| format!(" ({})", answer.name()));
        // Writing to a string cannot fail.
        let _ = writeln!(
            track,
            "{:.6}\t{:.6}\t{name} {:.2}{review}",
            d.start_s, d.end_s, d.confidence
        );
        if with_frequencies {
            let (low_hz, high_hz) = d.band_hz.unwrap_or(model.band_hz(file));
            let _ = writeln!(track, "\\\t{low_hz:.6}\t{high_hz:.6}");
        }
    }
    track
}

#[cfg(test)]
mod tests {
    use super::super::fixture::export;
    use super::*;

    #[test]
    fn frequencies_follow_on_a_second_line_where_they_are_known() {
        assert_eq!(
            label_track(&export().files[0], &export().model),
            "5.000000\t12.500000\tBananaquit 0.87 (yes)\n\
             \\\t3200.000000\t9100.500000\n\
             55.000000\t60.000000\tBananaquit 0.71 (other)\n\
             \\\t50.000000\t14000.000000\n"
        );
    }

    #[test]
    fn names_stay_in_one_line_and_fall_back_to_the_code() {
        let mut file = export().files.remove(1);
        let only = |file: &ExportedFile| label_track(file, &export().model);
        assert_eq!(
            only(&file),
            "0.000000\t5.000000\tTody, 'Puerto Rican' 0.50\n"
        );
        file.detections[0].common_name.clear();
        file.detections[0].scientific_name.clear();
        assert_eq!(only(&file), "0.000000\t5.000000\tprtody1 0.50\n");
    }

    #[test]
    fn the_settings_lie_beside_the_tracks() {
        let files = label_tracks(&export()).expect("writes");
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "20240512_051500.txt",
                "tody_ _two_.txt",
                "silent_20240512T060000Z.txt",
                PROVENANCE_FILE
            ]
        );
        assert_eq!(files[3].bytes, json::document(&export()).expect("writes"));
    }
}
