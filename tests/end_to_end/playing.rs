//! Hearing recordings: from where, how fast, how high, and which frequencies.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::{Encoding, Recipe};
use pipit_tests::browser::Browsers;
use pipit_tests::detection::Detection;
use pipit_tests::page::{Page, Sound};

use crate::trial::{RUN_TIMEOUT, THRESHOLD, group, identified, recording, whistles};

const ANSWER: Duration = Duration::from_secs(20);
/// How long "Why this bird?" may take.
const THINKING: Duration = Duration::from_mins(1);
/// Sound played before and after a detection.
const MARGIN_S: f64 = 0.5;
const SHORT: &str = "short.wav";
/// One window: whatever is detected in it lasts as long.
const SHORT_S: f64 = 5.0;
/// Some whistles reach higher than this as they were recorded, and none at half the speed.
const HIGH_HZ: f64 = 4500.0;

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("playing", browsers);
    vec![
        test("plays_and_pauses", plays_and_pauses),
        test("a_detection_is_played_alone", a_detection_is_played_alone),
        test(
            "a_loop_goes_on_past_the_recordings_end",
            a_loop_goes_on_past_the_recordings_end,
        ),
        test("slower_and_as_high_or_not", slower_and_as_high_or_not),
        test("only_what_is_shown_is_heard", only_what_is_shown_is_heard),
        test(
            "only_the_detections_frequencies_are_heard",
            only_the_detections_frequencies_are_heard,
        ),
        test(
            "what_the_browser_cannot_play_is_heard",
            what_the_browser_cannot_play_is_heard,
        ),
    ]
}

fn plays_and_pauses(page: &mut Page, folder: &Path) -> Result<()> {
    identified(page, folder, "whistles.wav", 12.0)?;
    page.listen()?;
    page.click("play-button")?;
    page.wait_for_sound("it plays", |sound| {
        !sound.is_paused && sound.position_s > 0.5
    })?;
    page.wait_until("the playhead moves along", ANSWER, &playhead("s > 0.5"))?;
    page.click("play-button")?;
    let paused = page.wait_for_sound("it pauses", |sound| sound.is_paused)?;
    page.click("play-button")?;
    let on = page.wait_for_sound("it plays on", |sound| {
        !sound.is_paused && sound.position_s > paused.position_s
    })?;
    ensure!(
        (on.from_s - paused.position_s).abs() < 0.1,
        "it paused at {} s and goes on at {} s",
        paused.position_s,
        on.from_s
    );
    Ok(())
}

fn a_detection_is_played_alone(page: &mut Page, folder: &Path) -> Result<()> {
    identified(page, folder, "whistles.wav", 20.0)?;
    page.listen()?;
    page.choose("rate", "2")?;
    let (n, detection) = detection_in_the_middle(page)?;
    page.click_nth("detection", n)?;
    let sound = page.wait_for_sound("a click plays it", |sound| !sound.is_paused)?;
    ensure!(
        (sound.from_s - (detection.start_s - MARGIN_S)).abs() < 0.05,
        "{detection:?} is played from {} s on",
        sound.from_s
    );
    page.wait_for_sound("it is heard", |sound| sound.position_s > detection.start_s)?;
    let end_s = detection.end_s + MARGIN_S;
    let sound = page.wait_for_sound("it stops by itself", |sound| sound.is_paused)?;
    ensure!(
        (end_s - 0.1..end_s + 1.0).contains(&sound.position_s),
        "{detection:?} is played until {} s",
        sound.position_s
    );
    Ok(())
}

/// A detection that neither begins nor ends with the recording, and its place in the list.
fn detection_in_the_middle(page: &mut Page) -> Result<(usize, Detection)> {
    for threshold in [THRESHOLD, 0.02, 0.05, 0.1, 0.2, 0.4] {
        page.set_threshold(threshold)?;
        let detections = page.recording("whistles.wav")?.detections;
        let place = detections
            .iter()
            .position(|found| found.start_s > 1.0 && found.end_s < 19.0);
        if let Some(n) = place {
            return Ok((n, detections[n].clone()));
        }
    }
    bail!("all detections begin or end with the recording: a test of nothing")
}

