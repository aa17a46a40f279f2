//! Reading and writing files so that a crash never leaves half of one.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;

/// Writes `bytes` to `path`.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = PartialFile::create(path)?;
    file.write_all(bytes).with_context(|| cannot_write(path))?;
    file.keep()
}

/// A file that grows under a temporary name beside its own.
pub(crate) struct PartialFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl PartialFile {
    /// Begins a file that will be `path`.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        create_folder(folder)?;
        Ok(Self {
            file: NamedTempFile::new_in(folder).with_context(|| cannot_write(path))?,
            path: path.to_path_buf(),
        })
    }

    /// Bytes so far.
    pub(crate) fn length(&mut self) -> anyhow::Result<u64> {
        (self.file.stream_position()).with_context(|| cannot_write(&self.path))
    }

    /// Goes back to where the file was so long.
    pub(crate) fn cut(&mut self, length: u64) -> anyhow::Result<()> {
        (self.file.as_file().set_len(length))
            .and_then(|()| self.file.seek(SeekFrom::Start(length)))
            .with_context(|| cannot_write(&self.path))?;
        Ok(())
    }

    /// What to say where it cannot be written.
    pub(crate) fn cannot_write(&self) -> String {
        cannot_write(&self.path)
    }

    /// Gives the file its name.
    pub(crate) fn keep(self) -> anyhow::Result<()> {
        let context = || cannot_write(&self.path);
        self.file.as_file().sync_all().with_context(context)?;
        make_readable(self.file.path()).with_context(context)?;
        self.file.persist(&self.path).with_context(context)?;
        Ok(())
    }
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Creates a folder and the ones above it.
pub(crate) fn create_folder(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot create folder {}", path.display()))
}

/// Temporary files are private to their owner; published ones must be readable by a web server.
#[cfg(unix)]
fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the Unix version can fail")]
fn make_readable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
