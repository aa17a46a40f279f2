//! Models that a user has added.

use pipit_core::Manifest;
use pipit_core::package::sha256_hex;
use serde::{Deserialize, Serialize};

/// Digits of a digest in a model's id: enough to tell apart all that one person ever adds.
const ID_DIGITS: usize = 12;

/// Where a model came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelOrigin {
    /// The site's own.
    Site,
    /// Files by these names.
    Files(Vec<String>),
    /// An address that the user or the page's link gave.
    Address(String),
}

/// A model that a user has added: an entry of the menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedModel {
    /// The manifest's name with the start of the manifest's digest, which covers that of the weights.
    /// No model of a site has it, and it may stand in the page's address.
    pub id: String,
    /// The manifest's title.
    pub title: String,
    /// The manifest's version.
    pub version: String,
    /// Length of the weights.
    pub bytes: u64,
    /// Number of classes.
    pub classes: usize,
    /// Where it came from.
    pub origin: ModelOrigin,
}

impl AddedModel {
    /// The entry of the package with this manifest.
    #[must_use]
    pub fn new(manifest: &Manifest, origin: ModelOrigin) -> Self {
        let weights = manifest.weights_entry();
        let digest = sha256_hex(&manifest.to_json());
        Self {
            id: format!("{}.{}", manifest.name, &digest[..ID_DIGITS]),
            title: manifest.title.clone(),
            version: manifest.version.clone(),
            bytes: weights.map_or(0, |weights| weights.bytes),
            classes: manifest.classes.len(),
            origin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture;

    #[test]
    fn packages_that_differ_in_anything_have_ids_of_their_own() {
        let id = |threshold| {
            let mut manifest = fixture::manifest();
            manifest.detection.threshold = threshold;
            AddedModel::new(&manifest, ModelOrigin::Site).id
        };
        assert_eq!(id(0.5), id(0.5));
        assert_ne!(id(0.5), id(0.6));
        assert!(id(0.5).starts_with("puerto-rico."));
    }
}
