//! Lists of species as people paste them.

use pipit_core::{Label, Taxonomy};
use std::collections::{BTreeSet, HashMap};

/// What a pasted list comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpeciesList {
    /// Codes of the species that the model knows.
    pub codes: BTreeSet<String>,
    /// Lines in which it knows none.
    pub unknown: Vec<String>,
}

/// Finds a model's species in a text: by code, or by scientific, common or any language's name, in
/// any case.
///
/// A line is one name, or several fields parted by commas, semicolons or tabs; or a scientific and
/// a common name joined by `_`, as in `BirdNET`'s lists. Of a line with a species in it the other
/// fields are passed over, so that columns of a table do no harm. Empty lines and lines that begin
/// with `#` say nothing.
#[must_use]
pub fn read(text: &str, classes: &Taxonomy) -> SpeciesList {
    let mut by_name: HashMap<String, &str> = HashMap::new();
    for (_, label) in classes.iter() {
        for name in own_names(label).filter(|name| !name.is_empty()) {
            by_name.entry(folded(name)).or_insert(&label.code);
        }
    }
    // Names in other languages come last: one that means another species there gives way.
    for (_, label) in classes.iter() {
        for name in label.names.values() {
            by_name.entry(folded(name)).or_insert(&label.code);
        }
    }
    let find = |field: &str| by_name.get(&folded(field)).copied();
    let mut list = SpeciesList::default();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields = line.split([',', ';', '\t']);
        let found: Vec<&str> = match find(line) {
            Some(code) => vec![code],
            None => fields
                .filter_map(|field| find(field).or_else(|| field.split('_').find_map(find)))
                .collect(),
        };
        if found.is_empty() {
            list.unknown.push(line.to_owned());
        }
        list.codes.extend(found.into_iter().map(str::to_owned));
    }
    list
}

fn own_names(label: &Label) -> impl Iterator<Item = &str> {
    let Label {
        code,
        scientific_name,
        common_name,
        ..
    } = label;
    [code, scientific_name, common_name]
        .into_iter()
        .map(String::as_str)
}

/// Without case, surrounding quotes, runs of spaces and the difference of apostrophes.
fn folded(name: &str) -> String {
    let plain = name.replace('’', "'").to_lowercase();
    let words: Vec<&str> = plain
        .trim_matches(['"', ' ', '\''])
        .split_whitespace()
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture;

    fn codes(text: &str) -> (Vec<String>, Vec<String>) {
        let list = read(text, &fixture::manifest().classes);
        (list.codes.into_iter().collect(), list.unknown)
    }

    #[test]
    fn every_way_to_name_a_species_is_understood() {
        for text in [
            "prtody1",
            "Todus mexicanus",
            "  puerto   rican TODY ",
            "Todus mexicanus_Puerto Rican Tody",
            "12;Todus mexicanus;Puerto Rican Tody;common",
            "\"Puerto Rican Tody\",3",
            "# my list\r\n\r\nprtody1\r\nTodus mexicanus",
        ] {
            assert_eq!(codes(text), (vec!["prtody1".into()], vec![]), "{text:?}");
        }
    }

    #[test]
    fn names_in_other_languages_are_understood() {
        let classes = fixture::manifest_with_names().classes;
        for text in ["san pedrito", "Bananaquit; San Pedrito"] {
            let list = read(text, &classes);
            assert!(list.codes.contains("prtody1") && list.unknown.is_empty());
        }
    }

    #[test]
    fn several_species_may_stand_in_a_line() {
        let both = vec!["banana".to_owned(), "prtody1".to_owned()];
        assert_eq!(codes("Bananaquit, Puerto Rican Tody"), (both, vec![]));
    }

    #[test]
    fn lines_without_a_known_species_are_named() {
        let (found, unknown) = codes("Bananaquit\nTurdus merula_Eurasian Blackbird\n\n");
        assert_eq!(found, ["banana"]);
        assert_eq!(unknown, ["Turdus merula_Eurasian Blackbird"]);
    }
}
