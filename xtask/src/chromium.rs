//! Chromium and its driver, for the tests in a real browser.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::{self, find_program};

/// The browser and its WebDriver.
#[derive(Debug, Clone)]
pub struct Chromium {
    /// The browser's program.
    pub browser: PathBuf,
    /// The program that speaks WebDriver for it.
    pub driver: PathBuf,
}

/// The names under which systems install the browser.
pub const BROWSER_NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// What a headless browser on a test machine is started with, whoever starts it.
pub const HEADLESS_FLAGS: [&str; 7] = [
    "--headless",
    // The sandbox needs rights that a container seldom has; the tests open our own pages only.
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Finds both programs, installing them through apt where that may be done.
///
/// # Errors
/// If one is missing and cannot be installed: the error says what is missing and how to get it.
pub fn ensure() -> Result<Chromium> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if let Some(mut apt) = apt_get() {
        command::run(apt.arg("update"))?;
        if let Some(mut apt) = apt_get() {
            command::run(
                apt.args(["install", "--yes", "--no-install-recommends"])
                    .args(PACKAGES),
            )?;
        }
    }
    match find() {
        Some(found) => Ok(found),
        None => bail!("{}", missing()),
    }
}

fn find() -> Option<Chromium> {
    Some(Chromium {
        browser: find_program(&BROWSER_NAMES)?,
        driver: find_program(&["chromedriver"])?,
    })
}

/// `apt-get`, if this is a Debian-like system on which we may install packages unasked.
fn apt_get() -> Option<Command> {
    find_program(&["apt-get"])?;
    let mut apt = if is_root() {
        Command::new("apt-get")
    } else if sudo_needs_no_password() {
        let mut sudo = Command::new("sudo");
        sudo.args([
            "--non-interactive",
            "--preserve-env=DEBIAN_FRONTEND",
            "apt-get",
        ]);
        sudo
    } else {
        return None;
    };
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    Some(apt)
}

fn is_root() -> bool {
    command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn sudo_needs_no_password() -> bool {
    command::output(Command::new("sudo").args(["--non-interactive", "true"])).is_ok()
}

fn missing() -> String {
    let mut lines = vec!["the tests need a real browser".to_owned()];
    if find_program(&BROWSER_NAMES).is_none() {
        lines.push(format!(
            "no browser is on PATH (looked for {})",
            BROWSER_NAMES.join(", ")
        ));
    }
    if find_program(&["chromedriver"]).is_none() {
        lines.push("chromedriver is not on PATH".to_owned());
    }
    lines.push(format!(
        "on Debian or Ubuntu `sudo apt-get install {}` installs both; elsewhere install Chromium \
         or Chrome with the ChromeDriver of the same version and put both on PATH",
        PACKAGES.join(" ")
    ));
    lines.join("; ")
}
