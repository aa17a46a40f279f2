//! Failures that lie in the site, the browser or the machine. Those that lie in a recording are
//! folders below `tests/cases/`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::Recipe;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;
use serde_json::json;
use xtask::site::{Reply, SiteServer};

use crate::trial::{
    RUN_TIMEOUT, THRESHOLD, agrees_with_command_line, in_tab, model_is_loaded, named, on_page,
    recording, whistles,
};

const NOTICE_TIMEOUT: Duration = Duration::from_mins(1);
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
        gpu_lost_while_it_explains(),
        worker_of_an_older_build(browsers),
        out_of_memory(browsers),
        on_page(
            "failures::file_gone_before_its_turn",
            browsers,
            Gpu::None,
            "",
            file_gone_before_its_turn,
        ),
        on_page(
            "failures::settings_that_mean_nothing",
            browsers,
            Gpu::None,
            "?colours=jet&include=dodo",
            |page, _| settings_that_mean_nothing(page),
        ),
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
            page.drop_files(&[short_recording(folder)?])?;
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
            let file = short_recording(folder)?;
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
/// the CPU.
fn gpu_lost() -> Trial {
    losing_the_gpu("failures::gpu_lost", |page, folder, crash| {
        let file = short_recording(folder)?;
        page.drop_files(std::slice::from_ref(&file))?;
        page.wait_for_state("whistles.wav", &["running"], RUN_TIMEOUT)?;
        crash()?;
        page.wait_for_notice("gpu-lost", NOTICE_TIMEOUT)?;
        page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
        agrees_with_command_line(page, &file, 1e-3)?;
        Ok(())
    })
}

/// The same while it is asked why a bird was heard, which takes a software adapter minutes: the
/// CPU answers.
fn gpu_lost_while_it_explains() -> Trial {
    let name = "failures::gpu_lost_while_it_explains";
    losing_the_gpu(name, |page, folder, crash| {
        page.set_threshold(THRESHOLD)?;
        page.drop_files(&[short_recording(folder)?])?;
        page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
        page.click("detection")?;
        page.click("why-button")?;
        page.wait_until(
            "the GPU is asked",
            NOTICE_TIMEOUT,
            "document.querySelector('[data-testid=\"why\"]').textContent.includes('Hiding')",
        )?;
        crash()?;
        page.wait_for_notice("gpu-lost", NOTICE_TIMEOUT)?;
        page.wait_until(
            "the CPU says where the evidence lies",
            RUN_TIMEOUT,
            "/between [0-9.]+ and [0-9.]+ kHz|No single part/
                .test(document.querySelector('[data-testid=\"why\"]')?.textContent)",
        )
    })
}

/// A page on a GPU that `part` crashes; afterwards the page computes on the CPU. The browser is its
/// own, because the crash hits all its tabs.
fn losing_the_gpu(
    name: &'static str,
    part: fn(&mut Page, &Path, &dyn Fn() -> Result<()>) -> Result<()>,
) -> Trial {
    named(name, move |name| {
        let browsers = Browsers::default();
        let server = site::serve()?;
        let url = format!("{}?device=webgpu", server.url());
        in_tab(name, &browsers, Gpu::Software, &url, |page, folder| {
            // What the browser logs about the loss is no fault of the page.
            page.tolerate("GPU");
            page.tolerate("device");
            part(page, folder, &|| crash_gpu(&browsers))?;
            let device = page.text("device")?;
            ensure!(device.contains("CPU"), "the page says {device:?}");
            Ok(())
        })
    })
}

fn crash_gpu(browsers: &Browsers) -> Result<()> {
    let mut devtools = browsers.connect(Gpu::Software)?;
    devtools.call(None, "Browser.crashGpuProcess", &json!({}))?;
    Ok(())
}

/// A cache hands out the worker of an older build: the page notices and offers to reload.
fn worker_of_an_older_build(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("failures::worker_of_an_older_build", move |name| {
        // Known once the page has asked for its worker by build.
        let build = Arc::new(OnceLock::<String>::new());
        let known = Arc::clone(&build);
        let site = site::site()?.rewritten(move |path, mut reply| {
            if let (true, Some(build)) = (path.ends_with("worker_cpu_bg.wasm"), known.get()) {
                age_build(&mut reply.body, build);
            }
            reply
        });
        let server = SiteServer::start(site, 0)?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, _| {
            let asked = || {
                server
                    .requests()
                    .into_iter()
                    .find(|url| url.contains("worker_cpu.js?"))
            };
            let deadline = Instant::now() + NOTICE_TIMEOUT;
            while asked().is_none() && Instant::now() < deadline {
                page.text("status")?;
            }
            let request = asked().context("the page asks for no worker")?;
            let id = request.rsplit('?').next().unwrap_or_default().to_owned();
            ensure!(id.len() >= 8, "no build in {request}");
            ensure!(
                page.notices()?.is_empty(),
                "a fresh site has notices already"
            );
            build.set(id).map_err(anyhow::Error::msg)?;
            // It would hand out the worker that it has kept.
            let params = json!({ "bypass": true });
            page.call("Network.setBypassServiceWorker", &params)?;
            page.go_to(server.url())?;
            page.wait_for_notice("stale-build", NOTICE_TIMEOUT)?;
            Ok(())
        })
    })
}

