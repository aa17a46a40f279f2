//! Audio files → mono samples, block by block.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, bail};
use pipit_core::decode::AudioStream;

/// Opens a recording, whatever its name says it is.
pub(crate) fn open(path: &Path) -> anyhow::Result<AudioStream> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let metadata = file
        .metadata()
        .with_context(|| format!("cannot read {}", path.display()))?;
    if metadata.is_dir() {
        bail!("this is a folder, not an audio file: {}", path.display());
    }
    AudioStream::open(file).with_context(|| format!("cannot decode {}", path.display()))
}
