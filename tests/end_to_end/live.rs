//! The microphone: Chromium's pretended one plays a recording, and can be refused or taken away.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hound::WavReader;
use libtest_mimic::Trial;
use pipit_tests::audio::Recipe;
use pipit_tests::browser::{Browser, Browsers, Gpu};
use pipit_tests::page::{Page, Recording};
use pipit_tests::site;
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use crate::results::download;
use crate::trial::{
    COLOURS, RUN_TIMEOUT, THRESHOLD, are_the_command_lines, in_tab, named, recording,
};

const ANSWER: Duration = Duration::from_secs(30);
/// From the end of a window to its detections.
const LARGEST_LAG_MS: f64 = 2000.0;
const IS_READY: &str =
    "document.querySelector('[data-testid=\"live-button\"]')?.disabled === false";
const IS_LISTENING: &str =
    "document.querySelector('[data-testid=\"live-button\"]')?.ariaPressed === 'true'";

/// Notes what the page asks of the microphone, what it hands to its worker, and when detections
/// of each length are first seen.
const NOTES: &str = "(() => {
    const live = window.live = { streams: [], nAsked: 0, blocks: [], seenMs: {} };
    const ask = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (...wishes) {
        live.nAsked += 1;
        const stream = await ask.apply(this, wishes);
        live.streams.push(stream);
        return stream;
    };
    const send = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
        const samples = Array.isArray(message) ? message[1] : null;
        if (samples instanceof Float32Array) live.blocks.push([performance.now(), samples.length]);
        return send.call(this, message, ...rest);
    };
    new MutationObserver(() => {
        for (const { dataset } of document.querySelectorAll('[data-testid=\"detection\"]'))
            live.seenMs[dataset.endS] ??= performance.now();
    }).observe(document.body, { childList: true, subtree: true });
})()";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = |name: &str, test: fn(&mut Page, &Path) -> Result<()>| {
        named(&format!("live::{name}"), move |_| with_microphone(test))
    };
    vec![
        test("hears_shows_and_keeps", hears_shows_and_keeps),
        test("a_lost_microphone_is_told", a_lost_microphone_is_told),
        test("one_microphone_is_opened", one_microphone_is_opened),
        test(
            "what_fails_half_way_is_closed",
            what_fails_half_way_is_closed,
        ),
        refusal(browsers),
    ]
}

/// Runs a test in a browser of its own, whose microphone hears whistles again and again.
fn with_microphone(test: impl FnOnce(&mut Page, &Path) -> Result<()>) -> Result<()> {
    let server = site::serve()?;
    let folder = TempDir::new()?;
    let heard = Recipe {
        rate_hz: 48_000,
        ..Recipe::default()
    };
    let heard = recording(folder.path(), "heard.wav", heard)?;
    let browser = Browser::launch_with(
        Gpu::None,
        &[
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            &format!("--use-file-for-fake-audio-capture={}", heard.display()),
        ],
    )?;
    let mut page = Page::open(browser.connect()?, server.url())?;
    page.wait_until("the model is loaded", RUN_TIMEOUT, IS_READY)?;
    page.evaluate::<()>(NOTES)?;
    page.set_threshold(THRESHOLD)?;
    test(&mut page, folder.path())?;
    page.check_clean()
}