/// Turns the build's name inside the module into another of the same length.
fn age_build(module: &mut [u8], build: &str) {
    let name = build.as_bytes();
    let last = name.len() - 1;
    for start in 0..module.len().saturating_sub(last) {
        if &module[start..=start + last] == name {
            module[start + last] = if name[last] == b'0' { b'1' } else { b'0' };
        }
    }
}

/// Keeps hold of the memory of the worker's module, which lies hidden within the module.
const HOLD_MEMORY: &str = "for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...parameters) => {
        const made = await original.apply(WebAssembly, parameters);
        globalThis.memoryOfModule = (made.instance ?? made).exports.memory;
        return made;
    };
}
";

/// Takes all that the memory can still grow by; none of it is ever touched. Returns what it took.
const TAKE_MEMORY: &str = "(() => {
    const before = memoryOfModule.buffer.byteLength;
    for (let pages = 65536; pages >= 1;) {
        try { memoryOfModule.grow(pages); } catch { pages = Math.floor(pages / 2); }
    }
    return memoryOfModule.buffer.byteLength - before;
})()";

/// The worker's memory is full, truly, when a recording comes that needs much of it: its rate has
/// no factor in common with the model's. The page says so, and a new worker takes the next one.
fn out_of_memory(browsers: &Arc<Browsers>) -> Trial {
    /// A prime, as is half of what lies below it: the longest of all ways to resample.
    const RATE_HZ: u32 = 767_783;
    let browsers = Arc::clone(browsers);
    named("failures::out_of_memory", move |name| {
        let site = site::site()?.rewritten(|path, mut reply| {
            if path == "worker_cpu.js" {
                reply.body.splice(0..0, HOLD_MEMORY.bytes());
            }
            reply
        });
        let server = SiteServer::start(site, 0)?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            // The worker's last word.
            page.tolerate("unreachable");
            model_is_loaded(page)?;
            let taken: u64 = page.evaluate_in_worker(TAKE_MEMORY)?;
            ensure!(taken > 0, "the worker's memory was full already");
            let recipe = Recipe {
                rate_hz: RATE_HZ,
                ..whistles(1.0)
            };
            let greedy = recording(folder, "greedy.wav", recipe)?;
            let next = short_recording(folder)?;
            page.drop_files(&[greedy, next.clone()])?;
            let notice = page.wait_for_notice("out-of-memory", NOTICE_TIMEOUT)?;
            ensure!(notice.text.contains("ran out of memory"), "{notice:?}");
            page.wait_for_state("greedy.wav", &["failed"], NOTICE_TIMEOUT)?;
            page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
            agrees_with_command_line(page, &next, 1e-3)?;
            Ok(())
        })
    })
}

/// A card is pulled out while recordings wait: what cannot be read is no damaged recording, and may
/// be tried again.
fn file_gone_before_its_turn(page: &mut Page, folder: &Path) -> Result<()> {
    model_is_loaded(page)?;
    let long = recording(folder, "a.wav", whistles(60.0))?;
    let gone = recording(folder, "b.wav", whistles(10.0))?;
    page.drop_files(&[long, gone.clone()])?;
    page.wait_for_state("a.wav", &["running"], RUN_TIMEOUT)?;
    std::fs::remove_file(&gone)?;
    page.wait_for_notice("unreadable", RUN_TIMEOUT)?;
    page.wait_for_state("b.wav", &["failed"], NOTICE_TIMEOUT)?;
    page.wait_for_state("a.wav", &["done"], RUN_TIMEOUT)?;
    let may_rerun = "document.querySelectorAll('[data-testid=rerun-button]').length";
    let n_buttons: usize = page.evaluate(may_rerun)?;
    ensure!(n_buttons == 1, "{n_buttons} recordings can be run again");
    Ok(())
}

/// One colour map that there is not, and a species that the model does not know.
fn settings_that_mean_nothing(page: &mut Page) -> Result<()> {
    page.wait_for_notice("bad-settings", NOTICE_TIMEOUT)?;
    page.wait_until(
        "one notice names both",
        NOTICE_TIMEOUT,
        "(() => {
            const [notice, ...others] = document.querySelectorAll('[data-testid=\"notice\"]');
            return others.length === 0
                && ['jet', 'dodo'].every(word => notice.textContent.includes(word));
        })()",
    )
}

fn short_recording(folder: &Path) -> Result<PathBuf> {
    recording(folder, "whistles.wav", whistles(12.0))
}
