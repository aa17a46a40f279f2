//! The folders below `cases/`: each a `case.json` that says which recording is dropped and what
//! must come of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::audio::{self, Recipe};
use crate::site::shared_recording;

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The folder's name.
    #[serde(skip)]
    pub name: String,
    /// Why the case is there.
    pub why: String,
    /// The file that is dropped.
    pub file: Source,
    /// What it is computed on.
    #[serde(default)]
    pub device: Device,
    /// What must come of it.
    pub expect: Expectation,
}

/// Where a file comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// Made on the spot.
    Made {
        /// The name it is given.
        name: String,
        /// What it holds.
        recipe: Recipe,
        /// If given, only so many bytes of it are whole.
        spoilt_after: Option<usize>,
    },
    /// These characters and then so many meaningless bytes.
    Written {
        /// The name it is given.
        name: String,
        /// How it begins.
        text: String,
        /// How much nonsense follows.
        #[serde(default)]
        garbage_bytes: usize,
    },
    /// A recording of the collection beside the workspace.
    Shared(PathBuf),
}

/// What a case is computed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// There is no adapter, and nothing is asked for.
    #[default]
    Cpu,
    /// There is a software adapter, and WebGPU is asked for.
    Webgpu,
}

/// What must come of a case.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Expectation {
    /// What the command line finds in the same file, with confidences no further apart than this.
    LikeCommandLine {
        /// The greatest difference that is let pass.
        tolerance: f64,
    },
    /// It is identified; the command line does not know the format.
    Done,
    /// The page tells this failure.
    Notice(String),
}

/// Reads all cases, by name.
///
/// # Errors
/// If one cannot be read.
pub fn all() -> Result<Vec<Case>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut cases = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))? {
        let entry = entry?;
        let file = entry.path().join("case.json");
        let read = || -> Result<Case> { Ok(serde_json::from_slice(&fs::read(&file)?)?) };
        let mut case = read().with_context(|| format!("cannot read {}", file.display()))?;
        case.name = entry.file_name().to_string_lossy().into_owned();
        cases.push(case);
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

impl Source {
    /// Whether the file can be had: one of the collection may be absent.
    #[must_use]
    pub fn is_at_hand(&self) -> bool {
        match self {
            Self::Shared(path) => shared_recording(&path.to_string_lossy()).is_some(),
            Self::Made { .. } | Self::Written { .. } => true,
        }
    }

    /// The file itself, made in `folder` if it has to be.
    ///
    /// # Errors
    /// If it is absent or cannot be written.
    pub fn file(&self, folder: &Path) -> Result<PathBuf> {
        match self {
            Self::Made {
                name,
                recipe,
                spoilt_after,
            } => {
                let path = folder.join(name);
                audio::write(recipe, &path)?;
                if let Some(keep) = spoilt_after {
                    audio::spoil(&path, *keep, 20_000)?;
                }
                Ok(path)
            }
            Self::Written {
                name,
                text,
                garbage_bytes,
            } => {
                let path = folder.join(name);
                let mut bytes = text.clone().into_bytes();
                bytes.extend(audio::garbage(*garbage_bytes));
                fs::write(&path, bytes)?;
                Ok(path)
            }
            Self::Shared(path) => match shared_recording(&path.to_string_lossy()) {
                Some(path) => Ok(path),
                None => bail!("no {} beside the workspace", path.display()),
            },
        }
    }
}
