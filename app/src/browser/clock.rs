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

/// The time of day as `14:03`.
#[must_use]
pub fn time_of_day() -> String {
    let now = js_sys::Date::new_0();
    format!("{:02}:{:02}", now.get_hours(), now.get_minutes())
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
