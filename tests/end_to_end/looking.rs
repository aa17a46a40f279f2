//! The spectrogram: zooming, moving, colours, and recordings of hours.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::{Encoding, Recipe};
use pipit_tests::browser::Browsers;
use pipit_tests::page::Page;

use crate::trial::{COLOURS, RUN_TIMEOUT, THRESHOLD, group, identified, recording};

/// How long the page may take to answer a hand.
const ANSWER: Duration = Duration::from_secs(15);

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("looking", browsers);
    vec![
        test("wheel_zooms_at_the_pointer", wheel_zooms_at_the_pointer),
        test("dragging_and_the_strip_move", dragging_and_the_strip_move),
        test(
            "the_strip_shows_what_was_kept_or_folded",
            the_strip_shows_what_was_kept_or_folded,
        ),
        test("colours_and_frequencies", colours_and_frequencies),
        test("brightness_and_contrast", brightness_and_contrast),
        test(
            "boxes_are_where_detections_are",
            boxes_are_where_detections_are,
        ),
        test(
            "a_length_that_no_header_tells",
            a_length_that_no_header_tells,
        ),
        test("times_of_the_clock", times_of_the_clock),
        test("why_this_bird", why_this_bird),
        test("three_hours", three_hours),
    ]
}

/// A recorder that was switched off, or a program that wrote into a pipe, has not entered the length.
fn a_length_that_no_header_tells(page: &mut Page, folder: &Path) -> Result<()> {
    let recipe = Recipe {
        length_s: 12.0,
        ..Recipe::default()
    };
    let file = recording(folder, "piped.wav", recipe)?;
    let mut bytes = fs::read(&file)?;
    let data = bytes.windows(4).position(|bytes| bytes == b"data");
    let data = data.context("a WAV has data")?;
    for length in [4, data + 4] {
        bytes[length..length + 4].fill(0xFF);
    }
    fs::write(&file, bytes)?;
    page.drop_files(&[file])?;
    page.wait_for_state("piped.wav", &["done"], RUN_TIMEOUT)?;
    wait_for_sight(
        page,
        "all of it is in sight",
        "start === 0 && Math.abs(span - 12) < 0.1",
    )
}

/// What is in sight: start and length in seconds.
fn sight(page: &mut Page) -> Result<(f64, f64)> {
    page.evaluate(
        "(() => {
            const { startS, spanS } = document.querySelector('[data-testid=\"spectrogram\"]').dataset;
            return [Number(startS), Number(spanS)];
        })()",
    )
}

fn wait_for_sight(page: &mut Page, what: &str, condition: &str) -> Result<()> {
    page.wait_until(
        what,
        ANSWER,
        &format!(
            "(() => {{
                const canvas = document.querySelector('[data-testid=\"spectrogram\"]');
                if (!canvas) return false;
                const start = Number(canvas.dataset.startS), span = Number(canvas.dataset.spanS);
                return {condition};
            }})()"
        ),
    )
}

fn whistles(page: &mut Page, folder: &Path) -> Result<()> {
    identified(page, folder, "whistles.wav", 20.0)?;
    wait_for_sight(
        page,
        "all of it is shown",
        "start === 0 && Math.abs(span - 20) < 0.01",
    )
}

fn wheel_zooms_at_the_pointer(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    let coarse: Vec<u32> = page.evaluate(COLOURS)?;
    page.turn_wheel("spectrogram", 0.25, -400.0)?;
    wait_for_sight(page, "the wheel zooms in", "span < 10")?;
    let (start_s, span_s) = sight(page)?;
    let pointer_s = start_s + 0.25 * span_s;
    ensure!(
        (pointer_s - 5.0).abs() < 0.2,
        "{pointer_s} s is under the pointer, not 5 s"
    );
    // Finer pieces come from the worker and replace the overview.
    page.wait_until(
        "the close view is painted",
        ANSWER,
        &format!("{COLOURS}.length >= 32"),
    )?;
    ensure!(coarse.len() >= 32, "only {} colours", coarse.len());
    page.turn_wheel("spectrogram", 0.5, 5000.0)?;
    wait_for_sight(page, "the wheel zooms out", "start === 0 && span > 19.9")
}

fn dragging_and_the_strip_move(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.turn_wheel("spectrogram", 0.0, -500.0)?;
    wait_for_sight(page, "the wheel zooms in", "start === 0 && span < 5")?;
    let (_, span_s) = sight(page)?;
    page.drag("spectrogram", 0.8, 0.3)?;
    wait_for_sight(
        page,
        "dragging moves",
        &format!("Math.abs(start - {}) < 0.2", span_s / 2.0),
    )?;
    page.click_at("minimap", 0.75)?;
    wait_for_sight(
        page,
        "the strip leads there",
        "Math.abs(start + span / 2 - 15) < 0.3",
    )
}

