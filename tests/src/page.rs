//! One tab with Pipit in it: what a person does there, and what there is to see.

mod ears;
mod eyes;
mod hands;
mod log;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use data_encoding::BASE64;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use ears::Sound;
pub use eyes::{Notice, Recording};

use crate::devtools::Devtools;

/// How long the page may take to appear; the first load compiles some 20 MB of WASM.
const LOAD_TIMEOUT: Duration = Duration::from_secs(90);
const POLL_INTERVAL: Duration = Duration::from_millis(40);
const VIEWPORT: (u32, u32) = (1280, 1000);

/// A tab of its own, with an empty cache.
pub struct Page {
    devtools: Devtools,
    target: String,
    session: String,
    workers: Vec<String>,
    /// Workers of those workers.
    helpers: Vec<String>,
    origin: String,
    problems: Vec<String>,
    tolerated: Vec<String>,
    permitted: Vec<String>,
    requests: BTreeSet<String>,
}

impl Page {
    /// Opens the address in a tab and waits until the page can take files.
    ///
    /// # Errors
    /// If the browser has gone or the page does not appear.
    pub fn open(devtools: Devtools, url: &str) -> Result<Self> {
        let mut page = Self::blank(devtools)?;
        page.go_to(url)?;
        Ok(page)
    }

    /// An empty tab.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn blank(mut devtools: Devtools) -> Result<Self> {
        let context = devtools.call(
            None,
            "Target.createBrowserContext",
            // Cookies and caches go when the connection does.
            &json!({ "disposeOnDetach": true }),
        )?;
        let target = devtools.call(
            None,
            "Target.createTarget",
            &json!({ "url": "about:blank", "browserContextId": context["browserContextId"] }),
        )?;
        let attached = devtools.call(
            None,
            "Target.attachToTarget",
            &json!({ "targetId": target["targetId"], "flatten": true }),
        )?;
        let mut page = Self {
            devtools,
            target: text(&target["targetId"])?,
            session: text(&attached["sessionId"])?,
            workers: Vec::new(),
            helpers: Vec::new(),
            origin: String::new(),
            problems: Vec::new(),
            tolerated: Vec::new(),
            permitted: Vec::new(),
            requests: BTreeSet::new(),
        };
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            page.call(&format!("{domain}.enable"), &json!({}))?;
        }
        page.call("Target.setAutoAttach", &auto_attach())?;
        let (width, height) = VIEWPORT;
        page.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        )?;
        Ok(page)
    }

    /// Loads an address in this tab and waits until the page can take files.
    ///
    /// # Errors
    /// If the page does not appear.
    pub fn go_to(&mut self, url: &str) -> Result<()> {
        self.load(url)?;
        self.wait_until(
            "the page appears",
            LOAD_TIMEOUT,
            "document.readyState === 'complete' \
             && document.querySelector('[data-testid=\"file-input\"]') !== null",
        )
    }

    /// Loads an address in this tab without waiting for anything.
    ///
    /// # Errors
    /// If nothing answers there.
    pub fn load(&mut self, url: &str) -> Result<()> {
        self.origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
        self.workers.clear();
        self.helpers.clear();
        let answer = self.call("Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("cannot load {url}: {error}");
        }
        Ok(())
    }

    /// Waits until a JavaScript condition holds.
    ///
    /// # Errors
    /// If it does not within the time.
    pub fn wait_until(&mut self, what: &str, timeout: Duration, condition: &str) -> Result<()> {
        self.wait(what, timeout, |page| page.evaluate(condition))
    }

    /// Waits until a JavaScript condition holds in the page's newest worker.
    ///
    /// # Errors
    /// If it does not within the time.
    pub fn wait_until_in_worker(
        &mut self,
        what: &str,
        timeout: Duration,
        condition: &str,
    ) -> Result<()> {
        self.wait(what, timeout, |page| page.evaluate_in_worker(condition))
    }

    fn wait(
        &mut self,
        what: &str,
        timeout: Duration,
        mut holds: impl FnMut(&mut Self) -> Result<bool>,
    ) -> Result<()> {
        let deadline = Instant::now() + timeout;
        // While a page is being replaced there is nothing to ask; it is asked again.
        while !holds(self).unwrap_or(false) {
            ensure!(
                Instant::now() < deadline,
                "waited {} s in vain until {what}; problems: {:?}",
                timeout.as_secs(),
                self.problems
            );
            self.pause()?;
        }
        Ok(())
    }

    /// Evaluates JavaScript in the page, awaiting a promise.
    ///
    /// # Errors
    /// If it throws, or its value is not of the type.
    pub fn evaluate<T: DeserializeOwned>(&mut self, expression: &str) -> Result<T> {
        let session = self.session.clone();
        self.evaluate_in(&session, expression)
    }

    /// Evaluates JavaScript in the page's newest worker.
    ///
    /// # Errors
    /// If there is none, it throws, or its value is not of the type.
    pub fn evaluate_in_worker<T: DeserializeOwned>(&mut self, expression: &str) -> Result<T> {
        self.handle_events()?;
        let worker = self
            .workers
            .last()
            .cloned()
            .context("the page has no worker")?;
        self.evaluate_in(&worker, expression)
    }

    /// How many workers the page's workers have.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn n_helpers(&mut self) -> Result<usize> {
        self.handle_events()?;
        Ok(self.helpers.len())
    }

    fn evaluate_in<T: DeserializeOwned>(&mut self, session: &str, expression: &str) -> Result<T> {
        let params = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true,
        });
        let mut answer = self
            .devtools
            .call(Some(session), "Runtime.evaluate", &params)?;
        self.handle_events()?;
        if let Some(exception) = answer.get("exceptionDetails") {
            bail!("the script threw {}", describe_exception(exception));
        }
        let value = answer["result"]["value"].take();
        serde_json::from_value(value.clone())
            .with_context(|| format!("the script returned {value}"))
    }

    /// Calls a DevTools method on the page.
    ///
    /// # Errors
    /// If the browser refuses.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let answer = self.devtools.call(Some(&self.session), method, params);
        self.handle_events()?;
        answer
    }

    /// Writes a PNG of what the tab shows.
    ///
    /// # Errors
    /// If the browser has gone or the file cannot be written.
    pub fn screenshot(&mut self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let answer = self.call(
            "Page.captureScreenshot",
            &json!({ "format": "png", "captureBeyondViewport": true }),
        )?;
        let bytes = BASE64.decode(text(&answer["data"])?.as_bytes())?;
        fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Waits a moment, hearing what happens meanwhile.
    fn pause(&mut self) -> Result<()> {
        sleep(POLL_INTERVAL);
        self.handle_events()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // A browser that has gone has no tab to close.
        let params = json!({ "targetId": self.target });
        let _ = self.devtools.call(None, "Target.closeTarget", &params);
    }
}

/// New workers wait until we listen to them.
fn auto_attach() -> Value {
    json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true })
}

fn text(value: &Value) -> Result<String> {
    value
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("not a text: {value}"))
}

fn describe_exception(details: &Value) -> String {
    let thrown = &details["exception"];
    let what = thrown["description"].as_str().or(thrown["value"].as_str());
    format!(
        "{} {}",
        details["text"].as_str().unwrap_or_default(),
        what.unwrap_or_default()
    )
}
