//! Several workers on the CPU: the same results as from one, whatever becomes of the others.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::detection::Detection;
use pipit_tests::page::Page;
use pipit_tests::site;
use xtask::site::SiteServer;

use crate::trial::{
    RUN_TIMEOUT, THRESHOLD, agrees_with_command_line, goes_offline, identified, in_tab, named,
    recording, whistles,
};

/// Twenty windows.
const LONG_S: f64 = 98.0;
/// How many of its words a helper says before it takes its first window.
const GREETING: u32 = 2;

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    vec![
        same_as_alone(browsers),
        cancelled(browsers),
        without_a_network(browsers),
        failing(
            browsers,
            "no_workers_in_workers",
            "globalThis.Worker = undefined;",
            None,
        ),
        failing(
            browsers,
            "script_not_to_be_had",
            "const Real = Worker;
            globalThis.Worker = class extends Real {
                constructor(url, options) { super(`${url}-elsewhere`, options); }
            };",
            None,
        ),
        failing(
            browsers,
            "helper_that_says_nothing",
            "const Real = Worker;
            globalThis.Worker = class extends Real {
                constructor() { super(URL.createObjectURL(new Blob(['']))); }
            };",
            None,
        ),
        // Its second window is left undone, and nobody says so.
        failing(
            browsers,
            "helper_that_goes_silent",
            "if (name === 'helper') {
                const post = postMessage.bind(globalThis);
                let words = 0;
                globalThis.postMessage = (...parameters) => {
                    words += 1;
                    if (words <= 3) post(...parameters);
                };
            }",
            Some(GREETING),
        ),
        failing(
            browsers,
            "helper_that_crashes",
            "if (name === 'helper') {
                let requests = 0;
                addEventListener('message', () => {
                    requests += 1;
                    if (requests === 4) throw new Error('out of luck');
                });
            }",
            Some(GREETING),
        ),
    ]
}

/// Has the worker believe in so many processors, name its helpers and count their words.
fn told(n_processors: u32) -> String {
    format!(
        "Object.defineProperty(WorkerNavigator.prototype, 'hardwareConcurrency', {{
            get: () => {n_processors},
        }});
        globalThis.words = 0;
        {{
            const Real = Worker;
            globalThis.Worker = class extends Real {{
                constructor(url, options) {{
                    super(url, {{ ...options, name: 'helper' }});
                    this.addEventListener('message', () => {{ words += 1; }});
                }}
            }};
        }}
        "
    )
}

/// The built site, whose worker runs this first.
fn site_with(script: String) -> Result<SiteServer> {
    let site = site::site()?.rewritten(move |path, mut reply| {
        if path == "worker_cpu.js" {
            reply.body.splice(0..0, script.bytes());
        }
        reply
    });
    SiteServer::start(site, 0)
}

fn same_as_alone(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("crew::same_as_alone", move |name| {
        let server = site_with(told(4))?;
        let mut shared = Vec::new();
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            identified(page, folder, "short.wav", 12.0)?;
            ensure!(page.n_helpers()? == 0, "three windows call for helpers");
            with_helpers(page, folder, GREETING)?;
            ensure!(page.n_helpers()? == 2, "{} helpers", page.n_helpers()?);
            let before = words(page)?;
            shared = long_recording(page, folder)?;
            ensure!(words(page)? > before, "no window was lent");
            let weights = server.requests().into_iter();
            let n_weights = weights.filter(|url| url.contains("weights")).count();
            ensure!(n_weights == 1, "the weights were fetched {n_weights} times");
            Ok(())
        })?;

        let server = site_with(told(1))?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            let alone = long_recording(page, folder)?;
            ensure!(page.n_helpers()? == 0, "there is one processor only");
            ensure!(shared == alone, "{shared:?} is not {alone:?}");
            Ok(())
        })
    })
}

/// What helpers still do for a recording that is cancelled counts for no other.
fn cancelled(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("crew::cancelled", move |name| {
        let server = site_with(told(4))?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            with_helpers(page, folder, GREETING)?;
            let before = words(page)?;
            let other = recording(folder, "other.wav", whistles(600.0))?;
            page.drop_files(&[other])?;
            page.wait_for_state("other.wav", &["running"], RUN_TIMEOUT)?;
            until_words(page, before + 1)?;
            page.click("cancel-button")?;
            page.wait_for_state("other.wav", &["cancelled"], RUN_TIMEOUT)?;
            long_recording(page, folder)?;
            Ok(())
        })
    })
}

/// Helpers start from what the browser has kept, also below a path.
fn without_a_network(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("crew::without_a_network", move |name| {
        let script = told(4);
        let site = site::site()?.below("/some/where/")?;
        let site = site.rewritten(move |path, mut reply| {
            if path == "worker_cpu.js" {
                reply.body.splice(0..0, script.bytes());
            }
            reply
        });
        let server = SiteServer::start(site, 0)?;
        let url = server.url().to_owned();
        in_tab(name, &browsers, Gpu::None, &url, |page, folder| {
            goes_offline(page, server)?;
            with_helpers(page, folder, GREETING)?;
            long_recording(page, folder)?;
            Ok(())
        })
    })
}

/// A recording is identified all the same where helpers fail like this, after a greeting if they
/// are there to give one.
fn failing(
    browsers: &Arc<Browsers>,
    name: &str,
    script: &'static str,
    greeting: Option<u32>,
) -> Trial {
    let browsers = Arc::clone(browsers);
    named(&format!("crew::{name}"), move |name| {
        let server = site_with(format!("{}{script}\n", told(4)))?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            page.tolerate("out of luck");
            page.tolerate("elsewhere");
            if let Some(greeting) = greeting {
                with_helpers(page, folder, greeting)?;
            }
            long_recording(page, folder)?;
            ensure!(page.notices()?.is_empty(), "{:?}", page.notices()?);
            Ok(())
        })
    })
}

/// Identifies enough for helpers to be called, and waits until both are ready.
fn with_helpers(page: &mut Page, folder: &Path, greeting: u32) -> Result<()> {
    identified(page, folder, "enough.wav", 30.0)?;
    until_words(page, 2 * greeting)
}

fn until_words(page: &mut Page, n: u32) -> Result<()> {
    page.wait_until_in_worker("helpers speak", RUN_TIMEOUT, &format!("words >= {n}"))
}

/// How often helpers have spoken.
fn words(page: &mut Page) -> Result<u32> {
    page.evaluate_in_worker("words")
}

/// What is detected in many windows: the same as by the command line.
fn long_recording(page: &mut Page, folder: &Path) -> Result<Vec<Detection>> {
    let file = recording(folder, "long.wav", whistles(LONG_S))?;
    page.drop_files(std::slice::from_ref(&file))?;
    page.wait_for_state("long.wav", &["done"], RUN_TIMEOUT)?;
    page.set_threshold(THRESHOLD)?;
    agrees_with_command_line(page, &file, 1e-3)?;
    Ok(page.recording("long.wav")?.detections)
}
