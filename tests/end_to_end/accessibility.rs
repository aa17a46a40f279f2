//! The page without eyes or without a mouse: basics that a program can check.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use serde_json::json;

use crate::trial::{RUN_TIMEOUT, THRESHOLD, Test, group, identified, on_page, recording, whistles};

const ANSWER: Duration = Duration::from_secs(30);

/// Roles that can be operated, and so must have a name.
const OPERABLE: [&str; 8] = [
    "button", "link", "slider", "combobox", "checkbox", "textbox", "tab", "menuitem",
];

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = group("accessibility", browsers);
    vec![
        test("document_has_language_title_and_heading", document_basics),
        test("everything_operable_has_a_name", operable_things_have_names),
        test("keys_reach_the_controls", keys_reach_the_controls),
        axe_finds_nothing(browsers, "in_light", "light", "", results),
        axe_finds_nothing(browsers, "in_dark", "dark", "", results),
        axe_finds_nothing(browsers, "in_spanish", "light", "?lang=es", results),
        axe_finds_nothing(browsers, "in_a_dialog", "light", "", a_dialog),
        axe_finds_nothing(browsers, "in_notices", "light", "?colours=jet", notices),
        axe_finds_nothing(browsers, "in_dark_notices", "dark", "?colours=jet", notices),
        axe_finds_nothing(browsers, "in_a_summary", "light", "", a_summary),
        axe_finds_nothing(browsers, "in_a_dark_summary", "dark", "", a_summary),
        test("progress_is_told_now_and_then", progress_is_told),
        test("nothing_moves_where_that_is_unwanted", nothing_moves),
        test("a_phone_needs_no_scrolling_sideways", fits_a_phone),
    ]
}

fn document_basics(page: &mut Page, _: &Path) -> Result<()> {
    let language: String = page.evaluate("document.documentElement.lang")?;
    ensure!(!language.is_empty(), "the document has no language");
    let title: String = page.evaluate("document.title")?;
    ensure!(title.contains("Pipit"), "the title is {title:?}");
    let headings: usize = page.evaluate("document.querySelectorAll('h1').length")?;
    ensure!(headings == 1, "there are {headings} first-level headings");
    let main: usize = page.evaluate("document.querySelectorAll('main').length")?;
    ensure!(main == 1, "there are {main} main landmarks");
    let live: bool = page.evaluate(
        "(() => {
            const status = document.querySelector('[data-testid=\"status\"]');
            return status?.closest('[aria-live], [role=status], output') != null;
        })()",
    )?;
    ensure!(live, "the status is not announced");
    Ok(())
}

fn operable_things_have_names(page: &mut Page, folder: &Path) -> Result<()> {
    identified(page, folder, "whistles.wav", 12.0)?;
    page.set_threshold(THRESHOLD)?;
    let tree = page.call("Accessibility.getFullAXTree", &json!({}))?;
    let nodes = tree["nodes"].as_array().context("no accessibility tree")?;
    let operable: Vec<_> = nodes
        .iter()
        .filter(|node| node["ignored"] != true)
        .filter(|node| {
            node["role"]["value"]
                .as_str()
                .is_some_and(|role| OPERABLE.contains(&role))
        })
        .collect();
    ensure!(
        operable.len() >= 4,
        "only {} things can be operated",
        operable.len()
    );
    for node in operable {
        let name = node["name"]["value"].as_str().unwrap_or_default();
        ensure!(
            !name.trim().is_empty(),
            "a {} has no name",
            node["role"]["value"]
        );
    }
    let drawn: bool = page.evaluate(
        "[...document.querySelectorAll('canvas')].every(canvas =>
            canvas.getAttribute('aria-label') || canvas.closest('[aria-hidden=true]')
                || canvas.closest('[role=img][aria-label]') || canvas.closest('figure'))",
    )?;
    ensure!(
        drawn,
        "a drawing has neither a label nor is it hidden from readers"
    );
    Ok(())
}

fn keys_reach_the_controls(page: &mut Page, _: &Path) -> Result<()> {
    let mut reached = Vec::new();
    for _ in 0..25 {
        page.press("Tab", 9)?;
        let focused: Option<String> =
            page.evaluate("document.activeElement?.dataset?.testid ?? null")?;
        reached.extend(focused);
    }
    for control in ["file-input", "example-button", "device-choice", "threshold"] {
        ensure!(
            reached.iter().any(|test_id| test_id == control),
            "Tab does not reach {control}, only {reached:?}"
        );
    }
    Ok(())
}

/// axe-core on a page as it opens, and once `arrange` has brought it into a state. `PIPIT_AXE` says
/// where it lies.
fn axe_finds_nothing(
    browsers: &Arc<Browsers>,
    name: &'static str,
    theme: &'static str,
    query: &'static str,
    arrange: Test,
) -> Trial {
    let script = env::var_os("PIPIT_AXE").map(PathBuf::from);
    let is_absent = script.is_none();
    if is_absent {
        eprintln!("skipped axe-core {name}: PIPIT_AXE names no script");
    }
    let check = move |page: &mut Page, folder: &Path| -> Result<()> {
        let script = fs::read_to_string(script.context("no axe-core")?)?;
        emulate(page, "prefers-color-scheme", theme)?;
        page.evaluate::<()>(&format!("{script}; undefined"))
            .unwrap_or(());
        no_violations(page, "the page at first")?;
        arrange(page, folder)?;
        no_violations(page, name)
    };
    let name = format!("accessibility::axe_finds_nothing_{name}");
    on_page(&name, browsers, Gpu::None, query, check).with_ignored_flag(is_absent)
}

