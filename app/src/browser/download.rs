//! Saving what the page has made.

use super::clock::timer;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Until an address that was handed to the browser is given up.
const REVOKE_S: f64 = 60.0;

/// Hands bytes to the user as a file of this name.
///
/// # Errors
/// If the browser has no room for it.
pub fn save(name: &str, mime: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let kind = BlobPropertyBag::new();
    kind.set_type(mime);
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &kind)?;
    save_blob(name, &blob)
}

/// A file in the making, whose pieces the browser may move to disk.
#[derive(Default)]
pub struct GrowingFile {
    pieces: Array,
}

impl GrowingFile {
    /// Adds a copy of a piece.
    ///
    /// # Errors
    /// If the browser has no room for it.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), JsValue> {
        let parts = Array::of1(&Uint8Array::from(piece));
        let blob = Blob::new_with_u8_array_sequence(&parts)?;
        self.pieces.push(&blob);
        Ok(())
    }

    /// Hands all of it to the user as a file of this name.
    ///
    /// # Errors
    /// If the browser has no room for it.
    pub fn save(&self, name: &str, mime: &str) -> Result<(), JsValue> {
        let kind = BlobPropertyBag::new();
        kind.set_type(mime);
        let blob = Blob::new_with_blob_sequence_and_options(&self.pieces, &kind)?;
        save_blob(name, &blob)
    }
}

/// Hands a blob to the user as a file of this name.
///
/// # Errors
/// If the browser has no room for it.
pub fn save_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let document = web_sys::window().and_then(|window| window.document());
    let anchor: HtmlAnchorElement = document
        .ok_or("no document")?
        .create_element("a")?
        .dyn_into()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // Safari takes hold of the bytes only after a while.
    spawn_local(async move {
        let _ = JsFuture::from(timer(REVOKE_S)).await;
        let _ = Url::revoke_object_url(&url);
    });
    Ok(())
}