/// Neither a recording of an earlier visit nor one behind a folded card has an overview.
fn the_strip_shows_what_was_kept_or_folded(page: &mut Page, folder: &Path) -> Result<()> {
    const NAMES: [&str; 4] = ["one.wav", "two.wav", "three.wav", "four.wav"];
    let strips_are_painted = |n: usize| {
        format!(
            "(() => {{
                const strips = [...document.querySelectorAll('[data-testid=\"minimap\"] canvas')];
                return strips.length === {n} && strips.every(canvas => {{
                    const {{ data }} = canvas.getContext('2d')
                        .getImageData(0, 0, canvas.width, canvas.height);
                    return new Set(new Uint32Array(data.buffer)).size >= 32;
                }});
            }})()"
        )
    };
    let files = NAMES
        .iter()
        .map(|name| recording(folder, name, crate::trial::whistles(12.0)))
        .collect::<Result<Vec<_>>>()?;
    page.drop_files(&files)?;
    for name in NAMES {
        page.wait_for_state(name, &["done"], RUN_TIMEOUT)?;
    }
    page.wait_until("three strips are painted", ANSWER, &strips_are_painted(3))?;
    page.evaluate::<bool>(
        "([...document.querySelectorAll('[data-testid=\"fold-button\"]')].at(-1).click(), true)",
    )?;
    page.wait_until("the fourth one is, too", ANSWER, &strips_are_painted(4))?;

    let address: String = page.evaluate("location.href")?;
    page.go_to(&address)?;
    page.drop_files(&files[..3])?;
    page.wait_until(
        "all three are kept from the last visit",
        RUN_TIMEOUT,
        "(document.body.innerText.match(/kept from an earlier visit/g) ?? []).length === 3",
    )?;
    page.wait_until("their strips are painted", ANSWER, &strips_are_painted(3))
}

fn colours_and_frequencies(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.evaluate::<()>("document.querySelector('[data-testid=\"display-controls\"]').open = true")
        .unwrap_or(());
    let grey = "(() => {
        const canvas = document.querySelector('[data-testid=\"spectrogram\"]');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        for (let i = 0; i < data.length; i += 4)
            if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
        return true;
    })()";
    ensure!(!page.evaluate::<bool>(grey)?, "viridis is grey");
    page.choose("colours", "grey")?;
    page.wait_until("the picture is grey", ANSWER, grey)?;
    page.choose("colours", "magma")?;
    page.wait_until(
        "the quietest is magma's black, and nothing is viridis' violet",
        ANSWER,
        "(() => {
            const canvas = document.querySelector('[data-testid=\"spectrogram\"]');
            const { data } = canvas.getContext('2d')
                .getImageData(0, 0, canvas.width, canvas.height);
            const colours = new Set();
            for (let i = 0; i < data.length; i += 4)
                colours.add([...data.slice(i, i + 3)].join());
            return colours.has('0,0,4') && !colours.has('68,1,84') && colours.size >= 32;
        })()",
    )?;
    let height = "document.querySelector('[data-testid=\"spectrogram\"]').height";
    let all: u32 = page.evaluate(height)?;
    page.choose("band", "song")?;
    page.wait_until(
        "fewer bands are shown",
        ANSWER,
        &format!("{height} < {all}"),
    )
}

/// Mean of all colours, and the part of the pixels that are of the first or last one of viridis.
const LIGHT_AND_EXTREMES: &str = "(() => {
    const canvas = document.querySelector('[data-testid=\"spectrogram\"]');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let light = 0, extremes = 0;
    for (let i = 0; i < data.length; i += 4) {
        light += data[i] + data[i + 1] + data[i + 2];
        extremes += ['68,1,84', '253,231,37'].includes([...data.slice(i, i + 3)].join());
    }
    return [light / data.length, 4 * extremes / data.length];
})()";

fn brightness_and_contrast(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.wait_until(
        "the picture is painted",
        ANSWER,
        &format!("{COLOURS}.length >= 32"),
    )?;
    let (light, extremes): (f64, f64) = page.evaluate(LIGHT_AND_EXTREMES)?;
    for (test_id, value, condition) in [
        ("brightness", "0.5", format!("now[0] > {light} + 5")),
        ("brightness", "-0.5", format!("now[0] < {light} - 5")),
        (
            "brightness",
            "0",
            format!("Math.abs(now[0] - {light}) < 0.01"),
        ),
        ("contrast", "1", format!("now[1] > {extremes} + 0.1")),
        ("contrast", "-1", format!("now[1] < {extremes}")),
        (
            "contrast",
            "0",
            format!("Math.abs(now[1] - {extremes}) < 0.001"),
        ),
    ] {
        page.set_value(test_id, value)?;
        page.wait_until(
            &format!("{test_id} {value} is seen"),
            ANSWER,
            &format!("(now => {condition})({LIGHT_AND_EXTREMES})"),
        )?;
    }
    Ok(())
}

