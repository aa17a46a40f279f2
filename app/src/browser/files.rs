//! Files that the user gives: dropped anywhere on the page, or chosen.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DragEvent, Event, FileList, HtmlInputElement};

/// A file as the page keeps it: its content stays where it is until it is read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name.
    pub name: String,
    pub(super) blob: Blob,
}

impl SourceFile {
    /// A file from bytes.
    ///
    /// # Errors
    /// If the browser has no room for it.
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Result<Self, JsValue> {
        let parts = Array::of1(&Uint8Array::from(bytes));
        Ok(Self {
            name: name.into(),
            blob: Blob::new_with_u8_array_sequence(&parts)?,
        })
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.blob.size() as u64
    }

    pub(super) async fn read(&self, start: u64, end: u64) -> Result<Vec<u8>, JsValue> {
        let slice = self.blob.slice_with_f64_and_f64(start as f64, end as f64)?;
        let buffer = JsFuture::from(slice.array_buffer()).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }
}

/// The files chosen in an input, which then is ready to take the same ones again.
#[must_use]
pub fn chosen(input: &HtmlInputElement) -> Vec<SourceFile> {
    let files = input.files().map(|list| collect(&list)).unwrap_or_default();
    input.set_value("");
    files
}

/// Listens for files dropped anywhere on the page, for as long as the page lives.
///
/// `hover` hears when files come over the page and when they leave it again.
pub fn on_drop(
    hover: impl Fn(bool) + Clone + 'static,
    dropped: impl Fn(Vec<SourceFile>) + 'static,
) {
    let over = hover.clone();
    listen("dragover", move |event| {
        // Without this the browser opens the file in place of the page.
        event.prevent_default();
        over(true);
    });
    let leave = hover.clone();
    listen("dragleave", move |event| {
        // Only leaving the window has no element that is entered instead.
        if event.related_target().is_none() {
            leave(false);
        }
    });
    listen("drop", move |event| {
        event.prevent_default();
        hover(false);
        let files = event.data_transfer().and_then(|transfer| transfer.files());
        dropped(files.map(|list| collect(&list)).unwrap_or_default());
    });
}

fn listen(event: &str, handle: impl Fn(DragEvent) + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let closure = Closure::<dyn Fn(Event)>::new(move |event: Event| handle(event.unchecked_into()));
    let _ = window.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

fn collect(list: &FileList) -> Vec<SourceFile> {
    (0..list.length())
        .filter_map(|index| list.get(index))
        .map(|file| SourceFile {
            name: file.name(),
            blob: file.into(),
        })
        .collect()
}
