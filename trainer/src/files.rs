//! Reading and writing files so that a crash never leaves half of one.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tempfile::NamedTempFile;

/// Writes `bytes` to `path`.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = PartialFile::create(path)?;
    file.write_all(bytes).with_context(|| cannot_write(path))?;
    file.keep()
}

/// Refuses files to write that are to be read, or that are one and the same. Each output has the flag that names it.
pub(crate) fn ensure_apart<'a>(
    outputs: &[(&str, Option<&PathBuf>)],
    inputs: impl IntoIterator<Item = &'a Path>,
) -> anyhow::Result<()> {
    let mut taken: BTreeSet<PathBuf> = (inputs.into_iter())
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    for (flag, path) in outputs {
        let Some(path) = path else {
            continue;
        };
        ensure!(
            !path.exists() || path.is_file(),
            "{flag} must name a file: {}",
            path.display()
        );
        ensure!(
            taken.insert(place(path)),
            "{flag} would write over what another argument names: {}",
            path.display()
        );
    }
    Ok(())
}

/// Where a file or folder is or will be, however that is written.
pub(crate) fn place(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.file_name()) {
        (Ok(place), _) => place,
        (Err(_), Some(name)) => place(folder_of(path)).join(name),
        (Err(_), None) => path.to_path_buf(),
    }
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A file that grows under a temporary name beside its own.
pub(crate) struct PartialFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl PartialFile {
    /// Begins a file that will be `path`.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        // What a link leads to is written, not the link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let folder = folder_of(&path);
        create_folder(folder)?;
        Ok(Self {
            file: NamedTempFile::new_in(folder).with_context(|| cannot_write(&path))?,
            path,
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_leads_to_is_written_and_the_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("link"), folder.path().join("file"));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();

        write_atomically(&link, b"after").unwrap();

        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        assert!(link.is_symlink());
    }
}
