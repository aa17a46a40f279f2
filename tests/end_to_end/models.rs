//! Models that a person adds, and what a package may do wrong.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::Recipe;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::trial::{
    RUN_TIMEOUT, THRESHOLD, agrees_with_command_line, in_tab, named, on_page, recording,
};

pub(crate) const ANSWER: Duration = Duration::from_secs(30);
const MANIFEST: &str = "manifest.json";
const WEIGHTS: &str = "weights.safetensors";
/// A model of the site comes from there.
pub(crate) const THE_SITE: &str = "this site";
/// The row of a model that was added.
const ADDED: &str = "document.querySelector('[data-testid=\"model\"][data-added=\"true\"]')";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = |name: &str, test: fn(&mut Page, &Path) -> Result<()>| {
        on_page(&format!("models::{name}"), browsers, Gpu::None, "", test)
    };
    vec![
        test("dropped_as_a_zip", dropped_as_a_zip),
        test("chosen_as_two_files", chosen_as_two_files),
        test("another_model_scores_anew", another_model_scores_anew),
        test("a_zip_that_is_no_package", a_zip_that_is_no_package),
        test("half_a_package", half_a_package),
        test("a_newer_format", a_newer_format),
        test("a_flipped_byte", a_flipped_byte),
        test("no_room_for_a_model", no_room_for_a_model),
        kept_and_removed(browsers),
    ]
}

/// A ZIP is dropped together with a recording, which is then identified with the model in it.
fn dropped_as_a_zip(page: &mut Page, folder: &Path) -> Result<()> {
    let file = whistles(folder)?;
    let zip = zip_of(&site::default_model()?, &folder.join("birds.zip"))?;
    page.drop_files(&[zip, file.clone()])?;
    wait_for_origin(page, "birds.zip")?;
    page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
    agrees_with_command_line(page, &file, 1e-3)?;
    let cards = page.recordings()?.len();
    ensure!(cards == 1, "{cards} cards for one recording");
    let facts = page.text("model-facts")?;
    for fact in ["SHA-256", "MB", "kHz", "format"] {
        ensure!(facts.contains(fact), "the card tells no {fact}: {facts:?}");
    }
    Ok(())
}

fn chosen_as_two_files(page: &mut Page, folder: &Path) -> Result<()> {
    let model = site::default_model()?;
    page.choose_files_in("model-input", &[model.join(MANIFEST), model.join(WEIGHTS)])?;
    wait_for_origin(page, MANIFEST)?;
    let file = whistles(folder)?;
    page.drop_files(std::slice::from_ref(&file))?;
    page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
    agrees_with_command_line(page, &file, 1e-3)?;
    Ok(())
}

/// What is on the page is scored by each model, and not computed twice by one.
fn another_model_scores_anew(page: &mut Page, folder: &Path) -> Result<()> {
    let file = whistles(folder)?;
    page.drop_files(std::slice::from_ref(&file))?;
    page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
    page.set_threshold(THRESHOLD)?;
    let first = page.recording("whistles.wav")?.detections;
    ensure!(!first.is_empty(), "nothing is detected: a test of nothing");

    // The same network hears everything ten decibels louder.
    let louder = package(folder, |manifest| {
        let mean = manifest["normalization"]["mean"].as_f64().unwrap_or(0.0);
        manifest["normalization"]["mean"] = json!(mean - 10.0);
        manifest["title"] = json!("Louder birds");
    })?;
    page.drop_files(&louder)?;
    wait_for_origin(page, MANIFEST)?;
    ensure!(
        page.text("model-name")?.contains("Louder birds"),
        "the card speaks of {:?}",
        page.text("model-name")?
    );
    page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
    let second = page.recording("whistles.wav")?.detections;
    ensure!(first != second, "another model gives the same confidences");

    let of_site: String = page.evaluate(
        "document.querySelector('[data-testid=\"model\"][data-added=\"false\"]').dataset.model",
    )?;
    page.choose("model-choice", &of_site)?;
    wait_for_origin(page, THE_SITE)?;
    page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
    page.wait_until(
        "the first results are taken as they were kept",
        ANSWER,
        "document.body.innerText.includes('kept from an earlier visit')",
    )?;
    let third = page.recording("whistles.wav")?.detections;
    ensure!(first == third, "{first:?} became {third:?}");
    Ok(())
}

