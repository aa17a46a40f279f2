//! Which of the files that a user drops belong to a model package, by their names.

use crate::audio_header::is_recording_name;
use pipit_core::package::MANIFEST_FILE;

/// What a file is in a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The manifest.
    Manifest,
    /// The weights.
    Weights,
    /// All of it.
    Zip,
}

/// What a file is in a package, if its name says that it belongs to one.
pub(super) fn part(path: &str) -> Option<Part> {
    let name = file_name(path);
    // A Mac leaves such companions of its files in folders and ZIPs.
    if name.starts_with("._") || path.starts_with("__MACOSX/") {
        return None;
    }
    if name == MANIFEST_FILE {
        return Some(Part::Manifest);
    }
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    match ending.as_str() {
        "safetensors" => Some(Part::Weights),
        "zip" => Some(Part::Zip),
        _ => None,
    }
}

/// Whether a file may belong to a package, as far as its name tells.
#[must_use]
pub fn is_part(path: &str) -> bool {
    part(path).is_some()
}

/// What a user's files turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortedOut<T> {
    /// Recordings, and whatever was given by itself and may be one.
    pub recordings: Vec<T>,
    /// Model packages: each a ZIP, or what there is of manifest and weights.
    pub packages: Vec<Vec<T>>,
    /// Files in folders that are neither.
    pub n_others: usize,
}

/// Sorts files by their paths.
///
/// What lies in a folder with many other things is a package only if manifest and weights lie there
/// side by side; what was given by itself is always meant.
pub fn sort_out<T>(files: Vec<T>, path: impl Fn(&T) -> &str) -> SortedOut<T> {
    let mut sorted = SortedOut {
        recordings: Vec::new(),
        packages: Vec::new(),
        n_others: 0,
    };
    let mut loose: Vec<(String, Vec<T>)> = Vec::new();
    for file in files {
        let whole = path(&file);
        let folder = whole[..whole.len() - file_name(whole).len()].to_owned();
        match part(whole) {
            Some(Part::Zip) if folder.is_empty() => sorted.packages.push(vec![file]),
            Some(Part::Manifest | Part::Weights) => {
                match loose.iter_mut().find(|(other, _)| *other == folder) {
                    Some((_, parts)) => parts.push(file),
                    None => loose.push((folder, vec![file])),
                }
            }
            _ if folder.is_empty() || is_recording_name(whole) => sorted.recordings.push(file),
            _ => sorted.n_others += 1,
        }
    }
    for (folder, parts) in loose {
        let has = |wanted| parts.iter().any(|file| part(path(file)) == Some(wanted));
        if folder.is_empty() || (has(Part::Manifest) && has(Part::Weights)) {
            sorted.packages.push(parts);
        } else {
            sorted.n_others += parts.len();
        }
    }
    sorted
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(paths: &[&'static str]) -> SortedOut<&'static str> {
        sort_out(paths.to_vec(), |path| path)
    }

    #[test]
    fn packages_are_told_from_recordings_dropped_with_them() {
        let sorted = sorted(&[
            "dawn.wav",
            "birds.ZIP",
            "weights.safetensors",
            "manifest.json",
            "unnamed",
        ]);
        assert_eq!(sorted.recordings, ["dawn.wav", "unnamed"]);
        assert_eq!(
            sorted.packages,
            [
                vec!["birds.ZIP"],
                vec!["weights.safetensors", "manifest.json"]
            ]
        );
        assert_eq!(sorted.n_others, 0);
    }

    #[test]
    fn a_folder_is_a_package_only_with_both_files() {
        let sorted = sorted(&[
            "birds/README.md",
            "birds/manifest.json",
            "birds/weights.safetensors",
            "night/001.wav",
            "night/manifest.json",
            "night/backup.zip",
            "night/._manifest.json",
        ]);
        assert_eq!(sorted.recordings, ["night/001.wav"]);
        assert_eq!(
            sorted.packages,
            [vec!["birds/manifest.json", "birds/weights.safetensors"]]
        );
        assert_eq!(sorted.n_others, 4);
    }

    #[test]
    fn half_a_package_given_by_itself_is_meant_as_one() {
        assert_eq!(sorted(&["manifest.json"]).packages, [["manifest.json"]]);
        assert_eq!(sorted(&["my.safetensors"]).packages, [["my.safetensors"]]);
    }
}
