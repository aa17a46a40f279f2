//! Model packages that a user brings: recognised by their files' names, read from loose files or
//! a ZIP, and written as a ZIP to be kept in one piece.

mod address;
mod parts;

pub use address::PackageAddress;
pub use parts::{SortedOut, is_part, sort_out};

use crate::protocol::{Failure, FailureKind};
use parts::Part;
use pipit_core::package::{MANIFEST_FILE, PackageError, WEIGHTS_FILE};
use pipit_core::{Manifest, ModelPackage};
use std::io::{self, Cursor, Read, Seek, Write};
use thiserror::Error;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Longer ones are no manifests: the largest that is known has some tens of kilobytes.
const MAX_MANIFEST_BYTES: u64 = 4 << 20;

/// Why files are no model package.
#[derive(Debug, Error)]
pub enum OpenError {
    /// No ZIP, a damaged one, or one with encryption or an unusual compression.
    #[error("{name} cannot be read as a ZIP: {source}")]
    Zip {
        /// The file.
        name: String,
        /// Why.
        source: ZipError,
    },
    /// A file cannot be read.
    #[error("{name} cannot be read: {source}")]
    Read {
        /// The file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A package without one of its files.
    #[error("{place}: there is no {file}")]
    Missing {
        /// Where it was looked for.
        place: String,
        /// What was looked for.
        file: &'static str,
    },
    /// The files do not hold what they should.
    #[error("{place}: {source}")]
    Invalid {
        /// Where they lie.
        place: String,
        /// What is wrong.
        source: PackageError,
    },
}

impl OpenError {
    /// The failure that the user is told.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let kind = match self {
            Self::Zip { .. } | Self::Read { .. } | Self::Missing { .. } => FailureKind::NoPackage,
            Self::Invalid { source, .. } => match source {
                PackageError::Version { .. } => FailureKind::PackageVersion,
                _ => FailureKind::PackageInvalid,
            },
        };
        Failure::new(kind, self)
    }
}

/// A file of a package, wherever it lies.
pub struct NamedFile<R> {
    /// Its name, perhaps with folders.
    pub name: String,
    /// Its content.
    pub content: R,
}

/// Reads and checks a package: one ZIP, or manifest and weights in any order.
///
/// The manifest is checked before the weights are looked for, and no more is read than it lists.
///
/// # Errors
/// Files that are no package, or one that does not hold.
pub fn open<R: Read + Seek>(files: Vec<NamedFile<R>>) -> Result<ModelPackage, OpenError> {
    let place = files.iter().map(|file| file.name.as_str());
    let place = place.collect::<Vec<_>>().join(", ");
    let (mut manifest, mut weights) = (None, None);
    for file in files {
        match parts::part(&file.name) {
            Some(Part::Zip) => return open_zip(file),
            Some(Part::Manifest) => manifest = Some(file),
            Some(Part::Weights) => weights = Some(file),
            None => {}
        }
    }
    let missing = |file| OpenError::Missing {
        place: place.clone(),
        file,
    };
    let manifest = manifest.ok_or_else(|| missing(MANIFEST_FILE))?;
    let (manifest_json, manifest) = read_manifest(manifest.content, &place)?;
    let mut weights = weights.ok_or_else(|| missing(WEIGHTS_FILE))?.content;
    let read = |source| OpenError::Read {
        name: WEIGHTS_FILE.into(),
        source,
    };
    let length = weights.seek(io::SeekFrom::End(0)).map_err(read)?;
    weights.rewind().map_err(read)?;
    let weights = read_weights(weights, length, &manifest, &place)?;
    check(&manifest_json, weights, &place)
}

/// Checks a package whose files are in memory.
///
/// # Errors
/// One that does not hold; `place` is where it comes from.
pub fn check(
    manifest_json: &[u8],
    weights: Vec<u8>,
    place: &str,
) -> Result<ModelPackage, OpenError> {
    ModelPackage::open(manifest_json, weights).map_err(|source| invalid(place, source))
}

