//! `cargo xtask bench`: how fast and how large Pipit is, on this machine, in one run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::build::{self, build_site};
use crate::command::{self, cargo, find_program};
use crate::steps::Steps;
use crate::tools::WASM_TARGET;
use crate::{chromium, page, tools, workspace};

mod report;

const ONNXRUNTIME_WEB: &str = "onnxruntime-web@1.30.0";
const PYTHON_PACKAGES: [&str; 5] = ["numpy", "onnx", "safetensors", "onnxruntime", "librosa"];
const MODEL: &str = "models/puerto-rico";

/// All that was measured, as it came.
#[derive(Debug)]
struct Measured {
    native: Value,
    browser: Value,
    reference: Value,
    sizes: Value,
}

/// Measures and writes its part of `docs/benchmarks.md`.
///
/// # Errors
/// If something cannot be built, or a measurement fails.
pub fn run() -> Result<()> {
    let mut steps = Steps::new();
    let measured = measure(&mut steps)?;
    let text = report::markdown(
        &measured.native,
        &measured.browser,
        &measured.reference,
        &measured.sizes,
    );
    let file = workspace::root().join("docs").join("benchmarks.md");
    page::write_part(&file, "`cargo xtask bench`", &text)?;
    steps.print_summary();
    println!("\n{text}\nwrote {}", file.display());
    Ok(())
}

fn measure(steps: &mut Steps) -> Result<Measured> {
    let model = workspace::root().join(MODEL);
    let bench = workspace::target_dir().join("bench");
    let site = workspace::site_dir();
    steps.run("Chromium", chromium::ensure)?;
    tools::ensure_page_tools(steps)?;
    build_site(steps, &site, &build::Args::default())?;
    let python = steps.run("Python with ONNX Runtime and librosa", ensure_python)?;
    let native = steps.run("native speed", || native_speed(&model))?;
    steps.run("the page that measures", || {
        assemble(&bench, &model, &python, &native["n_frames"])
    })?;
    let browser = steps.run("speed in the browser", || browser_speed(&bench, &site))?;
    let reference = steps.run("speed of the others", || {
        let script = workspace::root().join("tests/bench/reference.py");
        let mut reference = Command::new(&python);
        reference
            .arg(script)
            .arg(model.join("manifest.json"))
            .arg(bench.join("model.onnx"));
        json_of(&mut reference)
    })?;
    let sizes = steps.run("sizes", || sizes(&site))?;
    Ok(Measured {
        native,
        browser,
        reference,
        sizes,
    })
}

fn native_speed(model: &Path) -> Result<Value> {
    let mut speed = cargo();
    speed.args([
        "run",
        "--locked",
        "--release",
        "-p",
        "pipit-core",
        "--features",
        // As the command line has it, but for its threads.
        "model,burn/simd",
    ]);
    speed.args(["--example", "speed", "--"]).arg(model);
    json_of(&mut speed)
}

fn browser_speed(bench: &Path, site: &Path) -> Result<Value> {
    let mut driver = cargo();
    driver
        .args([
            "run",
            "--locked",
            "-p",
            "pipit-tests",
            "--bin",
            "bench",
            "--",
        ])
        .arg(bench);
    driver.env("PIPIT_SITE", site);
    json_of(&mut driver)
}

/// Lays our module, ONNX Runtime's, the model and the same model as ONNX beside one page.
fn assemble(bench: &Path, model: &Path, python: &Path, n_frames: &Value) -> Result<()> {
    fs::create_dir_all(bench)?;
    let sources = workspace::root().join("tests").join("bench");
    copy_all(&sources, bench, &["html", "js"])?;
    copy_all(model, &bench.join("model"), &["json", "safetensors"])?;
    build_our_module(bench)?;
    let npm = workspace::cache_dir().join("bench-npm");
    fs::create_dir_all(&npm)?;
    command::run(
        Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--prefix"])
            .arg(&npm)
            .arg(ONNXRUNTIME_WEB),
    )?;
    copy_all(
        &npm.join("node_modules/onnxruntime-web/dist"),
        &bench.join("ort"),
        &["wasm", "mjs"],
    )?;
    command::run(
        Command::new(python)
            .arg(sources.join("make_onnx.py"))
            .arg(model)
            .arg(n_frames.to_string())
            .arg(bench.join("model.onnx")),
    )
}

fn build_our_module(bench: &Path) -> Result<()> {
    let mut build = cargo();
    build.args([
        "build",
        "--locked",
        "--profile",
        "wasm-release",
        "--target",
        WASM_TARGET,
    ]);
    build.args(["-p", "pipit-app", "--bin", "speed"]);
    command::run(&mut build)?;
    let module = workspace::target_dir()
        .join(WASM_TARGET)
        .join("wasm-release")
        .join("speed.wasm");
    command::run(
        Command::new(tools::bin_dir().join("wasm-bindgen"))
            .args(["--target", "web", "--no-typescript", "--out-dir"])
            .arg(bench)
            .arg(module),
    )
}

/// A virtual environment in the cache with what we compare with.
fn ensure_python() -> Result<PathBuf> {
    let folder = workspace::cache_dir().join("bench-python");
    let python = folder.join("bin").join("python");
    if !python.is_file() {
        let system = find_program(&["python3"]).context("python3 is not on PATH")?;
        command::run(Command::new(system).args(["-m", "venv"]).arg(&folder))?;
    }
    command::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .args(PYTHON_PACKAGES),
    )?;
    Ok(python)
}

/// Bytes of each module of the site: as it is, and as servers send it.
fn sizes(site: &Path) -> Result<Value> {
    let script = "const fs = require('fs'), zlib = require('zlib');
        const sizes = {};
        for (const name of fs.readdirSync('.').filter((name) => name.endsWith('.wasm')).sort()) {
            const bytes = fs.readFileSync(name);
            sizes[name.replace(/-[0-9a-f]{16}/, '')] = {
                raw: bytes.length,
                gzip: zlib.gzipSync(bytes, { level: 9 }).length,
                brotli: zlib.brotliCompressSync(bytes).length,
            };
        }
        console.log(JSON.stringify(sizes));";
    json_of(Command::new("node").arg("-e").arg(script).current_dir(site))
}

/// Runs a program and reads the last line of its output.
fn json_of(command: &mut Command) -> Result<Value> {
    let output = command::output(command)?;
    let line = output.trim().lines().last().unwrap_or_default();
    serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))
}

/// Copies the files of a folder that have one of these extensions.
fn copy_all(from: &Path, to: &Path, extensions: &[&str]) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let file = entry?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if let (Some(name), true) = (
            file.file_name(),
            extension.is_some_and(|e| extensions.contains(&e)),
        ) {
            fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}
