//! Failures as both ends know them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A failure as it crosses from where it happens to where it is worded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which sentence to show.
    pub kind: FailureKind,
    /// The technical cause, for people who ask; may be empty.
    pub detail: String,
}

impl Failure {
    /// A failure with its technical cause.
    pub fn new(kind: FailureKind, detail: impl fmt::Display) -> Self {
        Self {
            kind,
            detail: detail.to_string(),
        }
    }
}

/// What can go wrong, as far as a user can tell the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The file is no recording.
    NotAudio,
    /// A recording that cannot be decoded although the browser knows its format.
    Damaged,
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
    /// WebGPU was asked for and there is none.
    NoWebgpu,
    /// The GPU went away during the work.
    GpuLost,
    /// Memory ran out.
    OutOfMemory,
    /// Page and worker are of different builds.
    StaleBuild,
    /// A mistake in Pipit.
    Internal,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::NotAudio,
        Self::Damaged,
        Self::Empty,
        Self::Silent,
        Self::UnsupportedFormat,
        Self::ModelInvalid,
        Self::ModelUnreachable,
        Self::NoWebgpu,
        Self::GpuLost,
        Self::OutOfMemory,
        Self::StaleBuild,
        Self::Internal,
    ];

    /// The name in the page's markup.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAudio => "not-audio",
            Self::Damaged => "damaged",
            Self::Empty => "empty",
            Self::Silent => "silent",
            Self::UnsupportedFormat => "unsupported-format",
            Self::ModelInvalid => "model-invalid",
            Self::ModelUnreachable => "model-unreachable",
            Self::NoWebgpu => "no-webgpu",
            Self::GpuLost => "gpu-lost",
            Self::OutOfMemory => "out-of-memory",
            Self::StaleBuild => "stale-build",
            Self::Internal => "internal",
        }
    }
}