/// A recorder wrote into its file's name when it began: ten seconds before midnight.
fn times_of_the_clock(page: &mut Page, folder: &Path) -> Result<()> {
    const FILE: &str = "20240521_235950.WAV";
    page.set_threshold(THRESHOLD)?;
    let found = identified(page, folder, FILE, 20.0)?;
    ensure!(!found.detections.is_empty(), "nothing is detected");
    page.wait_until(
        "times count from the start",
        ANSWER,
        "document.querySelector('[data-testid=\"time-axis\"]').textContent.startsWith('0:00')",
    )?;
    page.choose("time-scale", "clock")?;
    page.wait_until(
        "the axis shows the clock, and the new day",
        ANSWER,
        "(() => {
            const ticks = [...document.querySelectorAll('[data-testid=\"time-axis\"] .tick')];
            const days = ticks.filter(tick => tick.classList.contains('new-day'));
            return ticks[0]?.textContent === '23:59:50'
                && days.length === 1 && days[0].textContent === '2024-05-22';
        })()",
    )?;
    let words = page.text("detection")?;
    ensure!(
        words.starts_with("23:59:5") || words.starts_with("00:00:"),
        "the list says {words:?}"
    );
    let query: String = page.evaluate("location.search")?;
    ensure!(query.contains("time=clock"), "the address has {query:?}");
    page.choose("time-scale", "elapsed")?;
    page.wait_until(
        "times count from the start again",
        ANSWER,
        "document.querySelector('[data-testid=\"time-axis\"]').textContent.startsWith('0:00')",
    )
}

fn boxes_are_where_detections_are(page: &mut Page, folder: &Path) -> Result<()> {
    page.set_threshold(THRESHOLD)?;
    whistles(page, folder)?;
    let misplaced: Vec<String> = page.evaluate(
        "(() => {
            const canvas = document.querySelector('[data-testid=\"spectrogram\"]');
            const frame = canvas.getBoundingClientRect();
            const boxes = [...document.querySelectorAll('[data-testid=\"box\"]')]
                .map(box => box.getBoundingClientRect());
            const rows = [...document.querySelectorAll('[data-testid=\"detection\"]')];
            const x = time => frame.x + Number(time) / 20 * frame.width;
            return rows.filter(({ dataset }) => !boxes.some(box =>
                    Math.abs(box.left - x(dataset.startS)) < 2
                    && Math.abs(box.right - x(dataset.endS)) < 2))
                .map(row => row.innerText);
        })()",
    )?;
    ensure!(misplaced.is_empty(), "no box for {misplaced:?}");
    let n_boxes: usize =
        page.evaluate("document.querySelectorAll('[data-testid=\"box\"]').length")?;
    ensure!(n_boxes > 0, "nothing is detected");
    Ok(())
}

fn why_this_bird(page: &mut Page, folder: &Path) -> Result<()> {
    page.set_threshold(THRESHOLD)?;
    whistles(page, folder)?;
    page.click("detection")?;
    page.click("why-button")?;
    page.wait_until(
        "the page says where the evidence lies",
        Duration::from_mins(1),
        "/between [0-9.]+ and [0-9.]+ kHz|No single part/
            .test(document.querySelector('[data-testid=\"why\"]').textContent)",
    )?;
    let strengths: Vec<u8> = page.evaluate(
        "(() => {
            const canvas = document.querySelector('[data-testid=\"evidence\"]');
            const data = canvas.getContext('2d')
                .getImageData(0, 0, canvas.width, canvas.height).data;
            return [...data].filter((_, i) => i % 4 === 3);
        })()",
    )?;
    ensure!(
        strengths.len() == 80 && strengths.iter().min() != strengths.iter().max(),
        "the evidence is the same everywhere: {strengths:?}"
    );
    Ok(())
}

/// Its samples would take 1.4 GB decoded as a whole at the model's rate.
fn three_hours(page: &mut Page, folder: &Path) -> Result<()> {
    let file = recording(
        folder,
        "night.wav",
        Recipe {
            length_s: 3.0 * 3600.0,
            rate_hz: 8000,
            encoding: Encoding::WavU8,
            ..Recipe::default()
        },
    )?;
    page.drop_files(&[file])?;
    page.wait_for_state("night.wav", &["running"], RUN_TIMEOUT)?;
    wait_for_sight(
        page,
        "the first minute is shown",
        "start === 0 && span === 60",
    )?;
    page.wait_until(
        "it is being identified",
        RUN_TIMEOUT,
        "document.querySelector('[data-testid=\"progress\"]')?.value > 10",
    )?;
    // The end can be looked at long before it is identified.
    page.click_at("minimap", 0.9999)?;
    wait_for_sight(page, "the end is in sight", "start + span > 10799")?;
    page.wait_until(
        "the end is painted",
        ANSWER,
        &format!("{COLOURS}.length >= 32"),
    )?;
    page.click("cancel-button")?;
    page.wait_for_state("night.wav", &["cancelled"], Duration::from_secs(10))?;
    Ok(())
}
