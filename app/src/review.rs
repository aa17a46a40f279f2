//! People's answers about detections, and what follows from them.
//!
//! [`Answers`] keeps who said what, with undo; [`queue()`] says what to ask next, and
//! [`Calibration`] what a species' confidences mean. A [`ReviewFile`] keeps answers and
//! calibrations.

pub mod answer;
pub mod answers;
pub mod calibration;
pub mod file;
pub mod queue;
pub mod threshold;

#[cfg(test)]
mod fixture;

pub use answer::{Answer, ReviewState};
pub use answers::{Answered, Answers, Question, RecordingKey};
pub use calibration::{Calibration, CalibrationConfig};
pub use file::{Impossible, ReviewError, ReviewFile, ReviewedModel};
pub use queue::{Progress, QueueConfig, progress, queue};
pub use threshold::{PrecisionThreshold, threshold_for_precision};
