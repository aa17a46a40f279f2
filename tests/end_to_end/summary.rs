//! All recordings together: a folder that is chosen, its species by the hour, and their number.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::Browsers;
use pipit_tests::page::Page;
use serde::Deserialize;

use crate::trial::{RUN_TIMEOUT, THRESHOLD, group, recording, whistles};

const ANSWER: Duration = Duration::from_secs(30);
/// What the recorder called its files, and the hours in which they begin.
const FILES: [(&str, usize); 3] = [
    ("20240512_051500.wav", 5),
    ("20240512_181500.wav", 18),
    ("20240513_050000.wav", 5),
];

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("summary", browsers);
    vec![
        test("a_folder_is_summed_up", a_folder_is_summed_up),
        test("one_recording_needs_no_summary", one_recording),
    ]
}

/// A row of the table.
#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    total: usize,
    recordings: usize,
    by_hour: Vec<usize>,
}

fn a_folder_is_summed_up(page: &mut Page, folder: &Path) -> Result<()> {
    let card = folder.join("card");
    fs::create_dir_all(&card)?;
    for (n, (name, _)) in FILES.into_iter().enumerate() {
        recording(&card, name, whistles(6.0 + 5.0 * n as f64))?;
    }
    fs::write(card.join("CONFIG.TXT"), "sensitivity: high")?;
    page.set_threshold(THRESHOLD)?;
    page.choose_files_in("folder-input", &[card])?;
    page.wait_for_notice("others-left-out", ANSWER)?;
    let mut expected: BTreeMap<String, [usize; 24]> = BTreeMap::new();
    let mut curve = Vec::new();
    for (name, hour) in FILES {
        let found = page.wait_for_state(&format!("card/{name}"), &["done"], RUN_TIMEOUT)?;
        ensure!(!found.detections.is_empty(), "nothing in {name}");
        for detection in found.detections {
            expected.entry(detection.code).or_insert([0; 24])[hour] += 1;
        }
        curve.push(expected.len());
    }
    page.wait_until(
        "all three are summed up",
        ANSWER,
        "document.querySelector('[data-testid=\"summary\"] summary')?.textContent.includes('All 3 ')",
    )?;
    let rows: Vec<Row> = page.evaluate(
        "[...document.querySelectorAll('[data-testid=\"summary\"] tbody tr')].map(row => ({
            name: row.querySelector('th').textContent.trim(),
            total: Number(row.cells[1].textContent),
            recordings: Number(row.cells[2].textContent),
            by_hour: [...row.querySelectorAll('.hour')].map(cell => Number(cell.textContent)),
        }))",
    )?;
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    ensure!(
        names.len() == rows.len() && !names.contains(""),
        "species have {names:?}"
    );
    // Species stand there by their names, so that rows are told apart by their numbers.
    let mut shown: Vec<&Vec<usize>> = rows.iter().map(|row| &row.by_hour).collect();
    let mut wanted: Vec<Vec<usize>> = expected.values().map(|hours| hours.to_vec()).collect();
    shown.sort();
    wanted.sort();
    ensure!(
        shown.iter().copied().eq(&wanted),
        "{shown:?}, not {wanted:?}"
    );
    for row in &rows {
        ensure!(
            row.total == row.by_hour.iter().sum::<usize>()
                && (1..=FILES.len()).contains(&row.recordings),
            "{row:?}"
        );
    }
    curve_shows(page, &curve)
}

/// The curve has a point for each recording, as high as its number of species.
fn curve_shows(page: &mut Page, n_species: &[usize]) -> Result<()> {
    let (points, (width, height)): (Vec<(f64, f64)>, (f64, f64)) = page.evaluate(
        "(() => {
            const svg = document.querySelector('[data-testid=\"summary\"] .curve svg');
            const points = [...svg.querySelector('polyline').points].map(({ x, y }) => [x, y]);
            return [points, [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height]];
        })()",
    )?;
    let n = n_species.len();
    let most = n_species[n - 1] as f64;
    let expected: Vec<(f64, f64)> = (0..=n)
        .map(|i| {
            let species = if i == 0 { 0 } else { n_species[i - 1] };
            (
                width * i as f64 / n as f64,
                height * (1.0 - species as f64 / most),
            )
        })
        .collect();
    let is_near =
        |(a, b): (&(f64, f64), &(f64, f64))| (a.0 - b.0).abs() < 0.1 && (a.1 - b.1).abs() < 0.1;
    ensure!(
        points.len() == expected.len() && points.iter().zip(&expected).all(is_near),
        "{points:?}, not {expected:?}"
    );
    let words: String = page.evaluate(
        "document.querySelector('[data-testid=\"summary\"] .curve figcaption').textContent",
    )?;
    ensure!(
        words.starts_with(&format!("{most} species after {n} ")),
        "the curve comes to {words:?}"
    );
    Ok(())
}

fn one_recording(page: &mut Page, folder: &Path) -> Result<()> {
    let (name, _) = FILES[0];
    let file = recording(folder, name, whistles(6.0))?;
    page.set_threshold(THRESHOLD)?;
    page.drop_files(&[file])?;
    page.wait_for_state(name, &["done"], RUN_TIMEOUT)?;
    let is_shown: bool =
        page.evaluate("document.querySelector('[data-testid=\"summary\"]') !== null")?;
    ensure!(!is_shown, "one recording is summed up");
    Ok(())
}
