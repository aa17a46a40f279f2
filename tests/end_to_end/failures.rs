//! Failures that lie in the site, the browser or the machine. Those that lie in a recording are
//! folders below `tests/cases/`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::{self, Recipe};
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::site;
use xtask::site::{Reply, SiteServer};

use crate::trial::{RUN_TIMEOUT, agrees_with_command_line, in_tab, named};

const NOTICE_TIMEOUT: Duration = Duration::from_secs(60);
/// What Chromium itself logs when a file is not there.
const NOT_LOADED: &str = "Failed to load resource";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    vec![
        broken_site(
            "model_with_a_flipped_byte",
            browsers,
            "model-invalid",
            flip_weights,
        ),
        broken_site("model_cut_short", browsers, "model-invalid", cut_weights),
        broken_site(
            "manifest_of_another_version",
            browsers,
            "model-invalid",
            age_manifest,
        ),
        broken_site(
            "model_not_there",
            browsers,
            "model-unreachable",
            lose_weights,
        ),
        broken_site(
            "catalogue_not_there",
            browsers,
            "model-unreachable",
            lose_catalogue,
        ),
        webgpu_without_an_adapter(browsers),
        gpu_lost(),
    ]
}

/// A site whose replies are changed: the page must name the failure once it is asked to work.
fn broken_site(
    name: &str,
    browsers: &Arc<Browsers>,
    kind: &'static str,
    rewrite: fn(&str, Reply) -> Reply,
) -> Trial {
    let browsers = Arc::clone(browsers);
    named(&format!("failures::{name}"), move |name| {
        let server = SiteServer::start(site::site()?.rewritten(rewrite), 0)?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            page.tolerate(NOT_LOADED);
            page.drop_files(&[whistles(folder)?])?;
            page.wait_for_notice(kind, NOTICE_TIMEOUT)?;
            Ok(())
        })
    })
}

fn flip_weights(path: &str, mut reply: Reply) -> Reply {
    if path.ends_with("weights.safetensors") {
        let middle = reply.body.len() / 2;
        if let Some(byte) = reply.body.get_mut(middle) {
            *byte ^= 0x10;
        }
    }
    reply
}

fn cut_weights(path: &str, mut reply: Reply) -> Reply {
    if path.ends_with("weights.safetensors") {
        reply.body.truncate(reply.body.len() / 2);
    }
    reply
}

fn age_manifest(path: &str, mut reply: Reply) -> Reply {
    if path.ends_with("manifest.json") {
        let text = String::from_utf8_lossy(&reply.body);
        let changed = text.replace("\"format_version\": 1,", "\"format_version\": 999,");
        reply.body = changed.into_bytes();
    }
    reply
}

fn lose_weights(path: &str, reply: Reply) -> Reply {
    if path.ends_with("weights.safetensors") {
        Reply::not_found()
    } else {
        reply
    }
}

fn lose_catalogue(path: &str, reply: Reply) -> Reply {
    if path == "models/index.json" {
        Reply::not_found()
    } else {
        reply
    }
}

/// WebGPU is asked for where there is none: the page says so and works on the CPU.
fn webgpu_without_an_adapter(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("failures::webgpu_without_an_adapter", move |name| {
        let server = site::serve()?;
        let url = format!("{}?device=webgpu", server.url());
        in_tab(name, &browsers, Gpu::None, &url, |page, folder| {
            let file = whistles(folder)?;
            page.drop_files(std::slice::from_ref(&file))?;
            page.wait_for_notice("no-webgpu", NOTICE_TIMEOUT)?;
            page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
            let device = page.text("device")?;
            ensure!(device.contains("CPU"), "the page says {device:?}");
            agrees_with_command_line(page, &file, 1e-3)?;
            Ok(())
        })
    })
}

/// The GPU process dies while a recording is being identified: the page says so and goes on with
/// the CPU. This browser is its own, because the crash hits all its tabs.
fn gpu_lost() -> Trial {
    named("failures::gpu_lost", move |name| {
        let browsers = Browsers::default();
        let server = site::serve()?;
        let url = format!("{}?device=webgpu", server.url());
        in_tab(name, &browsers, Gpu::Software, &url, |page, folder| {
            // What the browser logs about the loss is no fault of the page.
            page.tolerate("GPU");
            page.tolerate("device");
            let file = whistles(folder)?;
            page.drop_files(std::slice::from_ref(&file))?;
            page.wait_for_state("whistles.wav", &["running"], RUN_TIMEOUT)?;
            crash_gpu(&browsers)?;
            page.wait_for_notice("gpu-lost", NOTICE_TIMEOUT)?;
            page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
            let device = page.text("device")?;
            ensure!(device.contains("CPU"), "the page says {device:?}");
            agrees_with_command_line(page, &file, 1e-3)?;
            Ok(())
        })
    })
}

/// Chromium ends its GPU process when this address is visited; the visit itself never ends.
fn crash_gpu(browsers: &Browsers) -> Result<()> {
    let mut devtools = browsers.connect(Gpu::Software)?;
    devtools.call(
        None,
        "Target.createTarget",
        &serde_json::json!({ "url": "chrome://gpucrash" }),
    )?;
    Ok(())
}

fn whistles(folder: &Path) -> Result<std::path::PathBuf> {
    let path = folder.join("whistles.wav");
    audio::write(&Recipe::default(), &path)?;
    Ok(path)
}
