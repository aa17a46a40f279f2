//! Fetching from the site, with progress.

use super::error::describe;
use js_sys::{Promise, Reflect, Uint8Array};
use std::fmt;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Request, RequestCache, RequestInit, Response};

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
    /// The server refused.
    Status(u16),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(cause) => f.write_str(cause),
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
    mut progress: impl FnMut(u64),
) -> Result<Vec<u8>, FetchError> {
    let response = respond(url, cache).await?;
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

async fn respond(url: &str, cache: HttpCache) -> Result<Response, FetchError> {
    let broken = |thrown: JsValue| FetchError::Network(describe(&thrown));
    let init = RequestInit::new();
    init.set_cache(match cache {
        HttpCache::Revalidate => RequestCache::NoCache,
        HttpCache::Bypass => RequestCache::NoStore,
    });
    let request = Request::new_with_str_and_init(url, &init).map_err(broken)?;
    let response: Response = JsFuture::from(global_fetch(&request))
        .await
        .map_err(broken)?
        .unchecked_into();
    if response.ok() {
        Ok(response)
    } else {
        Err(FetchError::Status(response.status()))
    }
}