fn hears_shows_and_keeps(page: &mut Page, folder: &Path) -> Result<()> {
    let name = listen(page)?;
    ensure!(
        has_date_and_time(&name),
        "a recording of today is called {name:?}"
    );
    page.wait_until(
        "what is heard is drawn",
        ANSWER,
        &format!("{COLOURS}.length >= 16"),
    )?;
    page.wait_until(
        "two windows have detections",
        ANSWER,
        "Object.keys(live.seenMs).length >= 2",
    )?;
    let lags_ms = lags_ms(page)?;
    ensure!(
        lags_ms.iter().all(|lag_ms| *lag_ms < LARGEST_LAG_MS),
        "detections come {lags_ms:.0?} ms after their windows"
    );
    eprintln!("live: detections come {lags_ms:.0?} ms after the ends of their windows");
    page.click("detection")?;
    page.wait_until(
        "the page says that nothing can be explained yet",
        ANSWER,
        "document.querySelector('[data-testid=\"why-button\"]').disabled
            && document.querySelector('[data-testid=\"why\"]').textContent.includes('listening')",
    )?;
    page.click("live-button")?;
    let found = page.wait_for_state(&name, &["done"], ANSWER)?;
    saved_is_what_was_heard(page, folder, &found)?;
    page.listen()?;
    page.click("play-button")?;
    page.wait_for_sound("it is played", |sound| {
        !sound.is_paused && sound.position_s > 0.2
    })?;
    page.click("play-button")?;
    page.click("why-button")?;
    page.wait_until(
        "it is explained now",
        Duration::from_mins(1),
        "/between [0-9.]+ and [0-9.]+ kHz|No single part/
            .test(document.querySelector('[data-testid=\"why\"]').textContent)",
    )
}

/// Revoking the permission ends the microphone's track as pulling its plug does: by the browser, and
/// not by the page.
fn a_lost_microphone_is_told(page: &mut Page, folder: &Path) -> Result<()> {
    let name = listen(page)?;
    page.wait_until(
        "something is detected",
        ANSWER,
        "Object.keys(live.seenMs).length >= 1",
    )?;
    let before = page.recording(&name)?.detections;
    allow_microphone(page, "denied")?;
    let notice = page.wait_for_notice("microphone-lost", ANSWER)?;
    ensure!(
        notice.text.contains("disconnected"),
        "the page says {:?}",
        notice.text
    );
    let found = page.wait_for_state(&name, &["done"], ANSWER)?;
    ensure!(
        !before.is_empty() && found.detections.len() >= before.len(),
        "{} detections of {} are left",
        found.detections.len(),
        before.len()
    );
    saved_is_what_was_heard(page, folder, &found)?;
    allow_microphone(page, "granted")?;
    let again = listen(page)?;
    ensure!(again != name, "two recordings are called {name:?}");
    page.click("live-button")?;
    page.wait_for_state(&again, &["done"], ANSWER)?;
    Ok(())
}

fn one_microphone_is_opened(page: &mut Page, _: &Path) -> Result<()> {
    // Faster than any answer of the browser.
    page.evaluate::<()>(
        "(() => {
            const button = document.querySelector('[data-testid=\"live-button\"]');
            button.click();
            button.click();
        })()",
    )?;
    page.wait_until("the page listens", ANSWER, IS_LISTENING)?;
    let name = the_recording(page)?.name;
    page.click("live-button")?;
    page.wait_for_state(&name, &["done", "failed"], ANSWER)?;
    let n_asked: usize = page.evaluate("live.nAsked")?;
    ensure!(n_asked == 1, "{n_asked} microphones were asked for");
    all_are_closed(page)?;
    // What lies nowhere else is not gone by one press.
    page.click("remove-button")?;
    page.wait_until(
        "the page asks again",
        ANSWER,
        "document.querySelector('[data-testid=\"remove-button\"]').textContent === 'Remove without saving'",
    )?;
    ensure!(page.recordings()?.len() == 1, "it is gone at once");
    page.click("remove-button")?;
    page.wait_until(
        "it is gone",
        ANSWER,
        "document.querySelector('[data-testid=\"recording\"]') === null",
    )
}

fn what_fails_half_way_is_closed(page: &mut Page, _: &Path) -> Result<()> {
    page.evaluate::<()>(
        "(() => {
            AudioWorklet.prototype.addModule = () => Promise.reject(new Error('no such module'));
        })()",
    )?;
    page.click("live-button")?;
    page.wait_for_notice("no-microphone", ANSWER)?;
    ensure!(
        page.recordings()?.is_empty(),
        "there is a recording of nothing"
    );
    all_are_closed(page)
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

