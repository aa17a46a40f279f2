//! A review: what is asked, what can be answered, and what the answers come to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::Browsers;
use pipit_tests::page::Page;
use serde_json::{Value, json};

use crate::results::download;
use crate::trial::{RUN_TIMEOUT, THRESHOLD, group, recording, whistles};

const ANSWER: Duration = Duration::from_secs(30);
const FILES: [&str; 2] = ["one.wav", "two.wav"];

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("reviewing", browsers);
    vec![
        test("questions_follow_each_other", questions_follow_each_other),
        test("other_species_and_unsure", other_species_and_unsure),
        test("confidences_are_judged", confidences_are_judged),
        test("answers_of_another_tab", answers_of_another_tab),
    ]
}

/// Identifies two recordings; hands out a species that is heard in both and chooses a detection of
/// it, with how many there are.
fn reviewed_species(page: &mut Page, folder: &Path) -> Result<(String, usize)> {
    page.set_threshold(THRESHOLD)?;
    let files = FILES
        .iter()
        .map(|name| recording(folder, name, whistles(20.0)))
        .collect::<Result<Vec<_>>>()?;
    page.drop_files(&files)?;
    let mut codes = Vec::new();
    for name in FILES {
        let found = page.wait_for_state(name, &["done"], RUN_TIMEOUT)?;
        let found = found.detections.into_iter().map(|d| d.code);
        codes.push(found.collect::<Vec<_>>());
    }
    let (first, second) = (&codes[0], &codes[1]);
    let code = first.iter().find(|code| second.contains(code));
    let code = code.context("no species is heard in both")?.clone();
    let n = codes.iter().flatten().filter(|other| **other == code);
    let n = n.count();
    page.evaluate::<bool>(&format!(
        "(document.querySelector('[data-testid=\"detection\"][data-code=\"{code}\"]').click(), true)"
    ))?;
    page.wait_until(
        "a detection is chosen",
        ANSWER,
        &format!("{CHOSEN}?.dataset.code === '{code}'"),
    )?;
    Ok((code, n))
}

/// The row of the chosen detection.
const CHOSEN: &str =
    "document.querySelector('[data-testid=\"detection\"][aria-selected=\"true\"]')";

fn sign_is(page: &mut Page, sign: &str) -> Result<()> {
    page.wait_until(
        &format!("the chosen detection has the sign {sign:?}"),
        ANSWER,
        &format!(
            "{CHOSEN}?.querySelector('[data-testid=\"review-sign\"]').textContent.trim() === '{sign}'"
        ),
    )
}

fn questions_follow_each_other(page: &mut Page, folder: &Path) -> Result<()> {
    let (code, n) = reviewed_species(page, folder)?;
    let mut asked = BTreeSet::new();
    for answered in 0..n {
        page.click("review-next")?;
        sign_is(page, "")?;
        let question: (String, String, String) = page.evaluate(&format!(
            "(row => [row.closest('[data-testid=\"recording\"]').dataset.name,
                row.dataset.startS, row.dataset.code])({CHOSEN})"
        ))?;
        ensure!(question.2 == code, "another species is asked about");
        ensure!(asked.insert(question), "a question is asked again");
        page.click("review-yes")?;
        sign_is(page, "✓")?;
        let words = page.text("review-progress")?;
        let progress = format!("{} of {n} ", answered + 1);
        ensure!(words.starts_with(&progress), "{words:?}, not {progress:?}");
    }
    Ok(())
}

fn other_species_and_unsure(page: &mut Page, folder: &Path) -> Result<()> {
    let (code, _) = reviewed_species(page, folder)?;
    let other: String = page.evaluate(&format!(
        "[...document.querySelector('[data-testid=\"review-other\"]').options]
            .map(option => option.value)
            .find(value => value && value !== '?' && value !== '{code}')"
    ))?;
    for species in ["?", &other] {
        page.choose("review-other", species)?;
        sign_is(page, "→")?;
        page.wait_until(
            "the menu says which species it is",
            ANSWER,
            &format!(
                "document.querySelector('[data-testid=\"review-other\"]').value === '{species}'"
            ),
        )?;
    }
    page.click("review-unsure")?;
    sign_is(page, "?")?;
    page.wait_until(
        "the menu says nothing any more",
        ANSWER,
        "document.querySelector('[data-testid=\"review-other\"]').value === ''",
    )
}

