//! Where the site lies and whom it talks to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::page::Page;
use pipit_tests::site;
use xtask::site::{Reply, SiteServer};

use crate::trial::{
    RUN_TIMEOUT, agrees_with_command_line, goes_offline, identified, in_tab, is_kept,
    model_is_loaded, named, recording, whistles,
};

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    vec![
        below_a_path(browsers),
        no_other_origin(browsers),
        no_card_needs_no_gpu_code(browsers),
        model_is_fetched_once(browsers),
        an_index_that_leads_to_its_folder(browsers),
        a_server_in_trouble(browsers),
    ]
}

fn below_a_path(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("hosting::below_a_path", move |name| {
        let server = SiteServer::start(site::site()?.below("/some/where/")?, 0)?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            let file = recording(folder, "whistles.wav", whistles(12.0))?;
            page.drop_files(std::slice::from_ref(&file))?;
            page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
            agrees_with_command_line(page, &file, 1e-3)?;
            let outside: Vec<_> = server
                .requests()
                .into_iter()
                .filter(|path| !path.starts_with("/some/where/") && path != "/favicon.ico")
                .collect();
            ensure!(outside.is_empty(), "requests outside the path: {outside:?}");
            Ok(())
        })
    })
}

/// The page's policy keeps page and worker from talking to anybody else, even if they wanted to.
fn no_other_origin(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("hosting::no_other_origin", move |name| {
        let server = site::serve()?;
        // The same files at another port are another origin.
        let elsewhere = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            identified(page, folder, "whistles.wav", 5.0)?;
            page.check_clean()?;

            // From here on the test itself causes what the policy must stop.
            page.tolerate("Content Security Policy");
            page.tolerate("Refused to connect");
            let attempt = attempt_to_reach(elsewhere.url());
            let from_page: String = page.evaluate(&attempt)?;
            let from_worker: String = page.evaluate_in_worker(&attempt)?;
            ensure!(from_page == "refused", "the page may talk to other origins");
            ensure!(
                from_worker == "refused",
                "the worker may talk to other origins"
            );
            ensure!(
                elsewhere.requests().is_empty(),
                "somebody asked: {:?}",
                elsewhere.requests()
            );
            Ok(())
        })
    })
}

/// A script that asks another origin for something without minding whether it may read it.
fn attempt_to_reach(url: &str) -> String {
    format!("fetch('{url}', {{ mode: 'no-cors' }}).then(() => 'reached', () => 'refused')")
}

/// Without a graphics card nobody waits for the code that would drive it.
fn no_card_needs_no_gpu_code(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("hosting::no_card_needs_no_gpu_code", move |name| {
        let server = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, _| {
            model_is_loaded(page)?;
            // With the build in its address it is the page that asks; the service worker keeps all files.
            let asked = |module: &str| server.requests().iter().any(|url| url.contains(module));
            ensure!(asked("worker_cpu_bg.wasm?"), "{:?}", server.requests());
            ensure!(!asked("worker_bg.wasm?"), "{:?}", server.requests());
            Ok(())
        })
    })
}

/// A second visit takes the weights from the browser's cache.
fn model_is_fetched_once(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("hosting::model_is_fetched_once", move |name| {
        let server = site::serve()?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            let file = recording(folder, "whistles.wav", whistles(5.0))?;
            let visit = |page: &mut Page| -> Result<usize> {
                page.drop_files(std::slice::from_ref(&file))?;
                page.wait_for_state("whistles.wav", &["done"], RUN_TIMEOUT)?;
                let requests = server.requests();
                Ok(requests
                    .iter()
                    .filter(|path| path.contains("weights.safetensors"))
                    .count())
            };
            let first = visit(page)?;
            page.go_to(server.url())?;
            let second = visit(page)?;
            ensure!(
                first == 1,
                "the weights were fetched {first} times on the first visit"
            );
            ensure!(
                second == 1,
                "the weights were fetched again on the second visit"
            );
            Ok(())
        })
    })
}

/// Some hosts lead from `/index.html` to `/`; what is kept of the page is shown all the same.
fn an_index_that_leads_to_its_folder(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("hosting::an_index_that_leads_to_its_folder", move |name| {
        let site = site::site()?.rewritten(|path, reply| match path {
            "index.html" => Reply::found_at("./"),
            _ => reply,
        });
        let server = SiteServer::start(site, 0)?;
        let url = server.url().to_owned();
        in_tab(name, &browsers, Gpu::None, &url, |page, folder| {
            goes_offline(page, server)?;
            identified(page, folder, "forest.wav", 5.0)?;
            Ok(())
        })
    })
}

/// A server that answers with nothing but failures is as good as none.
fn a_server_in_trouble(browsers: &Arc<Browsers>) -> Trial {
    let browsers = Arc::clone(browsers);
    named("hosting::a_server_in_trouble", move |name| {
        let is_in_trouble = Arc::new(AtomicBool::new(false));
        let trouble = Arc::clone(&is_in_trouble);
        let site = site::site()?.rewritten(move |_, reply| {
            let status = if trouble.load(Ordering::Relaxed) {
                503
            } else {
                reply.status
            };
            Reply { status, ..reply }
        });
        let server = SiteServer::start(site, 0)?;
        in_tab(name, &browsers, Gpu::None, server.url(), |page, folder| {
            is_kept(page)?;
            is_in_trouble.store(true, Ordering::Relaxed);
            page.tolerate("503");
            page.go_to(server.url())?;
            identified(page, folder, "forest.wav", 5.0)?;
            Ok(())
        })
    })
}
