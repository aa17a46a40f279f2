//! The kinds of things that can be wrong with a data set.

use serde::Serialize;

/// One thing that is wrong, with the files that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What kind of thing.
    pub(super) kind: Kind,
    /// File names within the data set.
    pub(super) files: Vec<String>,
    /// What exactly.
    pub(super) detail: String,
}

/// Whether a finding must be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Severity {
    /// Training on it would fail, teach something wrong, or be judged too well.
    Error,
    /// Worth a look.
    Warning,
}

/// What is wrong; errors come first, in the order in which they are best mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A file is missing or cannot be decoded.
    Unreadable,
    /// All files of a species are missing or cannot be decoded.
    LabelWithoutAudio,
    /// No species has recordings enough to become a class, or one that is asked for has none.
    NoClass,
    /// Several rows name one file.
    RepeatedRow,
    /// There is nothing to hear.
    Silent,
    /// One sound under two species, of which each row knows one.
    ConflictingLabels,
    /// One recording is on both sides of the split.
    LeakedRecording,
    /// One person is on both sides of the split.
    LeakedRecordist,
    /// Nothing can be held out, so that nothing would judge the network.
    NothingHeldOut,
    /// One sound, one species, several files.
    Duplicate,
    /// Damaged pieces are left out when the file is read.
    Damaged,
    /// Most of the file is silence.
    MostlySilent,
    /// The recording level was too high.
    Clipped,
    /// The file is very short.
    Short,
    /// A species has a single recording.
    SingleRecording,
    /// A species has too few recordings to become a class.
    TooFewForAClass,
    /// A background species that is no recording's main species.
    UnknownSecondaryLabel,
    /// An audio file that no row names.
    UnlistedFile,
    /// A rating that is no number from 0 to 5.
    UnusableRating,
    /// Nobody is named who made it.
    MissingAuthor,
    /// No licence is named.
    MissingLicence,
}

impl Finding {
    /// A finding about one file.
    pub(super) fn of_file(kind: Kind, file: &str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            files: vec![file.to_owned()],
            detail: detail.into(),
        }
    }
}

impl Kind {
    /// Whether it must be mended.
    pub(super) fn severity(self) -> Severity {
        if self <= Self::LeakedRecordist {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// In a few words, for a table.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Unreadable => "file missing or unreadable",
            Self::LabelWithoutAudio => "species without any readable file",
            Self::NoClass => "no classes can be made of the recordings",
            Self::RepeatedRow => "several rows name one file",
            Self::Silent => "silent recording",
            Self::ConflictingLabels => {
                "one sound under several species (secondary_labels could name the other)"
            }
            Self::LeakedRecording => "one recording on both sides of the split",
            Self::LeakedRecordist => "one recordist on both sides of the split",
            Self::NothingHeldOut => "nothing is held out to judge by",
            Self::Duplicate => "one sound in several files",
            Self::Damaged => "damaged file, read in part",
            Self::MostlySilent => "mostly silence",
            Self::Clipped => "clipped: recorded too loud",
            Self::Short => "very short",
            Self::SingleRecording => "species with a single recording",
            Self::TooFewForAClass => "species with too few recordings to become a class",
            Self::UnknownSecondaryLabel => "background species with no recording of its own",
            Self::UnlistedFile => "audio file that no row names",
            Self::UnusableRating => "rating that is no number from 0 to 5, and counts as none",
            Self::MissingAuthor => "no recordist named",
            Self::MissingLicence => "no licence named",
        }
    }
}
