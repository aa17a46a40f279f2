//! Models that come from an address: typed in or in the page's link, on the site or on another.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;
use serde_json::json;
use tempfile::TempDir;
use xtask::site::{Reply, Site, SiteServer};

use crate::models::{ANSWER, THE_SITE, still_works, wait_for_origin, whistles, zip_of};
use crate::trial::{RUN_TIMEOUT, agrees_with_command_line, in_tab, named, on_page};

/// What Chromium itself logs when a file is not there.
const NOT_LOADED: &str = "Failed to load resource";
/// Nothing listens at so low a port, and Chromium would ask there.
const NOBODY: &str = "http://127.0.0.1:2/birds/";

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    let test = |name: &str, query, test: fn(&mut Page, &Path) -> Result<()>| {
        on_page(
            &format!("addresses::{name}"),
            browsers,
            Gpu::None,
            query,
            test,
        )
    };
    vec![
        test("on_the_site", "", on_the_site),
        test("with_nothing", "", with_nothing),
        test(
            "in_a_link_to_nothing",
            "?model=./birds/manifest.json",
            in_a_link_to_nothing,
        ),
        in_a_link(browsers),
        of_a_zip_with_a_query(browsers),
        forbidden_by_this_site(browsers),
        permitted_by_the_other_site(browsers),
        not_permitted_by_the_other_site(browsers),
    ]
}

fn on_the_site(page: &mut Page, folder: &Path) -> Result<()> {
    let address = address_of_default_model()?;
    fetch(page, &address)?;
    wait_for_origin(page, &address)?;
    listens(page, folder)
}

fn with_nothing(page: &mut Page, folder: &Path) -> Result<()> {
    page.tolerate(NOT_LOADED);
    fetch(page, "models/dodo/manifest.json")?;
    page.wait_for_notice("address-unreachable", ANSWER)?;
    let detail = page.text("notice")?;
    ensure!(
        detail.contains("models/dodo/manifest.json") && detail.contains("404"),
        "the notice names neither address nor cause: {detail:?}"
    );
    still_works(page, folder)
}

/// The failure is told, and the site's own model listens.
fn in_a_link_to_nothing(page: &mut Page, folder: &Path) -> Result<()> {
    page.tolerate(NOT_LOADED);
    wait_for_origin(page, THE_SITE)?;
    page.wait_for_notice("address-unreachable", ANSWER)?;
    let detail = page.text("notice")?;
    ensure!(
        detail.contains("/birds/manifest.json") && detail.contains("404"),
        "the notice names neither address nor cause: {detail:?}"
    );
    wait_for_model_in_link(page, None)?;
    still_works(page, folder)
}

/// Whoever opens the link of a page with such a model has that model and fetches no other, keeps
/// it, and needs no network afterwards.
fn in_a_link(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("addresses::in_a_link", move |name| {
        let server = site::serve()?;
        let url = server.url().to_owned();
        let address = address_of_default_model()?;
        let link = {
            let mut giver = Page::open(browsers.connect(Gpu::None)?, &url)?;
            fetch(&mut giver, &address)?;
            wait_for_origin(&mut giver, &address)?;
            wait_for_model_in_link(&mut giver, Some(&address))?;
            let link: String = giver.evaluate("location.href")?;
            giver.check_clean()?;
            link
        };
        let n_before = downloads(&server);
        in_tab(name, &browsers, Gpu::None, &link, |page, folder| {
            wait_for_origin(page, &address)?;
            wait_for_model_in_link(page, Some(&address))?;
            let n = downloads(&server) - n_before;
            ensure!(n == 1, "{n} models were fetched for one link");
            page.wait_until(
                "the site is kept",
                RUN_TIMEOUT,
                "navigator.serviceWorker.controller !== null",
            )?;
            page.go_to(&link)?;
            wait_for_origin(page, &address)?;
            let n = downloads(&server) - n_before;
            ensure!(n == 1, "the model was fetched again at the second visit");

            drop(server);
            page.tolerate("ERR_CONNECTION_REFUSED");
            page.go_to(&link)?;
            wait_for_origin(page, &address)?;
            listens(page, folder)
        })
    })
}

fn of_a_zip_with_a_query(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("addresses::of_a_zip_with_a_query", move |name| {
        let folder = TempDir::new()?;
        let zip = zip_of(&site::default_model()?, &folder.path().join("birds.zip"))?;
        let zip = fs::read(zip)?;
        let site = site::site()?.rewritten(move |path, reply| match path {
            "birds.zip" => Reply {
                status: 200,
                content_type: "application/zip".to_owned(),
                location: None,
                body: zip.clone(),
            },
            _ => reply,
        });
        let server = SiteServer::start(site, 0)?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            let address = "birds.zip?download=1";
            fetch(page, address)?;
            wait_for_origin(page, address)?;
            // Without a slash it would be taken for a name.
            wait_for_model_in_link(page, Some("./birds.zip?download=1"))?;
            let link: String = page.evaluate("location.href")?;
            page.go_to(&link)?;
            wait_for_origin(page, "./birds.zip?download=1")?;
            listens(page, folder)
        })
    })
}

/// The page's policy forbids another origin: the page says so, and asks nobody.
fn forbidden_by_this_site(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("addresses::forbidden_by_this_site", move |name| {
        let server = site::serve()?;
        // The same files at another port are another origin.
        let elsewhere = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            page.tolerate("Content Security Policy");
            page.tolerate("Refused to connect");
            fetch(page, &format!("{}models/puerto-rico/", elsewhere.url()))?;
            page.wait_for_notice("address-refused", ANSWER)?;
            let notice = page.text("notice")?;
            ensure!(
                notice.contains("connect-src") && notice.contains(elsewhere.url()),
                "the notice does not say what refused what: {notice:?}"
            );
            ensure!(
                elsewhere.requests().is_empty(),
                "somebody asked: {:?}",
                elsewhere.requests()
            );
            still_works(page, folder)
        })
    })
}

