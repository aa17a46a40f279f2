//! Bytes kept in the browser's cache under the site's own addresses.
//!
//! The cache may be absent (no secure context), full or denied; then nothing is kept and
//! nothing else changes.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage, Request, Response};

/// The service worker looks there too.
const CACHE: &str = "pipit-models";

/// What was kept under an address.
pub async fn get(url: &str) -> Option<Vec<u8>> {
    let response = find(url).await?;
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// What was kept under an address, without taking it into memory.
pub async fn get_blob(url: &str) -> Option<web_sys::Blob> {
    let response = find(url).await?;
    let blob = JsFuture::from(response.blob().ok()?).await.ok()?;
    blob.dyn_into().ok()
}

/// Keeps bytes under an address; returns once they are written.
///
/// # Errors
/// No such place, no room, or no permission.
pub async fn put(url: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let cache = open().await?;
    let copy = Uint8Array::from(bytes);
    let response = Response::new_with_opt_js_u8_array(Some(&copy))?;
    JsFuture::from(cache.put_with_str(url, &response)).await?;
    Ok(())
}

/// All addresses that start with `prefix` and have something kept under them.
pub async fn list(prefix: &str) -> Vec<String> {
    let Ok(cache) = open().await else {
        return Vec::new();
    };
    let Ok(keys) = JsFuture::from(cache.keys()).await else {
        return Vec::new();
    };
    Array::from(&keys)
        .iter()
        .map(|key| key.unchecked_into::<Request>().url())
        .filter(|url| url.starts_with(prefix))
        .collect()
}

/// Drops what is kept under an address.
pub async fn remove(url: &str) {
    if let Ok(cache) = open().await {
        // What is not there need not go.
        let _ = JsFuture::from(cache.delete_with_str(url)).await;
    }
}

async fn find(url: &str) -> Option<Response> {
    let cache = open().await.ok()?;
    let found = JsFuture::from(cache.match_with_str(url)).await.ok()?;
    found.dyn_into().ok()
}

async fn open() -> Result<Cache, JsValue> {
    let caches: JsValue = Reflect::get(&js_sys::global(), &"caches".into())?;
    let caches: CacheStorage = caches
        .dyn_into()
        .map_err(|_| "this page may keep nothing: it was not loaded over HTTPS")?;
    JsFuture::from(caches.open(CACHE)).await?.dyn_into()
}
