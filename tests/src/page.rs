//! One tab with Pipit in it: what a person does there, and what there is to see.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::detection::Detection;
use crate::devtools::{Devtools, Event};

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
    origin: String,
    problems: Vec<String>,
    tolerated: Vec<String>,
    requests: BTreeSet<String>,
}

/// One recording as its card shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Recording {
    /// The file's name.
    pub name: String,
    /// `waiting`, `decoding`, `running`, `done`, `cancelled` or `failed`.
    pub state: String,
    /// What is said about the speed.
    pub speed: String,
    /// What was heard.
    pub detections: Vec<Detection>,
}

/// A failure as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Notice {
    /// Which failure it is.
    pub kind: String,
    /// The sentence and the next step.
    pub text: String,
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
            origin: String::new(),
            problems: Vec::new(),
            tolerated: Vec::new(),
            requests: BTreeSet::new(),
        };
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            page.call(&format!("{domain}.enable"), &json!({}))?;
        }
        page.call(
            "Target.setAutoAttach",
            &json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true }),
        )?;
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
        let answer = self.call("Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("cannot load {url}: {error}");
        }
        Ok(())
    }

    /// Drops files from outside onto the middle of the page.
    ///
    /// # Errors
    /// If the browser refuses.
    pub fn drop_files(&mut self, files: &[PathBuf]) -> Result<()> {
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        let (width, height) = VIEWPORT;
        for kind in ["dragEnter", "dragOver", "drop"] {
            self.call(
                "Input.dispatchDragEvent",
                &json!({ "type": kind, "x": width / 2, "y": height / 2, "data": data }),
            )?;
        }
        Ok(())
    }

    /// Chooses files in the page's file dialogue.
    ///
    /// # Errors
    /// If the page has no such input.
    pub fn choose_files(&mut self, files: &[PathBuf]) -> Result<()> {
        let document = self.call("DOM.getDocument", &json!({}))?;
        let input = self.call(
            "DOM.querySelector",
            &json!({
                "nodeId": document["root"]["nodeId"],
                "selector": "[data-testid=\"file-input\"]",
            }),
        )?;
        self.call(
            "DOM.setFileInputFiles",
            &json!({ "files": files, "nodeId": input["nodeId"] }),
        )?;
        Ok(())
    }

    /// Clicks the first element with this test id, with the mouse.
    ///
    /// # Errors
    /// If there is none to be seen.
    pub fn click(&mut self, test_id: &str) -> Result<()> {
        let place: Option<(f64, f64)> = self.evaluate(&format!(
            "(() => {{
                const element = document.querySelector('[data-testid=\"{test_id}\"]');
                if (!element) return null;
                element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                return box.width && box.height
                    ? [box.x + box.width / 2, box.y + box.height / 2] : null;
            }})()"
        ))?;
        let (x, y) = place.with_context(|| format!("nothing to click: {test_id}"))?;
        for (kind, clicks) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 1)] {
            self.call(
                "Input.dispatchMouseEvent",
                &json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": clicks }),
            )?;
        }
        Ok(())
    }

    /// Presses and releases a key that has no character, such as `Tab` or `ArrowRight`.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn press(&mut self, key: &str, key_code: u32) -> Result<()> {
        for kind in ["rawKeyDown", "keyUp"] {
            self.call(
                "Input.dispatchKeyEvent",
                &json!({ "type": kind, "key": key, "code": key,
                         "windowsVirtualKeyCode": key_code }),
            )?;
        }
        Ok(())
    }

    /// Puts the confidence slider at a value.
    ///
    /// # Errors
    /// If the page has none, or it cannot take the value.
    pub fn set_threshold(&mut self, threshold: f64) -> Result<()> {
        let taken: Option<f64> = self.evaluate(&format!(
            "(() => {{
                const slider = document.querySelector('[data-testid=\"threshold\"]');
                if (!slider) return null;
                slider.value = '{threshold}';
                slider.dispatchEvent(new Event('input', {{ bubbles: true }}));
                slider.dispatchEvent(new Event('change', {{ bubbles: true }}));
                return slider.valueAsNumber;
            }})()"
        ))?;
        let taken = taken.context("the page has no confidence slider")?;
        ensure!(
            (taken - threshold).abs() < 1e-9,
            "the slider took {taken} for {threshold}"
        );
        Ok(())
    }

    /// All recordings, in the page's order.
    ///
    /// # Errors
    /// If a detection lacks a number.
    pub fn recordings(&mut self) -> Result<Vec<Recording>> {
        self.evaluate(
            "[...document.querySelectorAll('[data-testid=\"recording\"]')].map(card => ({
                name: card.dataset.name,
                state: card.dataset.state,
                speed: card.querySelector('[data-testid=\"speed\"]')?.textContent ?? '',
                detections: [...card.querySelectorAll('[data-testid=\"detection\"]')]
                    .map(({ dataset }) => ({
                        start_s: Number(dataset.startS),
                        end_s: Number(dataset.endS),
                        code: dataset.code,
                        confidence: Number(dataset.confidence),
                    })),
            }))",
        )
    }

    /// The recording of that file.
    ///
    /// # Errors
    /// If the page does not show it.
    pub fn recording(&mut self, name: &str) -> Result<Recording> {
        let recordings = self.recordings()?;
        let names: Vec<_> = recordings
            .iter()
            .map(|recording| recording.name.clone())
            .collect();
        recordings
            .into_iter()
            .find(|recording| recording.name == name)
            .with_context(|| format!("no recording {name}; the page shows {names:?}"))
    }

    /// Waits until a recording is in one of these states and hands it out.
    ///
    /// # Errors
    /// If it ends in another state or does not get there in time.
    pub fn wait_for_state(
        &mut self,
        name: &str,
        states: &[&str],
        timeout: Duration,
    ) -> Result<Recording> {
        let deadline = Instant::now() + timeout;
        let mut last = "not shown".to_owned();
        while Instant::now() < deadline {
            let recordings = self.recordings()?;
            if let Some(recording) = recordings.into_iter().find(|card| card.name == name) {
                if states.contains(&recording.state.as_str()) {
                    return Ok(recording);
                }
                if ["done", "cancelled", "failed"].contains(&recording.state.as_str()) {
                    bail!(
                        "{name} is {}, not {}; notices: {:?}",
                        recording.state,
                        states.join(" or "),
                        self.notices()?
                    );
                }
                last = recording.state;
            }
            self.pause()?;
        }
        bail!(
            "{name} is {last} after {} s; status: {:?}; notices: {:?}",
            timeout.as_secs(),
            self.text("status")?,
            self.notices()?
        );
    }

    /// All failures that the page tells.
    ///
    /// # Errors
    /// If a notice has no kind.
    pub fn notices(&mut self) -> Result<Vec<Notice>> {
        self.evaluate(
            "[...document.querySelectorAll('[data-testid=\"notice\"]')]
                .map(notice => ({ kind: notice.dataset.kind, text: notice.innerText.trim() }))",
        )
    }

    /// Waits for a failure of this kind.
    ///
    /// # Errors
    /// If it is not told in time, or without words.
    pub fn wait_for_notice(&mut self, kind: &str, timeout: Duration) -> Result<Notice> {
        let deadline = Instant::now() + timeout;
        loop {
            let notices = self.notices()?;
            if let Some(notice) = notices.iter().find(|notice| notice.kind == kind) {
                ensure!(
                    notice.text.split_whitespace().count() >= 4,
                    "a notice is a sentence and a next step, not {:?}",
                    notice.text
                );
                return Ok(notice.clone());
            }
            if Instant::now() >= deadline {
                let status = self.text("status")?;
                bail!("no notice {kind}, but {notices:?}; status: {status:?}");
            }
            self.pause()?;
        }
    }

    /// The text of the first element with this test id; empty without one.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn text(&mut self, test_id: &str) -> Result<String> {
        self.evaluate(&format!(
            "document.querySelector('[data-testid=\"{test_id}\"]')?.textContent.trim() ?? ''"
        ))
    }

    /// Waits until a JavaScript condition holds.
    ///
    /// # Errors
    /// If it does not within the time.
    pub fn wait_until(&mut self, what: &str, timeout: Duration, condition: &str) -> Result<()> {
        let deadline = Instant::now() + timeout;
        // While a page is being replaced there is nothing to ask; it is asked again.
        while !self.evaluate::<bool>(condition).unwrap_or(false) {
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

    /// Lets console errors pass that contain this text: a test that breaks something causes them.
    pub fn tolerate(&mut self, text: &str) {
        self.tolerated.push(text.to_owned());
    }

    /// Every address that page and workers asked for so far.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn requests(&mut self) -> Result<BTreeSet<String>> {
        self.handle_events()?;
        Ok(self.requests.clone())
    }

    /// Checks that nothing went wrong unseen: no error in a console, no request elsewhere.
    ///
    /// # Errors
    /// What went wrong.
    pub fn check_clean(&mut self) -> Result<()> {
        self.handle_events()?;
        let problems: Vec<_> = self
            .problems
            .iter()
            .filter(|problem| !self.tolerated.iter().any(|text| problem.contains(text)))
            .collect();
        ensure!(problems.is_empty(), "the console has errors: {problems:#?}");
        let own = format!("{}/", self.origin);
        let foreign: Vec<_> = self
            .requests
            .iter()
            .filter(|url| !url.starts_with(&own) && !is_local_scheme(url))
            .collect();
        ensure!(foreign.is_empty(), "requests to other origins: {foreign:?}");
        Ok(())
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

    fn handle_events(&mut self) -> Result<()> {
        for event in self.devtools.events()? {
            self.handle(&event)?;
        }
        Ok(())
    }

    fn handle(&mut self, event: &Event) -> Result<()> {
        let params = &event.params;
        match event.method.as_str() {
            "Target.attachedToTarget" => self.greet(params)?,
            "Target.detachedFromTarget" => {
                self.workers
                    .retain(|worker| params["sessionId"] != worker.as_str());
            }
            "Network.requestWillBeSent" => {
                self.requests.insert(text(&params["request"]["url"])?);
            }
            "Runtime.exceptionThrown" => {
                self.problems
                    .push(describe_exception(&params["exceptionDetails"]));
            }
            "Runtime.consoleAPICalled" if params["type"] == "error" => {
                self.problems.push(describe_console(params));
            }
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                let entry = &params["entry"];
                self.problems.push(format!(
                    "{} {}",
                    entry["text"].as_str().unwrap_or_default(),
                    entry["url"].as_str().unwrap_or_default()
                ));
            }
            "Inspector.targetCrashed" => self.problems.push("the page crashed".to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// A new worker waits until we listen to it.
    fn greet(&mut self, params: &Value) -> Result<()> {
        let session = text(&params["sessionId"])?;
        if params["targetInfo"]["type"] == "worker" {
            for domain in ["Runtime", "Log", "Network"] {
                self.devtools
                    .send(Some(&session), &format!("{domain}.enable"), &json!({}))?;
            }
            self.workers.push(session.clone());
        }
        self.devtools.send(
            Some(&session),
            "Runtime.runIfWaitingForDebugger",
            &json!({}),
        )?;
        Ok(())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // A browser that has gone has no tab to close.
        let params = json!({ "targetId": self.target });
        let _ = self.devtools.call(None, "Target.closeTarget", &params);
    }
}

fn is_local_scheme(url: &str) -> bool {
    ["about:", "blob:", "data:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
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

fn describe_console(params: &Value) -> String {
    let arguments = params["args"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let words: Vec<_> = arguments
        .iter()
        .map(|argument| match argument["value"].as_str() {
            Some(text) => text.to_owned(),
            None => argument["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        })
        .collect();
    words.join(" ")
}
