//! What a person does on the page.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{Page, VIEWPORT};

const DROP_TIMEOUT: Duration = Duration::from_secs(30);

impl Page {
    /// Drops files from outside onto the middle of the page.
    ///
    /// # Errors
    /// If the browser refuses.
    pub fn drop_files(&mut self, files: &[PathBuf]) -> Result<()> {
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        let (width, height) = VIEWPORT;
        let drag = |page: &mut Self, kind: &str| {
            page.call(
                "Input.dispatchDragEvent",
                &json!({ "type": kind, "x": width / 2, "y": height / 2, "data": data }),
            )
        };
        drag(self, "dragEnter")?;
        drag(self, "dragOver")?;
        // The browser lets go only where the page has said by then that it takes files.
        let veil =
            |is_hidden| format!("document.querySelector('.drop-veil').hidden === {is_hidden}");
        self.wait_until("the page takes files", DROP_TIMEOUT, &veil(false))?;
        drag(self, "dragOver")?;
        drag(self, "drop")?;
        self.wait_until("the files are let go", DROP_TIMEOUT, &veil(true))
    }

    /// Chooses files in the page's file dialogue.
    ///
    /// # Errors
    /// If the page has no such input.
    pub fn choose_files(&mut self, files: &[PathBuf]) -> Result<()> {
        self.choose_files_in("file-input", files)
    }

    /// Chooses files in the file dialogue of the input with this test id.
    ///
    /// # Errors
    /// If the page has no such input.
    pub fn choose_files_in(&mut self, test_id: &str, files: &[PathBuf]) -> Result<()> {
        let document = self.call("DOM.getDocument", &json!({}))?;
        let input = self.call(
            "DOM.querySelector",
            &json!({
                "nodeId": document["root"]["nodeId"],
                "selector": format!("[data-testid=\"{test_id}\"]"),
            }),
        )?;
        self.call(
            "DOM.setFileInputFiles",
            &json!({ "files": files, "nodeId": input["nodeId"] }),
        )?;
        Ok(())
    }

    /// Clicks the middle of the first element with this test id.
    ///
    /// # Errors
    /// If there is none to be seen.
    pub fn click(&mut self, test_id: &str) -> Result<()> {
        self.click_at(test_id, 0.5)
    }

    /// Clicks the first element with this test id at a part of its width, 0 to 1.
    ///
    /// # Errors
    /// If there is none to be seen.
    pub fn click_at(&mut self, test_id: &str, fraction: f64) -> Result<()> {
        let place = self.place(test_id, fraction)?;
        self.click_place(place)
    }

    /// Clicks the middle of the element with this test id that has `n` others before it.
    ///
    /// # Errors
    /// If there is none to be seen.
    pub fn click_nth(&mut self, test_id: &str, n: usize) -> Result<()> {
        let place = self.place_of_nth(test_id, n, 0.5)?;
        self.click_place(place)
    }

    fn click_place(&mut self, place: (f64, f64)) -> Result<()> {
        for (kind, clicks) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 1)] {
            self.mouse(kind, place, clicks)?;
        }
        Ok(())
    }

    /// Drags the first element with this test id from one part of its width to another.
    ///
    /// # Errors
    /// If there is none to be seen.
    pub fn drag(&mut self, test_id: &str, from: f64, to: f64) -> Result<()> {
        let start = self.place(test_id, from)?;
        let end = self.place(test_id, to)?;
        self.mouse("mouseMoved", start, 0)?;
        self.mouse("mousePressed", start, 1)?;
        self.mouse("mouseMoved", end, 1)?;
        self.mouse("mouseReleased", end, 1)
    }

    /// Turns the wheel over the first element with this test id; negative is away from the hand.
    ///
    /// # Errors
    /// If there is none to be seen.
    pub fn turn_wheel(&mut self, test_id: &str, fraction: f64, delta_y: f64) -> Result<()> {
        let (x, y) = self.place(test_id, fraction)?;
        self.call(
            "Input.dispatchMouseEvent",
            &json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": delta_y }),
        )?;
        Ok(())
    }

    /// Types text where the focus is; single characters count as keys.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn type_text(&mut self, text: &str) -> Result<()> {
        for character in text.chars() {
            let text = character.to_string();
            for kind in ["keyDown", "keyUp"] {
                self.call(
                    "Input.dispatchKeyEvent",
                    &json!({ "type": kind, "key": text, "text": text }),
                )?;
            }
        }
        Ok(())
    }

    /// Gives a control a value as a hand would; returns the value that it then has.
    ///
    /// # Errors
    /// If the page has no such control.
    pub fn set_value(&mut self, test_id: &str, value: &str) -> Result<String> {
        let taken: Option<String> = self.evaluate(&format!(
            "(() => {{
                const control = document.querySelector('[data-testid=\"{test_id}\"]');
                if (!control) return null;
                control.value = '{value}';
                for (const type of ['input', 'change'])
                    control.dispatchEvent(new Event(type, {{ bubbles: true }}));
                return control.value;
            }})()"
        ))?;
        taken.with_context(|| format!("the page has no {test_id}"))
    }

    /// Chooses an entry of a menu by its value.
    ///
    /// # Errors
    /// If the page has no such menu or entry.
    pub fn choose(&mut self, test_id: &str, value: &str) -> Result<()> {
        let chosen = self.set_value(test_id, value)?;
        ensure!(
            chosen == value,
            "the menu {test_id} has no {value}: {chosen:?}"
        );
        Ok(())
    }

    fn place(&mut self, test_id: &str, fraction: f64) -> Result<(f64, f64)> {
        self.place_of_nth(test_id, 0, fraction)
    }

    /// Where an element is once it is in sight, at a part of its width and half its height.
    fn place_of_nth(&mut self, test_id: &str, n: usize, fraction: f64) -> Result<(f64, f64)> {
        let place: Option<(f64, f64)> = self.evaluate(&format!(
            "(() => {{
                const element = document.querySelectorAll('[data-testid=\"{test_id}\"]')[{n}];
                if (!element) return null;
                element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                return box.width && box.height
                    ? [box.x + box.width * {fraction}, box.y + box.height / 2] : null;
            }})()"
        ))?;
        place.with_context(|| format!("nothing to be seen: {test_id}"))
    }

    fn mouse(&mut self, kind: &str, (x, y): (f64, f64), clicks: u32) -> Result<()> {
        let button = if kind == "mouseMoved" && clicks == 0 {
            "none"
        } else {
            "left"
        };
        self.call(
            "Input.dispatchMouseEvent",
            &json!({ "type": kind, "x": x, "y": y, "button": button,
                     "buttons": u32::from(button == "left" && kind != "mouseReleased"),
                     "clickCount": clicks }),
        )?;
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
        let taken: f64 = self
            .set_value("threshold", &threshold.to_string())?
            .parse()?;
        ensure!(
            (taken - threshold).abs() < 1e-9,
            "the slider took {taken} for {threshold}"
        );
        Ok(())
    }
}
