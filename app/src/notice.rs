//! Failures as a user reads them; the sentences themselves stand in [`crate::words`].

mod cause;

pub use cause::Cause;

use crate::protocol::{Failure, FailureKind};
use crate::words::Language;

/// What a failure is called on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which failure.
    pub kind: FailureKind,
    /// What happened.
    pub sentence: &'static str,
    /// What the reader can do, or what Pipit does next.
    pub next_step: &'static str,
    /// The cause; may be empty.
    pub detail: String,
    /// The language of the cause: what comes from elsewhere than the page is English.
    pub detail_language: Language,
    /// What a button beside the notice would do where it concerns the whole page.
    pub remedy: Option<Remedy>,
}

/// Something that the page can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Load the page anew.
    Reload,
    /// Start the worker and load the model anew.
    Retry,
    /// Load the page from its newer version.
    Update,
}

/// Words a failure.
#[must_use]
pub fn word(language: Language, failure: &Failure) -> Notice {
    let (sentence, next_step) = (language.words().failure)(failure.kind);
    let (detail, detail_language) = match &failure.cause {
        Some(cause) => (cause.word(language), language),
        None => (failure.detail.clone(), Language::English),
    };
    Notice {
        kind: failure.kind,
        sentence,
        next_step,
        detail,
        detail_language,
        remedy: match failure.kind {
            FailureKind::StaleBuild => Some(Remedy::Reload),
            FailureKind::UpdateReady => Some(Remedy::Update),
            FailureKind::ModelInvalid
            | FailureKind::ModelUnreachable
            | FailureKind::OutOfMemory
            | FailureKind::Internal => Some(Remedy::Retry),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_failure_has_its_own_sentence_and_next_step() {
        let mut seen = HashSet::new();
        for kind in FailureKind::ALL {
            let notice = word(Language::English, &Failure::new(kind, "cause"));
            assert!(notice.sentence.ends_with('.') && notice.next_step.ends_with('.'));
            assert!(seen.insert(notice.sentence) && seen.insert(notice.next_step));
            assert_eq!((notice.kind, notice.detail.as_str()), (kind, "cause"));
        }
    }

    #[test]
    fn causes_that_the_page_knows_speak_its_language() {
        let failure = Failure::because(FailureKind::PartlyDamaged, Cause::DamagedPieces(3));
        let technical = Failure::new(FailureKind::PartlyDamaged, "bad magic");
        for language in Language::ALL {
            let notice = word(language, &failure);
            assert_eq!(notice.detail, (language.words().cause.damaged_pieces)(3));
            assert_eq!(notice.detail_language, language);
            let notice = word(language, &technical);
            assert_eq!(notice.detail, "bad magic");
            assert_eq!(notice.detail_language, Language::English);
        }
    }
}
