//! The classes that a model tells apart.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use thiserror::Error;

/// Index of a class in the network's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LabelId(pub usize);

/// One class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Short unique code, such as an eBird code.
    pub code: String,
    /// Scientific name.
    pub scientific_name: String,
    /// English name.
    pub common_name: String,
    /// Names in other languages by the language's tag as of BCP 47, such as `es` or `pt-BR`; a
    /// class may have none. A Pipit older than this field refuses a manifest in which it stands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

impl Label {
    /// The name in a language, or in the nearest relative of it that there is a name in: `es` for
    /// `es-PR`, and `es-MX` for `es`.
    #[must_use]
    pub fn name_in(&self, language: &str) -> Option<&str> {
        let tags = self.names.keys().map(String::as_str).collect();
        let tag = nearest(&tags, language)?;
        self.names.get(tag).map(String::as_str)
    }
}

/// The classes in the order of the network's outputs; codes are unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Label>", into = "Vec<Label>")]
pub struct Taxonomy(Vec<Label>);

/// Why a list of classes is no taxonomy.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TaxonomyError {
    /// There is no class.
    #[error("the list of classes is empty")]
    Empty,
    /// A code stands twice.
    #[error("the class code occurs twice: {0:?}")]
    Duplicate(String),
    /// A code is empty.
    #[error("class {0} has an empty code")]
    NoCode(usize),
    /// A name stands under something that is no tag of a language.
    #[error(
        "class {code:?} has a name in {tag:?}, which is no language tag such as \"es\" or \"pt-BR\""
    )]
    BadTag {
        /// The class.
        code: String,
        /// What stands for the language.
        tag: String,
    },
    /// A name is empty.
    #[error("class {code:?} has an empty name in {tag:?}: leave it out where there is none")]
    NoName {
        /// The class.
        code: String,
        /// The language.
        tag: String,
    },
}

impl Taxonomy {
    /// Takes the classes in output order.
    ///
    /// # Errors
    /// No class, an empty code or a code that occurs twice; a name that is empty or in no language.
    pub fn new(labels: Vec<Label>) -> Result<Self, TaxonomyError> {
        if labels.is_empty() {
            return Err(TaxonomyError::Empty);
        }
        let mut seen = HashSet::new();
        for (index, label) in labels.iter().enumerate() {
            if label.code.trim().is_empty() {
                return Err(TaxonomyError::NoCode(index));
            }
            if !seen.insert(&label.code) {
                return Err(TaxonomyError::Duplicate(label.code.clone()));
            }
            for (tag, name) in &label.names {
                let (code, tag) = (label.code.clone(), tag.clone());
                if !is_language_tag(&tag) {
                    return Err(TaxonomyError::BadTag { code, tag });
                }
                if name.trim().is_empty() {
                    return Err(TaxonomyError::NoName { code, tag });
                }
            }
        }
        Ok(Self(labels))
    }

    /// Number of classes; never zero.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a taxonomy is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The classes in output order.
    pub fn iter(&self) -> impl Iterator<Item = (LabelId, &Label)> {
        self.0.iter().enumerate().map(|(i, l)| (LabelId(i), l))
    }

    /// The class of an output; the id must come from a model with these classes.
    ///
    /// # Panics
    /// If the id is not below [`Self::len`].
    #[must_use]
    pub fn get(&self, id: LabelId) -> &Label {
        &self.0[id.0]
    }

    /// The output of a class.
    #[must_use]
    pub fn id(&self, code: &str) -> Option<LabelId> {
        self.0.iter().position(|l| l.code == code).map(LabelId)
    }

    /// Tags of all languages, besides English, in which any class has a name.
    #[must_use]
    pub fn languages(&self) -> BTreeSet<&str> {
        let tags = self.0.iter().flat_map(|label| label.names.keys());
        tags.map(String::as_str).collect()
    }

    /// Which of [`Self::languages`] is meant by a tag: itself, or its nearest relative.
    #[must_use]
    pub fn language(&self, tag: &str) -> Option<&str> {
        nearest(&self.languages(), tag)
    }
}

