//! Failures as both ends know them.

use crate::notice::Cause;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A failure as it crosses from where it happens to where it is worded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// Which sentence to show.
    pub kind: FailureKind,
    /// The technical cause, for people who ask; may be empty.
    pub detail: String,
    /// The cause where the page has words for it, which stand in place of the technical one. Only the
    /// page makes such failures: they cross nowhere.
    #[serde(skip)]
    pub cause: Option<Cause>,
}

impl Failure {
    /// A failure with its technical cause.
    pub fn new(kind: FailureKind, detail: impl fmt::Display) -> Self {
        Self {
            kind,
            detail: detail.to_string(),
            cause: None,
        }
    }

    /// A failure that no user has a hand in, with its technical cause.
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self::new(FailureKind::Internal, detail)
    }

    /// A failure with a cause that the page has words for.
    #[must_use]
    pub fn because(kind: FailureKind, cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..Self::new(kind, "")
        }
    }
}

/// What can go wrong, as far as a user can tell the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The file is no recording.
    NotAudio,
    /// A recording that cannot be decoded although the browser knows its format.
    Damaged,
    /// The file of a recording was there and can no longer be read.
    Unreadable,
    /// A recording of which pieces could not be decoded and were left out.
    PartlyDamaged,
    /// A folder held files that are no recordings.
    OthersLeftOut,
    /// Clips could not be cut and are not in the ZIP.
    ClipsLeftOut,
    /// Nothing in it.
    Empty,
    /// No sound in it.
    Silent,
    /// A recording in a format that this browser does not decode.
    UnsupportedFormat,
    /// The model's files do not fit together or do not fit this version.
    ModelInvalid,
    /// The model's files did not arrive.
    ModelUnreachable,
    /// What was added as a model is no model package.
    NoPackage,
    /// A model package that was added does not hold.
    PackageInvalid,
    /// A model package that was added is made for another version of Pipit.
    PackageVersion,
    /// The page's own policy lets nobody fetch from a model's address.
    AddressRefused,
    /// The server of a model's address answers, but the browser may not read what: it permits no
    /// other site to.
    AddressNotShared,
    /// Nothing came from a model's address.
    AddressUnreachable,
    /// A model could not be kept for the next visit.
    ModelNotKept,
    /// WebGPU was asked for and there is none.
    NoWebgpu,
    /// The GPU went away during the work.
    GpuLost,
    /// Memory ran out.
    OutOfMemory,
    /// The user, or the browser for them, does not let the page hear.
    MicrophoneRefused,
    /// There is no microphone.
    NoMicrophone,
    /// The microphone went away while it was used.
    MicrophoneLost,
    /// What is heard live fills a file.
    LiveTooLong,
    /// A file that is no saved review.
    NoReview,
    /// Settings in the page's address that mean nothing.
    BadSettings,
    /// Results or answers could not be kept for the next visit.
    NotKept,
    /// Kept results could not be removed.
    NotForgotten,
    /// Page and worker are of different builds.
    StaleBuild,
    /// No failure at all: a newer version of the page waits.
    UpdateReady,
    /// A mistake in Pipit.
    Internal,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 32] = [
        Self::NotAudio,
        Self::Damaged,
        Self::Unreadable,
        Self::PartlyDamaged,
        Self::OthersLeftOut,
        Self::ClipsLeftOut,
        Self::Empty,
        Self::Silent,
        Self::UnsupportedFormat,
        Self::ModelInvalid,
        Self::ModelUnreachable,
        Self::NoPackage,
        Self::PackageInvalid,
        Self::PackageVersion,
        Self::AddressRefused,
        Self::AddressNotShared,
        Self::AddressUnreachable,
        Self::ModelNotKept,
        Self::NoWebgpu,
        Self::GpuLost,
        Self::OutOfMemory,
        Self::MicrophoneRefused,
        Self::NoMicrophone,
        Self::MicrophoneLost,
        Self::LiveTooLong,
        Self::NoReview,
        Self::BadSettings,
        Self::NotKept,
        Self::NotForgotten,
        Self::StaleBuild,
        Self::UpdateReady,
        Self::Internal,
    ];

    /// The name in the page's markup.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAudio => "not-audio",
            Self::Damaged => "damaged",
            Self::Unreadable => "unreadable",
            Self::PartlyDamaged => "partly-damaged",
            Self::OthersLeftOut => "others-left-out",
            Self::ClipsLeftOut => "clips-left-out",
            Self::Empty => "empty",
            Self::Silent => "silent",
            Self::UnsupportedFormat => "unsupported-format",
            Self::ModelInvalid => "model-invalid",
            Self::ModelUnreachable => "model-unreachable",
            Self::NoPackage => "no-package",
            Self::PackageInvalid => "package-invalid",
            Self::PackageVersion => "package-version",
            Self::AddressRefused => "address-refused",
            Self::AddressNotShared => "address-not-shared",
            Self::AddressUnreachable => "address-unreachable",
            Self::ModelNotKept => "model-not-kept",
            Self::NoWebgpu => "no-webgpu",
            Self::GpuLost => "gpu-lost",
            Self::OutOfMemory => "out-of-memory",
            Self::MicrophoneRefused => "microphone-refused",
            Self::NoMicrophone => "no-microphone",
            Self::MicrophoneLost => "microphone-lost",
            Self::LiveTooLong => "live-too-long",
            Self::NoReview => "no-review",
            Self::BadSettings => "bad-settings",
            Self::NotKept => "not-kept",
            Self::NotForgotten => "not-forgotten",
            Self::StaleBuild => "stale-build",
            Self::UpdateReady => "update-ready",
            Self::Internal => "internal",
        }
    }
}
