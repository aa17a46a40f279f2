//! Files that the user gives: dropped anywhere on the page, or chosen.

use super::folders;
use crate::file_stamp;
use crate::model_package::{self, SortedOut};
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DragEvent, Event, File, HtmlInputElement};

/// A file as the page keeps it: its content stays where it is until it is read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name.
    pub name: String,
    /// When it was changed last, in milliseconds since 1970; 0 if nobody knows.
    pub changed_ms: f64,
    pub(super) blob: Blob,
}

impl SourceFile {
    /// A file from bytes.
    ///
    /// # Errors
    /// If the browser has no room for it.
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Result<Self, JsValue> {
        let parts = Array::of1(&Uint8Array::from(bytes));
        let blob = Blob::new_with_u8_array_sequence(&parts)?;
        Ok(Self::new(name.into(), blob, 0.0))
    }

    pub(super) fn of(name: String, file: File) -> Self {
        let changed_ms = file.last_modified();
        Self::new(name, file.into(), changed_ms)
    }

    pub(super) fn new(name: String, blob: Blob, changed_ms: f64) -> Self {
        Self {
            name,
            changed_ms,
            blob,
        }
    }

    /// Where its bytes lie.
    #[must_use]
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.blob.size() as u64
    }

    /// All of its content.
    ///
    /// # Errors
    /// If it cannot be read any more.
    pub async fn all_bytes(&self) -> Result<Vec<u8>, JsValue> {
        self.read(0, self.size()).await
    }

    /// What tells it from other files, as [`file_stamp::stamp`] says.
    ///
    /// # Errors
    /// If it cannot be read any more.
    pub async fn stamp(&self) -> Result<String, JsValue> {
        let slices = Array::new();
        for piece in file_stamp::pieces(self.size()) {
            let (start, end) = (piece.start as f64, piece.end as f64);
            let slice = self.blob.slice_with_f64_and_f64(start, end)?;
            slices.push(&slice);
        }
        let pieces = Blob::new_with_blob_sequence(&slices)?;
        let buffer = JsFuture::from(pieces.array_buffer()).await?;
        let pieces = Uint8Array::new(&buffer).to_vec();
        Ok(file_stamp::stamp(self.size(), &pieces))
    }

    pub(super) async fn read(&self, start: u64, end: u64) -> Result<Vec<u8>, JsValue> {
        let slice = self.blob.slice_with_f64_and_f64(start as f64, end as f64)?;
        let buffer = JsFuture::from(slice.array_buffer()).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }
}

/// Files from the user.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// In order.
    pub files: Vec<SourceFile>,
    /// The files of each model package.
    pub packages: Vec<Vec<SourceFile>>,
    /// Files in folders that are neither.
    pub n_others: usize,
}

impl Taken {
    pub(super) fn sort_out(files: Vec<SourceFile>) -> Self {
        let SortedOut {
            recordings,
            packages,
            n_others,
        } = model_package::sort_out(files, |file| &file.name);
        Self {
            files: recordings,
            packages,
            n_others,
        }
    }
}

/// The files chosen in an input, which then is ready to take the same ones again. In one that takes
/// a folder, only recordings and model packages count.
#[must_use]
pub fn chosen(input: &HtmlInputElement) -> Taken {
    let list = input.files();
    let files = list
        .iter()
        .flat_map(|list| (0..list.length()).filter_map(|index| list.get(index)));
    let mut files: Vec<SourceFile> = files
        .map(|file| SourceFile::of(path_in_folder(&file).unwrap_or_else(|| file.name()), file))
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    input.set_value("");
    Taken::sort_out(files)
}

/// Where a file lies in the chosen folder; none if it was chosen itself.
fn path_in_folder(file: &File) -> Option<String> {
    let path = Reflect::get(file, &"webkitRelativePath".into()).ok()?;
    path.as_string().filter(|path| !path.is_empty())
}

/// Listens for files dropped anywhere on the page, for as long as the page lives.
///
/// `hover` hears when files come over the page and when they leave it again.
pub fn on_drop(hover: impl Fn(bool) + Clone + 'static, dropped: impl Fn(Taken) + Clone + 'static) {
    // Where what lies under the pointer changes, as when the page answers, only the one or the other
    // is heard; and without an answer the browser opens the file in place of the page.
    for event in ["dragenter", "dragover"] {
        let over = hover.clone();
        listen(event, move |event| {
            if holds_files(&event) {
                event.prevent_default();
                over(true);
            }
        });
    }
    let leave = hover.clone();
    listen("dragleave", move |event| {
        // Only leaving the window has no element that is entered instead.
        if event.related_target().is_none() {
            leave(false);
        }
    });
    listen("drop", move |event| {
        if !holds_files(&event) {
            return;
        }
        event.prevent_default();
        hover(false);
        let entries = event
            .data_transfer()
            .map(|transfer| folders::entries(&transfer));
        let dropped = dropped.clone();
        spawn_local(async move { dropped(folders::take(entries.unwrap_or_default()).await) });
    });
}

/// Whether there are files among what is dragged; text and addresses belong to the field they are dropped on.
fn holds_files(event: &DragEvent) -> bool {
    let transfer = event.data_transfer();
    transfer.is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0))
}

fn listen(event: &str, handle: impl Fn(DragEvent) + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let closure = Closure::<dyn Fn(Event)>::new(move |event: Event| handle(event.unchecked_into()));
    let _ = window.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}
