//! What becomes of results: filtered, reviewed, exported.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::Browsers;
use pipit_tests::page::{Page, Recording};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::trial::{THRESHOLD, group, identified};

const LENGTH_S: f64 = 20.0;
const ANSWER: Duration = Duration::from_secs(30);
/// Keys held down beside another, as DevTools counts them.
const CTRL: u32 = 2;
const SHIFT: u32 = 8;
const FILE: &str = "SITE_20240512_051500.wav";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("results", browsers);
    vec![
        test("exports_hold_what_the_page_shows", exports),
        test("species_and_durations_filter_at_once", wishes),
        test("answers_count_and_can_be_taken_back", answers),
        test("a_review_is_saved_and_loaded", review_files),
    ]
}

fn whistles(page: &mut Page, folder: &Path) -> Result<Recording> {
    page.set_threshold(THRESHOLD)?;
    let found = identified(page, folder, FILE, LENGTH_S)?;
    ensure!(
        found.detections.len() >= 2,
        "too few detections: a test of nothing"
    );
    Ok(found)
}

/// Clicks, and reads the file that the browser then saves.
pub(crate) fn download(
    page: &mut Page,
    folder: &Path,
    test_id: &str,
    name: &str,
) -> Result<Vec<u8>> {
    let downloads = folder.join("downloads");
    fs::create_dir_all(&downloads)?;
    page.call(
        "Page.setDownloadBehavior",
        &json!({ "behavior": "allow", "downloadPath": downloads }),
    )?;
    page.click(test_id)?;
    let file: PathBuf = downloads.join(name);
    let deadline = Instant::now() + ANSWER;
    while !file.is_file() {
        ensure!(Instant::now() < deadline, "{name} is not saved");
        sleep(Duration::from_millis(100));
    }
    // It appears under its own name when it is whole.
    fs::read(&file).with_context(|| format!("cannot read {name}"))
}

fn exports(page: &mut Page, folder: &Path) -> Result<()> {
    let found = whistles(page, folder)?;
    let n = found.detections.len();

    let table = download(page, folder, "export-csv", "pipit-detections.csv")?;
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|column| column == name);
        found.with_context(|| format!("no column {name} in {header:?}"))
    };
    let (start, code, confidence) = (column("start_s")?, column("code")?, column("confidence")?);
    column("model_version")?;
    column("manifest_sha256")?;
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    ensure!(rows.len() == n, "{} rows for {n} detections", rows.len());
    for (row, shown) in rows.iter().zip(&found.detections) {
        let number = |column: usize| row[column].parse::<f64>();
        ensure!(
            (number(start)? - shown.start_s).abs() < 1e-3
                && row[code] == shown.code
                && (number(confidence)? - shown.confidence).abs() < 1e-4,
            "{row:?} is not {shown:?}"
        );
    }
    let text = String::from_utf8(table)?;
    ensure!(
        text.contains("2024-05-12T05:15:00"),
        "no time of day: {text}"
    );

    let raven = String::from_utf8(download(
        page,
        folder,
        "export-raven",
        "pipit.selections.txt",
    )?)?;
    let mut lines = raven.lines();
    let header = lines.next().unwrap_or_default();
    ensure!(
        header.starts_with("Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)"),
        "{header}"
    );
    ensure!(lines.count() >= n, "too few selections");

    for (button, name) in [
        ("export-audacity", "pipit-audacity.zip"),
        ("export-raven-each", "pipit-raven.zip"),
    ] {
        let files = ZipArchive::new(Cursor::new(download(page, folder, button, name)?))?;
        ensure!(!files.is_empty(), "an empty ZIP: {name}");
    }

    let table = download(page, folder, "export-recordings", "pipit-recordings.csv")?;
    let mut recordings = csv::Reader::from_reader(&*table);
    let column = (recordings.headers()?.iter()).position(|name| name == "n_detections");
    let column = column.context("no column n_detections")?;
    let counts: Vec<String> = (recordings.records())
        .map(|row| Ok(row?[column].to_owned()))
        .collect::<Result<_>>()?;
    ensure!(counts == [n.to_string()], "{counts:?} for {n} detections");

    let whole = download(page, folder, "export-json", "pipit-detections.json")?;
    let whole: Value = serde_json::from_slice(&whole)?;
    let text = whole.to_string();
    ensure!(
        text.contains(FILE) && text.contains("weights_sha256") && text.contains("threshold"),
        "{text}"
    );
    Ok(())
}

fn codes(page: &mut Page) -> Result<BTreeSet<String>> {
    let detections = page.recording(FILE)?.detections;
    Ok(detections.into_iter().map(|d| d.code).collect())
}

