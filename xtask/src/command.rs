//! Running child processes and saying which one failed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use std::{env, fmt::Write as _, thread};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A command of the Cargo that runs this program, started at the workspace's root.
#[must_use]
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root());
    command
}

/// Prints the command and runs it to its end, its output going where ours goes.
///
/// # Errors
/// If the program cannot be started or does not end with success.
pub fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("    $ {line}");
    let status = command
        .status()
        .with_context(|| format!("cannot start {line}"))?;
    if !status.success() {
        bail!("`{line}` failed with {status}");
    }
    Ok(())
}

/// Prints the command and runs it until it ends or the deadline comes, which kills it: `false` if
/// it was killed.
///
/// # Errors
/// If the program cannot be started or does not end with success.
pub fn run_until(command: &mut Command, deadline: Option<Instant>) -> Result<bool> {
    let line = line(command);
    println!("    $ {line}");
    let context = || format!("cannot run {line}");
    let mut child = command.spawn().with_context(context)?;
    loop {
        match child.try_wait().with_context(context)? {
            Some(status) if status.success() => return Ok(true),
            Some(status) => bail!("`{line}` failed with {status}"),
            None if deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                child.kill().with_context(context)?;
                child.wait().with_context(context)?;
                return Ok(false);
            }
            None => thread::sleep(Duration::from_millis(200)),
        }
    }
}

/// Runs the command silently and hands back its standard output.
///
/// # Errors
/// If the program cannot be started or does not end with success.
pub fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .with_context(|| format!("cannot start {line}"))?;
    if !status.success() {
        bail!(
            "`{line}` failed with {status}: {}",
            String::from_utf8_lossy(&stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// The first of these programs that lies on `PATH`.
#[must_use]
pub fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// `PATH` with one more folder in front.
#[must_use]
pub fn path_with(folder: &Path) -> std::ffi::OsString {
    let rest = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_path_buf()).chain(env::split_paths(&rest));
    // Only a folder with a colon in its name cannot be joined: then PATH stays as it is.
    env::join_paths(folders).unwrap_or(rest)
}

fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let mut line = name.to_string_lossy().into_owned();
    for argument in command.get_args().map(OsStr::to_string_lossy) {
        // Writing to a String cannot fail.
        let _ = write!(line, " {argument}");
    }
    line
}
