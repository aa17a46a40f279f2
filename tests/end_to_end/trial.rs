//! One test: a tab, what is done in it, and a picture if it fails.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::{self, Recipe};
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::detection::{self, Bounds, Detection};
use pipit_tests::page::{Page, Recording};
use pipit_tests::{cli, site};
use tempfile::TempDir;
use xtask::site::SiteServer;

/// How long a recording of some windows may take on the CPU, the download of the model included.
pub(crate) const RUN_TIMEOUT: Duration = Duration::from_secs(90);

/// How low a threshold lets something be detected in sounds that are no bird.
pub(crate) const THRESHOLD: f64 = 0.01;

/// Distinct colours in the spectrogram's picture; a script that fails where there is none.
pub(crate) const COLOURS: &str = "(() => {
    const canvas = document.querySelector('[data-testid=\"spectrogram\"]');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return [...new Set(new Uint32Array(data.buffer))];
})()";

/// What is done on a page, with a folder for its files.
pub(crate) type Test = fn(&mut Page, &Path) -> Result<()>;

/// Names tests after their group, and runs them on the built site with no GPU.
pub(crate) fn group(group: &str, browsers: &Arc<Browsers>) -> impl Fn(&str, Test) -> Trial {
    move |name, test| on_page(&format!("{group}::{name}"), browsers, Gpu::None, "", test)
}

/// A test in a tab that shows the built site.
pub(crate) fn on_page(
    name: &str,
    browsers: &Arc<Browsers>,
    gpu: Gpu,
    query: &'static str,
    test: impl FnOnce(&mut Page, &Path) -> Result<()> + Send + 'static,
) -> Trial {
    let browsers = Arc::clone(browsers);
    named(name, move |name| {
        let server = site::serve()?;
        in_tab(
            name,
            &browsers,
            gpu,
            &format!("{}{query}", server.url()),
            test,
        )
    })
}

/// A test that gets its own name and may fail with any error.
pub(crate) fn named(name: &str, test: impl FnOnce(&str) -> Result<()> + Send + 'static) -> Trial {
    let name = name.to_owned();
    Trial::test(name.clone(), move || {
        test(&name).map_err(|error| format!("{error:#}").into())
    })
}

/// Opens the address in a new tab, hands it to the test with a folder for its files, and checks
/// afterwards that nothing went wrong unseen.
pub(crate) fn in_tab(
    name: &str,
    browsers: &Browsers,
    gpu: Gpu,
    url: &str,
    test: impl FnOnce(&mut Page, &Path) -> Result<()>,
) -> Result<()> {
    let folder = TempDir::new()?;
    let mut page = Page::open(browsers.connect(gpu)?, url)?;
    let result = test(&mut page, folder.path()).and_then(|()| page.check_clean());
    let Err(error) = result else { return Ok(()) };
    let picture = pictures().join(format!("{}.png", name.replace([':', '/'], "_")));
    let error = match page.check_clean() {
        Err(problem) if problem.to_string() != error.to_string() => {
            error.context(problem.to_string())
        }
        _ => error,
    };
    match page.screenshot(&picture) {
        Ok(()) => Err(error).with_context(|| format!("see {}", picture.display())),
        Err(_) => Err(error),
    }
}

fn pictures() -> PathBuf {
    xtask::workspace::target_dir().join("end-to-end")
}

/// Checks that the page, which has finished a recording, shows what `pipit identify` finds in it,
/// and that this is something. Hands out the greatest difference in confidence.
pub(crate) fn agrees_with_command_line(
    page: &mut Page,
    file: &Path,
    tolerance: f64,
) -> Result<f64> {
    page.set_threshold(THRESHOLD)?;
    let seen = page.recording(&file_name(file))?.detections;
    are_the_command_lines(&seen, file, &site::default_model()?, tolerance)
}

/// Checks that these detections, seen at [`THRESHOLD`], are what `pipit identify` finds in a file with a
/// model, and something. Hands out the greatest difference in confidence.
pub(crate) fn are_the_command_lines(
    seen: &[Detection],
    file: &Path,
    model: &Path,
    tolerance: f64,
) -> Result<f64> {
    ensure!(
        !seen.is_empty(),
        "nothing is detected at {THRESHOLD}: a test of nothing"
    );
    let cli = Bounds {
        low: cli::identify(file, model, (THRESHOLD - tolerance).max(0.0))?.detections,
        high: cli::identify(file, model, THRESHOLD + tolerance)?.detections,
    };
    detection::compare(seen, &cli, tolerance)?;
    Ok(detection::largest_difference(seen, &cli))
}

/// Whistles of this length, else as recordings in tests are.
pub(crate) fn whistles(length_s: f64) -> Recipe {
    Recipe {
        length_s,
        ..Recipe::default()
    }
}

/// Makes a recording in the folder.
pub(crate) fn recording(folder: &Path, name: &str, recipe: Recipe) -> Result<PathBuf> {
    let path = folder.join(name);
    audio::write(&recipe, &path)?;
    Ok(path)
}

/// Waits until recordings can be identified. Before, the page tells how far it is, which moves what is
/// below.
pub(crate) fn model_is_loaded(page: &mut Page) -> Result<()> {
    page.wait_until(
        "the model is loaded",
        RUN_TIMEOUT,
        "document.querySelector('[data-testid=\"status\"]')?.textContent.startsWith('Ready')",
    )
}

/// Stops the server once the browser has kept the site and its model, and opens the page without it.
pub(crate) fn goes_offline(page: &mut Page, server: SiteServer) -> Result<()> {
    let url = server.url().to_owned();
    is_kept(page)?;
    drop(server);
    page.tolerate("ERR_CONNECTION_REFUSED");
    page.go_to(&url)
}

/// Waits until the page could do without its server.
pub(crate) fn is_kept(page: &mut Page) -> Result<()> {
    model_is_loaded(page)?;
    page.wait_until(
        "the site is kept",
        RUN_TIMEOUT,
        // Not by waiting for the service worker in the page: it starts only when we listen.
        "navigator.serviceWorker.controller !== null",
    )
}

/// Drops whistles of this length on the page and waits until they are identified.
pub(crate) fn identified(
    page: &mut Page,
    folder: &Path,
    name: &str,
    length_s: f64,
) -> Result<Recording> {
    let file = recording(folder, name, whistles(length_s))?;
    page.drop_files(&[file])?;
    page.wait_for_state(name, &["done"], RUN_TIMEOUT)
}

/// The file's name as the page shows it.
pub(crate) fn file_name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
