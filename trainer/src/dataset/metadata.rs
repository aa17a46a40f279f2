//! BirdCLEF's `train_metadata.csv`.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use pipit_core::Label;
use serde::Deserialize;

use super::{Dataset, Recording, identity};
use crate::files;

/// Reads the table; audio is looked for beside it, in `audio/` or in `train_audio/`. The columns that are
/// `needed` must say something in every row.
pub(super) fn read(table: &Path, needed: &[&str]) -> anyhow::Result<Dataset> {
    let context = || format!("cannot read {}", table.display());
    let folder = audio_folder(table);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(table)
        .with_context(context)?;
    let header = reader.headers().with_context(context)?.clone();
    let needed = (needed.iter())
        .map(|column| {
            let place = header.iter().position(|name| name == *column);
            let place = place.with_context(|| {
                format!(
                    "no column {column} in {}, where commas set columns apart: {}",
                    table.display(),
                    header.iter().collect::<Vec<_>>().join(", ")
                )
            })?;
            Ok((*column, place))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;

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
        if let Some((column, _)) = needed.iter().find(|(_, place)| is_missing(&row[*place])) {
            bail!("line {line} has no {column} in {}", table.display());
        }
        let row: Row = row.deserialize(Some(&header)).with_context(context)?;
        let is_unrated = !is_missing(&row.rating) && !is_rating(&row.rating);
        let label = row.label();
        let recording = row.into_recording(&folder);
        labels.entry(label.code.clone()).or_insert(label);
        if is_unrated {
            unrated.push(recording.filename.clone());
        }
        recordings.push(recording);
    }
    labels.remove("");
    identity::find_collections(&mut recordings);
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
        let code = known(&self.primary_label).unwrap_or_default();
        let or_code = |name: &str| known(name).unwrap_or_else(|| code.clone());
        Label {
            scientific_name: or_code(&self.scientific_name),
            common_name: or_code(&self.common_name),
            code,
            ..Label::default()
        }
    }

    fn into_recording(self, folder: &Path) -> Recording {
        let filename = within(folder, &self.filename);
        Recording {
            path: folder.join(&filename),
            secondary_labels: python_list(&self.secondary_labels)
                .into_iter()
                .filter(|code| *code != self.primary_label)
                .collect(),
            filename,
            primary_label: known(&self.primary_label).unwrap_or_default(),
            author: known(&self.author),
            licence: known(&self.license),
            url: known(&self.url),
            // BirdCLEF writes 0 where nobody rated.
            rating: (self.rating.parse().ok())
                .filter(|rating| *rating > 0.0 && is_rating(&self.rating)),
            ..Recording::default()
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

/// One name for each file, so that it is known again: without `./`, and relative to its folder.
fn within(folder: &Path, filename: &str) -> String {
    let parts = Path::new(filename).components();
    let path: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
    let folder = std::path::absolute(folder).unwrap_or_default();
    let relative = path.strip_prefix(folder).unwrap_or(&path);
    relative.to_string_lossy().into_owned()
}

fn known(value: &str) -> Option<String> {
    (!is_missing(value)).then(|| value.to_owned())
}

/// What pandas and R write where there is nothing, and pandas reads as such.
fn is_missing(value: &str) -> bool {
    matches!(
        value,
        "" | "nan" | "NaN" | "NA" | "<NA>" | "N/A" | "n/a" | "#N/A" | "None" | "NULL" | "null"
    )
}

/// Items of a list as Python prints it: `['abc', "d'ef"]`. Codes without quotes pass too.
fn python_list(text: &str) -> Vec<String> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    inner
        .split([',', ';'])
        .map(|item| item.trim().trim_matches(['\'', '"']).trim().to_owned())
        .filter(|item| !is_missing(item))
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

        let dataset = read(&table, &["primary_label", "filename"]).unwrap();
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
    fn what_programs_write_for_nothing_is_nothing_and_a_file_has_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("train_metadata.csv");
        let file = folder.path().join("a/4.ogg");
        let rows = format!(
            "primary_label,secondary_labels,scientific_name,author,license,url,filename,rating\n\
             a,NA,NaN,None,null,n/a,./a/1.ogg,NA\n\
             a,['NaN'],Avis nana,Nan,CC0,<NA>,a//2.ogg,3\n\
             NaN,[],,,,,a/./3.ogg,\n\
             ,[],,,,,{},\n",
            file.display()
        );
        std::fs::write(&table, rows).unwrap();

        let error = read(&table, &["primary_label", "filename"])
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 4 has no primary_label"), "{error}");
        let dataset = read(&table, &["filename"]).unwrap();

        let [first, second, third, fourth] = &dataset.recordings[..] else {
            panic!("{dataset:?}");
        };
        assert_eq!(
            (&first.author, &first.licence, &first.url),
            (&None, &None, &None)
        );
        assert_eq!(
            second.author.as_deref(),
            Some("Nan"),
            "somebody is called so"
        );
        assert!(first.secondary_labels.is_empty() && second.secondary_labels.is_empty());
        assert_eq!((&*third.primary_label, &*fourth.primary_label), ("", ""));
        let names = dataset
            .recordings
            .iter()
            .map(|recording| &*recording.filename);
        let expected = ["a/1.ogg", "a/2.ogg", "a/3.ogg", "a/4.ogg"];
        assert_eq!(names.collect::<Vec<_>>(), expected);
        assert_eq!(fourth.path, file);
        assert_eq!(dataset.labels.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(dataset.labels["a"].scientific_name, "a");
        assert!(dataset.unrated.is_empty());
    }

    #[test]
    fn a_table_without_filenames_names_the_missing_column() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("train_metadata.csv");
        std::fs::write(&table, "primary_label,author\na,Ann\n").unwrap();

        let error = read(&table, &["primary_label", "filename"])
            .unwrap_err()
            .to_string();

        assert!(error.contains("no column filename"), "{error}");
    }
}