/// Whoever comes back to a tab sees what was answered in another one meanwhile.
fn answers_of_another_tab(page: &mut Page, folder: &Path) -> Result<()> {
    reviewed_species(page, folder)?;
    page.click("review-yes")?;
    sign_is(page, "✓")?;
    page.wait_until("the answer is kept", ANSWER, &kept_answer("yes"))?;
    // What the other tab does.
    page.evaluate::<bool>(
        "(async () => {
            const root = await navigator.storage.getDirectory();
            const results = await root.getDirectoryHandle('results');
            const kept = await results.getFileHandle('review.json');
            const text = await (await kept.getFile()).text();
            const stream = await kept.createWritable();
            await stream.write(text.replace(/(\"answer\":\\s*)\"yes\"/, '$1\"no\"'));
            await stream.close();
            return true;
        })()",
    )?;
    sign_is(page, "✓")?;
    page.evaluate::<bool>("window.dispatchEvent(new Event('focus'))")?;
    sign_is(page, "✗")?;
    page.click("review-unsure")?;
    page.wait_until("the new answer is kept", ANSWER, &kept_answer("unsure"))
}

/// A script that says whether this answer is kept for later visits.
fn kept_answer(answer: &str) -> String {
    format!(
        "(async () => {{
            const root = await navigator.storage.getDirectory();
            const results = await root.getDirectoryHandle('results');
            const kept = await results.getFileHandle('review.json');
            return /\"answer\":\\s*\"{answer}\"/.test(await (await kept.getFile()).text());
        }})()"
    )
}

/// A review with answers about another recording: confidences, and whether they were right.
fn saved_review(code: &str, weights: &str, confidences: &[(f64, bool)]) -> Value {
    let answers: Vec<Value> = confidences
        .iter()
        .enumerate()
        .map(|(n, (confidence, is_right))| {
            json!({
                "recording": { "name": "elsewhere.wav", "bytes": 1 },
                "code": code,
                "start_s": 10 * n,
                "end_s": 10 * n + 5,
                "confidence": confidence,
                "answer": if *is_right { "yes" } else { "no" },
            })
        })
        .collect();
    json!({
        "format": "pipit-review",
        "format_version": 1,
        "pipit_version": "0.1.0",
        "model": { "name": "any", "version": "1", "weights_sha256": weights },
        "answers": answers,
        "calibrations": {},
    })
}

/// Waits until what the answers come to is said in these words.
fn comes_to(page: &mut Page, words: &str) -> Result<()> {
    page.wait_until(
        &format!("the page says {words:?}"),
        ANSWER,
        &format!(
            "document.querySelector('[data-testid=\"review-progress\"]')?.textContent.includes('{words}')"
        ),
    )
}

fn confidences_are_judged(page: &mut Page, folder: &Path) -> Result<()> {
    let (code, _) = reviewed_species(page, folder)?;
    page.click("review-yes")?;
    comes_to(page, "With 1 answer of yes and no")?;

    // From 1 to 90 %, and beside them five at one end of all confidences.
    let spread = (0..35).map(|n| 0.01 + 0.89 * f64::from(n) / 34.0);
    let trusting: Vec<(f64, bool)> = spread
        .clone()
        .map(|confidence| (confidence, true))
        .chain([(1e-6, false); 5])
        .collect();
    let mistrusting: Vec<(f64, bool)> = spread
        .map(|confidence| (confidence, false))
        .chain([(0.9999, true); 5])
        .collect();
    let saved = download(page, folder, "save-review", "pipit-review.json")?;
    let saved: Value = serde_json::from_slice(&saved)?;
    let weights = saved["model"]["weights_sha256"]
        .as_str()
        .context("no digest")?;
    let load = |page: &mut Page, weights: &str, confidences: &[(f64, bool)]| -> Result<()> {
        let file = folder.join("review.json");
        fs::write(&file, saved_review(&code, weights, confidences).to_string())?;
        page.choose_files_in("load-review", &[file])
    };
    // Another model's confidences say nothing about this one's.
    load(page, "another", &trusting)?;
    page.wait_until(
        "forty more answers are there",
        ANSWER,
        "document.querySelector('[data-testid=\"save-review\"]').textContent.includes('41')",
    )?;
    comes_to(page, "With 1 answer of yes and no")?;
    load(page, weights, &mistrusting)?;
    comes_to(page, "No confidence is high enough for 90%")?;
    page.set_value("review-precision", "50")?;
    comes_to(page, "No confidence is high enough for 50%")?;
    page.wait_until(
        "the address says so",
        ANSWER,
        "location.search.includes('precision=0.5')",
    )?;
    load(page, weights, &trusting)?;
    comes_to(page, "should be right (95% interval")
}
