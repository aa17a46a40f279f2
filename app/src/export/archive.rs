//! A ZIP that is filled file by file, so that one recording's samples at a time are in memory.

use super::{ExportError, OutputFile};
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A ZIP in the making.
pub struct Archive(ZipWriter<Cursor<Vec<u8>>>);

impl Archive {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }

    /// Adds a file. Sound is stored as it is: it hardly shrinks, and slowly.
    ///
    /// # Errors
    /// A name that is taken already, or a ZIP of more than four gigabytes.
    pub fn add(&mut self, file: &OutputFile) -> Result<(), ExportError> {
        let method = if is_sound(&file.name) {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        self.0.start_file(file.name.as_str(), options)?;
        Ok(self.0.write_all(&file.bytes)?)
    }

    /// The bytes of the whole ZIP.
    ///
    /// # Errors
    /// If its directory cannot be written.
    pub fn finish(self) -> Result<Vec<u8>, ExportError> {
        Ok(self.0.finish()?.into_inner())
    }
}

fn is_sound(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("wav"))
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

/// A ZIP of files that are all there.
///
/// # Errors
/// Two files of one name, or a ZIP of more than four gigabytes.
pub fn archive<'a>(
    files: impl IntoIterator<Item = &'a OutputFile>,
) -> Result<Vec<u8>, ExportError> {
    let mut archive = Archive::new();
    for file in files {
        archive.add(file)?;
    }
    archive.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use zip::ZipArchive;

    fn file(name: &str, bytes: &[u8]) -> OutputFile {
        OutputFile {
            name: name.into(),
            bytes: bytes.into(),
        }
    }

    #[test]
    fn files_come_out_as_they_went_in() {
        let files = [
            file("banana/Grünfink.wav", &[0; 900]),
            file("clips.csv", &[b'a'; 900]),
        ];
        let bytes = archive(&files).expect("writes");
        let mut zip = ZipArchive::new(Cursor::new(bytes)).expect("a ZIP");
        assert_eq!(zip.len(), 2);
        for expected in &files {
            let mut entry = zip.by_name(&expected.name).expect("is in it");
            let is_sound = is_sound(&expected.name);
            assert_eq!(entry.compressed_size() == entry.size(), is_sound);
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("reads");
            assert_eq!(bytes, expected.bytes);
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let twice = [file("a.txt", b"1"), file("a.txt", b"2")];
        let error = archive(&twice).expect_err("two of one name");
        assert!(error.to_string().contains("the ZIP cannot be written"));
    }
}
