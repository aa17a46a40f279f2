//! The service worker: a list of the site's files and a version that changes with any of them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::workspace;

/// Its name in the site: beside the page, since it may only serve what lies beneath it.
const FILE: &str = "service-worker.js";

/// Fills in the service worker's list of files. Models are not among them: the page keeps the
/// weights that were used, by their digest.
///
/// # Errors
/// If a file of the site cannot be read, or the service worker not be written.
pub fn write_service_worker(dist: &Path) -> Result<()> {
    let mut files = Vec::new();
    let mut digest = Sha256::new();
    for entry in WalkDir::new(dist).sort_by_file_name() {
        let entry = entry.with_context(|| format!("cannot list {}", dist.display()))?;
        let path = entry.path();
        let name = path
            .strip_prefix(dist)?
            .to_string_lossy()
            .replace('\\', "/");
        if !entry.file_type().is_file() || name == FILE || name.starts_with("models/") {
            continue;
        }
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        digest.update(name.as_bytes());
        digest.update(Sha256::digest(&bytes));
        files.push(name);
    }
    let template = workspace::root().join("app").join(FILE);
    let script = fs::read_to_string(&template)
        .with_context(|| format!("cannot read {}", template.display()))?
        .replace("{{version}}", &HEXLOWER.encode(&digest.finalize()[..8]))
        .replace("{{files}}", &serde_json::to_string(&files)?);
    let target = dist.join(FILE);
    fs::write(&target, script).with_context(|| format!("cannot write {}", target.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_the_site_without_its_models_and_the_version_follows_the_content() {
        let dist = tempfile::tempdir().expect("a folder");
        let written = |content: &str| {
            fs::create_dir_all(dist.path().join("models")).expect("is made");
            fs::create_dir_all(dist.path().join("assets")).expect("is made");
            fs::write(dist.path().join("index.html"), content).expect("is written");
            fs::write(dist.path().join("assets/a.wav"), "a").expect("is written");
            fs::write(dist.path().join("models/index.json"), "{}").expect("is written");
            write_service_worker(dist.path()).expect("is written");
            fs::read_to_string(dist.path().join(FILE)).expect("is there")
        };
        let one = written("one");
        assert!(one.contains(r#"["assets/a.wav","index.html"]"#), "{one}");
        assert!(!one.contains("{{"));
        assert_ne!(one, written("two"));
        assert_eq!(one, written("one"));
    }
}
