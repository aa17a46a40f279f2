//! The browser's half of `cargo xtask bench`: drives the pages and prints one line of JSON.
//!
//! usage: bench FOLDER, where FOLDER holds the page that measures; `PIPIT_SITE` is the site.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use pipit_tests::audio::{self, Recipe};
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;
use serde_json::{Value, json};
use xtask::site::{Site, SiteServer};

/// A software GPU takes seconds a window: one round there, many on the CPU.
const CPU_ROUNDS: usize = 15;
const SOFTWARE_GPU_ROUNDS: usize = 2;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("usage: bench FOLDER")?;
    let browsers = Browsers::default();
    let server = SiteServer::start(Site::new(PathBuf::from(folder)), 0)?;
    let report = json!({
        "cpu": measure(&browsers, Gpu::None, &server, "cpu", CPU_ROUNDS)?,
        "webgpu": measure(&browsers, Gpu::Software, &server, "webgpu", SOFTWARE_GPU_ROUNDS)?,
        "page": first_detection(&browsers)?,
    });
    println!("{report}");
    Ok(())
}

fn measure(
    browsers: &Browsers,
    gpu: Gpu,
    server: &SiteServer,
    device: &str,
    rounds: usize,
) -> Result<Value> {
    let mut page = Page::blank(browsers.connect(gpu)?)?;
    page.load(server.url())?;
    page.wait_until(
        "the page is ready",
        Duration::from_mins(1),
        "document.title === 'ready'",
    )?;
    page.evaluate(&format!("window.bench('{device}', {rounds})"))
}

/// How long a first visitor waits: from asking for the page to the first detection in a recording
/// of one window that is dropped as soon as the page takes files.
fn first_detection(browsers: &Browsers) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("whistles.wav");
    audio::write(
        &Recipe {
            length_s: 5.0,
            ..Recipe::default()
        },
        &file,
    )?;
    let server = site::serve()?;
    let mut page = Page::blank(browsers.connect(Gpu::None)?)?;
    let begun = Instant::now();
    page.go_to(server.url())?;
    let page_s = begun.elapsed().as_secs_f64();
    page.set_threshold(0.01)?;
    page.drop_files(&[file])?;
    page.wait_until(
        "something is detected",
        Duration::from_mins(2),
        "document.querySelector('[data-testid=\"detection\"]') !== null",
    )?;
    let first_detection_s = begun.elapsed().as_secs_f64();
    page.check_clean()?;
    ensure!(first_detection_s >= page_s, "the clock runs backwards");
    Ok(json!({ "page_s": page_s, "first_detection_s": first_detection_s }))
}
