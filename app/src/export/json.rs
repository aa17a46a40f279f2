//! Everything in one JSON document.

use super::{Export, ExportError};
use serde::{Deserialize, Serialize};

/// The version of the document that this code writes.
pub const FORMAT_VERSION: u32 = 1;

/// The document: its version, then all of the export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document<E = Export> {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// What was exported.
    #[serde(flatten)]
    pub export: E,
}

/// Indented JSON with a final newline.
///
/// # Errors
/// If it cannot be written.
pub fn document(export: &Export) -> Result<Vec<u8>, ExportError> {
    let mut json = serde_json::to_vec_pretty(&Document {
        format_version: FORMAT_VERSION,
        export,
    })?;
    json.push(b'\n');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::export;
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let json = document(&export()).expect("writes");
        let read: Document = serde_json::from_slice(&json).expect("reads");
        assert_eq!((read.format_version, read.export), (1, export()));
    }

    #[test]
    fn fields_stand_where_readers_look_for_them() {
        let json = document(&export()).expect("writes");
        let read: serde_json::Value = serde_json::from_slice(&json).expect("reads");
        for (path, value) in [
            ("/model/weights_sha256", "ab12"),
            ("/model/manifest_sha256", "cd34"),
            ("/files/0/recorded_at", "2024-05-12T05:15:00.000"),
            ("/files/2/recorded_at", "2024-05-12T06:00:00.000+00:00"),
            ("/files/0/detections/0/review/answer", "yes"),
            ("/files/0/detections/1/review/species", "Turdus plumbeus"),
            ("/settings/excluded_species/0", "coqui"),
        ] {
            let found = read.pointer(path).and_then(serde_json::Value::as_str);
            assert_eq!(found, Some(value), "{path}");
        }
    }
}
