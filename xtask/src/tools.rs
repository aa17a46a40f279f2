//! The tools that turn Rust into a page: the WASM target, Trunk and wasm-bindgen.
//!
//! They are installed once, into a cache outside the checkout, in exactly the versions that the
//! project is built with: the wasm-bindgen program must match the library to the last digit.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command::{self, cargo};
use crate::steps::Steps;
use crate::workspace::cache_dir;

/// The target triple that the page is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

struct Tool {
    package: &'static str,
    program: &'static str,
    version: &'static str,
    arguments: &'static [&'static str],
    opt_level: &'static str,
    takes: &'static str,
}

const TRUNK: Tool = Tool {
    package: "trunk",
    program: "trunk",
    version: "0.21.14",
    // It looks for updates and downloads programs by default, which needs TLS; here it does neither.
    arguments: &["--locked", "--no-default-features"],
    // It copies, hashes and calls others: compiling takes longer than it will ever run.
    opt_level: "0",
    takes: "about 4 minutes on two cores",
};

const WASM_BINDGEN: Tool = Tool {
    package: "wasm-bindgen-cli",
    program: "wasm-bindgen",
    version: "0.2.130",
    // Not --locked: its lock file names a dependency that has been withdrawn.
    arguments: &[],
    // It works through 23 MB of code.
    opt_level: "1",
    takes: "about 3 minutes on two cores",
};

/// The folder with the installed programs.
#[must_use]
pub fn bin_dir() -> PathBuf {
    cache_dir().join("tools").join("bin")
}

/// Makes sure that everything is there that builds the page; installs what is missing.
///
/// # Errors
/// If rustup or Cargo cannot install what is missing.
pub fn ensure_page_tools(steps: &mut Steps) -> Result<()> {
    steps.run("WASM target", ensure_wasm_target)?;
    for tool in [TRUNK, WASM_BINDGEN] {
        steps.run(&format!("{} {}", tool.package, tool.version), || {
            ensure_tool(&tool)
        })?;
    }
    Ok(())
}

/// Whether a first run still lies ahead, which installs tools and compiles everything.
#[must_use]
pub fn is_first_run() -> bool {
    [TRUNK, WASM_BINDGEN]
        .iter()
        .any(|tool| installed_version(tool).is_none())
}

/// Adds the WASM target to the toolchain in use, which rustup does not do by itself everywhere.
fn ensure_wasm_target() -> Result<()> {
    if has_wasm_target() {
        return Ok(());
    }
    command::run(Command::new("rustup").args(["target", "add", WASM_TARGET])).with_context(|| {
        format!("the Rust target {WASM_TARGET} is missing and rustup cannot add it")
    })
}

fn has_wasm_target() -> bool {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--print", "target-libdir", "--target", WASM_TARGET]);
    command::output(&mut rustc).is_ok_and(|folder| PathBuf::from(folder.trim()).join(".").is_dir())
}

fn ensure_tool(tool: &Tool) -> Result<()> {
    let found = installed_version(tool);
    if found.as_deref() == Some(tool.version) {
        return Ok(());
    }
    if let Some(version) = found {
        println!(
            "    {} {version} is there, {} is wanted",
            tool.package, tool.version
        );
    }
    if !install_prebuilt(tool) {
        println!("    compiling it takes {}, once", tool.takes);
        install_from_source(tool)?;
    }
    let version = installed_version(tool);
    ensure!(
        version.as_deref() == Some(tool.version),
        "{} was installed into {} but does not answer with its version {}",
        tool.program,
        bin_dir().display(),
        tool.version
    );
    Ok(())
}

/// The version that the program in the cache prints: the second word of `trunk 0.21.14`.
fn installed_version(tool: &Tool) -> Option<String> {
    let text = command::output(Command::new(bin_dir().join(tool.program)).arg("--version")).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}

/// Tries cargo-binstall where it is installed: it saves minutes but is not to be relied on.
fn install_prebuilt(tool: &Tool) -> bool {
    if command::find_program(&["cargo-binstall"]).is_none() {
        return false;
    }
    let mut binstall = cargo();
    binstall.args(["binstall", "--no-confirm", "--force", "--root"]);
    binstall.arg(cache_dir().join("tools"));
    binstall.arg(format!("{}@{}", tool.package, tool.version));
    match command::run(&mut binstall) {
        Ok(()) => true,
        Err(error) => {
            println!("    {error:#}; compiling it instead");
            false
        }
    }
}

fn install_from_source(tool: &Tool) -> Result<()> {
    let mut install = cargo();
    install.args([
        "install",
        tool.package,
        "--version",
        tool.version,
        "--force",
    ]);
    install.args(tool.arguments);
    install.arg("--root").arg(cache_dir().join("tools"));
    install
        .arg("--target-dir")
        .arg(cache_dir().join("tools-build"));
    // Trunk's own profile asks for fat link-time optimisation, which takes most of an hour.
    install.env("CARGO_PROFILE_RELEASE_LTO", "off");
    install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", tool.opt_level);
    command::run(&mut install)
}
