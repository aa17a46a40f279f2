//! Results that outlive the page, so that nothing is computed twice.

use super::{RecordingId, Session};
use crate::protocol::Summary;
use pipit_core::WindowScores;
use serde::{Deserialize, Serialize};

/// What a model found in a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptResults {
    /// [`KeptResults::VERSION`] of the Pipit that wrote it.
    pub format_version: u32,
    /// The recording's own rate.
    pub sample_rate_hz: u32,
    /// The browser had to decode it, and will have to for its spectrogram.
    #[serde(default)]
    pub is_converted: bool,
    /// What all of the recording turned out to be.
    pub summary: Summary,
    /// The scores of every window.
    pub windows: Vec<WindowScores>,
}

impl KeptResults {
    /// Changes whenever scores of older versions should not be used any more.
    pub const VERSION: u32 = 1;

    /// Reads what was kept.
    ///
    /// # Errors
    /// Something else, or results of another version.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let kept: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if kept.format_version == Self::VERSION {
            Ok(kept)
        } else {
            Err(format!("results of version {}", kept.format_version))
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// Numbers that JSON does not know.
    pub fn to_json(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map_err(|error| error.to_string())
    }
}

impl Session {
    /// The browser has looked at a recording's file: answers of earlier visits are found by it.
    pub fn recognised(&mut self, id: RecordingId, stamp: Option<String>) {
        if let Some(recording) = self.recording_mut(id) {
            recording.stamp = stamp;
            // Others may be shown now, but nobody has answered: nothing is to be kept for it.
            self.n_answer_changes += 1;
            self.n_kept_changes += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{DeviceChoice, DeviceKind, FailureKind};
    use crate::review::Answer;
    use crate::session::Effect;
    use crate::session::tests::{begin, failed, finished, loaded, opened, run, scored};
    use pipit_core::Scores;

    #[test]
    fn answers_follow_a_file_into_folders_and_stay_away_from_others_of_its_name() {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (alone, job) = run(&mut session, "a.wav");
        session.recognised(alone, Some("ab".into()));
        session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
        let detection = session.recording(alone).expect("kept").detections[0];
        session.answer(alone, &detection, Some(Answer::Yes));
        for (name, stamp, is_known) in [
            ("card/a.wav", "ab", true),
            ("a.wav", "cd", false),
            ("card/a.wav", "cd", false),
        ] {
            let id = session.add([(name.to_owned(), 100)])[0];
            session.recognised(id, Some(stamp.into()));
            let answer = session.answer_to(id, &detection);
            assert_eq!(answer.is_some(), is_known, "{name} {stamp}");
        }
    }

    #[test]
    fn what_had_to_be_decoded_has_to_be_again() {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (id, job) = run(&mut session, "a.opus");
        session.apply(failed(job, FailureKind::UnsupportedFormat), &[]);
        let effects = session.converted(id);
        let job = begin(&mut session, &effects);
        session.apply(opened(job, Some(10.0)), &[]);
        let effects = session.apply(finished(job), &[]);
        let [Effect::Keep(_, _, results)] = &effects[..] else {
            panic!("{effects:?}");
        };
        let mut later = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let id = later.add([("a.opus".to_owned(), 100)])[0];
        later.advance();
        let model = later.results_key();
        later.recalled(id, &model, Some(results.clone()));
        assert!(later.recording(id).expect("kept").is_converted);
    }

    #[test]
    fn results_round_trip_and_other_versions_are_refused() {
        let kept = KeptResults {
            format_version: KeptResults::VERSION,
            sample_rate_hz: 48_000,
            is_converted: true,
            summary: Summary {
                duration_s: 5.0,
                peak: 0.5,
                damaged_packets: 0,
            },
            windows: vec![WindowScores {
                start_s: 0.0,
                end_s: 5.0,
                scores: Scores(vec![0.123_456_79, 1.0e-7]),
            }],
        };
        let json = kept.to_json().expect("is written");
        assert_eq!(KeptResults::from_json(&json), Ok(kept.clone()));
        let other = KeptResults {
            format_version: 99,
            ..kept
        };
        let json = other.to_json().expect("is written");
        assert!(KeptResults::from_json(&json).is_err());
        assert!(KeptResults::from_json(b"{}").is_err());
    }
}
