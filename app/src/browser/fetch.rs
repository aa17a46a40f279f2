//! Fetching from the site, with progress.

use super::clock::{breathe, timer};
use super::error::describe;
use js_sys::{Array, Promise, Reflect, Uint8Array};
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, EventTarget, ReadableStreamDefaultReader, Request, RequestCache, RequestInit, Response,
    Url,
};

#[wasm_bindgen]
extern "C" {
    /// Of the page or the worker, whichever this runs in.
    #[wasm_bindgen(js_name = fetch)]
    fn global_fetch(request: &Request) -> Promise;
}

/// What the browser's own cache may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpCache {
    /// Ask the server whether the copy is still good.
    Revalidate,
    /// Keep no copy: somebody else does.
    Bypass,
}

/// Why nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// No answer, or it broke off.
    Network(String),
    /// The page's content security policy does not allow the address.
    Policy,
    /// A server of another site answers, and does not permit this one to read what (CORS).
    NotShared,
    /// The server refused.
    Status(u16),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(cause) => f.write_str(cause),
            Self::Policy => f.write_str("connect-src of the page does not allow this address"),
            Self::NotShared => {
                f.write_str("the answer permits no other site by Access-Control-Allow-Origin")
            }
            Self::Status(status) => write!(f, "the server answered {status}"),
        }
    }
}

/// Fetches a file, telling after each piece how many bytes have come.
///
/// # Errors
/// No answer, a broken one, or a status that is no success.
pub async fn bytes(
    url: &str,
    cache: HttpCache,
    progress: impl FnMut(u64),
) -> Result<Vec<u8>, FetchError> {
    read(respond(url, cache, None).await?, progress).await
}

/// Fetches a file from a server that begins to answer within some seconds.
///
/// # Errors
/// As [`bytes`], and no answer within that time.
pub async fn bytes_within(
    patience_s: f64,
    url: &str,
    cache: HttpCache,
) -> Result<Vec<u8>, FetchError> {
    read(respond(url, cache, Some(patience_s)).await?, |_| ()).await
}

async fn read(response: Response, mut progress: impl FnMut(u64)) -> Result<Vec<u8>, FetchError> {
    let broken = |thrown: JsValue| FetchError::Network(describe(&thrown));
    let Some(stream) = response.body() else {
        return Ok(Vec::new());
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let piece = JsFuture::from(reader.read()).await.map_err(broken)?;
        let value = Reflect::get(&piece, &"value".into()).map_err(broken)?;
        let Some(value) = value.dyn_ref::<Uint8Array>() else {
            return Ok(bytes);
        };
        let start = bytes.len();
        bytes.resize(start + value.length() as usize, 0);
        value.copy_to(&mut bytes[start..]);
        progress(bytes.len() as u64);
    }
}

async fn respond(
    url: &str,
    cache: HttpCache,
    patience_s: Option<f64>,
) -> Result<Response, FetchError> {
    let broken = |thrown: JsValue| FetchError::Network(describe(&thrown));
    let init = RequestInit::new();
    init.set_cache(match cache {
        HttpCache::Revalidate => RequestCache::NoCache,
        HttpCache::Bypass => RequestCache::NoStore,
    });
    let request = Request::new_with_str_and_init(url, &init).map_err(broken)?;
    let refusals = Refusals::listen();
    let mut answer = global_fetch(&request);
    if let Some(patience_s) = patience_s {
        answer = Promise::race(&Array::of2(&answer, &timer(patience_s)));
    }
    let response: Response = match JsFuture::from(answer).await {
        Ok(nothing) if nothing.is_undefined() => {
            return Err(FetchError::Network("the server does not answer".into()));
        }
        Ok(response) => response.unchecked_into(),
        Err(_) if refusals.heard_soon().await => return Err(FetchError::Policy),
        Err(_) if answers_unread(url).await => return Err(FetchError::NotShared),
        Err(thrown) => return Err(broken(thrown)),
    };
    if response.ok() {
        Ok(response)
    } else {
        Err(FetchError::Status(response.status()))
    }
}

/// The whole address of what may be relative to a base; none if it is no address at all.
#[must_use]
pub fn absolute(url: &str, base: &str) -> Option<String> {
    Url::new_with_base(url, base).ok().map(|url| url.href())
}

/// Whether a server of another site answers all the same: of a fetch that it does not permit, the
/// browser only says that it failed.
async fn answers_unread(url: &str) -> bool {
    let own = Reflect::get(&js_sys::global(), &"origin".into()).ok();
    let own = own.and_then(|origin| origin.as_string());
    if Url::new(url).ok().map(|url| url.origin()) == own {
        return false;
    }
    let init = RequestInit::new();
    init.set_method("HEAD");
    let unread = Reflect::set(&init, &"mode".into(), &"no-cors".into());
    let (Ok(true), Ok(request)) = (unread, Request::new_with_str_and_init(url, &init)) else {
        return false;
    };
    let response = JsFuture::from(global_fetch(&request)).await;
    let kind = response.and_then(|response| Reflect::get(&response, &"type".into()));
    kind.is_ok_and(|kind| kind == "opaque")
}

const VIOLATION: &str = "securitypolicyviolation";

/// Hears what the content security policy refuses: the fetch itself only says that it failed.
struct Refusals {
    heard: Rc<Cell<bool>>,
    closure: Closure<dyn Fn(Event)>,
}

impl Refusals {
    fn listen() -> Self {
        let heard = Rc::new(Cell::new(false));
        let hearing = heard.clone();
        let closure = Closure::new(move |event: Event| {
            let directive = Reflect::get(&event, &"effectiveDirective".into()).ok();
            if directive.and_then(|name| name.as_string()).as_deref() == Some("connect-src") {
                hearing.set(true);
            }
        });
        let global: EventTarget = js_sys::global().unchecked_into();
        let listener = closure.as_ref().unchecked_ref();
        let _ = global.add_event_listener_with_callback(VIOLATION, listener);
        Self { heard, closure }
    }

    /// The event may come a little after the failure.
    async fn heard_soon(&self) -> bool {
        const TURNS: usize = 25;
        for _ in 0..TURNS {
            if self.heard.get() {
                break;
            }
            breathe().await;
        }
        self.heard.get()
    }
}

impl Drop for Refusals {
    fn drop(&mut self) {
        let global: EventTarget = js_sys::global().unchecked_into();
        let listener = self.closure.as_ref().unchecked_ref();
        let _ = global.remove_event_listener_with_callback(VIOLATION, listener);
    }
}