/// Both sites permit it: the model is added and listens, also by its link, from the page that the
/// service worker keeps, and when the other site is gone.
fn permitted_by_the_other_site(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("addresses::permitted_by_the_other_site", move |name| {
        let shared = site::site()?.below("/some/where/")?.shared();
        let elsewhere = SiteServer::start(shared, 0)?;
        let server = SiteServer::start(site_that_allows(&[elsewhere.url()])?, 0)?;
        let address = format!("{}{}", elsewhere.url(), address_of_default_model()?);
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            page.permit(elsewhere.url());
            fetch(page, &address)?;
            wait_for_origin(page, &address)?;
            listens(page, folder)?;

            wait_for_model_in_link(page, Some(&address))?;
            page.wait_until(
                "the site is kept",
                RUN_TIMEOUT,
                "navigator.serviceWorker.controller !== null",
            )?;
            let link: String = page.evaluate("location.href")?;
            page.go_to(&link)?;
            wait_for_origin(page, &address)?;
            let n = downloads(&elsewhere);
            ensure!(
                n == 1,
                "the model was fetched {n} times from the other site"
            );

            drop(elsewhere);
            page.tolerate(NOT_LOADED);
            page.go_to(&link)?;
            wait_for_origin(page, &address)
        })
    })
}

/// This site allows it and the other does not, or is not there: the page tells the two apart.
fn not_permitted_by_the_other_site(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("addresses::not_permitted_by_the_other_site", move |name| {
        let elsewhere = SiteServer::start(site::site()?.below("/some/where/")?, 0)?;
        let server = SiteServer::start(site_that_allows(&[elsewhere.url(), NOBODY])?, 0)?;
        let address = format!("{}{}", elsewhere.url(), address_of_default_model()?);
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            page.permit(elsewhere.url());
            page.permit(NOBODY);
            page.tolerate("CORS policy");
            page.tolerate(NOT_LOADED);
            fetch(page, &address)?;
            let told = page.wait_for_notice("address-not-shared", ANSWER)?;
            for words in [
                "permit",
                "Access-Control-Allow-Origin",
                "drop it on this page",
            ] {
                ensure!(told.text.contains(words), "no {words:?} in {told:?}");
            }
            let detail = page.text("notice")?;
            ensure!(detail.contains(&address), "no address in {detail:?}");
            let n = downloads(&elsewhere);
            ensure!(n == 0, "weights were fetched that nobody may read");

            fetch(page, NOBODY)?;
            let told = page.wait_for_notice("address-unreachable", ANSWER)?;
            for words in ["Check the address", "CORS", "dropped on this page"] {
                ensure!(told.text.contains(words), "no {words:?} in {told:?}");
            }
            still_works(page, folder)
        })
    })
}

/// The built site below a path, in whose policy its host has allowed the origins of URLs.
fn site_that_allows(urls: &[&str]) -> Result<Site> {
    let origin = |url: &&str| url.split('/').take(3).collect::<Vec<_>>().join("/");
    let origins = urls.iter().map(origin).collect::<Vec<_>>().join(" ");
    let page = fs::read_to_string(site::built()?.join("index.html"))?;
    let own = "connect-src 'self'";
    ensure!(page.contains(own), "the page's policy has no {own}");
    let page = page.replace(own, &format!("{own} {origins}"));
    // As the host's own copy of the file would be, for the page and for the service worker.
    let site = site::site()?.rewritten(move |path, mut reply| {
        if ["", "index.html"].contains(&path) {
            reply.body = page.clone().into_bytes();
        }
        reply
    });
    site.below("/pipit/")
}

/// Has a recording identified, as the command line does.
fn listens(page: &mut Page, folder: &Path) -> Result<()> {
    let file = whistles(folder)?;
    page.drop_files(std::slice::from_ref(&file))?;
    page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
    agrees_with_command_line(page, &file, 1e-3)?;
    Ok(())
}

/// Types an address for a model and has it fetched, once the site's own listens: until then the button
/// moves down as models are listed above it.
fn fetch(page: &mut Page, address: &str) -> Result<()> {
    wait_for_origin(page, THE_SITE)?;
    page.evaluate::<bool>(&format!(
        "(() => {{
            document.querySelector('[data-testid=\"models\"]').open = true;
            const input = document.querySelector('[data-testid=\"model-address\"]');
            input.value = {};
            input.dispatchEvent(new Event('input', {{ bubbles: true }}));
            return true;
        }})()",
        json!(address)
    ))?;
    page.click("model-fetch")
}

/// Waits until the page's link names this model, or none.
fn wait_for_model_in_link(page: &mut Page, model: Option<&str>) -> Result<()> {
    page.wait_until(
        &format!("the link names the model {model:?}"),
        ANSWER,
        &format!(
            "new URLSearchParams(location.search).get('model') === {}",
            json!(model)
        ),
    )
}

/// Address of the site's first model, relative to the page.
fn address_of_default_model() -> Result<String> {
    let model = site::default_model()?;
    let name = model.file_name().context("the model has no folder")?;
    Ok(format!("models/{}/", name.to_string_lossy()))
}

/// How often somebody asked for weights.
fn downloads(server: &SiteServer) -> usize {
    let requests = server.requests();
    let weights = requests.iter().filter(|url| url.contains("weights"));
    weights.count()
}
