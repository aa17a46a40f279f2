//! Everything by keyboard.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::Browsers;
use pipit_tests::page::Page;

use crate::trial::{THRESHOLD, group, identified};

const ANSWER: Duration = Duration::from_secs(15);

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("keyboard", browsers);
    vec![
        test("arrows_choose_and_p_plays", arrows_choose_and_p_plays),
        test("space_plays_and_escape_stops", space_plays_and_escape_stops),
        test("plus_minus_and_go_to", plus_minus_and_go_to),
        test("the_sheet_lists_the_keys", the_sheet_lists_the_keys),
        test("letters_can_be_turned_off", letters_can_be_turned_off),
        test(
            "answers_lead_on_in_a_filtered_list",
            answers_lead_on_in_a_filtered_list,
        ),
    ]
}

fn whistles(page: &mut Page, folder: &Path) -> Result<()> {
    page.set_threshold(THRESHOLD)?;
    identified(page, folder, "whistles.wav", 20.0)?;
    leave_focus(page);
    Ok(())
}

/// Wherever the focus was, now it is nowhere.
fn leave_focus(page: &mut Page) {
    page.evaluate::<()>("document.activeElement?.blur()")
        .unwrap_or(());
}

fn position(page: &mut Page) -> Result<f64> {
    page.evaluate("Number(document.querySelector('[data-testid=\"playhead\"]').dataset.positionS)")
}

fn is_playing(wanted: bool) -> String {
    let word = if wanted { "Pause" } else { "Play" };
    format!("document.querySelector('[data-testid=\"play-button\"]').textContent === '{word}'")
}

fn chosen(page: &mut Page) -> Result<Vec<usize>> {
    page.evaluate(
        "[...document.querySelectorAll('[data-testid=\"detection\"]')]
            .flatMap((row, i) => row.ariaSelected === 'true' ? [i] : [])",
    )
}

/// Of what is not yet answered, what was skipped stays behind.
fn answers_lead_on_in_a_filtered_list(page: &mut Page, folder: &Path) -> Result<()> {
    const STARTS: &str = "[...document.querySelectorAll('[data-testid=\"detection\"]')]
        .map(row => row.dataset.startS + row.dataset.code)";
    whistles(page, folder)?;
    let all: Vec<String> = page.evaluate(STARTS)?;
    ensure!(all.len() >= 4, "only {all:?}: a test of nothing");
    // The first of the states: not yet reviewed.
    page.set_value("review-filter", "0")?;
    for _ in 0..2 {
        page.press("ArrowDown", 40)?;
    }
    page.type_text("y")?;
    page.wait_until(
        "the answered one leaves the list",
        ANSWER,
        &format!("({STARTS}).length === {}", all.len() - 1),
    )?;
    page.press("ArrowDown", 40)?;
    ensure!(chosen(page)? == [1], "{:?} of {all:?}", chosen(page)?);
    let left: Vec<String> = page.evaluate(STARTS)?;
    ensure!(
        left[0] == all[0] && left[1] == all[2],
        "{left:?} of {all:?}"
    );
    Ok(())
}

fn arrows_choose_and_p_plays(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    let n_rows: usize =
        page.evaluate("document.querySelectorAll('[data-testid=\"detection\"]').length")?;
    ensure!(n_rows >= 2, "only {n_rows} detections: a test of nothing");
    ensure!(
        chosen(page)?.is_empty(),
        "something is chosen from the start"
    );
    page.press("ArrowDown", 40)?;
    page.press("ArrowDown", 40)?;
    ensure!(
        chosen(page)? == [1],
        "two steps down lead to {:?}",
        chosen(page)?
    );
    page.press("ArrowUp", 38)?;
    ensure!(
        chosen(page)? == [0],
        "a step up leads to {:?}",
        chosen(page)?
    );
    page.type_text("p")?;
    page.wait_until("the detection plays", ANSWER, &is_playing(true))?;
    // In the list Tab chooses as well, and leaves it at the end.
    page.evaluate::<()>("document.querySelector('[data-testid=\"detections\"]').focus()")
        .unwrap_or(());
    for _ in 1..n_rows {
        page.press("Tab", 9)?;
    }
    ensure!(
        chosen(page)? == [n_rows - 1],
        "Tab leads to {:?}",
        chosen(page)?
    );
    page.press("Tab", 9)?;
    let is_in_list: bool = page.evaluate(
        "document.activeElement === document.querySelector('[data-testid=\"detections\"]')",
    )?;
    ensure!(!is_in_list, "Tab cannot leave the list");
    Ok(())
}

