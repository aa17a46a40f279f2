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
mod page;
mod recording;
mod spanish;

pub use page::{
    AboutWords, CauseWords, ControlWords, DisplayWords, ExportWords, IntakeWords, KeptWords,
    KeyWords, ModelWords, NoticeWords, PageWords, SettingWords, StatusWords, SummaryWords,
    WishWords,
};
pub use recording::{
    CardWords, ChosenWords, DetectionWords, PictureWords, PlayerWords, ReviewWords, SpeciesWords,
};

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

/// A text in whatever language is spoken.
pub type Text = fn(&'static Words) -> &'static str;

/// All texts of the interface in one language, by part of the page.
pub struct Words {
    /// Its head and title.
    pub page: PageWords,
    /// How recordings come in.
    pub intake: IntakeWords,
    /// The line that says what is going on.
    pub status: StatusWords,
    /// What acts on everything.
    pub controls: ControlWords,
    /// Which detections are shown.
    pub wishes: WishWords,
    /// How spectrograms look and recordings sound.
    pub display: DisplayWords,
    /// Taking results to other programs.
    pub export: ExportWords,
    /// Around failures.
    pub notice: NoticeWords,
    /// What a failure is called, and what can be done about it.
    pub failure: fn(FailureKind) -> (&'static str, &'static str),
    /// Why, where the page knows it.
    pub cause: CauseWords,
    /// Settings that mean nothing.
    pub settings: SettingWords,
    /// All recordings together.
    pub summary: SummaryWords,
    /// A recording's card.
    pub card: CardWords,
    /// Its player.
    pub player: PlayerWords,
    /// Its spectrogram.
    pub picture: PictureWords,
    /// Its table of species.
    pub species: SpeciesWords,
    /// Its list of detections.
    pub detections: DetectionWords,
    /// The chosen detection.
    pub chosen: ChosenWords,
    /// Saying whether a detection is right.
    pub review: ReviewWords,
    /// The keyboard.
    pub keys: KeyWords,
    /// The list of models.
    pub models: ModelWords,
    /// What is kept of earlier runs.
    pub kept: KeptWords,
    /// The model's card.
    pub about: AboutWords,
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

/// What results take, from kilobytes on.
fn size(megabytes: f64) -> String {
    if megabytes < 0.1 {
        format!("{:.0} kB", (megabytes * 1e3).ceil())
    } else {
        format!("{megabytes:.1} MB")
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
            assert!((words.status.decoding)("dawn.wav").contains("dawn.wav"));
            assert!((words.settings.bad)("threshold", "2", "0 … 1").contains("0 … 1"));
        }
        let [english, spanish] = Language::ALL.map(|language| language.words().status.outcome);
        assert_eq!(english(1, 1), "Done: 1 species in 1 recording.");
        assert_eq!(english(3, 2), "Done: 3 species in 2 recordings.");
        assert_eq!(spanish(1, 1), "Listo: 1 especie en 1 grabación.");
        assert_eq!(spanish(3, 2), "Listo: 3 especies en 2 grabaciones.");
    }

    #[test]
    fn sentences_count_what_they_speak_of() {
        let [english, spanish] = Language::ALL.map(Language::words);
        assert_eq!((english.detections.heading)(1), "1 detection");
        assert_eq!((spanish.detections.heading)(1), "1 detección");
        assert_eq!((spanish.detections.heading)(0), "0 detecciones");
        for (included, excluded) in [(0, 0), (0, 1), (0, 2), (1, 0), (2, 0), (1, 1), (3, 2)] {
            for language in Language::ALL {
                let sentence = (language.words().wishes.looked_for)(included, excluded);
                for n in [included, excluded].into_iter().filter(|n| *n > 0) {
                    assert!(sentence.contains(&n.to_string()), "{sentence}");
                }
            }
        }
        assert_eq!(
            (spanish.wishes.looked_for)(1, 0),
            "Solo se busca 1 especie."
        );
    }

    #[test]
    fn sentences_that_name_a_button_name_the_one_there_is() {
        for language in Language::ALL {
            let words = language.words();
            let next_step = |kind| (words.failure)(kind).1;
            for kind in [
                FailureKind::MicrophoneRefused,
                FailureKind::NoMicrophone,
                FailureKind::MicrophoneLost,
                FailureKind::LiveTooLong,
            ] {
                assert!(next_step(kind).contains(words.intake.listen_live));
            }
            assert!(next_step(FailureKind::ClipsLeftOut).contains(words.export.clips));
            let save = (words.review.save)(0);
            let save = save.trim_end_matches(" (0)");
            assert!(next_step(FailureKind::NoReview).contains(save));
            let chosen = &words.chosen;
            for sentence in [chosen.not_yet, chosen.ask_for_band] {
                assert!(sentence.contains(chosen.why));
            }
        }
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