/// Checks a manifest by itself, before its weights are fetched.
///
/// # Errors
/// One that does not hold; `place` is where it comes from.
pub fn check_manifest(manifest_json: &[u8], place: &str) -> Result<Manifest, OpenError> {
    Manifest::from_json(manifest_json).map_err(|source| invalid(place, source))
}

fn open_zip<R: Read + Seek>(file: NamedFile<R>) -> Result<ModelPackage, OpenError> {
    let place = file.name;
    let unreadable = |source| OpenError::Zip {
        name: place.clone(),
        source,
    };
    let mut zip = ZipArchive::new(file.content).map_err(unreadable)?;
    let names: Vec<(usize, String)> = zip
        .file_names()
        .enumerate()
        .filter_map(|(index, name)| Some((index, name.ok()?.into_owned())))
        .collect();
    let missing = |file| OpenError::Missing {
        place: place.clone(),
        file,
    };
    let (at, folder) = manifest_in(&names).ok_or_else(|| missing(MANIFEST_FILE))?;
    let entry = zip.by_index(at).map_err(unreadable)?;
    let (manifest_json, manifest) = read_manifest(entry, &place)?;

    let wanted = format!("{folder}{WEIGHTS_FILE}");
    let weights = names.iter().find(|(_, name)| *name == wanted);
    let (at, _) = weights.ok_or_else(|| missing(WEIGHTS_FILE))?;
    let entry = zip.by_index(*at).map_err(unreadable)?;
    let length = entry.size();
    let weights = read_weights(entry, length, &manifest, &place)?;
    check(&manifest_json, weights, &place)
}

/// The manifest at the root of a ZIP, else in a folder: its index, and the folder with its slash.
fn manifest_in(names: &[(usize, String)]) -> Option<(usize, &str)> {
    let in_folder = |name: &str| name.matches('/').count();
    names
        .iter()
        .filter(|(_, name)| in_folder(name) <= 1 && parts::part(name) == Some(Part::Manifest))
        .min_by_key(|(_, name)| in_folder(name))
        .map(|(index, name)| (*index, &name[..name.len() - MANIFEST_FILE.len()]))
}

fn read_manifest(content: impl Read, place: &str) -> Result<(Vec<u8>, Manifest), OpenError> {
    let mut json = Vec::new();
    read(content.take(MAX_MANIFEST_BYTES), &mut json, MANIFEST_FILE)?;
    let manifest = check_manifest(&json, place)?;
    Ok((json, manifest))
}

fn read_weights(
    content: impl Read,
    length: u64,
    manifest: &Manifest,
    place: &str,
) -> Result<Vec<u8>, OpenError> {
    let entry = manifest
        .weights_entry()
        .map_err(|source| invalid(place, source))?;
    if length != entry.bytes {
        let source = PackageError::Size {
            file: WEIGHTS_FILE,
            expected: entry.bytes,
            found: length,
        };
        return Err(invalid(place, source));
    }
    let mut weights = Vec::new();
    // A ZIP may hold more than it says.
    read(content.take(length), &mut weights, WEIGHTS_FILE)?;
    Ok(weights)
}

fn read(mut content: impl Read, bytes: &mut Vec<u8>, name: &str) -> Result<(), OpenError> {
    let unreadable = |source| OpenError::Read {
        name: name.into(),
        source,
    };
    content.read_to_end(bytes).map(drop).map_err(unreadable)
}

fn invalid(place: &str, source: PackageError) -> OpenError {
    OpenError::Invalid {
        place: place.to_owned(),
        source,
    }
}

/// The package as one ZIP. Weights hardly shrink, and slowly: they are stored as they are.
///
/// # Errors
/// Weights of more than four gigabytes.
pub fn pack(package: &ModelPackage) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        (MANIFEST_FILE, &package.manifest.to_json()),
        (WEIGHTS_FILE, &package.weights),
    ] {
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests;
