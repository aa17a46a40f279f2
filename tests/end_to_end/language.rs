//! What the page speaks, and what it calls species.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::Recipe;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;
use serde_json::{Value, json};
use xtask::site::{Reply, SiteServer};

use crate::results::download;
use crate::trial::{RUN_TIMEOUT, THRESHOLD, in_tab, named, on_page, recording};

const ANSWER: Duration = Duration::from_secs(30);
const FILE: &str = "whistles.wav";
/// What every species' Spanish name begins with on [`names_site`].
const SPANISH: &str = "Ave ";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = |name: &str, query, test: fn(&mut Page, &Path) -> Result<()>| {
        let name = format!("language::{name}");
        on_page(&name, browsers, Gpu::None, query, test)
    };
    vec![
        test("the_address_asks_for_spanish", "?lang=es", all_is_spanish),
        test("the_browser_asks_for_spanish", "", browser_is_spanish),
        test("the_menu_switches_at_once", "", switching_loses_nothing),
        test(
            "notices_follow_the_language",
            "?colours=jet",
            notices_follow_the_language,
        ),
        names_site("names_follow_language_and_menu", browsers, names_follow),
        names_site("lists_know_names_of_all_languages", browsers, lists_know),
        names_site("exports_keep_common_names", browsers, exports_keep),
    ]
}

fn whistles(page: &mut Page, folder: &Path) -> Result<()> {
    let file = recording(
        folder,
        FILE,
        Recipe {
            length_s: 20.0,
            ..Recipe::default()
        },
    )?;
    page.set_threshold(THRESHOLD)?;
    page.drop_files(&[file])?;
    let found = page.wait_for_state(FILE, &["done"], RUN_TIMEOUT)?;
    ensure!(
        !found.detections.is_empty(),
        "no detections: a test of nothing"
    );
    Ok(())
}

fn speaks(page: &mut Page, tag: &str) -> Result<()> {
    page.wait_until(
        &format!("the document speaks {tag}"),
        ANSWER,
        &format!("document.documentElement.lang === '{tag}'"),
    )
}

fn has_text(page: &mut Page, test_id: &str, text: &str) -> Result<()> {
    page.wait_until(
        &format!("{test_id} says {text:?}"),
        RUN_TIMEOUT,
        &format!(
            "document.querySelector('[data-testid=\"{test_id}\"]')?.textContent.includes('{text}')"
        ),
    )
}

fn all_is_spanish(page: &mut Page, folder: &Path) -> Result<()> {
    speaks(page, "es")?;
    let title: String = page.evaluate("document.title")?;
    ensure!(title.contains("aves"), "the title is {title:?}");
    for (test_id, text) in [
        ("example-button", "Probar un ejemplo"),
        ("live-button", "Escuchar en vivo"),
        ("status", "Todo listo"),
    ] {
        has_text(page, test_id, text)?;
    }
    whistles(page, folder)?;
    for (test_id, text) in [
        ("status", "Listo: "),
        ("play-button", "Reproducir"),
        ("remove-button", "Quitar"),
        ("speed", "el tiempo real"),
        ("key-sheet", "Espacio"),
    ] {
        has_text(page, test_id, text)?;
    }
    page.click("detection")?;
    has_text(page, "review-undo", "Deshacer")?;
    page.evaluate::<()>("document.querySelectorAll('details').forEach(d => d.open = true)")
        .unwrap_or(());
    let (words, labels): (String, Vec<String>) = page.evaluate(
        "[document.body.innerText,
          [...document.querySelectorAll('[aria-label], [title]')]
              .flatMap(e => [e.getAttribute('aria-label'), e.getAttribute('title')])
              .filter(label => label)]",
    )?;
    for english in [
        "Play", "Remove", "Undo", "Choose", "Heard", "Show", "Hide", "Colours", "Least",
    ] {
        ensure!(!words.contains(english), "{english:?} stands in {words}");
        ensure!(
            labels.iter().all(|label| !label.contains(english)),
            "{english:?} stands in {labels:?}"
        );
    }
    Ok(())
}

fn browser_is_spanish(page: &mut Page, _: &Path) -> Result<()> {
    speaks(page, "en")?;
    let (agent, address): (String, String) =
        page.evaluate("[navigator.userAgent, location.href]")?;
    page.call(
        "Network.setUserAgentOverride",
        &json!({ "userAgent": agent, "acceptLanguage": "es-PR" }),
    )?;
    page.go_to(&address)?;
    speaks(page, "es")?;
    has_text(page, "example-button", "Probar un ejemplo")?;
    let query: String = page.evaluate("location.search")?;
    ensure!(
        !query.contains("lang"),
        "what the browser asks for is written into the address: {query}"
    );
    Ok(())
}

fn switching_loses_nothing(page: &mut Page, folder: &Path) -> Result<()> {
    let selected = "document.querySelector('[data-testid=\"detection\"]').ariaSelected === 'true'";
    speaks(page, "en")?;
    whistles(page, folder)?;
    page.click("detection")?;
    page.wait_until("the detection is chosen", ANSWER, selected)?;
    page.click("review-yes")?;
    let before = page.recording(FILE)?;
    for (tag, status, ask) in [
        ("es", "Listo: ", "¿Se oye aquí?"),
        ("en", "Done: ", "Is it heard here?"),
    ] {
        page.choose("language", tag)?;
        speaks(page, tag)?;
        has_text(page, "status", status)?;
        has_text(page, "chosen", ask)?;
        let after = page.recording(FILE)?;
        ensure!(
            after.state == "done" && after.detections == before.detections,
            "changing the language changes what was found: {after:?}"
        );
        let is_selected: bool = page.evaluate(selected)?;
        ensure!(is_selected, "nothing is chosen any more");
        let sign = page.text("review-sign")?;
        ensure!(sign == "✓", "the answer is lost: {sign:?}");
        let query: String = page.evaluate("location.search")?;
        ensure!(
            query.contains(&format!("lang={tag}")),
            "the address does not say so: {query}"
        );
    }
    Ok(())
}

