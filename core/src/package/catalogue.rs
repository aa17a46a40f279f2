//! The list of models that a site offers.

use super::{FORMAT_VERSION, PackageError, manifest};
use serde::{Deserialize, Serialize};

/// File name of the catalogue in the folder of models.
pub const CATALOGUE_FILE: &str = "index.json";

/// The models of a site; the first is the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The models.
    pub models: Vec<CatalogueEntry>,
}

/// One model of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// The manifest's name.
    pub name: String,
    /// The manifest's title.
    pub title: String,
    /// The manifest's version.
    pub version: String,
    /// Folder of the package relative to the catalogue, ending in `/`.
    pub path: String,
    /// Bytes to download.
    pub bytes: u64,
    /// Number of classes.
    pub classes: usize,
}

impl Catalogue {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// JSON of another form or version.
    pub fn from_json(json: &[u8]) -> Result<Self, PackageError> {
        manifest::parse(CATALOGUE_FILE, json)
    }

    /// Indented JSON with a final newline.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        manifest::render(self)
    }

    /// Adds an entry, or replaces the one of the same name.
    pub fn insert(&mut self, entry: CatalogueEntry) {
        match self.models.iter_mut().find(|m| m.name == entry.name) {
            Some(old) => *old = entry,
            None => self.models.push(entry),
        }
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self {
            format_version: FORMAT_VERSION,
            models: Vec::new(),
        }
    }
}
