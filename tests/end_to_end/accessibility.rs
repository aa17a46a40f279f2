//! The page without eyes or without a mouse: basics that a program can check.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use serde_json::json;

use crate::trial::{RUN_TIMEOUT, THRESHOLD, group, identified, on_page, recording, whistles};

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
        axe_finds_nothing(browsers, "light"),
        axe_finds_nothing(browsers, "dark"),
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

/// axe-core on the empty page and on one with everything open. `PIPIT_AXE` says where it lies.
fn axe_finds_nothing(browsers: &Arc<Browsers>, theme: &'static str) -> Trial {
    let script = env::var_os("PIPIT_AXE").map(PathBuf::from);
    let is_absent = script.is_none();
    if is_absent {
        eprintln!("skipped axe-core, {theme}: PIPIT_AXE names no script");
    }
    let check = move |page: &mut Page, folder: &Path| -> Result<()> {
        let script = fs::read_to_string(script.context("no axe-core")?)?;
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        page.call(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        )?;
        page.evaluate::<()>(&format!("{script}; undefined"))
            .unwrap_or(());
        no_violations(page, "the empty page")?;

        page.set_threshold(THRESHOLD)?;
        identified(page, folder, "whistles.wav", 12.0)?;
        page.click("detection")?;
        page.evaluate::<()>("document.querySelectorAll('details').forEach(d => d.open = true)")
            .unwrap_or(());
        no_violations(page, "a page with results")
    };
    let name = format!("accessibility::axe_finds_nothing_{theme}");
    on_page(&name, browsers, Gpu::None, "", check).with_ignored_flag(is_absent)
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
