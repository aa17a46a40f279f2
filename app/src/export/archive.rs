//! A ZIP that is filled file by file, and handed out piece by piece where it is large.

mod tail;

use super::{ExportError, OutputFile};
use std::io::Write;
use std::path::Path;
use tail::Tail;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A ZIP in the making.
pub struct Archive {
    zip: ZipWriter<Tail>,
    /// The ZIP's own hold of its bytes.
    tail: Tail,
    /// Nothing before this place changes any more.
    settled: u64,
}

impl Archive {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        let tail = Tail::default();
        Self {
            zip: ZipWriter::new(tail.clone()),
            tail,
            settled: 0,
        }
    }

    /// Adds a file. Sound is stored as it is: it hardly shrinks, and slowly.
    ///
    /// # Errors
    /// A name that is taken already, or a file of more than four gigabytes.
    pub fn add(&mut self, file: &OutputFile) -> Result<(), ExportError> {
        let method = if is_sound(&file.name) {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        let before = self.tail.end();
        self.zip.start_file(file.name.as_str(), options)?;
        // Only now the file before this one has got its length, which stands in front of it.
        self.settled = before;
        Ok(self.zip.write_all(&file.bytes)?)
    }

    /// How many bytes [`Archive::take`] would hand out.
    #[must_use]
    pub fn n_settled(&self) -> u64 {
        self.settled.saturating_sub(self.tail.start())
    }

    /// Hands out what will not change any more, and keeps it no longer: the ZIP is all pieces in
    /// order, and then the one of [`Archive::finish`].
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        self.tail.take_before(self.settled)
    }

    /// The rest of the ZIP: all of it where nothing was taken.
    ///
    /// # Errors
    /// If its directory cannot be written.
    pub fn finish(self) -> Result<Vec<u8>, ExportError> {
        self.zip.finish()?;
        Ok(self.tail.take_before(u64::MAX))
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
/// Two files of one name, or one of more than four gigabytes.
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
    use std::io::{Cursor, Read};
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

    #[test]
    fn pieces_are_the_same_zip_and_no_more_than_one_file_is_held_back() {
        let files: Vec<OutputFile> = (0..20_u8)
            .map(|i| {
                let kind = if i % 3 == 0 { "csv" } else { "wav" };
                file(&format!("{i}.{kind}"), &vec![i; 5_000])
            })
            .collect();
        let mut archive = Archive::new();
        let mut pieces = Vec::new();
        for file in &files {
            archive.add(file).expect("writes");
            let n_settled = archive.n_settled();
            let piece = archive.take();
            assert_eq!(piece.len() as u64, n_settled);
            assert!(archive.tail.end() - archive.tail.start() < 6_000);
            assert!(archive.take().is_empty());
            pieces.extend(piece);
        }
        pieces.extend(archive.finish().expect("writes"));
        assert_eq!(pieces, super::archive(&files).expect("writes"));
    }
}
