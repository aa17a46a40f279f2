//! What is wrong with a setting that was ignored.

use crate::words::Language;

/// A setting that was ignored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SettingsWarning {
    /// There is no setting of this name.
    UnknownName(String),
    /// It cannot have this value.
    BadValue {
        /// The setting.
        name: String,
        /// Its value.
        value: String,
        /// What it takes.
        takes: String,
    },
    /// The model has no species of this code.
    UnknownSpecies(String),
}

impl SettingsWarning {
    /// A sentence.
    #[must_use]
    pub fn word(&self, language: Language) -> String {
        let words = &language.words().settings;
        match self {
            Self::UnknownName(name) => (words.unknown)(name),
            Self::BadValue { name, value, takes } => (words.bad)(name, value, takes),
            Self::UnknownSpecies(code) => (words.unknown_species)(code),
        }
    }
}
