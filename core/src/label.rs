//! The classes that a model tells apart.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use thiserror::Error;

/// Index of a class in the network's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LabelId(pub usize);

/// One class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Short unique code, such as an eBird code.
    pub code: String,
    /// Scientific name.
    pub scientific_name: String,
    /// English name.
    pub common_name: String,
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
}

impl Taxonomy {
    /// Takes the classes in output order.
    ///
    /// # Errors
    /// No class, an empty code or a code that occurs twice.
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
            scientific_name: String::new(),
            common_name: String::new(),
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
}