fn space_plays_and_escape_stops(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.type_text(" ")?;
    page.wait_until("Space plays", ANSWER, &is_playing(true))?;
    page.wait_until(
        "the cursor moves",
        ANSWER,
        "Number(document.querySelector('[data-testid=\"playhead\"]').dataset.positionS) > 0.3",
    )?;
    page.press("Escape", 27)?;
    page.wait_until("Escape stops", ANSWER, &is_playing(false))?;
    ensure!(position(page)? > 0.2, "Escape went back to the start");
    Ok(())
}

fn plus_minus_and_go_to(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    let span = "Number(document.querySelector('[data-testid=\"spectrogram\"]').dataset.spanS)";
    page.type_text("++++")?;
    page.wait_until("plus zooms in", ANSWER, &format!("{span} < 5"))?;
    page.type_text("--")?;
    page.wait_until("minus zooms out", ANSWER, &format!("{span} > 8"))?;
    page.call(
        "Input.dispatchKeyEvent",
        &serde_json::json!({ "type": "keyDown", "key": "g", "modifiers": 2 }),
    )?;
    page.wait_until(
        "Ctrl-G asks for a time",
        ANSWER,
        "document.querySelector('[data-testid=\"go-to\"]').open",
    )?;
    page.evaluate::<()>("document.querySelector('[data-testid=\"go-to-time\"]').focus()")
        .unwrap_or(());
    page.type_text("0:17")?;
    page.call(
        "Input.dispatchKeyEvent",
        &serde_json::json!({ "type": "keyDown", "key": "Enter", "text": "\r",
                             "windowsVirtualKeyCode": 13 }),
    )?;
    page.wait_until(
        "the time is in sight",
        ANSWER,
        "Number(document.querySelector('[data-testid=\"playhead\"]').dataset.positionS) === 17",
    )?;
    let start: f64 = page.evaluate(
        "Number(document.querySelector('[data-testid=\"spectrogram\"]').dataset.startS)",
    )?;
    ensure!(start > 5.0, "the view stays at {start} s");
    Ok(())
}

fn the_sheet_lists_the_keys(page: &mut Page, _: &Path) -> Result<()> {
    page.type_text("?")?;
    page.wait_until(
        "the sheet opens",
        ANSWER,
        "document.querySelector('[data-testid=\"key-sheet\"]').open",
    )?;
    let words = page.text("key-sheet")?;
    for key in ["Space", "Ctrl-G", "Ctrl-Y", "Esc", "Tab"] {
        ensure!(words.contains(key), "{key} is not on the sheet: {words}");
    }
    page.press("Escape", 27)?;
    page.wait_until(
        "Escape closes it",
        ANSWER,
        "!document.querySelector('[data-testid=\"key-sheet\"]').open",
    )
}

fn letters_can_be_turned_off(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.press("ArrowDown", 40)?;
    let is_answered = "document.querySelector('[data-testid=\"review-yes\"]').ariaPressed";
    page.click("show-keys")?;
    page.click("letters")?;
    page.press("Escape", 27)?;
    page.wait_until(
        "the link keeps it",
        ANSWER,
        "location.search.includes('letters=off')",
    )?;
    page.type_text("y?")?;
    ensure!(
        page.evaluate::<String>(is_answered)? == "false",
        "a letter still answers"
    );
    let is_open: bool =
        page.evaluate("document.querySelector('[data-testid=\"key-sheet\"]').open")?;
    ensure!(!is_open, "a question mark still opens the sheet");
    // Keys with a name go on.
    leave_focus(page);
    page.press("ArrowDown", 40)?;
    ensure!(
        chosen(page)? == [1],
        "a step down leads to {:?}",
        chosen(page)?
    );
    page.click("show-keys")?;
    page.click("letters")?;
    page.press("Escape", 27)?;
    page.type_text("y")?;
    page.wait_until(
        "a letter answers again",
        ANSWER,
        &format!("{is_answered} === 'true'"),
    )
}
