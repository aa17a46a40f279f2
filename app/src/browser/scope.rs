//! The worker's end of the line to the page.

use super::port::serializer;
use crate::protocol::{Request, Response};
use js_sys::{Array, Uint8Array};
use serde::Serialize as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Sends an answer; the bytes move to the page.
pub fn post(response: &Response, bytes: Option<&[u8]>) {
    let Ok(message) = response.serialize(&serializer()) else {
        return;
    };
    let copy = bytes.map(Uint8Array::from);
    let envelope = Array::of2(&message, &copy.as_ref().into());
    let moved: Array = copy.iter().map(Uint8Array::buffer).collect();
    let _ = scope().post_message_with_transfer(&envelope, &moved);
}

/// Listens for requests, with the files and samples beside them, for as long as the worker lives or
/// until others listen.
pub fn on_request(handle: impl Fn(Request, JsValue) + 'static) {
    let closure = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let envelope: Array = event.data().unchecked_into();
        // A request from another build never comes: the page checks the build first.
        if let Ok(request) = serde_wasm_bindgen::from_value(envelope.get(0)) {
            handle(request, envelope.get(1));
        }
    });
    scope().set_onmessage(Some(closure.as_ref().unchecked_ref()));
    closure.forget();
}

/// Processors of this computer, as far as the browser tells.
#[must_use]
pub fn n_processors() -> usize {
    (scope().navigator().hardware_concurrency() as usize).max(1)
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
