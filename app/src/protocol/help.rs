//! What one worker says to another that helps it.

use super::JobId;
use pipit_core::{Manifest, Scores};
use serde::{Deserialize, Serialize};

/// From a worker to its helper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Help {
    /// Be a helper from now on, for the model whose weights travel beside this message.
    Begin {
        /// Names the answer.
        job: JobId,
        /// All about the model.
        manifest: Box<Manifest>,
    },
    /// Score the window whose samples travel beside this message.
    Score {
        /// Names the answer.
        job: JobId,
    },
}

/// From a helper to its worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Helped {
    /// The model is ready, and windows may come.
    Begun {
        /// Of this [`Help::Begin`].
        job: JobId,
    },
    /// A window is scored. Its Mel spectrogram, in decibels, travels beside this message, as 32-bit
    /// floats, least significant byte first.
    Scored {
        /// Of this [`Help::Score`].
        job: JobId,
        /// By class.
        scores: Scores,
        /// Bands of the spectrogram.
        n_mels: usize,
        /// Frames of the spectrogram.
        n_frames: usize,
    },
}
