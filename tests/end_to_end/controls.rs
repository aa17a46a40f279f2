//! What a person can do on the page besides dropping one file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::Recipe;
use pipit_tests::browser::Browsers;
use pipit_tests::detection::Detection;
use pipit_tests::page::Page;

use crate::trial::{
    RUN_TIMEOUT, THRESHOLD, agrees_with_command_line, file_name, group, identified, recording,
    whistles,
};

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("controls", browsers);
    vec![
        test("two_files_at_once", two_files_at_once),
        test("chosen_file", chosen_file),
        test("example", example),
        test("cancel", cancel),
        test("results_appear_while_it_runs", results_appear_while_it_runs),
        test("threshold_answers_at_once", threshold_answers_at_once),
        test("thresholds_can_be_taken_back", thresholds_can_be_taken_back),
        test("gaps_are_closed_at_once", gaps_are_closed_at_once),
        test("spectrogram_shows_the_sound", spectrogram_shows_the_sound),
    ]
}

fn two_files_at_once(page: &mut Page, folder: &Path) -> Result<()> {
    let one = recording(folder, "one.wav", Recipe::default())?;
    let two = recording(
        folder,
        "two.wav",
        Recipe {
            length_s: 7.0,
            channels: 2,
            ..Recipe::default()
        },
    )?;
    page.drop_files(&[one.clone(), two.clone()])?;
    for file in [one, two] {
        page.wait_for_state(&file_name(&file), &["done"], RUN_TIMEOUT)?;
        agrees_with_command_line(page, &file, 1e-3)?;
    }
    ensure!(
        page.recordings()?.len() == 2,
        "two recordings have two cards"
    );
    Ok(())
}

fn chosen_file(page: &mut Page, folder: &Path) -> Result<()> {
    let file = recording(folder, "chosen.wav", whistles(5.0))?;
    page.choose_files(std::slice::from_ref(&file))?;
    page.wait_for_state("chosen.wav", &["done"], RUN_TIMEOUT)?;
    agrees_with_command_line(page, &file, 1e-3)?;
    Ok(())
}

fn example(page: &mut Page, _: &Path) -> Result<()> {
    page.click("example-button")?;
    page.wait_until(
        "the example is a recording",
        RUN_TIMEOUT,
        "document.querySelector('[data-testid=\"recording\"]') !== null",
    )?;
    let name = page.recordings()?.remove(0).name;
    let found = page.wait_for_state(&name, &["done"], RUN_TIMEOUT)?;
    // Whoever tries it is to see a bird without touching anything.
    ensure!(
        !found.detections.is_empty(),
        "nothing in the example reaches the model's own threshold"
    );
    let words: String = page.evaluate("document.body.innerText")?;
    ensure!(
        words.to_lowercase().contains("synthes"),
        "the page does not say that the example is synthesised"
    );
    Ok(())
}

fn cancel(page: &mut Page, folder: &Path) -> Result<()> {
    let long = recording(folder, "long.wav", long_recipe())?;
    page.drop_files(&[long])?;
    page.wait_for_state("long.wav", &["running"], RUN_TIMEOUT)?;
    page.wait_until(
        "the progress bar moves",
        RUN_TIMEOUT,
        "document.querySelector('[data-testid=\"progress\"]')?.position > 0",
    )?;
    let clicked = Instant::now();
    page.click("cancel-button")?;
    page.wait_for_state("long.wav", &["cancelled"], Duration::from_secs(10))?;
    ensure!(
        clicked.elapsed() < Duration::from_secs(10),
        "cancelling took too long"
    );
    // The worker must be free again, not busy with what nobody wants any more.
    let next = recording(folder, "next.wav", whistles(5.0))?;
    page.drop_files(&[next])?;
    page.wait_for_state("next.wav", &["done"], Duration::from_secs(30))?;
    ensure!(
        page.recording("long.wav")?.state == "cancelled",
        "a cancelled run went on"
    );
    Ok(())
}

fn results_appear_while_it_runs(page: &mut Page, folder: &Path) -> Result<()> {
    let long = recording(folder, "long.wav", long_recipe())?;
    page.set_threshold(THRESHOLD)?;
    page.drop_files(&[long])?;
    page.wait_for_state("long.wav", &["running"], RUN_TIMEOUT)?;
    // The longest time without a frame, from now on.
    let () = page
        .evaluate(
            "(() => {
            let last = performance.now();
            window.longestFrame = 0;
            const frame = () => {
                const now = performance.now();
                window.longestFrame = Math.max(window.longestFrame, now - last);
                last = now;
                requestAnimationFrame(frame);
            };
            requestAnimationFrame(frame);
        })()",
        )
        .unwrap_or(());
    let deadline = Instant::now() + RUN_TIMEOUT;
    loop {
        let recording = page.wait_for_state("long.wav", &["running"], RUN_TIMEOUT)?;
        if recording.detections.len() >= 2 {
            break;
        }
        ensure!(Instant::now() < deadline, "nothing appears while it runs");
    }
    let frozen_ms: f64 = page.evaluate("window.longestFrame")?;
    ensure!(
        frozen_ms < 1000.0,
        "the page stood still for {frozen_ms} ms"
    );
    page.click("cancel-button")?;
    page.wait_for_state("long.wav", &["cancelled"], Duration::from_secs(10))?;
    Ok(())
}

