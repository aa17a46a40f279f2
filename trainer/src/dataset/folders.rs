//! One folder a class, with no table: the folder's name is the code and the species' name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use mime_guess::{Mime, mime};
use pipit_core::Label;
use walkdir::{DirEntry, WalkDir};

use super::Recording;

/// Reads `root/<class>/**/<file>`, or the same below `root/audio` or `root/train_audio`. A file beside the
/// folders belongs to no class and is left out.
pub(super) fn read(root: &Path) -> anyhow::Result<(Vec<Recording>, BTreeMap<String, Label>)> {
    let mut recordings = read_with_others(root)?;
    let is_lost = |recording: &&Recording| recording.path.is_symlink() && !recording.path.exists();
    if let Some(link) =
        (recordings.iter().filter(is_lost)).find(|link| link.primary_label.is_empty())
    {
        bail!("this link leads nowhere: {}", link.path.display());
    }
    recordings.retain(|recording| !recording.primary_label.is_empty());
    if recordings.is_empty() {
        bail!(
            "neither a {} nor folders of audio files in {}",
            super::METADATA_FILE,
            audio_root(root).display()
        );
    }
    let codes = (recordings.iter()).map(|recording| &recording.primary_label);
    let labels = codes.map(|code| (code.clone(), label(code))).collect();
    Ok((recordings, labels))
}

/// The same with the files beside the folders, which have no label.
pub(super) fn read_with_others(root: &Path) -> anyhow::Result<Vec<Recording>> {
    let root = audio_root(root);
    let recording = |relative: PathBuf| {
        let mut parts = relative.iter();
        let class = match (parts.next(), parts.next()) {
            (Some(class), Some(_)) => class.to_string_lossy().into_owned(),
            _ => String::new(),
        };
        Recording {
            path: root.join(&relative),
            filename: relative.to_string_lossy().into_owned(),
            primary_label: class,
            ..Recording::default()
        }
    };
    Ok(audio_files(&root)?.into_iter().map(recording).collect())
}

pub(super) fn audio_root(root: &Path) -> PathBuf {
    (["audio", "train_audio"].into_iter())
        .map(|name| root.join(name))
        .find(|folder| folder.is_dir())
        .unwrap_or_else(|| root.to_path_buf())
}

/// Reads every candidate in `root` and below as a recording without a label.
pub(super) fn read_flat(root: &Path) -> anyhow::Result<Vec<Recording>> {
    let recordings: Vec<Recording> = audio_files(root)?
        .into_iter()
        .map(|relative| Recording {
            path: root.join(&relative),
            filename: relative.to_string_lossy().into_owned(),
            ..Recording::default()
        })
        .collect();
    Ok(recordings)
}

/// The files below `root` that may be audio, relative to it and sorted. Links are followed; one that leads nowhere
/// is a file that cannot be read.
pub(super) fn audio_files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name();
    // What a program keeps for itself, such as .git, is none of the recordings; the folder itself may be called anything.
    let is_kept = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.path());
    for entry in walk.into_iter().filter_entry(is_kept) {
        let path = match entry {
            Ok(entry) if entry.file_type().is_file() => entry.into_path(),
            Ok(_) => continue,
            // A link to a folder that it lies in.
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => match error.path() {
                Some(path) if path.is_symlink() => path.to_path_buf(),
                _ => {
                    return Err(error).with_context(|| format!("cannot list {}", root.display()));
                }
            },
        };
        if is_candidate(&path) {
            files.extend(path.strip_prefix(root).map(Path::to_path_buf));
        }
    }
    Ok(files)
}

/// What lies beside recordings and has no media type of its own.
const NEVER_AUDIO: [&str; 8] = [
    "aup3",
    "bak",
    "bpk",
    "db",
    "lock",
    "log",
    "safetensors",
    "tmp",
];

