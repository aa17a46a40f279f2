//! The `pipit` program, run as a person would run it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::detection::Detection;

/// What `pipit identify --format json` says of one file.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    /// How long the recording is.
    pub duration_s: f64,
    /// The model that listened.
    pub model: ModelName,
    /// What it heard.
    pub detections: Vec<Detection>,
}

/// A model's name and version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ModelName {
    /// The folder name in the catalogue.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Runs `pipit` and hands out what it prints.
///
/// # Errors
/// If the program cannot be built or run, or fails.
pub fn run(arguments: &[&OsStr]) -> Result<String> {
    let output = (Command::new(program()?).args(arguments))
        .output()
        .context("cannot start pipit")?;
    if !output.status.success() {
        bail!(
            "pipit {arguments:?} failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs `pipit identify` on one recording.
///
/// # Errors
/// If the program cannot be built or run, or fails on the recording.
pub fn identify(file: &Path, model: &Path, threshold: f64) -> Result<Report> {
    let threshold = format!("--threshold={threshold}");
    let text = run(&[
        "identify".as_ref(),
        file.as_os_str(),
        "--model".as_ref(),
        model.as_os_str(),
        "--format=json".as_ref(),
        threshold.as_ref(),
    ])?;
    let mut reports: Vec<Report> =
        serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))?;
    match (reports.pop(), reports.is_empty()) {
        (Some(report), true) => Ok(report),
        _ => bail!("pipit identify did not report on exactly one file"),
    }
}

/// The program: `PIPIT_BIN`, else built once.
fn program() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    if let Some(program) = env::var_os("PIPIT_BIN") {
        return Ok(PathBuf::from(program));
    }
    let built = BUILT
        .get_or_init(|| xtask::test::build_command_line().map_err(|error| format!("{error:#}")));
    built.clone().map_err(anyhow::Error::msg)
}
