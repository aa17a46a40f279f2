//! axe-core, which looks for what keeps people out of a page.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command::{self, find_program};
use crate::workspace::cache_dir;

const VERSION: &str = "4.14.1";

/// The script, installed through npm into the cache if it is missing; none where there is no npm, or it
/// cannot fetch it.
///
/// # Errors
/// If the cache cannot be written.
pub fn ensure_script() -> Result<Option<PathBuf>> {
    let folder = cache_dir().join("axe").join(VERSION);
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if script.is_file() {
        return Ok(Some(script));
    }
    if find_program(&["npm"]).is_none() {
        println!("    npm is missing: install Node.js to have the page checked by axe-core");
        return Ok(None);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let installed = command::run(
        Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefix",
            ])
            .arg(&folder)
            .arg(format!("axe-core@{VERSION}")),
    );
    if let Err(error) = installed {
        println!("    the page is not checked by axe-core, which npm cannot install: {error}");
        return Ok(None);
    }
    ensure!(
        script.is_file(),
        "npm installed axe-core, but there is no {}",
        script.display()
    );
    Ok(Some(script))
}
