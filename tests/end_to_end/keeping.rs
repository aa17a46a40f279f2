//! Many files, folders, and what outlives the page: results and the site itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::{Encoding, Recipe, Sound};
use pipit_tests::browser::{Browser, Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;

use crate::trial::{
    COLOURS, RUN_TIMEOUT, THRESHOLD, file_name, goes_offline, in_tab, named, on_page, recording,
    whistles,
};

const ANSWER: Duration = Duration::from_secs(30);
/// What is on the page comes from an earlier visit.
pub(crate) const IS_RECALLED: &str =
    "document.body.innerText.includes('kept from an earlier visit')";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    vec![
        results_are_kept(browsers),
        a_queue_left_half_done(browsers),
        what_the_browser_decodes(browsers),
        known_again_in_a_folder(browsers),
        works_without_a_network(browsers),
        on_page("keeping::a_folder", browsers, Gpu::None, "", a_folder),
        named("keeping::two_hundred_files", |_| two_hundred_files()),
    ]
}

fn results_are_kept(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("keeping::results_are_kept", move |name| {
        let server = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            let file = recording(folder, "night.wav", whistles(20.0))?;
            page.drop_files(std::slice::from_ref(&file))?;
            page.wait_for_state("night.wav", &["done"], RUN_TIMEOUT)?;
            page.set_threshold(THRESHOLD)?;
            let first = page.recording("night.wav")?.detections;
            ensure!(!first.is_empty(), "nothing is detected: a test of nothing");
            ensure!(
                !page.evaluate::<bool>(IS_RECALLED)?,
                "something was kept already"
            );
            page.wait_until("the results are kept", ANSWER, &n_kept(1))?;

            page.go_to(server.url())?;
            page.drop_files(std::slice::from_ref(&file))?;
            page.wait_for_state("night.wav", &["done"], RUN_TIMEOUT)?;
            page.wait_until("the page says that it was kept", ANSWER, IS_RECALLED)?;
            page.set_threshold(THRESHOLD)?;
            let second = page.recording("night.wav")?.detections;
            ensure!(first == second, "{first:?} became {second:?}");
            page.wait_until(
                "its spectrogram is painted all the same",
                ANSWER,
                &format!("{COLOURS}.length >= 32"),
            )
        })
    })
}

/// The page is left while the third of four recordings runs: the next visit takes two from what was
/// kept, and computes two.
fn a_queue_left_half_done(browsers: &Arc<Browsers>) -> Trial {
    const NAMES: [&str; 4] = ["a.wav", "b.wav", "c.wav", "d.wav"];
    let browsers = Arc::clone(browsers);
    named("keeping::a_queue_left_half_done", move |name| {
        let server = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            let files = NAMES.map(|name| {
                // Long enough to be running still when the others are seen to be kept.
                let length_s = if name == "c.wav" { 300.0 } else { 10.0 };
                recording(folder, name, whistles(length_s))
            });
            let files: Vec<PathBuf> = files.into_iter().collect::<Result<_>>()?;
            page.set_threshold(THRESHOLD)?;
            page.drop_files(&files)?;
            page.wait_for_state("c.wav", &["running"], RUN_TIMEOUT)?;
            page.wait_until("two are kept", ANSWER, &n_kept(2))?;
            let first = page.recordings()?;
            let states: Vec<&str> = first.iter().map(|r| r.state.as_str()).collect();
            ensure!(
                states == ["done", "done", "running", "waiting"],
                "{states:?}: a test of something else"
            );

            page.go_to(server.url())?;
            page.set_threshold(THRESHOLD)?;
            page.drop_files(&files)?;
            for name in NAMES {
                page.wait_for_state(name, &["done"], RUN_TIMEOUT)?;
            }
            let recalled: Vec<String> = page.evaluate(
                "[...document.querySelectorAll('[data-testid=\"recording\"]')]
                    .filter((card) => card.innerText.includes('kept from an earlier visit'))
                    .map((card) => card.dataset.name)",
            )?;
            ensure!(
                recalled == NAMES[..2],
                "{recalled:?} come from what was kept"
            );
            let second = page.recordings()?;
            for (before, after) in first.iter().zip(&second).take(2) {
                ensure!(
                    before.detections == after.detections && !after.detections.is_empty(),
                    "{before:?} became {after:?}"
                );
            }
            page.wait_until("all are kept", ANSWER, &n_kept(4))
        })
    })
}

/// Alone or in a folder it is one recording; another of its name, size and date is not.
fn known_again_in_a_folder(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("keeping::known_again_in_a_folder", move |name| {
        let server = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            let card = folder.join("card");
            fs::create_dir(&card)?;
            let file = recording(&card, "night.wav", whistles(20.0))?;
            page.drop_files(&[card])?;
            page.wait_for_state("card/night.wav", &["done"], RUN_TIMEOUT)?;
            page.set_threshold(THRESHOLD)?;
            page.click("detection")?;
            page.click("review-yes")?;
            page.wait_until("results and answer are kept", ANSWER, &n_kept(2))?;

            page.go_to(server.url())?;
            page.drop_files(std::slice::from_ref(&file))?;
            page.wait_for_state("night.wav", &["done"], RUN_TIMEOUT)?;
            page.wait_until("it is known", ANSWER, IS_RECALLED)?;
            page.set_threshold(THRESHOLD)?;
            page.wait_until("its answer is known", ANSWER, &is_answered("✓"))?;

            page.go_to(server.url())?;
            let date = fs::metadata(&file)?.modified()?;
            let twin = Recipe {
                sound: Sound::Silence,
                ..whistles(20.0)
            };
            recording(&folder.join("card"), "night.wav", twin)?;
            fs::File::options()
                .write(true)
                .open(&file)?
                .set_modified(date)?;
            page.drop_files(&[file])?;
            page.wait_for_notice("silent", RUN_TIMEOUT)?;
            Ok(())
        })
    })
}

