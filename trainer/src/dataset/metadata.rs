//! BirdCLEF's `train_metadata.csv`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pipit_core::Label;
use serde::Deserialize;

use super::{Dataset, Recording};
use crate::files;

/// Reads the table; audio is looked for beside it, in `audio/` or in `train_audio/`.
pub(super) fn read(table: &Path) -> anyhow::Result<Dataset> {
    let context = || format!("cannot read {}", table.display());
    let folder = audio_folder(table);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(table)
        .with_context(context)?;
    let header = reader.headers().with_context(context)?.clone();
    for column in ["primary_label", "filename"] {
        if !header.iter().any(|name| name == column) {
            bail!(
                "no column {column} in {}, where commas set columns apart: {}",
                table.display(),
                header.iter().collect::<Vec<_>>().join(", ")
            );
        }
    }

    let mut recordings = Vec::new();
    let mut labels = BTreeMap::new();
    let mut unrated = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| {
            format!(
                "a row is not as long as the header, or no UTF-8 text, in {}",
                table.display()
            )
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        let row: Row = row.deserialize(Some(&header)).with_context(context)?;
        if row.primary_label.is_empty() || row.filename.is_empty() {
            bail!(
                "line {line} has no primary_label or no filename in {}",
                table.display()
            );
        }
        labels
            .entry(row.primary_label.clone())
            .or_insert_with(|| row.label());
        if !matches!(row.rating.as_str(), "" | "nan") && !is_rating(&row.rating) {
            unrated.push(row.filename.clone());
        }
        recordings.push(row.into_recording(&folder));
    }
    Ok(Dataset {
        path: table.to_path_buf(),
        recordings,
        labels,
        unrated,
    })
}

/// One row; columns that are absent count as empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    primary_label: String,
    secondary_labels: String,
    scientific_name: String,
    common_name: String,
    author: String,
    license: String,
    url: String,
    filename: String,
    rating: String,
}

impl Row {
    fn label(&self) -> Label {
        Label {
            code: self.primary_label.clone(),
            scientific_name: or(&self.scientific_name, &self.primary_label),
            common_name: or(&self.common_name, &self.primary_label),
            ..Label::default()
        }
    }

    fn into_recording(self, folder: &Path) -> Recording {
        Recording {
            path: folder.join(&self.filename),
            secondary_labels: python_list(&self.secondary_labels)
                .into_iter()
                .filter(|code| *code != self.primary_label)
                .collect(),
            filename: self.filename,
            primary_label: self.primary_label,
            author: known(&self.author),
            licence: known(&self.license),
            url: known(&self.url),
            // BirdCLEF writes 0 where nobody rated.
            rating: (self.rating.parse().ok())
                .filter(|rating| *rating > 0.0 && is_rating(&self.rating)),
        }
    }
}

fn is_rating(text: &str) -> bool {
    text.parse::<f32>()
        .is_ok_and(|rating| (0.0..=5.0).contains(&rating))
}

/// Where the files of a table lie.
pub(super) fn audio_folder(table: &Path) -> PathBuf {
    let folder = files::folder_of(table);
    ["audio", "train_audio"]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|folder| folder.is_dir())
        .unwrap_or_else(|| folder.to_path_buf())
}

fn or(name: &str, fallback: &str) -> String {
    if name.is_empty() { fallback } else { name }.to_owned()
}

fn known(value: &str) -> Option<String> {
    (!value.is_empty() && value != "nan").then(|| value.to_owned())
}

/// Items of a list as Python prints it: `['abc', "d'ef"]`. Codes without quotes pass too.
fn python_list(text: &str) -> Vec<String> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    inner
        .split([',', ';'])
        .map(|item| item.trim().trim_matches(['\'', '"']).trim().to_owned())
        .filter(|item| !item.is_empty() && item != "nan")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_lists_in_every_form_that_occurs() {
        assert_eq!(python_list("[]"), Vec::<String>::new());
        assert_eq!(python_list(""), Vec::<String>::new());
        assert_eq!(python_list("['']"), Vec::<String>::new());
        assert_eq!(python_list("['abc']"), ["abc"]);
        assert_eq!(python_list("['abc', \"def\"]"), ["abc", "def"]);
        assert_eq!(python_list("abc; def"), ["abc", "def"]);
    }

    #[test]
    fn a_row_becomes_a_recording_with_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("train_metadata.csv");
        std::fs::create_dir(folder.path().join("train_audio")).unwrap();
        std::fs::write(
            &table,
            "primary_label,secondary_labels,scientific_name,common_name,author,license,filename,rating\n\
             a,\"['b', 'a']\",Avis prima,First Bird,Ann,CC BY 4.0,a/1.ogg,3.5\n\
             b,[],,,,,b/2.ogg,0\n\
             \" a \",[],,,,, a/3.ogg,five\n",
        )
        .unwrap();

        let dataset = read(&table).unwrap();
        let (recordings, labels) = (&dataset.recordings, &dataset.labels);
        assert_eq!(dataset.unrated, ["a/3.ogg"]);

        assert_eq!(
            recordings[0].path,
            folder.path().join("train_audio/a/1.ogg")
        );
        assert_eq!(recordings[0].secondary_labels, ["b"]);
        assert_eq!(recordings[0].author.as_deref(), Some("Ann"));
        assert_eq!(recordings[1].author, None);
        assert_eq!(recordings[0].rating, Some(3.5));
        assert_eq!(recordings[1].rating, None, "0 says that nobody rated it");
        assert_eq!(recordings[2].primary_label, "a");
        assert_eq!(recordings[2].filename, "a/3.ogg");
        assert_eq!(recordings[2].rating, None);
        assert_eq!(labels["a"].common_name, "First Bird");
        assert_eq!(labels["b"].scientific_name, "b");
    }

    #[test]
    fn a_table_without_filenames_names_the_missing_column() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("train_metadata.csv");
        std::fs::write(&table, "primary_label,author\na,Ann\n").unwrap();

        let error = read(&table).unwrap_err().to_string();

        assert!(error.contains("no column filename"), "{error}");
    }
}
