//! Names of the classes in other languages, from a table.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use csv::StringRecord;
use pipit_core::{Label, Taxonomy, is_language_tag};

/// Where names in other languages come from.
#[derive(Debug, Args)]
pub(crate) struct NamesArgs {
    /// CSV table of names in other languages: a column `code` or `scientific_name`, or both, and one
    /// for each language, headed by its tag (es, pt-BR). An empty cell is no name.
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
    /// The table may name species that the model does not have.
    #[arg(long, requires = "names")]
    names_of_more_species: bool,
}

/// What identifies a class in the table.
const KEYS: [&str; 2] = ["code", "scientific_name"];
/// Unknown species named in an error; more are counted.
const MAX_NAMED: usize = 5;

impl NamesArgs {
    /// The classes with the table's names; unchanged without a table.
    pub(super) fn add(&self, classes: Taxonomy) -> anyhow::Result<Taxonomy> {
        let Some(path) = &self.names else {
            return Ok(classes);
        };
        read(path, classes, self.names_of_more_species)
            .with_context(|| format!("cannot take the names of {}", path.display()))
    }
}

/// For how many classes there is a name, by language.
pub(super) fn coverage(classes: &Taxonomy) -> Vec<(&str, usize)> {
    let named = |tag: &str| {
        let labels = classes.iter().map(|(_, label)| label);
        labels.filter(|label| label.names.contains_key(tag)).count()
    };
    let tags = classes.languages().into_iter();
    tags.map(|tag| (tag, named(tag))).collect()
}

fn read(path: &Path, classes: Taxonomy, may_have_more: bool) -> anyhow::Result<Taxonomy> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)?;
    let columns = Columns::of(reader.headers()?)?;
    let mut labels: Vec<Label> = classes.into();
    let mut row_of = HashMap::new();
    let mut unknown = Vec::new();
    for (index, row) in reader.records().enumerate() {
        let (row, number) = (row?, index + 2);
        let species = columns.species(&row);
        let class = find(&labels, species).with_context(|| format!("row {number}"))?;
        let Some(class) = class else {
            unknown.push(format!("{} (row {number})", species.join(" ").trim()));
            continue;
        };
        if let Some(earlier) = row_of.insert(class, number) {
            bail!(
                "{:?} stands in row {earlier} and again in row {number}: leave one of them out",
                labels[class].code
            );
        }
        for (tag, column) in &columns.languages {
            if let Some(name) = row.get(*column).filter(|name| !name.is_empty()) {
                labels[class].names.insert(tag.clone(), name.to_owned());
            }
        }
    }
    if !may_have_more {
        refuse_unknown(&unknown)?;
    }
    ensure!(!row_of.is_empty(), "it names no species of the model");
    Ok(Taxonomy::new(labels)?)
}

fn refuse_unknown(unknown: &[String]) -> anyhow::Result<()> {
    if unknown.is_empty() {
        return Ok(());
    }
    let named = unknown.iter().take(MAX_NAMED).map(String::as_str);
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match unknown.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    bail!(
        "the model has no such species: {named}{more}; correct them, or pass --names-of-more-species \
         if the table is for other models too"
    )
}