/// What the browser had to decode is decoded again for its spectrogram, and for its clips.
fn what_the_browser_decodes(browsers: &Arc<Browsers>) -> Trial {
    let opus = site::shared_recording("originals/converted_puerto_rico_xc_781752.opus");
    let is_absent = opus.is_none();
    let browsers = Arc::clone(browsers);
    named("keeping::what_the_browser_decodes", move |name| {
        let opus = opus.context("no such recording")?;
        let file_name = file_name(&opus);
        let server = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, _| {
            page.drop_files(std::slice::from_ref(&opus))?;
            page.wait_for_state(&file_name, &["done"], RUN_TIMEOUT)?;
            page.wait_until("the results are kept", ANSWER, &n_kept(1))?;

            page.go_to(server.url())?;
            page.drop_files(std::slice::from_ref(&opus))?;
            page.wait_for_state(&file_name, &["done"], RUN_TIMEOUT)?;
            page.wait_until("it is known", ANSWER, IS_RECALLED)?;
            page.wait_until(
                "its spectrogram is painted",
                RUN_TIMEOUT,
                &format!("{COLOURS}.length >= 32"),
            )
        })
    })
    .with_ignored_flag(is_absent)
}

/// A script that says whether a detection has this answer.
pub(crate) fn is_answered(sign: &str) -> String {
    format!(
        "[...document.querySelectorAll('[data-testid=\"review-sign\"]')]
            .some((sign) => sign.textContent.trim() === '{sign}')"
    )
}

/// A script that says whether so many files are kept.
pub(crate) fn n_kept(n: usize) -> String {
    format!(
        "(async () => {{
            const root = await navigator.storage.getDirectory();
            const results = await root.getDirectoryHandle('results');
            const files = await Array.fromAsync(results.values());
            const sizes = await Promise.all(files.map(async (file) => (await file.getFile()).size));
            return sizes.filter((size) => size > 0).length === {n};
        }})()"
    )
}

/// One visit is enough.
fn works_without_a_network(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("keeping::works_without_a_network", move |name| {
        let server = site::serve()?;
        let url = server.url().to_owned();
        in_tab(name, &browsers, Gpu::None, &url, |page, folder| {
            // Another site's, and an earlier version of this one from before names told whose they are.
            page.evaluate::<bool>(
                "(async () => {
                    await caches.open('pipit-site-0123-https://example.org/elsewhere/');
                    const earlier = await caches.open('pipit-site-0123');
                    await earlier.put('index.html', new Response('earlier'));
                    return true;
                })()",
            )?;
            goes_offline(page, server)?;
            let file = recording(folder, "forest.wav", whistles(5.0))?;
            page.drop_files(&[file])?;
            page.wait_for_state("forest.wav", &["done"], RUN_TIMEOUT)?;
            let kept: Vec<String> = page.evaluate("caches.keys()")?;
            let is_kept = |name: &str| kept.iter().any(|kept| kept == name);
            ensure!(
                is_kept("pipit-site-0123-https://example.org/elsewhere/")
                    && !is_kept("pipit-site-0123"),
                "{kept:?}"
            );
            Ok(())
        })
    })
}

fn a_folder(page: &mut Page, folder: &Path) -> Result<()> {
    let card = folder.join("card");
    let inner = card.join("Data");
    fs::create_dir_all(&inner)?;
    recording(&card, "b.wav", whistles(5.0))?;
    recording(&inner, "a.wav", whistles(5.0))?;
    fs::write(card.join("CONFIG.TXT"), "sensitivity: high")?;
    page.drop_files(&[card])?;
    page.wait_for_notice("others-left-out", ANSWER)?;
    for name in ["card/Data/a.wav", "card/b.wav"] {
        page.wait_for_state(name, &["done"], RUN_TIMEOUT)?;
    }
    let names: Vec<String> = page.recordings()?.into_iter().map(|r| r.name).collect();
    ensure!(
        names == ["card/b.wav", "card/Data/a.wav"] || names == ["card/Data/a.wav", "card/b.wav"],
        "{names:?}"
    );
    Ok(())
}

/// A week of a recorder: nothing is lost, and memory does not grow with the number of files.
fn two_hundred_files() -> Result<()> {
    const FILES: usize = 200;
    const GROWTH: u64 = 150 << 20;
    let folder = tempfile::tempdir()?;
    let card = folder.path().join("card");
    fs::create_dir_all(&card)?;
    let one = recording(
        folder.path(),
        "one.wav",
        Recipe {
            length_s: 60.0,
            rate_hz: 8000,
            encoding: Encoding::WavU8,
            ..Recipe::default()
        },
    )?;
    for index in 0..FILES {
        fs::copy(&one, card.join(format!("night_{index:03}.wav")))?;
    }
    let server = site::serve()?;
    let browser = Browser::launch(Gpu::None)?;
    let mut page = Page::open(browser.connect()?, server.url())?;
    page.drop_files(&[card])?;
    let n_done = |n: usize| {
        format!(
            "document.querySelectorAll('[data-testid=\"recording\"][data-state=\"done\"]').length >= {n}"
        )
    };
    page.wait_until(
        "a quarter is done",
        Duration::from_mins(10),
        &n_done(FILES / 4),
    )?;
    let early = browser.memory_bytes();
    page.wait_until("all are done", Duration::from_mins(20), &n_done(FILES))?;
    let late = browser.memory_bytes();
    ensure!(early > 0, "the memory of the browser is not known here");
    ensure!(
        late < early + GROWTH,
        "memory grew from {} to {} MB",
        early >> 20,
        late >> 20
    );
    page.check_clean()
}