/// The content decides whether a file is audio; the name only leaves out what never is.
fn is_candidate(path: &Path) -> bool {
    let extension = (path.extension())
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    // Ogg is any application's. A name of which no type is known may be that of a recording.
    let may_be_audio = |media: &Mime| {
        let (kind, subtype) = (media.type_(), media.subtype());
        kind == mime::AUDIO
            || kind == mime::VIDEO
            || subtype == "ogg"
            || subtype == mime::OCTET_STREAM
    };
    let types = mime_guess::from_ext(&extension);
    let is_other = !types.is_empty() && !types.iter().any(|media| may_be_audio(&media));
    !is_hidden(path) && !is_other && !NEVER_AUDIO.contains(&&*extension)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

fn label(code: &str) -> Label {
    let name = code.replace('_', " ");
    Label {
        code: code.to_owned(),
        scientific_name: name.clone(),
        common_name: name,
        ..Label::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_classes_and_notes_are_not_recordings() {
        let root = tempfile::tempdir().unwrap();
        for (class, file) in [
            ("wren", "1.wav"),
            ("wren", "notes.txt"),
            ("wren", "Thumbs.db"),
            ("wren", "desktop.ini"),
            ("wren", "list.XLSX"),
            ("wren", "best.safetensors"),
            ("wren", "train.toml"),
            ("wren", "2.OPUS"),
            ("wren", "3.ogg"),
            ("wren", "4 at 12.5 kHz"),
            ("wren", "5.mp4"),
            ("blue_tit", "x/2.ogg"),
            (".git", "HEAD"),
            ("wren", ".trash/3.wav"),
        ] {
            let path = root.path().join(class).join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }

        let (recordings, labels) = read(root.path()).unwrap();

        let files: Vec<_> = recordings.iter().map(|r| r.filename.as_str()).collect();
        let wrens = ["1.wav", "2.OPUS", "3.ogg", "4 at 12.5 kHz", "5.mp4"];
        let expected = wrens.map(|file| format!("wren/{file}"));
        assert_eq!(files[0], "blue_tit/x/2.ogg");
        assert_eq!(files[1..], expected);
        assert_eq!(labels["blue_tit"].common_name, "blue tit");
    }

    #[test]
    fn a_plain_folder_is_a_list_of_recordings() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("rain")).unwrap();
        for file in ["wind.wav", "rain/1.ogg", "licence.txt"] {
            std::fs::write(root.path().join(file), b"").unwrap();
        }

        let files = read_flat(root.path()).unwrap();

        let files: Vec<_> = files.iter().map(|file| file.filename.as_str()).collect();
        assert_eq!(files, ["rain/1.ogg", "wind.wav"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_named_where_they_lead_nowhere() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (folder.path().join("birds"), folder.path().join("elsewhere"));
        std::fs::create_dir_all(root.join("wren")).unwrap();
        std::fs::create_dir(&elsewhere).unwrap();
        std::fs::write(elsewhere.join("1.wav"), b"").unwrap();
        symlink(elsewhere.join("1.wav"), root.join("wren/1.wav")).unwrap();
        symlink(&elsewhere, root.join("tit")).unwrap();
        symlink(&root, root.join("again")).unwrap();
        symlink("nowhere", root.join("wren/gone.wav")).unwrap();

        let files = audio_files(&root).unwrap();

        let expected = ["tit/1.wav", "wren/1.wav", "wren/gone.wav"].map(PathBuf::from);
        assert_eq!(files, expected);
        // A whole class may be gone with a folder.
        assert!(read(&root).is_ok());
        symlink("nowhere", root.join("owl")).unwrap();
        let error = read(&root).unwrap_err().to_string();
        assert!(
            error.contains("leads nowhere") && error.contains("owl"),
            "{error}"
        );
    }

    #[test]
    fn an_empty_folder_says_what_was_looked_for() {
        let root = tempfile::tempdir().unwrap();

        let error = read(root.path()).unwrap_err().to_string();

        assert!(error.contains("train_metadata.csv"), "{error}");
    }
}