/// Listens; hands out the name of the recording.
fn listen(page: &mut Page) -> Result<String> {
    page.click("live-button")?;
    page.wait_until("the page listens", ANSWER, IS_LISTENING)?;
    Ok(the_recording(page)?.name)
}

/// The newest recording, which is the last one.
fn the_recording(page: &mut Page) -> Result<Recording> {
    page.recordings()?.pop().context("there is no recording")
}

fn has_date_and_time(name: &str) -> bool {
    let pattern = "Live 0000-00-00 00-00-00.wav";
    name.len() == pattern.len()
        && name
            .chars()
            .zip(pattern.chars())
            .all(|(c, p)| c == p || p == '0' && c.is_ascii_digit())
}

/// How long after the end of each window its detections were seen.
fn lags_ms(page: &mut Page) -> Result<Vec<f64>> {
    #[derive(Deserialize)]
    struct Notes {
        began_ms: f64,
        seen: Vec<(f64, f64)>,
    }
    // The first block came when the last of its samples was heard.
    let notes: Notes = page.evaluate(
        "(() => {
            const [[firstMs, nSamples]] = live.blocks;
            const rate = /([0-9.]+) kHz/.exec(
                document.querySelector('[data-testid=\"recording\"] header').textContent)[1] * 1000;
            return {
                began_ms: firstMs - nSamples / rate * 1000,
                seen: Object.entries(live.seenMs).map(([endS, ms]) => [Number(endS), ms]),
            };
        })()",
    )?;
    let lag = |(end_s, seen_ms): (f64, f64)| seen_ms - (notes.began_ms + end_s * 1000.0);
    Ok(notes.seen.into_iter().map(lag).collect())
}

/// Saves what was heard and checks it: every sample that went to the worker, the sound of whistles, and
/// to the command line the same birds.
fn saved_is_what_was_heard(page: &mut Page, folder: &Path, found: &Recording) -> Result<()> {
    let file = &found.name;
    let saved = download(page, folder, "save-button", file)?;
    let reader = WavReader::new(Cursor::new(saved))?;
    let spec = reader.spec();
    let n_sent: u32 =
        page.evaluate("live.blocks.reduce((sum, [, nSamples]) => sum + nSamples, 0)")?;
    ensure!(
        spec.channels == 1 && reader.duration() == n_sent,
        "{spec:?}: {} samples of {n_sent}",
        reader.duration()
    );
    let facts: String =
        page.evaluate("document.querySelector('[data-testid=\"recording\"] header').textContent")?;
    let rate_khz = format!("{} kHz", f64::from(spec.sample_rate) / 1000.0);
    ensure!(facts.contains(&rate_khz), "{rate_khz} is not in {facts:?}");
    let length_s = f64::from(n_sent) / f64::from(spec.sample_rate);
    ensure!(length_s > 5.0, "only {length_s} s were heard");
    let samples: Vec<f32> = reader.into_samples().collect::<Result<_, _>>()?;
    let peak = samples.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    ensure!((0.1..1.0).contains(&peak), "its loudest sample is {peak}");
    let path = folder.join("downloads").join(file);
    are_the_command_lines(&found.detections, &path, &site::default_model()?, 1e-3)?;
    Ok(())
}

/// Gives or takes the page's right to hear.
fn allow_microphone(page: &mut Page, setting: &str) -> Result<()> {
    let target = page.call("Target.getTargetInfo", &json!({}))?;
    let origin: String = page.evaluate("location.origin")?;
    page.call(
        "Browser.setPermission",
        &json!({
            "permission": { "name": "microphone" },
            "setting": setting,
            "origin": origin,
            "browserContextId": target["targetInfo"]["browserContextId"],
        }),
    )?;
    Ok(())
}

fn all_are_closed(page: &mut Page) -> Result<()> {
    page.wait_until(
        "every microphone is closed",
        ANSWER,
        "live.streams.length > 0 && live.streams.every((stream) =>
            stream.getTracks().every((track) => track.readyState === 'ended'))",
    )
}