fn a_loop_goes_on_past_the_recordings_end(page: &mut Page, folder: &Path) -> Result<()> {
    short(page, folder)?;
    page.click("loops")?;
    page.choose("rate", "2")?;
    page.click("detection")?;
    let sound = page.wait_for_sound("it begins again after the end", |sound| {
        sound.n_starts >= 3 && !sound.is_paused && sound.position_s > 0.3
    })?;
    ensure!(sound.from_s < 0.01, "it begins at {} s", sound.from_s);
    ensure!(
        page.text("play-button")? == "Pause",
        "the button says {:?}",
        page.text("play-button")?
    );
    page.click("loops")?;
    page.wait_for_sound("it stops at the end", |sound| {
        sound.is_paused && sound.position_s > SHORT_S - 0.1
    })?;
    page.wait_until("the playhead is there", ANSWER, &playhead("s > 4.9"))?;
    page.click("play-button")?;
    let sound = page.wait_for_sound("it plays from the start", |sound| !sound.is_paused)?;
    ensure!(sound.from_s < 0.01, "it begins at {} s", sound.from_s);
    Ok(())
}

fn slower_and_as_high_or_not(page: &mut Page, folder: &Path) -> Result<()> {
    short(page, folder)?;
    // Filters let this sound through, and what goes through them can be measured.
    page.click("filters")?;
    page.choose("band", "song")?;
    page.choose("rate", "0.5")?;
    page.click("detection")?;
    let sound = page.wait_for_sound("it plays", playing_from_the_start)?;
    ensure!(
        (sound.rate - 0.5).abs() < 1e-9 && !sound.keeps_pitch,
        "{sound:?}"
    );
    let lower_db = page.loudest_db(HIGH_HZ, 4.0)?;
    page.click("keeps-pitch")?;
    page.click("detection")?;
    let sound = page.wait_for_sound("it plays again", |sound| {
        playing_from_the_start(sound) && sound.keeps_pitch
    })?;
    ensure!((sound.rate - 0.5).abs() < 1e-9, "{sound:?}");
    let as_high_db = page.loudest_db(HIGH_HZ, 4.0)?;
    ensure!(
        as_high_db > lower_db + 20.0,
        "high whistles have {as_high_db} dB with their pitch and {lower_db} dB without"
    );
    page.click("detection")?;
    page.wait_for_sound("it plays once more", playing_from_the_start)?;
    let pace = page.pace(2.0)?;
    ensure!((0.3..0.7).contains(&pace), "half the speed is {pace}");
    Ok(())
}

fn only_what_is_shown_is_heard(page: &mut Page, folder: &Path) -> Result<()> {
    short(page, folder)?;
    page.click("filters")?;
    let mut heard_db = |band: &str| {
        page.choose("band", band)?;
        page.click("detection")?;
        page.wait_for_sound("it plays", playing_from_the_start)?;
        page.loudest_db(HIGH_HZ, 4.0)
    };
    let (song_db, low_db) = (heard_db("song")?, heard_db("low")?);
    ensure!(
        low_db < song_db - 8.0,
        "high whistles have {song_db} dB while they are shown and {low_db} dB while they are not"
    );
    Ok(())
}

fn only_the_detections_frequencies_are_heard(page: &mut Page, folder: &Path) -> Result<()> {
    short(page, folder)?;
    page.click("detection")?;
    page.click("isolates")?;
    page.wait_until(
        "the page says how its frequencies are to be had",
        ANSWER,
        "document.querySelector('[data-testid=\"why\"]').textContent.includes('Why this bird?')",
    )?;
    ensure!(
        page.filters_hz()?.is_empty(),
        "all frequencies are shown, and not all are heard"
    );
    page.choose("band", "song")?;
    heard_between(page, 2000.0, 9000.0)?;
    let (low_khz, high_khz) = frequencies_of_a_detection(page)?;
    heard_between(page, low_khz * 1000.0, high_khz * 1000.0)?;
    page.click("isolates")?;
    page.click("filters")?;
    heard_between(page, 2000.0, 9000.0)
}

