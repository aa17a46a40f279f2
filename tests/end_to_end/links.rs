//! Links that carry settings.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::Browsers;
use pipit_tests::page::Page;

use crate::trial::{
    RUN_TIMEOUT, THRESHOLD, group, identified, model_is_loaded, recording, whistles,
};

const ANSWER: Duration = Duration::from_secs(30);
const FILE: &str = "whistles.wav";
const LENGTH_S: f64 = 20.0;

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("links", browsers);
    vec![
        test("a_link_sets_what_it_says", a_link_sets_what_it_says),
        test("the_address_follows_the_controls", the_address_follows),
    ]
}

fn address(page: &mut Page) -> Result<String> {
    page.evaluate("location.origin + location.pathname")
}

fn value(page: &mut Page, test_id: &str) -> Result<String> {
    page.evaluate(&format!(
        "document.querySelector('[data-testid=\"{test_id}\"]').value"
    ))
}

fn a_link_sets_what_it_says(page: &mut Page, folder: &Path) -> Result<()> {
    // What there is to be found, so that the link asks for a part of it.
    page.set_threshold(THRESHOLD)?;
    let all = identified(page, folder, FILE, LENGTH_S)?.detections;
    let codes: BTreeSet<&str> = all.iter().map(|d| d.code.as_str()).collect();
    ensure!(codes.len() >= 2, "only {codes:?}: a test of nothing");
    let strongest = all
        .iter()
        .max_by(|a, b| a.confidence.total_cmp(&b.confidence));
    let wanted = strongest.context("something is detected")?;
    // As short as the page itself writes it.
    let threshold = (wanted.confidence * 500.0).round() / 1000.0;

    let link = format!(
        "{}?colours=grey&brightness=0.5&band=song&rate=0.5&threshold={threshold}&include={}",
        address(page)?,
        wanted.code
    );
    page.go_to(&link)?;
    let file = recording(folder, FILE, whistles(LENGTH_S))?;
    page.drop_files(&[file])?;
    let shown = page
        .wait_for_state(FILE, &["done"], RUN_TIMEOUT)?
        .detections;
    ensure!(
        !shown.is_empty()
            && shown
                .iter()
                .all(|d| d.code == wanted.code && d.confidence >= threshold - 1e-3),
        "with {link} the page shows {shown:?}"
    );
    page.wait_until(
        "the picture is grey and shows a part of the frequencies",
        ANSWER,
        "(() => {
            const canvas = document.querySelector('[data-testid=\"spectrogram\"]');
            if (!canvas?.width) return false;
            const { data } = canvas.getContext('2d')
                .getImageData(0, 0, canvas.width, canvas.height);
            for (let i = 0; i < data.length; i += 4)
                if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
            const ticks = [...document.querySelectorAll('.frequency-axis .tick')]
                .map(tick => Number(tick.textContent));
            return ticks.length > 0 && Math.min(...ticks) >= 2 && Math.max(...ticks) <= 9;
        })()",
    )?;
    for (test_id, expected) in [
        ("colours", "grey"),
        ("band", "song"),
        ("brightness", "0.5"),
        ("rate", "0.5"),
    ] {
        let value = value(page, test_id)?;
        ensure!(value == expected, "{test_id} stands at {value:?}");
    }
    let query: String = page.evaluate("location.href")?;
    ensure!(query == link, "{link} has become {query}");
    Ok(())
}

fn the_address_follows(page: &mut Page, _: &Path) -> Result<()> {
    const TICKS: [(&str, &str); 3] = [
        ("keeps-pitch", "pitch=kept"),
        ("loops", "repeat=on"),
        ("filters", "hear=shown"),
    ];
    for (test_id, set, parameter) in [
        ("brightness", "0.25", "brightness=0.25"),
        ("contrast", "-0.5", "contrast=-0.5"),
        ("band", "low", "band=low"),
        ("rate", "2", "rate=2"),
        ("merge-gap", "3", "merge_gap_s=3"),
    ] {
        page.set_value(test_id, set)?;
        the_address_says(page, parameter)?;
    }
    unfold_display(page)?;
    for (test_id, parameter) in TICKS {
        page.click(test_id)?;
        the_address_says(page, parameter)?;
    }
    let with_settings: String = page.evaluate("location.href")?;
    page.go_to(&with_settings)?;
    for (test_id, expected) in [
        ("brightness", "0.25"),
        ("contrast", "-0.5"),
        ("band", "low"),
        ("rate", "2"),
        ("merge-gap", "3"),
    ] {
        let value = value(page, test_id)?;
        ensure!(value == expected, "{test_id} is back at {value:?}");
    }
    for (test_id, _) in TICKS {
        let is_ticked = format!("document.querySelector('[data-testid=\"{test_id}\"]').checked");
        ensure!(
            page.evaluate::<bool>(&is_ticked)?,
            "{test_id} is no longer ticked"
        );
    }
    // As it was recorded: nothing that a link need say.
    page.choose("rate", "1")?;
    unfold_display(page)?;
    for (test_id, _) in TICKS {
        page.click(test_id)?;
    }
    page.wait_until(
        "the address says nothing of listening",
        ANSWER,
        "!/rate|pitch|repeat|hear/.test(location.search)",
    )
}

fn the_address_says(page: &mut Page, parameter: &str) -> Result<()> {
    page.wait_until(
        &format!("the address says {parameter}"),
        ANSWER,
        &format!("location.search.slice(1).split('&').includes('{parameter}')"),
    )
}

/// Opens how spectrograms look and recordings sound, so that it can be clicked.
fn unfold_display(page: &mut Page) -> Result<()> {
    model_is_loaded(page)?;
    let is_open: bool =
        page.evaluate("document.querySelector('[data-testid=\"display-controls\"]').open = true")?;
    ensure!(is_open, "the controls do not open");
    Ok(())
}
