//! What there is to see on the page.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::Page;
use crate::detection::Detection;

/// One recording as its card shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Recording {
    /// The file's name.
    pub name: String,
    /// `waiting`, `running`, `converting`, `done`, `cancelled` or `failed`.
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
}