fn a_zip_that_is_no_package(page: &mut Page, folder: &Path) -> Result<()> {
    let zip = folder.join("birds.zip");
    fs::write(&zip, "a text with a misleading name")?;
    refused(page, &[zip], "no-package", "birds.zip")?;
    let song = folder.join("songs.zip");
    let mut writer = ZipWriter::new(fs::File::create(&song)?);
    writer.start_file("dawn.wav", SimpleFileOptions::default())?;
    writer.write_all(b"RIFF")?;
    writer.finish()?;
    refused(
        page,
        &[song],
        "no-package",
        "songs.zip: there is no manifest.json",
    )?;
    still_works(page, folder)
}

fn half_a_package(page: &mut Page, folder: &Path) -> Result<()> {
    let weights = site::default_model()?.join(WEIGHTS);
    refused(page, &[weights], "no-package", "there is no manifest.json")?;
    still_works(page, folder)
}

fn a_newer_format(page: &mut Page, folder: &Path) -> Result<()> {
    let files = package(folder, |manifest| manifest["format_version"] = json!(99))?;
    refused(page, &files, "package-version", "format version 99")?;
    still_works(page, folder)
}

fn a_flipped_byte(page: &mut Page, folder: &Path) -> Result<()> {
    let files = package(folder, |_| ())?;
    let weights = &files[1];
    let mut bytes = fs::read(weights)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(weights, bytes)?;
    refused(
        page,
        &files,
        "package-invalid",
        "weights.safetensors has sha-256",
    )?;
    still_works(page, folder)
}

/// The browser keeps no model, but this visit has it, also when it is loaded once more.
fn no_room_for_a_model(page: &mut Page, folder: &Path) -> Result<()> {
    wait_for_origin(page, THE_SITE)?;
    let full: bool = page.evaluate_in_worker(
        "(Cache.prototype.put = () => Promise.reject(
            new DOMException('no room is left', 'QuotaExceededError')), true)",
    )?;
    ensure!(full, "the worker's cache could not be filled");
    let zip = zip_of(&site::default_model()?, &folder.join("birds.zip"))?;
    page.drop_files(&[zip])?;
    page.wait_for_notice("model-not-kept", ANSWER)?;
    let detail = page.text("notice")?;
    ensure!(
        detail.contains("QuotaExceededError"),
        "the notice gives no cause: {detail:?}"
    );
    wait_for_origin(page, "birds.zip")?;
    page.choose("device-choice", "cpu")?;
    let file = whistles(folder)?;
    page.drop_files(std::slice::from_ref(&file))?;
    page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
    wait_for_origin(page, "birds.zip")?;
    agrees_with_command_line(page, &file, 1e-3)?;
    Ok(())
}

