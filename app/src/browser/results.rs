//! Results kept in the browser's own files for this site (OPFS).
//!
//! The place may be absent, full or denied: then nothing is kept and nothing else changes.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemHandle, FileSystemWritableFileStream,
};

const FOLDER: &str = "results";

/// What was kept under a name.
pub async fn get(name: &str) -> Option<Vec<u8>> {
    let file = JsFuture::from(folder().await.ok()?.get_file_handle(name))
        .await
        .ok()?;
    let content = content(file).await.ok()?;
    let buffer = JsFuture::from(content.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// The names of all that is kept, with their sizes in bytes; nothing where there is no such place.
pub async fn list() -> Vec<(String, u64)> {
    let mut kept = Vec::new();
    let Ok(folder) = folder().await else {
        return kept;
    };
    let files = folder.values();
    while let Ok(next) = files.next() {
        let Ok(next) = JsFuture::from(next).await else {
            break;
        };
        let Some(file) = value(&next) else { break };
        let name = file.unchecked_ref::<FileSystemHandle>().name();
        // One that is gone by now takes no room.
        if let Ok(content) = content(file).await {
            kept.push((name, content.size() as u64));
        }
    }
    kept
}

/// Keeps nothing under a name any more.
///
/// # Errors
/// If it cannot be removed.
pub async fn remove(name: &str) -> Result<(), JsValue> {
    JsFuture::from(folder().await?.remove_entry(name)).await?;
    Ok(())
}

/// Keeps bytes under a name; returns once they are written.
///
/// # Errors
/// No such place, no room, or no permission.
pub async fn put(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let folder = folder().await?;
    if !can_write() {
        return Err(
            "this browser lets a page write no files of its own (Safari does from 26 on)".into(),
        );
    }
    let file = JsFuture::from(folder.get_file_handle_with_options(name, &options)).await?;
    let file: FileSystemFileHandle = file.dyn_into()?;
    let stream = JsFuture::from(file.create_writable()).await?;
    let stream: FileSystemWritableFileStream = stream.dyn_into()?;
    JsFuture::from(stream.write_with_js_u8_array(&Uint8Array::from(bytes))?).await?;
    // Only closing puts the new content in the place of the old one.
    JsFuture::from(stream.close()).await?;
    Ok(())
}

/// Whether the method is there by which files are written: web-sys takes it for granted.
fn can_write() -> bool {
    let class = Reflect::get(&js_sys::global(), &"FileSystemFileHandle".into());
    class
        .and_then(|class| Reflect::get(&class, &"prototype".into()))
        .and_then(|methods| Reflect::has(&methods, &"createWritable".into()))
        .unwrap_or(false)
}

async fn content(file: JsValue) -> Result<Blob, JsValue> {
    let file: FileSystemFileHandle = file.dyn_into()?;
    JsFuture::from(file.get_file()).await?.dyn_into()
}

/// What an iterator has handed out; none at its end.
fn value(next: &JsValue) -> Option<JsValue> {
    let is_done = Reflect::get(next, &"done".into()).ok()?.is_truthy();
    let value = Reflect::get(next, &"value".into()).ok()?;
    (!is_done).then_some(value)
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
