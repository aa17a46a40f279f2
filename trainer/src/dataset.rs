//! Labelled recordings on disk: a `train_metadata.csv` in BirdCLEF's form, or one folder a class.

mod folders;
mod identity;
mod metadata;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use pipit_core::Label;

use crate::files;

pub(crate) use identity::{is_same_file, recordist_of};

/// The name that BirdCLEF gives to its table of recordings.
pub(crate) const METADATA_FILE: &str = "train_metadata.csv";

/// Recordings with their labels.
#[derive(Debug, Clone)]
pub(crate) struct Dataset {
    /// The folder or table that it was read from.
    pub(crate) path: PathBuf,
    /// In the order of the table, or sorted by name.
    pub(crate) recordings: Vec<Recording>,
    /// The names of every code that is a primary label.
    pub(crate) labels: BTreeMap<String, Label>,
    /// Recordings whose rating is no number from 0 to 5, and counts as none.
    pub(crate) unrated: Vec<String>,
}

/// One labelled recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recording {
    /// Where the audio is.
    pub(crate) path: PathBuf,
    /// Its name within the data set.
    pub(crate) filename: String,
    /// The code of the species in the foreground.
    pub(crate) primary_label: String,
    /// Codes of species heard in the background.
    pub(crate) secondary_labels: Vec<String>,
    /// Who recorded it, where that is known.
    pub(crate) author: Option<String>,
    /// Under which terms.
    pub(crate) licence: Option<String>,
    /// Where it was published.
    pub(crate) url: Option<String>,
    /// Whether this address is that of a whole collection.
    pub(crate) shares_url: bool,
    /// How good it is, from above 0 to 5 for the best, where somebody said so.
    pub(crate) rating: Option<f32>,
}

impl Dataset {
    /// Reads a folder that holds `train_metadata.csv`, such a table itself, or a folder that
    /// holds one folder of audio files for each class.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        std::fs::metadata(path).with_context(|| format!("cannot open {}", path.display()))?;
        let dataset = if let Some(table) = table_of(path) {
            metadata::read(&table, &["primary_label", "filename"])?
        } else {
            let (recordings, labels) = folders::read(path)?;
            Self {
                path: path.to_path_buf(),
                recordings,
                labels,
                unrated: Vec::new(),
            }
        };
        if dataset.recordings.is_empty() {
            bail!("no recordings in {}", path.display());
        }
        Ok(Self {
            path: path.to_path_buf(),
            ..dataset
        })
    }

    /// Reads recordings whose labels do not matter: a table of which only the names of the files count, or every
    /// audio file in a folder and the folders in it.
    pub(crate) fn open_unlabelled(path: &Path) -> anyhow::Result<Vec<Recording>> {
        read_some(path, folders::read_flat)
    }

    /// Reads recordings that may have labels: a table or folders as above, and in the table or beside the folders
    /// recordings of which no label is known.
    pub(crate) fn open_partly_labelled(path: &Path) -> anyhow::Result<Vec<Recording>> {
        read_some(path, folders::read_with_others)
    }

    /// Audio files beside a table that none of its rows names, relative to the folder of audio.
    pub(crate) fn unlisted_files(&self) -> anyhow::Result<Vec<String>> {
        let Some(table) = table_of(&self.path) else {
            return Ok(Vec::new());
        };
        let listed: BTreeSet<&Path> = self
            .recordings
            .iter()
            .map(|recording| Path::new(&recording.filename))
            .collect();
        let mut files = folders::audio_files(&metadata::audio_folder(&table))?;
        files.retain(|file| !listed.contains(file.as_path()));
        Ok(files
            .into_iter()
            .map(|file| file.to_string_lossy().into_owned())
            .collect())
    }

    /// How many recordings each code has as its primary label.
    pub(crate) fn recordings_per_code(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for recording in &self.recordings {
            *counts.entry(recording.primary_label.as_str()).or_insert(0) += 1;
        }
        counts
    }

    /// The last part of its path, for titles.
    pub(crate) fn name(&self) -> String {
        let folder = if self.path.is_file() {
            files::folder_of(&self.path)
        } else {
            &self.path
        };
        folder
            .canonicalize()
            .unwrap_or_else(|_| folder.to_path_buf())
            .file_name()
            .map_or_else(
                || "data".to_owned(),
                |name| name.to_string_lossy().into_owned(),
            )
    }
}

/// Recordings of a table, which need no labels there, or those that are found in a folder.
fn read_some(
    path: &Path,
    in_folder: fn(&Path) -> anyhow::Result<Vec<Recording>>,
) -> anyhow::Result<Vec<Recording>> {
    std::fs::metadata(path).with_context(|| format!("cannot open {}", path.display()))?;
    let recordings = match table_of(path) {
        Some(table) => metadata::read(&table, &["filename"])?.recordings,
        None => in_folder(path)?,
    };
    ensure!(
        !recordings.is_empty(),
        "no audio files in {}",
        path.display()
    );
    Ok(recordings)
}

/// The folder whose folders are classes, where no table says which files are recordings: what is written there
/// may be taken for some.
pub(crate) fn folder_of_classes(path: &Path) -> Option<PathBuf> {
    table_of(path).is_none().then(|| folders::audio_root(path))
}

/// The folder of which each file may be a recording, where no table says which are.
pub(crate) fn folder_of_files(path: &Path) -> Option<PathBuf> {
    table_of(path).is_none().then(|| path.to_path_buf())
}

/// The table itself, or the one in a folder.
fn table_of(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_path_buf());
    }
    Some(path.join(METADATA_FILE)).filter(|table| table.is_file())
}