/// An added model is there after a reload and without a network, until it is removed.
fn kept_and_removed(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("models::kept_and_removed", move |name| {
        let server = site::serve()?;
        let url = server.url().to_owned();
        in_tab(name, &browsers, Gpu::None, &url, |page, folder| {
            let zip = zip_of(&site::default_model()?, &folder.join("birds.zip"))?;
            page.drop_files(&[zip])?;
            wait_for_origin(page, "birds.zip")?;
            let with_model: String = page.evaluate("location.href")?;
            ensure!(
                with_model.contains("?model="),
                "the address does not lead back to the model: {with_model}"
            );
            page.wait_until(
                "the site is kept",
                RUN_TIMEOUT,
                "navigator.serviceWorker.controller !== null",
            )?;
            // Without its name in the address the site's first model listens, and this one is offered.
            page.go_to(&url)?;
            wait_for_origin(page, THE_SITE)?;
            page.wait_until("the model is listed", ANSWER, &format!("{ADDED} !== null"))?;
            page.go_to(&with_model)?;
            wait_for_origin(page, "birds.zip")?;

            drop(server);
            page.tolerate("ERR_CONNECTION_REFUSED");
            page.go_to(&with_model)?;
            wait_for_origin(page, "birds.zip")?;
            let file = whistles(folder)?;
            page.drop_files(std::slice::from_ref(&file))?;
            page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
            agrees_with_command_line(page, &file, 1e-3)?;

            page.evaluate::<bool>(&format!(
                "({ADDED}.querySelector('[data-testid=\"model-remove\"]').click(), true)"
            ))?;
            wait_for_origin(page, THE_SITE)?;
            let gone = format!("{ADDED} === null");
            page.wait_until("the model is off the list", ANSWER, &gone)?;
            page.go_to(&url)?;
            wait_for_origin(page, THE_SITE)?;
            ensure!(page.evaluate::<bool>(&gone)?, "the model is back");
            let kept: usize = page.evaluate(
                "caches.open('pipit-models').then(cache => cache.keys())
                    .then(keys => keys.filter(key => key.url.includes('added-models')).length)",
            )?;
            ensure!(kept == 0, "{kept} files of it are still kept");
            Ok(())
        })
    })
}

/// Drops files that are refused as a model, with a cause that names what is wrong.
fn refused(page: &mut Page, files: &[PathBuf], kind: &str, cause: &str) -> Result<()> {
    wait_for_origin(page, THE_SITE)?;
    page.drop_files(files)?;
    page.wait_for_notice(kind, ANSWER)?;
    page.wait_until(
        &format!("the notice says {cause:?}"),
        ANSWER,
        &format!(
            "[...document.querySelectorAll('[data-testid=\"notice\"]')]
                .some(notice => notice.textContent.includes({}))",
            json!(cause)
        ),
    )?;
    let cards = page.recordings()?.len();
    ensure!(cards == 0, "the package has become {cards} recordings");
    Ok(())
}

/// The model that was there before is still there and identifies.
pub(crate) fn still_works(page: &mut Page, folder: &Path) -> Result<()> {
    let file = whistles(folder)?;
    page.drop_files(std::slice::from_ref(&file))?;
    page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
    wait_for_origin(page, THE_SITE)?;
    agrees_with_command_line(page, &file, 1e-3)?;
    Ok(())
}

/// Waits until a model from there is loaded.
pub(crate) fn wait_for_origin(page: &mut Page, origin: &str) -> Result<()> {
    page.wait_until(
        &format!("a model from {origin:?} is loaded"),
        RUN_TIMEOUT,
        &format!(
            "document.querySelector('[data-testid=\"model-origin\"]')?.textContent.includes({}) === true",
            json!(origin)
        ),
    )
}

/// The site's first model with a changed manifest: manifest and weights, in this order.
fn package(folder: &Path, change: impl FnOnce(&mut Value)) -> Result<Vec<PathBuf>> {
    let model = site::default_model()?;
    let mut manifest: Value = serde_json::from_slice(&fs::read(model.join(MANIFEST))?)?;
    change(&mut manifest);
    let files = [MANIFEST, WEIGHTS].map(|name| folder.join(name));
    fs::write(&files[0], serde_json::to_vec_pretty(&manifest)?)?;
    fs::copy(model.join(WEIGHTS), &files[1])?;
    Ok(files.to_vec())
}

/// A ZIP with a package in one folder.
pub(crate) fn zip_of(model: &Path, file: &Path) -> Result<PathBuf> {
    let mut writer = ZipWriter::new(fs::File::create(file)?);
    for name in [MANIFEST, WEIGHTS] {
        writer.start_file(format!("birds/{name}"), SimpleFileOptions::default())?;
        writer.write_all(&fs::read(model.join(name))?)?;
    }
    writer.finish()?;
    Ok(file.to_owned())
}

pub(crate) fn whistles(folder: &Path) -> Result<PathBuf> {
    recording(folder, "whistles.wav", Recipe::default())
}
