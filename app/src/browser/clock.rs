//! Time: in a page and in a worker alike.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Performance;

/// Seconds since an arbitrary start.
#[must_use]
pub fn now_s() -> f64 {
    global("performance")
        .and_then(|performance| performance.dyn_into::<Performance>().ok())
        .map_or(0.0, |performance| performance.now() / 1000.0)
}

/// Date and time of day as recorders write them into names of files, `2024-05-12 05-15-00`:
/// colons may stand in no name on Windows.
#[must_use]
pub fn date_and_time() -> String {
    let now = js_sys::Date::new_0();
    let date = [now.get_full_year(), now.get_month() + 1, now.get_date()];
    let time = [now.get_hours(), now.get_minutes(), now.get_seconds()];
    let joined = |parts: [u32; 3]| parts.map(|part| format!("{part:02}")).join("-");
    format!("{} {}", joined(date), joined(time))
}

/// Lets the event loop deliver messages and clicks.
pub async fn breathe() {
    let _ = JsFuture::from(timer(0.0)).await;
}

/// A promise that is kept after some seconds, with nothing in it.
pub fn timer(seconds: f64) -> Promise {
    Promise::new(&mut |resolve, _| {
        if let Some(set_timeout) = global("setTimeout").and_then(|f| f.dyn_into::<Function>().ok())
        {
            let delay_ms = (seconds * 1000.0).into();
            let _ = set_timeout.call2(&JsValue::UNDEFINED, &resolve, &delay_ms);
        }
    })
}

/// Calls back before each repaint for as long as the answer is `true`.
pub fn each_frame(wanted: impl FnMut() -> bool + 'static) {
    next_frame(Box::new(wanted));
}

fn next_frame(mut wanted: Box<dyn FnMut() -> bool>) {
    let frame = Closure::once_into_js(move || {
        if wanted() {
            next_frame(wanted);
        }
    });
    if let Some(window) = web_sys::window() {
        let _ = window.request_animation_frame(frame.unchecked_ref());
    }
}

fn global(name: &str) -> Option<JsValue> {
    let value = Reflect::get(&js_sys::global(), &name.into()).ok()?;
    (!value.is_undefined()).then_some(value)
}
