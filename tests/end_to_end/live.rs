//! The microphone: Chromium's pretended one beeps, and can be refused.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::{Browser, Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;

use crate::trial::{COLOURS, RUN_TIMEOUT, in_tab, named};

const ANSWER: Duration = Duration::from_secs(30);
const IS_READY: &str =
    "document.querySelector('[data-testid=\"live-button\"]')?.disabled === false";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    vec![
        named("live::hears_shows_and_keeps", |_| hears_shows_and_keeps()),
        refusal(browsers),
    ]
}

fn hears_shows_and_keeps() -> Result<()> {
    let server = site::serve()?;
    let browser = Browser::launch_with(
        Gpu::None,
        &[
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ],
    )?;
    let mut page = Page::open(browser.connect()?, server.url())?;
    page.wait_until("the model is loaded", RUN_TIMEOUT, IS_READY)?;
    page.click("live-button")?;
    page.wait_until(
        "what is heard is drawn",
        ANSWER,
        &format!("{COLOURS}.length >= 16"),
    )?;
    let name = page.recordings()?.remove(0).name;
    ensure!(name.starts_with("Live"), "the recording is called {name}");
    // A window of five seconds and a little more.
    page.wait_until(
        "the first window is scored",
        ANSWER,
        "/× real time/.test(document.querySelector('[data-testid=\"speed\"]')?.textContent ?? '')",
    )?;
    std::thread::sleep(Duration::from_secs(6));
    page.click("live-button")?;
    page.wait_for_state(&name, &["done"], ANSWER)?;
    page.wait_until(
        "it can be saved",
        ANSWER,
        "document.querySelector('[data-testid=\"save-button\"]') !== null",
    )?;
    page.click("play-button")?;
    page.wait_until(
        "it can be played",
        ANSWER,
        "Number(document.querySelector('[data-testid=\"playhead\"]').dataset.positionS) > 0.2",
    )?;
    page.check_clean()
}

fn refusal(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("live::refusal_is_explained", move |name| {
        let server = site::serve()?;
        // Nobody is there to allow it: a headless browser refuses.
        in_tab(name, &browsers, Gpu::None, server.url(), |page, _| {
            page.wait_until("the model is loaded", RUN_TIMEOUT, IS_READY)?;
            page.click("live-button")?;
            page.wait_until(
                "the page says why it hears nothing",
                ANSWER,
                "['microphone-refused', 'no-microphone'].includes(
                    document.querySelector('[data-testid=\"notice\"]')?.dataset.kind)",
            )?;
            ensure!(
                page.recordings()?.is_empty(),
                "there is a recording of nothing"
            );
            Ok(())
        })
    })
}
