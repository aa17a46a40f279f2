//! Questions for tests.

use super::answers::{Question, RecordingKey};

/// The `n`th stretch of five seconds.
pub(super) fn question(n: usize) -> Question {
    question_at(5.0 * n as f64, 5.0 * n as f64 + 5.0)
}

pub(super) fn question_at(start_s: f64, end_s: f64) -> Question {
    Question {
        recording: RecordingKey {
            name: "20240512_051500.WAV".into(),
            bytes: 5_760_044,
            stamp: None,
        },
        code: "banana".into(),
        start_s,
        end_s,
        confidence: 0.8,
        weights_sha256: Some("ab12".into()),
    }
}
