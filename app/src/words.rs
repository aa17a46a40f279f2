//! The interface's own words, a file for each language.
//!
//! [`Words`] is one struct with a field for each text, and a language is one value of it. The
//! compiler therefore refuses a language in which a text is missing, and a text with arguments is
//! a function, so that their number and kind are checked too; each language forms its plurals as
//! it likes. A new language is a new file and a new [`Language`].
//!
//! Why no library: state and notices must be worded without Leptos, which rules out
//! `leptos_i18n`; `rust-i18n` looks its keys up at run time; Fluent parses its files in
//! the browser, with more code than all of these texts take. What they offer beyond, formats of
//! numbers and dates, is not needed here.

mod english;
mod spanish;

use crate::protocol::FailureKind;

/// A language that the interface speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

/// All texts of the interface in one language.
pub struct Words {
    /// The invitation to drop recordings.
    pub drop_recordings: &'static str,
    /// The button that opens the file chooser.
    pub choose_files: &'static str,
    /// The button that fetches the example.
    pub try_example: &'static str,
    /// Which formats are read.
    pub formats: &'static str,
    /// While files hover over the page.
    pub let_go: &'static str,
    /// The promise of privacy.
    pub nothing_uploaded: &'static str,
    /// The confidence slider.
    pub confidence_at_least: &'static str,
    /// The device menu.
    pub compute_on: &'static str,
    /// Its first choice.
    pub automatic: &'static str,
    /// The slider for gaps.
    pub merge_gap: &'static str,
    /// The shortest detection.
    pub min_duration: &'static str,
    /// The menu of models.
    pub model: &'static str,
    /// The menu of languages.
    pub language: &'static str,
    /// The menu of colour maps.
    pub colours: &'static str,
    /// Head of the column of species, and their filter.
    pub species: &'static str,
    /// Head of the column of confidences.
    pub best_confidence: &'static str,
    /// Head of the column of times.
    pub heard_at: &'static str,
    /// Starts playback.
    pub play: &'static str,
    /// Halts playback.
    pub pause: &'static str,
    /// Runs a recording again.
    pub run_again: &'static str,
    /// Takes a recording off the page.
    pub remove: &'static str,
    /// Stops a recording.
    pub cancel: &'static str,
    /// Does once more what failed.
    pub try_again: &'static str,
    /// Loads the page anew.
    pub reload: &'static str,
    /// Puts a notice away.
    pub dismiss: &'static str,
    /// The technical cause of a notice.
    pub details: &'static str,
    /// The menu of exports.
    pub export: &'static str,
    /// A reviewer's yes.
    pub yes: &'static str,
    /// A reviewer's no.
    pub no: &'static str,
    /// A reviewer heard another species.
    pub other_species: &'static str,
    /// A reviewer cannot tell.
    pub unsure: &'static str,
    /// Takes the last answer back.
    pub undo: &'static str,
    /// Gives it again.
    pub redo: &'static str,
    /// No detection at this threshold.
    pub nothing_found: &'static str,
    /// Nothing is going on yet.
    pub ready: &'static str,
    /// A recording waits for others.
    pub waiting: &'static str,
    /// What the browser does with a recording of this name.
    pub decoding: fn(name: &str) -> String,
    /// What the model does with a recording of this name.
    pub listening: fn(name: &str) -> String,
    /// So many species in so many recordings.
    pub outcome: fn(n_species: usize, n_recordings: usize) -> String,
    /// How far a review has come: so many of so many detections.
    pub reviewed: fn(n_answers: usize, n_detections: usize) -> String,
    /// A calibration rests on too few answers: there are so many, and so many are needed.
    pub too_few_answers: fn(n_answers: usize, needed: usize) -> String,
    /// A setting in the page's address is not known: its name.
    pub unknown_setting: fn(name: &str) -> String,
    /// A setting in the page's address has a value that it cannot have: name, value and what it
    /// takes, such as `0 … 1` or `auto, webgpu, cpu`.
    pub bad_setting: fn(name: &str, value: &str, takes: &str) -> String,
    /// A setting speaks of a species that the model does not know: its code.
    pub unknown_species: fn(code: &str) -> String,
    /// What a failure is called, and what can be done about it.
    pub failure: fn(FailureKind) -> (&'static str, &'static str),
}

impl Language {
    /// All languages in the order of the menu.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// Its texts.
    #[must_use]
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &english::WORDS,
            Self::Spanish => &spanish::WORDS,
        }
    }

    /// The code in the page's address and in HTML's `lang`, as of BCP 47.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// What its speakers call it.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
        }
    }

    /// The language of a tag such as `es`, `es-PR` or `EN_us`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Self::ALL
            .into_iter()
            .find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// The first of a browser's languages that the interface speaks, else English.
    #[must_use]
    pub fn preferred<'a>(tags: impl IntoIterator<Item = &'a str>) -> Self {
        tags.into_iter()
            .find_map(Self::from_tag)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_language_words_every_failure_in_sentences_of_its_own() {
        let mut seen = HashSet::new();
        for language in Language::ALL {
            for kind in FailureKind::ALL {
                let (sentence, next_step) = (language.words().failure)(kind);
                for text in [sentence, next_step] {
                    assert!(text.ends_with('.'), "{text}");
                    assert!(seen.insert(text), "{text}");
                }
            }
        }
    }

    #[test]
    fn arguments_appear_and_plurals_agree() {
        for language in Language::ALL {
            let words = language.words();
            assert!((words.decoding)("dawn.wav").contains("dawn.wav"));
            assert!((words.bad_setting)("threshold", "2", "0 … 1").contains("0 … 1"));
        }
        let [english, spanish] = Language::ALL.map(|language| language.words().outcome);
        assert_eq!(english(1, 1), "Done: 1 species in 1 recording.");
        assert_eq!(english(3, 2), "Done: 3 species in 2 recordings.");
        assert_eq!(spanish(1, 1), "Listo: 1 especie en 1 grabación.");
        assert_eq!(spanish(3, 2), "Listo: 3 especies en 2 grabaciones.");
    }

    #[test]
    fn languages_are_found_by_their_tags() {
        assert_eq!(Language::from_tag("es-PR"), Some(Language::Spanish));
        assert_eq!(Language::from_tag("EN_us"), Some(Language::English));
        assert_eq!(Language::from_tag("eo"), None);
        assert_eq!(
            Language::preferred(["de", "es-419", "en"]),
            Language::Spanish
        );
        assert_eq!(Language::preferred(["de"]), Language::English);
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.code()), Some(language));
        }
    }
}
