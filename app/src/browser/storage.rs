//! Bytes kept in the browser's cache under the site's own addresses.
//!
//! The cache may be absent (no secure context), full or denied; then nothing is kept and
//! nothing else changes.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage, Request, Response};

const CACHE: &str = "pipit-models";

/// What was kept under an address.
pub async fn get(url: &str) -> Option<Vec<u8>> {
    let cache = open().await?;
    let found = JsFuture::from(cache.match_with_str(url)).await.ok()?;
    let response: Response = found.dyn_into().ok()?;
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// Keeps bytes under an address; returns once they are written.
pub async fn put(url: &str, bytes: &[u8]) {
    let Some(cache) = open().await else { return };
    let copy = Uint8Array::from(bytes);
    if let Ok(response) = Response::new_with_opt_js_u8_array(Some(&copy)) {
        let _ = JsFuture::from(cache.put_with_str(url, &response)).await;
    }
}

/// Drops everything under addresses that start with `prefix`, except `kept`.
pub async fn remove_others(prefix: &str, kept: &str) {
    let Some(cache) = open().await else { return };
    let Ok(keys) = JsFuture::from(cache.keys()).await else {
        return;
    };
    for key in Array::from(&keys) {
        let url = key.unchecked_into::<Request>().url();
        if url.starts_with(prefix) && url != kept {
            let _ = JsFuture::from(cache.delete_with_str(&url)).await;
        }
    }
}

async fn open() -> Option<Cache> {
    let caches: JsValue = Reflect::get(&js_sys::global(), &"caches".into()).ok()?;
    let caches: CacheStorage = caches.dyn_into().ok()?;
    let cache = JsFuture::from(caches.open(CACHE)).await.ok()?;
    cache.dyn_into().ok()
}