fn wishes(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    let all = codes(page)?;
    ensure!(all.len() >= 2, "only {all:?}: a test of nothing");
    page.evaluate::<()>("document.querySelector('[data-testid=\"wishes\"]').open = true")
        .unwrap_or(());
    let first = all.first().context("one species")?.clone();
    let text = format!("{first}\\nDodo");
    page.evaluate::<()>(&format!(
        "document.querySelector('[data-testid=\"species-text\"]').value = '{text}'"
    ))
    .unwrap_or(());
    page.click("only-these")?;
    ensure!(
        codes(page)? == BTreeSet::from([first.clone()]),
        "{:?}",
        codes(page)?
    );
    let summary = page.text("species-summary")?;
    ensure!(
        summary.contains("Dodo"),
        "the unknown species is not named: {summary}"
    );
    page.click("not-these")?;
    page.click("all-species")?;
    ensure!(codes(page)? == all, "all species are not back");
    page.click("hide-species")?;
    ensure!(
        codes(page)?.len() == all.len() - 1,
        "hiding hides {:?}",
        codes(page)?
    );
    page.click("all-species")?;
    page.set_value("min-duration", "1000")?;
    ensure!(codes(page)?.is_empty(), "nothing lasts so long");
    page.set_value("min-duration", "0")?;
    ensure!(codes(page)? == all, "they are not back");
    page.set_value("own-threshold", "100")?;
    ensure!(
        codes(page)?.len() < all.len(),
        "a species' own threshold does nothing"
    );
    Ok(())
}

fn signs(page: &mut Page) -> Result<Vec<String>> {
    page.evaluate(
        "[...document.querySelectorAll('[data-testid=\"review-sign\"]')]
            .map(sign => sign.textContent.trim())",
    )
}

fn answers(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.click("detection")?;
    page.click("review-yes")?;
    ensure!(
        signs(page)?.iter().filter(|sign| *sign == "✓").count() == 1,
        "{:?}",
        signs(page)?
    );
    page.evaluate::<()>("document.activeElement?.blur()")
        .unwrap_or(());
    page.press("ArrowDown", 40)?;
    page.type_text("n")?;
    ensure!(signs(page)?.contains(&"✗".to_owned()), "{:?}", signs(page)?);
    let progress = page.text("review-progress")?;
    ensure!(progress.contains(" of "), "{progress}");
    // Only what was answered with no is listed.
    page.choose("review-filter", "2")?;
    ensure!(signs(page)? == ["✗"], "{:?}", signs(page)?);
    page.choose("review-filter", "all")?;
    page.evaluate::<()>("document.activeElement?.blur()")
        .unwrap_or(());
    let some_no = "[...document.querySelectorAll('[data-testid=\"review-sign\"]')]
        .some(sign => sign.textContent.trim() === '✗')";
    for (undo, redo) in [
        (("z", CTRL), ("Z", CTRL | SHIFT)),
        (("z", CTRL), ("y", CTRL)),
    ] {
        press_with(page, undo)?;
        page.wait_until(
            "the last answer is taken back",
            ANSWER,
            &format!("!{some_no}"),
        )?;
        press_with(page, redo)?;
        page.wait_until("it is given again", ANSWER, some_no)?;
    }
    page.click("review-undo")?;
    page.wait_until("the button takes it back", ANSWER, &format!("!{some_no}"))?;
    page.click("review-redo")?;
    page.wait_until("the button gives it again", ANSWER, some_no)
}

fn press_with(page: &mut Page, (key, modifiers): (&str, u32)) -> Result<()> {
    page.call(
        "Input.dispatchKeyEvent",
        &json!({ "type": "keyDown", "key": key, "modifiers": modifiers }),
    )?;
    Ok(())
}

fn review_files(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.click("detection")?;
    page.click("review-no")?;
    let saved = download(page, folder, "save-review", "pipit-review.json")?;
    let text = String::from_utf8(saved)?;
    ensure!(
        text.contains("pipit-review") && text.contains("\"no\""),
        "{text}"
    );
    page.click("review-undo")?;
    ensure!(
        signs(page)?.iter().all(String::is_empty),
        "{:?}",
        signs(page)?
    );
    let broken = folder.join("broken.json");
    fs::write(&broken, "{\"format\": \"something else\"}")?;
    page.choose_files_in("load-review", &[broken])?;
    page.wait_for_notice("no-review", ANSWER)?;
    page.choose_files_in("load-review", &[folder.join("downloads/pipit-review.json")])?;
    page.wait_until(
        "the answer is back",
        ANSWER,
        "[...document.querySelectorAll('[data-testid=\"review-sign\"]')]
            .some(sign => sign.textContent.trim() === '✗')",
    )?;
    page.click("review-undo")?;
    page.wait_until(
        "the loaded answers are gone again",
        ANSWER,
        "[...document.querySelectorAll('[data-testid=\"review-sign\"]')]
            .every(sign => sign.textContent.trim() === '')",
    )
}
