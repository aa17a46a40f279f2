//! What happens unseen: requests, errors in consoles, workers that come and go.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{Page, auto_attach, describe_exception, text};
use crate::devtools::Event;

impl Page {
    /// Lets console errors pass that contain this text: a test that breaks something causes them.
    pub fn tolerate(&mut self, text: &str) {
        self.tolerated.push(text.to_owned());
    }

    /// Lets requests below this address pass: a test whose site permits another origin makes them.
    pub fn permit(&mut self, url: &str) {
        self.permitted.push(url.to_owned());
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
            .filter(|url| !self.permitted.iter().any(|other| url.starts_with(other)))
            .collect();
        ensure!(foreign.is_empty(), "requests to other origins: {foreign:?}");
        Ok(())
    }

    pub(super) fn handle_events(&mut self) -> Result<()> {
        for event in self.devtools.events()? {
            self.handle(&event)?;
        }
        Ok(())
    }

    fn handle(&mut self, event: &Event) -> Result<()> {
        let params = &event.params;
        match event.method.as_str() {
            "Target.attachedToTarget" => self.greet(event)?,
            "Target.detachedFromTarget" => {
                for workers in [&mut self.workers, &mut self.helpers] {
                    workers.retain(|worker| params["sessionId"] != worker.as_str());
                }
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
    fn greet(&mut self, event: &Event) -> Result<()> {
        let params = &event.params;
        let session = text(&params["sessionId"])?;
        if params["targetInfo"]["type"] == "worker" {
            for domain in ["Runtime", "Log", "Network"] {
                self.devtools
                    .send(Some(&session), &format!("{domain}.enable"), &json!({}))?;
            }
            // Its own workers are to wait for us as well.
            self.devtools
                .send(Some(&session), "Target.setAutoAttach", &auto_attach())?;
            if event.session.as_ref() == Some(&self.session) {
                self.workers.push(session.clone());
            } else {
                self.helpers.push(session.clone());
            }
        }
        self.devtools.send(
            Some(&session),
            "Runtime.runIfWaitingForDebugger",
            &json!({}),
        )?;
        Ok(())
    }
}

fn is_local_scheme(url: &str) -> bool {
    ["about:", "blob:", "data:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
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
