//! `cargo xtask test`: everything that continuous integration runs, quickest failures first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::axe;
use crate::build::{self, build_site};
use crate::chromium::{self, Chromium};
use crate::command::{self, cargo};
use crate::readers;
use crate::steps::Steps;
use crate::tools::{self, WASM_TARGET};
use crate::workspace;

/// Runs all checks and stops at the first that fails.
///
/// # Errors
/// The first failure, or a browser that is missing and cannot be installed.
pub fn run() -> Result<()> {
    let mut steps = Steps::new();
    let result = all(&mut steps);
    steps.print_summary();
    result
}

fn all(steps: &mut Steps) -> Result<()> {
    steps.run("formatting", || {
        command::run(cargo().args(["fmt", "--all", "--check"]))
    })?;
    let chromium = steps.run("Chromium", chromium::ensure)?;
    steps.run("clippy, native", || {
        command::run(
            cargo()
                .args(["clippy", "--locked", "--workspace", "--all-targets"])
                // Named because plain `cargo test` leaves it out.
                .args(["--test", "end_to_end"])
                .args(["--", "-D", "warnings"]),
        )
    })?;
    steps.run("clippy, graphics cards", || {
        command::run(&mut clippy_for_cards())
    })?;
    steps.run("unit and golden tests, native", || {
        command::run(&mut native_tests())
    })?;
    steps.run("exports, read by other programs", readers::read_exports)?;
    tools::ensure_page_tools(steps)?;
    steps.run("clippy, WASM", || {
        command::run(
            cargo()
                .args([
                    "clippy",
                    "--locked",
                    "--profile",
                    "wasm-release",
                    "--target",
                    WASM_TARGET,
                ])
                .args([
                    "-p",
                    "pipit-core",
                    "-p",
                    "pipit-app",
                    "--",
                    "-D",
                    "warnings",
                ]),
        )
    })?;
    steps.run("golden tests, WASM", || wasm_tests(&chromium))?;
    let site = workspace::site_dir();
    build_site(steps, &site, &build::Args::default())?;
    let pipit = steps.run("build the command line", build_command_line)?;
    let axe = steps.run("axe-core", axe::ensure_script)?;
    steps.run("end-to-end tests", || {
        end_to_end(&site, &pipit, axe.as_deref())
    })
}

/// What is built for graphics cards alone, checked by the compiler without one: neither linked nor run.
fn clippy_for_cards() -> Command {
    const FEATURES: [&str; 4] = [
        "pipit-core/cuda",
        "pipit-core/vulkan",
        "pipit-trainer/cuda",
        "pipit-trainer/vulkan",
    ];
    let mut clippy = cargo();
    clippy.args(["clippy", "--locked", "--all-targets"]);
    clippy.args(["-p", "pipit-core", "-p", "pipit-trainer", "--features"]);
    clippy.arg(FEATURES.join(","));
    // The more backends, the larger the futures that wait for them.
    clippy.args(["--", "-D", "warnings", "-A", "clippy::large_futures"]);
    // As on docs.rs, nothing is linked, so that CUDA's code generator does not fetch LLVM. Crates look at this
    // variable, so in the common build folder they would be built anew each time that it changes.
    clippy.env("DOCS_RS", "1");
    clippy.env("CARGO_TARGET_DIR", workspace::target_dir().join("cards"));
    clippy
}

fn native_tests() -> Command {
    let mut tests = cargo();
    tests.args(["test", "--locked", "--workspace"]);
    tests
}

/// The core's tests once more, compiled to WASM and run inside the browser.
fn wasm_tests(chromium: &Chromium) -> Result<()> {
    let settings = workspace::target_dir().join("webdriver.json");
    write_webdriver_settings(&settings, &chromium.browser)?;
    let mut tests = cargo();
    tests.args([
        "test",
        "--locked",
        "--target",
        WASM_TARGET,
        "-p",
        "pipit-core",
    ]);
    tests.args(["--test", "mel_golden"]);
    tests.env(
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
        tools::bin_dir().join("wasm-bindgen-test-runner"),
    );
    tests.env("CHROMEDRIVER", &chromium.driver);
    tests.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &settings);
    // A busy machine takes longer than the usual 5 and 20 seconds.
    tests.env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    tests.env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    command::run(&mut tests)
}

fn write_webdriver_settings(path: &Path, browser: &Path) -> Result<()> {
    let settings = json!({
        "goog:chromeOptions": { "binary": browser, "args": chromium::HEADLESS_FLAGS }
    });
    fs::write(path, settings.to_string())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Builds `pipit` and says where it lies.
///
/// # Errors
/// If it cannot be compiled.
pub fn build_command_line() -> Result<PathBuf> {
    let mut build = cargo();
    // Beside the tests of the whole workspace, as it was built for them: by itself it would have
    // other features unified, and compile Burn once more.
    build.args([
        "test",
        "--locked",
        "--workspace",
        "--test",
        "cli",
        "--no-run",
    ]);
    command::run(&mut build)?;
    // Cargo says where the program is only in the machine-readable run, which is instant now.
    let messages = command::output(build.arg("--message-format=json"))?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| message["target"]["name"] == "pipit")
        .and_then(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo does not say where it put the program pipit")
}

fn end_to_end(site: &Path, pipit: &Path, axe: Option<&Path>) -> Result<()> {
    let mut tests = cargo();
    tests.args(["test", "--locked", "--workspace", "--test", "end_to_end"]);
    tests.env("PIPIT_SITE", site).env("PIPIT_BIN", pipit);
    if let Some(axe) = axe {
        tests.env("PIPIT_AXE", axe);
    }
    command::run(&mut tests)
}
