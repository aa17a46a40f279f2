//! What a reviewer says about one detection.

use serde::{Deserialize, Serialize};

/// Whether the species of a detection is heard in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "species", rename_all = "lowercase")]
pub enum Answer {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It is not; another species is, perhaps named.
    Other(Option<String>),
    /// The reviewer cannot tell.
    Unsure,
}

impl Answer {
    /// The name in files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Other(_) => "other",
            Self::Unsure => "unsure",
        }
    }

    /// The species that the reviewer heard instead.
    #[must_use]
    pub fn other_species(&self) -> Option<&str> {
        match self {
            Self::Other(species) => species.as_deref(),
            _ => None,
        }
    }

    /// Whether the detection is right; unknown if the reviewer is unsure.
    #[must_use]
    pub fn is_right(&self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No | Self::Other(_) => Some(false),
            Self::Unsure => None,
        }
    }
}

/// What a list of detections can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewState {
    /// Nobody has answered yet.
    Open,
    /// [`Answer::Yes`].
    Yes,
    /// [`Answer::No`].
    No,
    /// [`Answer::Other`].
    Other,
    /// [`Answer::Unsure`].
    Unsure,
}

impl ReviewState {
    /// All states in the order of the menu.
    pub const ALL: [Self; 5] = [Self::Open, Self::Yes, Self::No, Self::Other, Self::Unsure];
}

impl From<Option<&Answer>> for ReviewState {
    fn from(answer: Option<&Answer>) -> Self {
        match answer {
            None => Self::Open,
            Some(Answer::Yes) => Self::Yes,
            Some(Answer::No) => Self::No,
            Some(Answer::Other(_)) => Self::Other,
            Some(Answer::Unsure) => Self::Unsure,
        }
    }
}