fn emulate(page: &mut Page, feature: &str, value: &str) -> Result<()> {
    let features = json!([{ "name": feature, "value": value }]);
    page.call(
        "Emulation.setEmulatedMedia",
        &json!({ "features": features }),
    )?;
    Ok(())
}

fn unfold_everything(page: &mut Page) {
    page.evaluate::<()>("document.querySelectorAll('details').forEach(d => d.open = true)")
        .unwrap_or(());
}

/// A recording with a chosen detection, and everything that can be unfolded.
fn results(page: &mut Page, folder: &Path) -> Result<()> {
    page.set_threshold(THRESHOLD)?;
    identified(page, folder, "whistles.wav", 12.0)?;
    page.set_value("own-threshold", "100")?;
    page.click("detection")?;
    unfold_everything(page);
    Ok(())
}

fn a_dialog(page: &mut Page, _: &Path) -> Result<()> {
    page.type_text("?")?;
    page.wait_until(
        "the sheet of keys is open",
        ANSWER,
        "document.querySelector('[data-testid=\"key-sheet\"]').open",
    )
}

/// A setting that means nothing, and a file that is no recording.
fn notices(page: &mut Page, folder: &Path) -> Result<()> {
    let file = folder.join("letter.wav");
    fs::write(&file, "Dear Sir or Madam")?;
    page.drop_files(&[file])?;
    page.wait_for_notice("not-audio", RUN_TIMEOUT)?;
    page.wait_for_notice("bad-settings", ANSWER)?;
    unfold_everything(page);
    Ok(())
}

/// Two recordings of known hours.
fn a_summary(page: &mut Page, folder: &Path) -> Result<()> {
    page.set_threshold(THRESHOLD)?;
    for name in ["20240512_051500.wav", "20240512_181500.wav"] {
        identified(page, folder, name, 12.0)?;
    }
    page.wait_until(
        "there is a summary",
        ANSWER,
        "document.querySelector('[data-testid=\"summary\"]') !== null",
    )?;
    unfold_everything(page);
    Ok(())
}

/// Who listens to the page hears of a long recording at its start and after each minute or tenth,
/// and of nothing else.
fn progress_is_told(page: &mut Page, folder: &Path) -> Result<()> {
    page.evaluate::<()>(
        "(() => {
            const status = document.querySelector('[data-testid=\"status\"]');
            window.told = [];
            new MutationObserver(() => {
                const words = status.textContent.trim();
                if (window.told.at(-1) !== words) window.told.push(words);
            }).observe(status, { childList: true, characterData: true, subtree: true });
        })()",
    )
    .unwrap_or(());
    let file = recording(folder, "dawn.wav", whistles(130.0))?;
    page.drop_files(&[file])?;
    page.wait_for_state("dawn.wav", &["done"], RUN_TIMEOUT)?;
    page.wait_until(
        "the end is told",
        ANSWER,
        "window.told.at(-1).startsWith('Done')",
    )?;
    let told: Vec<String> = page.evaluate("window.told")?;
    let of_progress: Vec<&String> = told.iter().filter(|w| w.starts_with("Listening")).collect();
    ensure!(
        of_progress
            == [
                "Listening to dawn.wav…",
                "Listening to dawn.wav… 46%",
                "Listening to dawn.wav… 92%"
            ],
        "{told:?}"
    );
    Ok(())
}

/// Who asks for less motion gets none, whatever is added to the page.
fn nothing_moves(page: &mut Page, _: &Path) -> Result<()> {
    let style = "(() => {
        const mover = document.createElement('div');
        mover.style.transition = 'opacity 3s';
        mover.style.animation = 'spin 3s infinite';
        mover.style.scrollBehavior = 'smooth';
        document.body.append(mover);
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(mover);
        mover.remove();
        return [transitionDuration, animationName, scrollBehavior];
    })()";
    let usual: [String; 3] = page.evaluate(style)?;
    ensure!(usual == ["3s", "spin", "smooth"], "{usual:?}");
    emulate(page, "prefers-reduced-motion", "reduce")?;
    let reduced: [String; 3] = page.evaluate(style)?;
    ensure!(reduced == ["0s", "none", "auto"], "{reduced:?}");
    Ok(())
}

fn no_violations(page: &mut Page, what: &str) -> Result<()> {
    let violations: Vec<String> = page.evaluate(
        "axe.run(document).then(({ violations }) => violations.map(({ id, help, nodes }) =>
            `${id}: ${help}: ${nodes.map(node => node.html.slice(0, 160)).join(' | ')}`))",
    )?;
    ensure!(violations.is_empty(), "{what}: {violations:#?}");
    Ok(())
}

fn fits_a_phone(page: &mut Page, folder: &Path) -> Result<()> {
    page.call(
        "Emulation.setDeviceMetricsOverride",
        &json!({ "width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true }),
    )?;
    let name = "a_recording_with_a_rather_long_name_20240512_051500.wav";
    let file = recording(folder, name, whistles(12.0))?;
    page.set_threshold(THRESHOLD)?;
    page.choose_files(std::slice::from_ref(&file))?;
    page.wait_for_state(name, &["done"], RUN_TIMEOUT)?;
    unfold_everything(page);
    page.click("detection")?;
    page.wait_until(
        "a detection is chosen",
        ANSWER,
        "document.querySelector('[data-testid=\"why-button\"]') !== null",
    )?;
    let widths: (u32, u32) = page
        .evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")?;
    ensure!(
        widths.0 <= widths.1,
        "the page is {} pixels wide on a screen of {}",
        widths.0,
        widths.1
    );
    Ok(())
}