fn threshold_answers_at_once(page: &mut Page, folder: &Path) -> Result<()> {
    identified(page, folder, "whistles.wav", 12.0)?;
    page.set_threshold(THRESHOLD)?;
    let many = page.recording("whistles.wav")?;
    page.set_threshold(0.99)?;
    let few = page.recording("whistles.wav")?;
    page.set_threshold(THRESHOLD)?;
    let again = page.recording("whistles.wav")?;
    // Read right after each move: a new run would first show none, and another state.
    ensure!(
        few.state == "done" && again.state == "done",
        "moving the slider starts a run"
    );
    ensure!(
        few.detections.len() < many.detections.len(),
        "{} detections at a high threshold, {} at a low one",
        few.detections.len(),
        many.detections.len()
    );
    ensure!(
        again.detections == many.detections,
        "the slider does not lead back"
    );
    ensure!(
        few.detections
            .iter()
            .all(|detection| detection.confidence >= 0.99),
        "detections below the threshold: {:?}",
        few.detections
    );
    Ok(())
}

fn thresholds_can_be_taken_back(page: &mut Page, folder: &Path) -> Result<()> {
    let own = |page: &mut Page| -> Result<Vec<f64>> {
        page.evaluate(
            "[...document.querySelectorAll('[data-testid=\"own-threshold\"]')]
                .map(input => Number(input.value))",
        )
    };
    let by_model = identified(page, folder, "whistles.wav", 12.0)?.detections;
    page.set_threshold(THRESHOLD)?;
    let many = page.recording("whistles.wav")?.detections;
    ensure!(!own(page)?.is_empty(), "no species: a test of nothing");
    // No species is so certain, so that its row goes with the input.
    page.set_value("own-threshold", "100")?;
    let few = page.recording("whistles.wav")?.detections;
    ensure!(few.len() < many.len(), "its own threshold does nothing");
    page.evaluate::<()>("document.querySelector('[data-testid=\"wishes\"]').open = true")
        .unwrap_or(());
    page.click("own-threshold-reset")?;
    ensure!(
        page.recording("whistles.wav")?.detections == many,
        "the species does not come back"
    );
    page.click("threshold-reset")?;
    ensure!(
        page.recording("whistles.wav")?.detections == by_model,
        "the model's threshold does not come back"
    );
    let query: String = page.evaluate("location.search")?;
    ensure!(!query.contains("threshold"), "the address has {query:?}");
    Ok(())
}

fn gaps_are_closed_at_once(page: &mut Page, folder: &Path) -> Result<()> {
    identified(page, folder, "whistles.wav", 60.0)?;
    page.set_value("merge-gap", "0")?;
    // A threshold that a species reaches in some windows, and not in others between them.
    let mut apart = Vec::new();
    for threshold in [0.01, 0.02, 0.03, 0.05, 0.08, 0.13, 0.2, 0.3, 0.5] {
        page.set_threshold(threshold)?;
        apart = page.recording("whistles.wav")?.detections;
        if apart.len() > species(&apart).len() {
            break;
        }
    }
    ensure!(
        apart.len() > species(&apart).len(),
        "no species comes and goes: a test of nothing"
    );
    page.set_value("merge-gap", "1000")?;
    let joined = page.recording("whistles.wav")?.detections;
    ensure!(
        joined.len() == species(&apart).len() && species(&joined) == species(&apart),
        "{apart:?} became {joined:?}"
    );
    for detection in &joined {
        let parts = apart.iter().filter(|part| part.code == detection.code);
        let end_s = parts.map(|part| part.end_s).fold(0.0, f64::max);
        ensure!(
            (detection.end_s - end_s).abs() < 1e-6,
            "{detection:?} does not reach {end_s} s"
        );
    }
    page.set_value("merge-gap", "0")?;
    ensure!(
        page.recording("whistles.wav")?.detections == apart,
        "the gaps do not come back"
    );
    Ok(())
}

fn species(detections: &[Detection]) -> BTreeSet<&str> {
    detections.iter().map(|d| d.code.as_str()).collect()
}

fn spectrogram_shows_the_sound(page: &mut Page, folder: &Path) -> Result<()> {
    identified(page, folder, "whistles.wav", 12.0)?;
    let colours: Vec<usize> = page.evaluate(
        "[0, 1].map(half => {
            const canvas = document.querySelector('[data-testid=\"spectrogram\"]');
            const width = Math.floor(canvas.width / 2);
            const context = canvas.getContext('2d');
            const pixels = new Uint32Array(
                context.getImageData(half * width, 0, width, canvas.height).data.buffer);
            return new Set(pixels).size;
        })",
    )?;
    ensure!(
        colours.iter().all(|&colours| colours >= 32),
        "the halves of the spectrogram have only {colours:?} colours"
    );
    Ok(())
}

fn long_recipe() -> Recipe {
    Recipe {
        length_s: 600.0,
        rate_hz: 32_000,
        ..Recipe::default()
    }
}