fn notices_follow_the_language(page: &mut Page, folder: &Path) -> Result<()> {
    page.wait_for_notice("bad-settings", ANSWER)?;
    let no_review = folder.join("no-review.json");
    fs::write(&no_review, "{\"format\": \"something else\"}")?;
    page.choose_files_in("load-review", &[no_review])?;
    page.wait_for_notice("no-review", ANSWER)?;
    for (tag, setting, review) in [
        ("en", "it takes viridis", "This file is not a review"),
        ("es", "admite viridis", "Este archivo no es una revisión"),
        ("en", "it takes viridis", "This file is not a review"),
    ] {
        page.choose("language", tag)?;
        for (kind, words) in [("bad-settings", setting), ("no-review", review)] {
            page.wait_until(
                &format!("the details of {kind} speak {tag}"),
                ANSWER,
                &format!(
                    "(() => {{
                        const details = document.querySelector(
                            '[data-testid=\"notice\"][data-kind=\"{kind}\"] code');
                        return details?.textContent.includes('{words}')
                            && details.lang === '{tag}';
                    }})()"
                ),
            )?;
        }
    }
    Ok(())
}

/// A site whose model has a Spanish name for every species.
fn names_site(
    name: &str,
    browsers: &Arc<Browsers>,
    test: fn(&mut Page, &Path) -> Result<()>,
) -> Trial {
    let browsers = Arc::clone(browsers);
    named(&format!("language::{name}"), move |name| {
        let server = SiteServer::start(site::site()?.rewritten(with_names), 0)?;
        in_tab(name, &browsers, Gpu::None, server.url(), test)
    })
}

fn with_names(path: &str, mut reply: Reply) -> Reply {
    if path.ends_with("manifest.json")
        && let Ok(mut manifest) = serde_json::from_slice::<Value>(&reply.body)
    {
        for class in manifest["classes"].as_array_mut().into_iter().flatten() {
            let code = class["code"].as_str().unwrap_or_default();
            class["names"] = json!({ "es": format!("{SPANISH}{code}") });
        }
        reply.body = manifest.to_string().into_bytes();
    }
    reply
}

/// The code and the name of each species in the table.
fn species(page: &mut Page) -> Result<Vec<(String, String)>> {
    page.evaluate(
        "[...document.querySelectorAll('[data-testid=\"species-row\"]')].map(row =>
            [row.dataset.code, row.querySelector('.common').textContent])",
    )
}

/// Waits until species are called by names that begin so, or by others.
fn are_called(page: &mut Page, beginning: &str, wanted: bool) -> Result<()> {
    page.wait_until(
        &format!("names begin with {beginning:?}: {wanted}"),
        ANSWER,
        &format!(
            "(() => {{
                const names = [...document.querySelectorAll('.common, .detection-name, .box-name')]
                    .map(name => name.textContent.trim());
                return names.length > 0
                    && names.every(name => name && name.startsWith('{beginning}') === {wanted});
            }})()"
        ),
    )
}

/// Waits until species' names are marked as of this language, for those who read them aloud.
fn are_in(page: &mut Page, language: &str) -> Result<()> {
    page.wait_until(
        &format!("names are marked as {language}"),
        ANSWER,
        &format!(
            "(() => {{
                const names = [...document.querySelectorAll('.common, .detection-name')];
                return names.length > 0 && names.every(name => name.lang === '{language}');
            }})()"
        ),
    )
}

fn names_follow(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    are_called(page, SPANISH, false)?;
    are_in(page, "en")?;
    page.choose("language", "es")?;
    are_called(page, SPANISH, true)?;
    are_in(page, "es")?;
    page.choose("names", "common")?;
    are_called(page, SPANISH, false)?;
    are_in(page, "en")?;
    page.choose("language", "en")?;
    page.choose("names", "es")?;
    are_called(page, SPANISH, true)?;
    let query: String = page.evaluate("location.search")?;
    ensure!(
        query.contains("names=es") && query.contains("lang=en"),
        "the address does not say so: {query}"
    );
    page.choose("names", "scientific")?;
    are_called(page, SPANISH, false)?;
    let twice: usize = page.evaluate(
        "document.querySelectorAll('[data-testid=\"species-row\"] th i:not(:empty)').length",
    )?;
    ensure!(twice == 0, "scientific names stand twice in {twice} rows");
    Ok(())
}

fn lists_know(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.evaluate::<()>("document.querySelector('[data-testid=\"wishes\"]').open = true")
        .unwrap_or(());
    let (code, _) = species(page)?.first().context("one species")?.clone();
    let name = format!("{SPANISH}{code}").to_uppercase();
    page.evaluate::<()>(&format!(
        "document.querySelector('[data-testid=\"species-text\"]').value = '{name}'"
    ))
    .unwrap_or(());
    page.click("only-these")?;
    let found = page.recording(FILE)?.detections;
    let codes: BTreeSet<String> = found.into_iter().map(|d| d.code).collect();
    ensure!(codes == BTreeSet::from([code]), "{name} leaves {codes:?}");
    Ok(())
}

fn exports_keep(page: &mut Page, folder: &Path) -> Result<()> {
    whistles(page, folder)?;
    page.choose("language", "es")?;
    are_called(page, SPANISH, true)?;
    let table = download(page, folder, "export-csv", "pipit-detections.csv")?;
    let table = String::from_utf8(table)?;
    ensure!(
        table.contains("common_name") && !table.contains(SPANISH),
        "the table speaks another language: {table}"
    );
    Ok(())
}
