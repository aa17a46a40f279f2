//! The exports, read by the programs that they are made for.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::command;
use crate::workspace;

/// What the script takes beyond Python's own library.
const MODULES: [&str; 3] = ["pandas", "crowsetta", "soundfile"];

/// Has other programs' readers read the golden exports; says so where they are not installed.
///
/// # Errors
/// A reader that does not understand its file.
pub fn read_exports() -> Result<()> {
    let own = workspace::cache_dir().join("readers/bin/python");
    let pythons = [Some(own), command::find_program(&["python3", "python"])];
    let mut pythons = pythons.into_iter().flatten();
    let Some(python) = pythons.find(|python| has_modules(python)) else {
        println!(
            "    skipped: no Python with {}; CONTRIBUTING.md says how to get one",
            MODULES.join(", ")
        );
        return Ok(());
    };
    command::run(
        Command::new(python)
            .current_dir(workspace::root())
            .arg("tests/readers/read_exports.py"),
    )
}

fn has_modules(python: &Path) -> bool {
    let script = format!("import {}", MODULES.join(", "));
    let status = Command::new(python)
        .args(["-c", &script])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
