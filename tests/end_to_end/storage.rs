//! Where nothing can be kept for the next visit, or is to be kept no longer.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;

use crate::keeping::{IS_RECALLED, is_answered, n_kept};
use crate::results::download;
use crate::trial::{RUN_TIMEOUT, THRESHOLD, group, identified, in_tab, named};

const ANSWER: Duration = Duration::from_secs(30);

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("storage", browsers);
    vec![
        test("results_cannot_be_kept", results_cannot_be_kept),
        test("answers_cannot_be_kept", answers_cannot_be_kept),
        kept_results_are_forgotten(browsers),
    ]
}

/// Lets nothing be kept under names that a JavaScript condition holds for, and counts what was
/// refused in `refusals`; `looks` has the names of all else.
fn refuse_to_keep(page: &mut Page, condition: &str) -> Result<()> {
    page.evaluate::<bool>(&format!(
        "(() => {{
            const original = FileSystemDirectoryHandle.prototype.getFileHandle;
            globalThis.refusals = 0;
            globalThis.looks = [];
            FileSystemDirectoryHandle.prototype.getFileHandle = function (name, options) {{
                if (!options?.create || !({condition})) {{
                    looks.push(name);
                    return original.call(this, name, options);
                }}
                refusals += 1;
                return Promise.reject(new DOMException('no room is left', 'QuotaExceededError'));
            }};
            return true;
        }})()"
    ))?;
    Ok(())
}

/// Waits for so many refusals, then checks that just one of them was told, and puts that away.
fn said_once(page: &mut Page, n_refusals: usize, is_first: bool) -> Result<()> {
    page.wait_until(
        "something cannot be kept",
        ANSWER,
        &format!("refusals >= {n_refusals}"),
    )?;
    if is_first {
        page.wait_for_notice("not-kept", ANSWER)?;
        page.evaluate::<bool>(
            "(document.querySelector('[data-kind=\"not-kept\"] button.quiet').click(), true)",
        )?;
    }
    page.wait_until(
        "nothing more is said",
        ANSWER,
        "document.querySelector('[data-testid=\"notice\"]') === null",
    )
}

fn results_cannot_be_kept(page: &mut Page, folder: &Path) -> Result<()> {
    refuse_to_keep(page, "true")?;
    identified(page, folder, "first.wav", 10.0)?;
    said_once(page, 1, true)?;
    identified(page, folder, "second.wav", 10.0)?;
    said_once(page, 2, false)?;
    // Whatever is on the page can still be judged and taken away.
    page.set_threshold(THRESHOLD)?;
    page.click("detection")?;
    page.click("review-yes")?;
    said_once(page, 3, false)?;
    let table = download(page, folder, "export-csv", "pipit-detections.csv")?;
    let table = String::from_utf8(table)?;
    ensure!(
        ["first.wav", "second.wav", "yes"]
            .iter()
            .all(|text| table.contains(text)),
        "{table}"
    );
    Ok(())
}

fn answers_cannot_be_kept(page: &mut Page, folder: &Path) -> Result<()> {
    identified(page, folder, "night.wav", 10.0)?;
    page.set_threshold(THRESHOLD)?;
    page.click("detection")?;
    page.click("review-yes")?;
    page.wait_until("results and answer are kept", ANSWER, &n_kept(2))?;

    refuse_to_keep(page, "name === 'review.json'")?;
    ensure!(page.notices()?.is_empty(), "{:?}", page.notices()?);
    page.click("review-unsure")?;
    said_once(page, 1, true)?;
    page.click("review-no")?;
    said_once(page, 2, false)?;
    page.wait_until("the answer holds", ANSWER, &is_answered("✗"))?;
    // Whoever comes back to the tab finds it, and not the one that was kept before.
    page.evaluate::<bool>("window.dispatchEvent(new Event('focus'))")?;
    page.wait_until(
        "what is kept was read",
        ANSWER,
        "looks.includes('review.json')",
    )?;
    page.evaluate::<bool>("new Promise((done) => setTimeout(() => done(true), 500))")?;
    ensure!(
        page.evaluate::<bool>(&is_answered("✗"))?,
        "the answer is gone"
    );
    Ok(())
}

fn kept_results_are_forgotten(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("storage::kept_results_are_forgotten", move |name| {
        let server = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            identified(page, folder, "night.wav", 10.0)?;
            page.set_threshold(THRESHOLD)?;
            page.click("detection")?;
            page.click("review-yes")?;
            page.wait_until("results and answer are kept", ANSWER, &n_kept(2))?;
            let amount = |text: &str| {
                format!(
                    "document.querySelector('[data-testid=\"kept-amount\"]')
                        .textContent.startsWith('{text}')"
                )
            };
            page.evaluate::<bool>("document.querySelector('[data-testid=\"kept\"]').open = true")?;
            page.wait_until("one is counted", ANSWER, &amount("1 result is kept"))?;
            page.click("forget-results")?;
            page.wait_until("none is left", ANSWER, &amount("No results are kept"))?;
            page.wait_until("the answer is", ANSWER, &n_kept(1))?;
            let shown = page.recording("night.wav")?;
            ensure!(!shown.detections.is_empty(), "the page has lost them too");

            page.go_to(server.url())?;
            page.drop_files(&[folder.join("night.wav")])?;
            page.wait_for_state("night.wav", &["done"], RUN_TIMEOUT)?;
            ensure!(!page.evaluate::<bool>(IS_RECALLED)?, "it was kept");
            page.set_threshold(THRESHOLD)?;
            page.wait_until("the answer is known", ANSWER, &is_answered("✓"))
        })
    })
}
