//! Folders that the user gives, with all that lies in them.

use super::files::{SourceFile, Taken};
use crate::audio_header::is_recording_name;
use crate::model_package::is_part;
use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry};

/// What was dropped. The browser tells only while the drop is being handled.
pub(super) fn entries(transfer: &DataTransfer) -> Vec<FileSystemEntry> {
    let items = transfer.items();
    (0..items.length())
        .filter_map(|index| items.get(index))
        .filter_map(|item| item.webkit_get_as_entry().ok().flatten())
        .collect()
}

/// All files, those in folders by their path; what is in a folder and is neither recording nor part
/// of a model package by its name is only counted.
pub(super) async fn take(entries: Vec<FileSystemEntry>) -> Taken {
    let (mut files, mut n_others) = (Vec::new(), 0);
    // The last one is taken first: the order of the names is that of the recordings.
    let mut waiting: Vec<(FileSystemEntry, bool)> = entries
        .into_iter()
        .rev()
        .map(|entry| (entry, false))
        .collect();
    while let Some((entry, is_inside)) = waiting.pop() {
        if entry.is_directory() {
            let (mut inside, is_whole) = list(entry.unchecked_into()).await;
            n_others += usize::from(!is_whole);
            inside.sort_by_key(|entry| std::cmp::Reverse(entry.name()));
            waiting.extend(inside.into_iter().map(|entry| (entry, true)));
        } else if is_inside && !is_recording_name(&entry.name()) && !is_part(&entry.name()) {
            n_others += 1;
        } else {
            let path = entry.full_path().trim_start_matches('/').to_owned();
            match open(entry.unchecked_into()).await {
                Ok(file) => files.push(SourceFile::of(path, file)),
                Err(_) => n_others += 1,
            }
        }
    }
    let mut taken = Taken::sort_out(files);
    taken.n_others += n_others;
    taken
}

/// The entries of a folder, and whether these are all; of one that cannot be read, those that could.
async fn list(folder: FileSystemDirectoryEntry) -> (Vec<FileSystemEntry>, bool) {
    let reader = folder.create_reader();
    let mut entries = Vec::new();
    loop {
        // Browsers hand out a hundred at a time, and none at the end.
        let batch = JsFuture::from(Promise::new(&mut |resolve, reject| {
            let _ = reader.read_entries_with_callback_and_callback(&resolve, &reject);
        }));
        let Ok(batch) = batch.await else {
            return (entries, false);
        };
        let batch: Array = batch.unchecked_into();
        if batch.length() == 0 {
            return (entries, true);
        }
        entries.extend(batch.iter().map(JsCast::unchecked_into));
    }
}

async fn open(entry: FileSystemFileEntry) -> Result<File, JsValue> {
    let file = Promise::new(&mut |resolve, reject| {
        entry.file_with_callback_and_callback(&resolve, &reject);
    });
    JsFuture::from(file).await?.dyn_into()
}
