//! Where on the web a package lies.

use pipit_core::package::{MANIFEST_FILE, WEIGHTS_FILE};

/// The addresses of a package's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageAddress {
    /// All in one.
    Zip(String),
    /// Side by side.
    Folder {
        /// Of the manifest.
        manifest: String,
        /// Of the weights.
        weights: String,
    },
}

impl PackageAddress {
    /// The file that is fetched first, and says what the package is.
    #[must_use]
    pub fn first(&self) -> &str {
        match self {
            Self::Zip(url) | Self::Folder { manifest: url, .. } => url,
        }
    }

    /// What an address means: that of a ZIP, of a manifest, or of the folder of both. A query
    /// belongs to both files.
    #[must_use]
    pub fn of(url: &str) -> Self {
        let url = url.split('#').next().unwrap_or(url);
        let (path, query) = url.split_at(url.find('?').unwrap_or(url.len()));
        if path.to_ascii_lowercase().ends_with(".zip") {
            return Self::Zip(url.to_owned());
        }
        let folder = path.strip_suffix(MANIFEST_FILE).unwrap_or(path);
        let folder = folder.trim_end_matches('/');
        let file = |name| format!("{folder}/{name}{query}");
        Self::Folder {
            manifest: file(MANIFEST_FILE),
            weights: file(WEIGHTS_FILE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_its_manifest_and_a_zip_are_told_apart() {
        let folder = PackageAddress::Folder {
            manifest: "https://example.org/birds/manifest.json".into(),
            weights: "https://example.org/birds/weights.safetensors".into(),
        };
        for url in [
            "https://example.org/birds",
            "https://example.org/birds/",
            "https://example.org/birds/manifest.json",
            "https://example.org/birds/#card",
        ] {
            assert_eq!(PackageAddress::of(url), folder, "{url}");
        }
        let zip = "https://example.org/birds.zip?download=1";
        assert_eq!(PackageAddress::of(zip), PackageAddress::Zip(zip.into()));
        assert_eq!(
            PackageAddress::of("https://example.org/birds/manifest.json?download=1"),
            PackageAddress::Folder {
                manifest: "https://example.org/birds/manifest.json?download=1".into(),
                weights: "https://example.org/birds/weights.safetensors?download=1".into(),
            }
        );
    }
}
