//! The model package: a manifest and the weights that it describes.

mod catalogue;
mod manifest;

pub use catalogue::{CATALOGUE_FILE, Catalogue, CatalogueEntry};
pub use manifest::{
    Attribution, FORMAT_VERSION, FileEntry, MANIFEST_FILE, Manifest, Pretraining, TrainingSummary,
    WEIGHTS_FILE,
};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A manifest with the weights whose digest it names.
#[derive(Debug, Clone)]
pub struct ModelPackage {
    /// Everything that shapes a result, except the weights.
    pub manifest: Manifest,
    /// The bytes of [`WEIGHTS_FILE`].
    pub weights: Vec<u8>,
}

/// Why bytes are no model package.
#[derive(Debug, Error)]
pub enum PackageError {
    /// The file is not JSON of the right form.
    #[error("{file} cannot be read: {source}")]
    Json {
        /// Which file.
        file: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Written by a newer or older Pipit.
    #[error("{file} has format version {found}; this Pipit reads version {FORMAT_VERSION}")]
    Version {
        /// Which file.
        file: &'static str,
        /// The version that it names.
        found: u64,
    },
    /// A value is out of range.
    #[error("{MANIFEST_FILE}: {field}: {detail}")]
    Value {
        /// Path of the field.
        field: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The manifest lists no such file.
    #[error("{MANIFEST_FILE} lists no file {0:?}")]
    MissingFile(&'static str),
    /// The file is longer or shorter than listed.
    #[error("{file} has {found} bytes where {MANIFEST_FILE} lists {expected}")]
    Size {
        /// Which file.
        file: &'static str,
        /// Bytes listed.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// The file is damaged or belongs to another manifest.
    #[error("{file} has sha-256 {found} where {MANIFEST_FILE} lists {expected}")]
    Digest {
        /// Which file.
        file: &'static str,
        /// Digest listed.
        expected: String,
        /// Digest found.
        found: String,
    },
}

impl ModelPackage {
    /// Reads the manifest and checks that `weights` are the ones that it lists.
    ///
    /// # Errors
    /// A manifest that does not hold, or weights of another size or digest.
    pub fn open(manifest_json: &[u8], weights: Vec<u8>) -> Result<Self, PackageError> {
        let manifest = Manifest::from_json(manifest_json)?;
        let entry = manifest.weights_entry()?;
        let found = weights.len() as u64;
        if found != entry.bytes {
            return Err(PackageError::Size {
                file: WEIGHTS_FILE,
                expected: entry.bytes,
                found,
            });
        }
        let digest = sha256_hex(&weights);
        if digest != entry.sha256 {
            return Err(PackageError::Digest {
                file: WEIGHTS_FILE,
                expected: entry.sha256.clone(),
                found: digest,
            });
        }
        Ok(Self { manifest, weights })
    }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
