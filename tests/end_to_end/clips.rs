//! Detections as clips of sound, in a ZIP.

use std::borrow::Cow;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::Browsers;
use pipit_tests::page::Page;
use zip::ZipArchive;

use crate::results::download;
use crate::trial::{THRESHOLD, group, identified};

const LENGTH_S: f64 = 20.0;
const ANSWER: Duration = Duration::from_secs(30);
const FILE: &str = "SITE_20240512_051500.wav";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("clips", browsers);
    vec![
        test("are_the_sound_of_the_detections", sound_of_the_detections),
        test(
            "of_a_recording_that_is_gone_are_left_out",
            a_recording_is_gone,
        ),
    ]
}

fn sound_of_the_detections(page: &mut Page, folder: &Path) -> Result<()> {
    page.set_threshold(THRESHOLD)?;
    let found = identified(page, folder, FILE, LENGTH_S)?;
    ensure!(!found.detections.is_empty(), "a test of nothing");
    let mut zip = clips(page, folder)?;
    let names = wavs(&zip)?;
    ensure!(
        names.len() == found.detections.len(),
        "{} clips for {} detections",
        names.len(),
        found.detections.len()
    );
    for name in names {
        let wav = hound::WavReader::new(Cursor::new(read(&mut zip, &name)?))?;
        let length_s = f64::from(wav.duration()) / f64::from(wav.spec().sample_rate);
        ensure!(length_s > 5.9, "{name} has only {length_s} s");
        let peak = wav
            .into_samples::<i16>()
            .filter_map(Result::ok)
            .map(i16::unsigned_abs)
            .max();
        ensure!(peak > Some(300), "{name} is silent: {peak:?}");
    }
    Ok(())
}

/// The others' clips are there all the same, and the page counts those that are missing.
fn a_recording_is_gone(page: &mut Page, folder: &Path) -> Result<()> {
    page.set_threshold(THRESHOLD)?;
    let here = identified(page, folder, FILE, LENGTH_S)?.detections.len();
    let gone = identified(page, folder, "gone.wav", LENGTH_S)?
        .detections
        .len();
    ensure!(here > 0 && gone > 0, "a test of nothing");
    // The player may miss it too.
    page.tolerate("Failed to load resource");
    fs::remove_file(folder.join("gone.wav"))?;
    let mut zip = clips(page, folder)?;
    let names = wavs(&zip)?;
    ensure!(
        names.len() == here && names.iter().all(|name| !name.contains("gone")),
        "{names:?} for {here} detections"
    );
    let table = String::from_utf8(read(&mut zip, "clips.csv")?)?;
    ensure!(!table.contains("gone.wav"), "{table}");
    page.wait_for_notice("clips-left-out", ANSWER)?;
    let counted = format!("{gone} of {} clips missing", here + gone);
    let detail: String =
        page.evaluate("document.querySelector('[data-kind=\"clips-left-out\"] code').textContent")?;
    ensure!(
        detail.contains(&counted) && detail.contains("gone.wav: "),
        "{detail:?} does not say {counted:?}"
    );
    Ok(())
}

fn clips(page: &mut Page, folder: &Path) -> Result<ZipArchive<Cursor<Vec<u8>>>> {
    let zip = download(page, folder, "export-clips", "pipit-clips.zip")?;
    Ok(ZipArchive::new(Cursor::new(zip))?)
}

fn wavs(zip: &ZipArchive<Cursor<Vec<u8>>>) -> Result<Vec<String>> {
    let names: Vec<String> = zip
        .file_names()
        .map(|name| name.map(Cow::into_owned))
        .collect::<Result<_, _>>()?;
    let is_wav = |name: &String| Path::new(name).extension().is_some_and(|end| end == "wav");
    Ok(names.into_iter().filter(is_wav).collect())
}

fn read(zip: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    zip.by_name(name)
        .with_context(|| format!("no {name}"))?
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