/// Whether a text looks like a language's tag as of BCP 47: two to eight letters, and then parts of
/// one to eight letters or digits after hyphens.
#[must_use]
pub fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let is_primary =
        |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic());
    let is_further = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    parts.next().is_some_and(is_primary) && parts.all(is_further)
}

/// The tag that is meant: the same, else one that says less, else another of the same language.
fn nearest<'a>(tags: &BTreeSet<&'a str>, language: &str) -> Option<&'a str> {
    let find = |is_meant: &dyn Fn(&str) -> bool| tags.iter().copied().find(|tag| is_meant(tag));
    let mut wanted = language;
    loop {
        let same = find(&|tag| tag.eq_ignore_ascii_case(wanted));
        match (same, wanted.rsplit_once('-')) {
            (Some(same), _) => return Some(same),
            (None, Some((shorter, _))) => wanted = shorter,
            (None, None) => break,
        }
    }
    find(&|tag| {
        let primary = tag.split('-').next();
        primary.is_some_and(|primary| primary.eq_ignore_ascii_case(wanted))
    })
}

impl TryFrom<Vec<Label>> for Taxonomy {
    type Error = TaxonomyError;

    fn try_from(labels: Vec<Label>) -> Result<Self, Self::Error> {
        Self::new(labels)
    }
}

impl From<Taxonomy> for Vec<Label> {
    fn from(taxonomy: Taxonomy) -> Self {
        taxonomy.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(code: &str) -> Label {
        Label {
            code: code.into(),
            ..Label::default()
        }
    }

    fn named(code: &str, names: &[(&str, &str)]) -> Label {
        let names = names
            .iter()
            .map(|(tag, name)| ((*tag).into(), (*name).into()));
        Label {
            names: names.collect(),
            ..label(code)
        }
    }

    #[test]
    fn codes_find_their_outputs() {
        let taxonomy = Taxonomy::new(vec![label("banana"), label("prtody1")]).expect("valid");
        assert_eq!(taxonomy.id("prtody1"), Some(LabelId(1)));
        assert_eq!(taxonomy.id("coqui"), None);
        assert_eq!(taxonomy.get(LabelId(0)).code, "banana");
    }

    #[test]
    fn lists_that_are_no_taxonomy_are_refused() {
        assert_eq!(Taxonomy::new(vec![]), Err(TaxonomyError::Empty));
        assert_eq!(
            Taxonomy::new(vec![label("a"), label("a")]),
            Err(TaxonomyError::Duplicate("a".into()))
        );
        assert_eq!(
            Taxonomy::new(vec![label(" ")]),
            Err(TaxonomyError::NoCode(0))
        );
    }
    #[test]
    fn names_are_found_by_language_and_its_relatives() {
        let tody = named("prtody1", &[("es", "San Pedrito"), ("pt-BR", "todi")]);
        assert_eq!(tody.name_in("es"), Some("San Pedrito"));
        assert_eq!(tody.name_in("ES-pr"), Some("San Pedrito"));
        assert_eq!(tody.name_in("pt"), Some("todi"));
        assert_eq!(tody.name_in("pt-PT"), Some("todi"));
        assert_eq!(tody.name_in("p"), None);
        assert_eq!(tody.name_in("fr"), None);
        let taxonomy = Taxonomy::new(vec![label("banana"), tody]).expect("valid");
        assert_eq!(taxonomy.languages(), BTreeSet::from(["es", "pt-BR"]));
        assert_eq!(taxonomy.language("es-419"), Some("es"));
        assert_eq!(taxonomy.language("de"), None);
    }

    #[test]
    fn names_that_help_nobody_are_refused() {
        for tag in ["", "e", "spanish!", "es_PR", "es-", "1a"] {
            let error = Taxonomy::new(vec![named("a", &[(tag, "x")])]).expect_err(tag);
            assert!(matches!(error, TaxonomyError::BadTag { .. }), "{error}");
        }
        let error = Taxonomy::new(vec![named("a", &[("es", " ")])]).expect_err("empty");
        assert!(matches!(error, TaxonomyError::NoName { .. }), "{error}");
    }
}
