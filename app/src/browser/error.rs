//! What a thrown JavaScript value says.

use js_sys::{Error, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The name and message of an error, or whatever else was thrown.
#[must_use]
pub fn describe(thrown: &JsValue) -> String {
    if let Some(error) = thrown.dyn_ref::<Error>() {
        return format!(
            "{}: {}",
            String::from(error.name()),
            String::from(error.message())
        );
    }
    // A DOMException is no Error in every browser.
    let text = |key: &str| Reflect::get(thrown, &key.into()).ok()?.as_string();
    match (text("name"), text("message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        _ => thrown.as_string().unwrap_or_else(|| format!("{thrown:?}")),
    }
}