/// The class that a row means, if the model has it.
fn find(labels: &[Label], [code, scientific]: [&str; 2]) -> anyhow::Result<Option<usize>> {
    ensure!(
        !code.is_empty() || !scientific.is_empty(),
        "neither a code nor a scientific name"
    );
    let by = |text: &str, of: fn(&Label) -> &str| {
        let position = labels.iter().position(|label| of(label) == text);
        position.filter(|_| !text.is_empty())
    };
    let by_code = by(code, |label| &label.code);
    let by_scientific = by(scientific, |label| &label.scientific_name);
    match (by_code, by_scientific) {
        (Some(one), Some(other)) if one != other => {
            bail!("{code:?} and {scientific:?} are two species of the model")
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// Where things stand in a row.
struct Columns {
    keys: [Option<usize>; 2],
    languages: Vec<(String, usize)>,
}

impl Columns {
    fn of(header: &StringRecord) -> anyhow::Result<Self> {
        let place = |name: &str| header.iter().position(|column| column == name);
        let keys = KEYS.map(place);
        if keys.iter().all(Option::is_none) {
            bail!("neither a column {} nor a column {}", KEYS[0], KEYS[1]);
        }
        let mut languages: Vec<(String, usize)> = Vec::new();
        for (index, column) in header.iter().enumerate() {
            if keys.contains(&Some(index)) {
                continue;
            }
            if !is_language_tag(column) {
                bail!(
                    "the column {column:?} is neither {} nor {} nor a language's tag such as es",
                    KEYS[0],
                    KEYS[1]
                );
            }
            if column.eq_ignore_ascii_case("en") {
                bail!("no column \"en\" is wanted: English names are the classes' common names");
            }
            if languages
                .iter()
                .any(|(tag, _)| tag.eq_ignore_ascii_case(column))
            {
                bail!("the column {column:?} stands there twice");
            }
            languages.push((column.to_owned(), index));
        }
        ensure!(!languages.is_empty(), "no column of a language, such as es");
        Ok(Self { keys, languages })
    }

    fn species<'a>(&self, row: &'a StringRecord) -> [&'a str; 2] {
        self.keys.map(|column| {
            column
                .and_then(|column| row.get(column))
                .unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Taxonomy {
        let label = |code: &str, scientific: &str| Label {
            code: code.to_owned(),
            scientific_name: scientific.to_owned(),
            common_name: code.to_owned(),
            ..Label::default()
        };
        Taxonomy::new(vec![
            label("tody", "Todus mexicanus"),
            label("bananaquit", "Coereba flaveola"),
        ])
        .unwrap()
    }

    fn add(table: &str, may_have_more: bool) -> anyhow::Result<Taxonomy> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.csv");
        std::fs::write(&path, table).unwrap();
        let args = NamesArgs {
            names: Some(path),
            names_of_more_species: may_have_more,
        };
        args.add(classes())
    }

    fn name(classes: &Taxonomy, code: &str, language: &str) -> Option<String> {
        let label = classes.get(classes.id(code).unwrap());
        label.name_in(language).map(str::to_owned)
    }

    #[test]
    fn names_come_by_code_or_scientific_name() {
        for table in [
            "code,es,fr\ntody,San Pedrito,\nbananaquit,Reinita común,Sucrier à ventre jaune\n",
            "scientific_name,es,fr\nTodus mexicanus, San Pedrito ,\n\
             Coereba flaveola,Reinita común,Sucrier à ventre jaune\n",
            "es,code,scientific_name,fr\nSan Pedrito,,Todus mexicanus,\n\
             Reinita común,bananaquit,Coereba flaveola,Sucrier à ventre jaune\n",
        ] {
            let named = add(table, false).unwrap();
            assert_eq!(name(&named, "tody", "es").as_deref(), Some("San Pedrito"));
            assert_eq!(name(&named, "tody", "fr"), None);
            assert_eq!(
                name(&named, "bananaquit", "es").as_deref(),
                Some("Reinita común")
            );
            assert_eq!(coverage(&named), [("es", 2), ("fr", 1)]);
        }
    }

    #[test]
    fn the_table_of_puerto_rico_fits_its_model() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = root.join("../models/puerto-rico/manifest.json");
        let manifest = pipit_core::Manifest::from_json(&std::fs::read(manifest).unwrap()).unwrap();
        let args = NamesArgs {
            names: Some(root.join("names/puerto-rico.csv")),
            names_of_more_species: true,
        };
        let named = args.add(manifest.classes).unwrap();
        assert_eq!(
            name(&named, "todus_mexicanus", "es").as_deref(),
            Some("San Pedrito")
        );
    }

    #[test]
    fn no_table_changes_nothing() {
        let args = NamesArgs {
            names: None,
            names_of_more_species: false,
        };
        assert_eq!(args.add(classes()).unwrap(), classes());
    }

    #[test]
    fn a_table_of_more_species_needs_a_word() {
        let table = "code,es\ntody,San Pedrito\ndodo,Dodo\n";
        let error = format!("{:#}", add(table, false).unwrap_err());
        assert!(
            error.contains("dodo (row 3)") && error.contains("--names-of-more-species"),
            "{error}"
        );
        let named = add(table, true).unwrap();
        assert_eq!(name(&named, "tody", "es").as_deref(), Some("San Pedrito"));
        assert!(add("code,es\ndodo,Dodo\n", true).is_err());
    }

    #[test]
    fn tables_that_say_two_things_are_refused() {
        for (table, part) in [
            (
                "code,es\ntody,San Pedrito\ntody,Medio peso\n",
                "row 2 and again in row 3",
            ),
            (
                "code,scientific_name,es\ntody,Coereba flaveola,San Pedrito\n",
                "two species",
            ),
            ("species,es\ntody,San Pedrito\n", "neither a column code"),
            (
                "code,common_name,es\ntody,Tody,San Pedrito\n",
                "common_name",
            ),
            ("code,es,ES\ntody,San Pedrito,Medio peso\n", "twice"),
            ("code,en\ntody,Tody\n", "\"en\""),
            ("code\ntody\n", "no column of a language"),
            ("code,es\n,San Pedrito\n", "row 2"),
            ("code,es\ntody,San Pedrito,more\n", "names.csv"),
        ] {
            let error = format!("{:#}", add(table, false).unwrap_err());
            assert!(error.contains(part), "{table:?}: {error}");
        }
    }
}
