//! The built site: where it lies, and what it holds.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xtask::site::{Site, SiteServer};

/// The workspace's root.
#[must_use]
pub fn workspace() -> &'static Path {
    xtask::workspace::root()
}

/// The folder of the built site: `PIPIT_SITE`, else `dist/` of the workspace.
///
/// # Errors
/// If no site has been built.
pub fn built() -> Result<PathBuf> {
    let folder = match env::var_os("PIPIT_SITE") {
        Some(folder) => PathBuf::from(folder),
        None => workspace().join("dist"),
    };
    if !folder.join("index.html").is_file() {
        bail!(
            "no built site in {}: run `cargo xtask build` first",
            folder.display()
        );
    }
    Ok(folder)
}

/// The built site as it is.
///
/// # Errors
/// If no site has been built.
pub fn site() -> Result<Site> {
    Ok(Site::new(built()?))
}

/// Serves the built site at the root of a free port.
///
/// # Errors
/// If no site has been built.
pub fn serve() -> Result<SiteServer> {
    SiteServer::start(site()?, 0)
}

/// The folder of the first model in the site's catalogue, the one that the page takes by default.
///
/// # Errors
/// If the site has no catalogue or an empty one.
pub fn default_model() -> Result<PathBuf> {
    let models = built()?.join("models");
    let index = models.join("index.json");
    let text =
        fs::read(&index).with_context(|| format!("no catalogue of models: {}", index.display()))?;
    let catalogue: Value = serde_json::from_slice(&text)?;
    let path = catalogue["models"][0]["path"].as_str();
    Ok(models.join(path.context("the catalogue of models is empty")?))
}

/// A recording of the collection that may lie beside the workspace; it is no part of the project.
#[must_use]
pub fn shared_recording(path: &str) -> Option<PathBuf> {
    let file = workspace().join("../shared/data").join(path);
    // A browser takes no path with `..` in it.
    file.canonicalize().ok().filter(|file| file.is_file())
}
