//! What species are called on the page. Exports always have code, scientific and common name.

use pipit_core::{Label, Taxonomy, is_language_tag};

use crate::words::Language;

/// Which of a species' names stands on the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Naming {
    /// The common name, which is English.
    #[default]
    Common,
    /// The scientific name.
    Scientific,
    /// The name in the language of this tag; the common name where there is none.
    In(String),
}

impl Naming {
    /// The names in settings of those that need no language.
    pub const FIXED: [&str; 2] = ["common", "scientific"];

    /// Reads a setting: one of [`Naming::FIXED`] or a language's tag.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "common" => Some(Self::Common),
            "scientific" => Some(Self::Scientific),
            tag => is_language_tag(tag).then(|| Self::In(tag.to_owned())),
        }
    }

    /// As settings say it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Common => Self::FIXED[0],
            Self::Scientific => Self::FIXED[1],
            Self::In(tag) => tag,
        }
    }

    /// The naming for a model: what is wished for where the model has it, else names in the
    /// interface's language where it has those, else common names.
    #[must_use]
    pub fn resolve(wish: Option<&Self>, spoken: Language, classes: &Taxonomy) -> Self {
        let of_model = |tag: &str| classes.language(tag).map(|tag| Self::In(tag.to_owned()));
        let wished = wish.and_then(|wish| match wish {
            Self::In(tag) => of_model(tag),
            fixed => Some(fixed.clone()),
        });
        wished
            .or_else(|| of_model(spoken.code()))
            .unwrap_or_default()
    }

    /// The language of a species' name, as a tag.
    #[must_use]
    pub fn language_of(&self, label: &Label) -> &str {
        match self {
            Self::Scientific => "la",
            Self::In(tag) if label.name_in(tag).is_some() => tag,
            Self::Common | Self::In(_) => "en",
        }
    }

    /// A species' name.
    #[must_use]
    pub fn of<'a>(&self, label: &'a Label) -> &'a str {
        match self {
            Self::Common => &label.common_name,
            Self::Scientific => &label.scientific_name,
            Self::In(tag) => label.name_in(tag).unwrap_or(&label.common_name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture;
    use pipit_core::LabelId;

    #[test]
    fn settings_are_read_as_they_are_written() {
        for naming in [
            Naming::Common,
            Naming::Scientific,
            Naming::In("pt-BR".into()),
        ] {
            assert_eq!(Naming::from_name(naming.name()), Some(naming));
        }
        assert_eq!(Naming::from_name("name of the bird"), None);
        assert_eq!(Naming::from_name(""), None);
    }

    #[test]
    fn names_fall_back_to_common_ones() {
        let classes = fixture::manifest_with_names().classes;
        let [bananaquit, tody] = [LabelId(0), LabelId(1)].map(|id| classes.get(id));
        let spanish = Naming::In("es".into());
        assert_eq!(spanish.of(tody), "San Pedrito");
        assert_eq!(spanish.of(bananaquit), "Bananaquit");
        assert_eq!(Naming::Scientific.of(tody), "Todus mexicanus");
        assert_eq!(Naming::Common.of(tody), "Puerto Rican Tody");
        // Whoever reads them aloud is told in which language they are.
        assert_eq!(spanish.language_of(tody), "es");
        assert_eq!(spanish.language_of(bananaquit), "en");
        assert_eq!(Naming::Scientific.language_of(tody), "la");
        assert_eq!(Naming::Common.language_of(tody), "en");
    }

    #[test]
    fn a_wish_holds_where_the_model_can_fulfil_it() {
        let with_names = fixture::manifest_with_names().classes;
        let without = fixture::manifest().classes;
        let spanish = Naming::In("es".into());
        let resolve = |wish: Option<&str>, spoken, classes| {
            Naming::resolve(wish.and_then(Naming::from_name).as_ref(), spoken, classes)
        };
        let (english, es) = (Language::English, Language::Spanish);
        assert_eq!(resolve(None, english, &with_names), Naming::Common);
        assert_eq!(resolve(None, es, &with_names), spanish);
        assert_eq!(resolve(None, es, &without), Naming::Common);
        assert_eq!(resolve(Some("es-PR"), english, &with_names), spanish);
        assert_eq!(resolve(Some("fr"), es, &with_names), spanish);
        assert_eq!(resolve(Some("common"), es, &with_names), Naming::Common);
        assert_eq!(
            resolve(Some("scientific"), es, &without),
            Naming::Scientific
        );
    }
}