/// Chooses detections until "Why this bird?" tells the frequencies of one.
fn frequencies_of_a_detection(page: &mut Page) -> Result<(f64, f64)> {
    let n_detections = page.recording(SHORT)?.detections.len();
    for n in 0..n_detections.min(4) {
        page.click_nth("detection", n)?;
        page.click("why-button")?;
        page.wait_until(
            "the page says where the evidence lies",
            THINKING,
            "/between [0-9.]+ and [0-9.]+ kHz|No single part/
                .test(document.querySelector('[data-testid=\"why\"]').textContent)",
        )?;
        let band: Option<(f64, f64)> = page.evaluate(
            "document.querySelector('[data-testid=\"why\"]').textContent
                .match(/between ([0-9.]+) and ([0-9.]+) kHz/)?.slice(1).map(Number) ?? null",
        )?;
        if let Some(band) = band {
            return Ok(band);
        }
    }
    bail!("no detection has frequencies of its own: a test of nothing")
}

/// Checks the filters' edges; the page writes them with a digit behind the point.
fn heard_between(page: &mut Page, low_hz: f64, high_hz: f64) -> Result<()> {
    page.wait_until(
        &format!("{low_hz} to {high_hz} Hz are heard"),
        ANSWER,
        &format!(
            "(() => {{
                const edges = heard.filters.map((filter) => filter.frequency.value);
                return edges.length === 2
                    && Math.abs(edges[0] - {low_hz}) < 51 && Math.abs(edges[1] - {high_hz}) < 51;
            }})()"
        ),
    )
    .with_context(|| format!("edges of filters: {:?}", page.filters_hz()))
}

/// AIFF: Chromium plays none, and its decoder is the worker's. Longer than the piece that the worker
/// decodes at a time.
fn what_the_browser_cannot_play_is_heard(page: &mut Page, folder: &Path) -> Result<()> {
    const TAPE: &str = "tape.aiff";
    let tape = Recipe {
        length_s: 65.0,
        rate_hz: 8000,
        encoding: Encoding::Aiff,
        ..Recipe::default()
    };
    page.set_threshold(THRESHOLD)?;
    page.listen()?;
    page.drop_files(&[recording(folder, TAPE, tape)?])?;
    page.wait_for_state(TAPE, &["done"], RUN_TIMEOUT)?;
    page.click("play-button")?;
    page.wait_for_sound("it plays", |sound| {
        !sound.is_paused && sound.position_s > 0.3
    })?;
    page.choose("rate", "2")?;
    page.set_value("seek", "58")?;
    page.wait_until("it goes on after a minute", ANSWER, &playhead("s > 61"))?;
    page.wait_until("it comes to its end", ANSWER, &playhead("s > 64.9"))?;
    page.wait_for_sound("it stops there", |sound| sound.is_paused)?;
    page.click("detection")?;
    page.wait_until(
        "a detection is played",
        ANSWER,
        &playhead("s > 0.5 && s < 60"),
    )?;
    page.wait_for_sound("it is heard", |sound| !sound.is_paused)?;
    ensure!(page.notices()?.is_empty(), "{:?}", page.notices()?);
    Ok(())
}

/// Shows a recording of one window and the controls of playing, and listens.
fn short(page: &mut Page, folder: &Path) -> Result<()> {
    page.set_threshold(THRESHOLD)?;
    let file = recording(folder, SHORT, whistles(SHORT_S))?;
    page.drop_files(&[file])?;
    let found = page.wait_for_state(SHORT, &["done"], RUN_TIMEOUT)?;
    ensure!(!found.detections.is_empty(), "nothing is detected");
    let is_open: bool =
        page.evaluate("document.querySelector('[data-testid=\"display-controls\"]').open = true")?;
    ensure!(is_open, "the controls do not open");
    page.listen()
}

fn playing_from_the_start(sound: &Sound) -> bool {
    !sound.is_paused && sound.from_s < 0.01 && sound.position_s < 1.0
}

/// A condition on the time that the playhead stands at.
fn playhead(condition: &str) -> String {
    format!(
        "(() => {{
            const s = Number(document.querySelector('[data-testid=\"playhead\"]').dataset.positionS);
            return {condition};
        }})()"
    )
}
