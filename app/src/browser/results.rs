//! Results kept in the browser's own files for this site (OPFS).
//!
//! The place may be absent, full or denied: then nothing is kept and nothing else changes.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemWritableFileStream,
};

const FOLDER: &str = "results";

/// What was kept under a name.
pub async fn get(name: &str) -> Option<Vec<u8>> {
    let file = JsFuture::from(folder().await.ok()?.get_file_handle(name))
        .await
        .ok()?;
    let file: FileSystemFileHandle = file.dyn_into().ok()?;
    let blob: Blob = JsFuture::from(file.get_file())
        .await
        .ok()?
        .dyn_into()
        .ok()?;
    let buffer = JsFuture::from(blob.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// Keeps bytes under a name; returns once they are written.
///
/// # Errors
/// No such place, no room, or no permission.
pub async fn put(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let folder = folder().await?;
    let file = JsFuture::from(folder.get_file_handle_with_options(name, &options)).await?;
    let file: FileSystemFileHandle = file.dyn_into()?;
    let stream = JsFuture::from(file.create_writable()).await?;
    let stream: FileSystemWritableFileStream = stream.dyn_into()?;
    JsFuture::from(stream.write_with_js_u8_array(&Uint8Array::from(bytes))?).await?;
    // Only closing puts the new content in the place of the old one.
    JsFuture::from(stream.close()).await?;
    Ok(())
}

async fn folder() -> Result<FileSystemDirectoryHandle, JsValue> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    let folder = root()
        .await?
        .get_directory_handle_with_options(FOLDER, &options);
    JsFuture::from(folder).await?.dyn_into()
}

async fn root() -> Result<FileSystemDirectoryHandle, JsValue> {
    let storage = web_sys::window().ok_or("no window")?.navigator().storage();
    if storage.is_undefined() {
        return Err("this page may keep nothing: it was not loaded over HTTPS".into());
    }
    JsFuture::from(storage.get_directory()).await?.dyn_into()
}
