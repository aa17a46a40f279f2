//! Causes that the page words itself, in whatever language is spoken.

use super::word;
use crate::protocol::{Failure, NoGpu};
use crate::review::ReviewError;
use crate::settings::SettingsWarning;
use crate::words::Language;

/// A cause that is known so well that no technical text is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cause {
    /// No sample of a recording is louder than this.
    Peak(String),
    /// So many pieces of a recording could not be decoded.
    DamagedPieces(usize),
    /// So many files of a folder are no recordings.
    LeftOut(usize),
    /// Some clips could not be cut.
    Clips {
        /// So many.
        n_missing: usize,
        /// Of so many.
        n_clips: usize,
        /// Recordings that they belong to, and why.
        reasons: Vec<(String, Failure)>,
    },
    /// Why there is no WebGPU.
    NoGpu(NoGpu),
    /// Page and worker are of these builds.
    Builds {
        /// The page's.
        page: String,
        /// The worker's.
        worker: String,
    },
    /// What is wrong with the settings.
    Settings(Vec<SettingsWarning>),
    /// Why a file is no review.
    Review(ReviewError),
}

impl Cause {
    /// The cause in words.
    #[must_use]
    pub fn word(&self, language: Language) -> String {
        let words = language.words();
        let causes = &words.cause;
        match self {
            Self::Peak(peak) => (causes.peak)(peak),
            Self::DamagedPieces(n) => (causes.damaged_pieces)(*n),
            Self::LeftOut(n) => (words.intake.left_out)(*n),
            Self::Clips {
                n_missing,
                n_clips,
                reasons,
            } => {
                let counted = (words.export.left_out)(*n_missing, *n_clips);
                let reasons = reasons.iter().map(|(name, failure)| {
                    let notice = word(language, failure);
                    // The sentence speaks of a whole recording, and would often mislead.
                    match notice.detail.as_str() {
                        "" => format!("{name}: {}", notice.sentence),
                        detail => format!("{name}: {detail}"),
                    }
                });
                let lines: Vec<String> = std::iter::once(counted).chain(reasons).collect();
                lines.join("\n")
            }
            Self::NoGpu(reason) => (causes.no_gpu)(reason),
            Self::Builds { page, worker } => (causes.builds)(page, worker),
            Self::Settings(warnings) => {
                let sentences = warnings.iter().map(|warning| warning.word(language));
                sentences.collect::<Vec<_>>().join(" ")
            }
            Self::Review(error) => (causes.review)(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::Impossible;

    #[test]
    fn every_cause_has_words_of_its_own_in_every_language() {
        let impossible = |what| {
            Cause::Review(ReviewError::Impossible {
                what,
                value: "7".into(),
            })
        };
        let causes = [
            Cause::Peak("7".into()),
            Cause::DamagedPieces(1),
            Cause::DamagedPieces(7),
            Cause::LeftOut(7),
            Cause::Clips {
                n_missing: 7,
                n_clips: 8,
                reasons: Vec::new(),
            },
            Cause::NoGpu(NoGpu::NotOffered),
            Cause::NoGpu(NoGpu::NoAdapter),
            Cause::NoGpu(NoGpu::NoClock),
            Cause::NoGpu(NoGpu::OnlySoftware),
            Cause::NoGpu(NoGpu::TooLate("card 7".into())),
            Cause::Builds {
                page: "7a".into(),
                worker: "7b".into(),
            },
            Cause::Settings(vec![SettingsWarning::UnknownName("7".into())]),
            Cause::Review(ReviewError::NoReview),
            Cause::Review(ReviewError::Version { found: 7 }),
            Cause::Review(ReviewError::Damaged("line 7".into())),
            impossible(Impossible::Stretch),
            impossible(Impossible::Confidence),
            impossible(Impossible::NoSpecies),
            impossible(Impossible::Variance),
        ];
        let mut seen = std::collections::HashSet::new();
        for cause in causes {
            for language in Language::ALL {
                let words = cause.word(language);
                let names_it = format!("{cause:?}").contains('7');
                assert_eq!(words.contains('7'), names_it, "{words}");
                assert!(seen.insert(words), "{cause:?}");
            }
        }
    }
}
