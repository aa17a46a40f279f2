//! Why a detection was made: asked for when the user wants to know, and kept.

use super::{Effect, Recording, RecordingId, Session};
use crate::protocol::{JobId, Request, Response};
use pipit_core::{Detection, LabelId, WindowScores};

/// The evidence for a species in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The species.
    pub label: LabelId,
    /// Start of the window.
    pub start_s: f64,
    /// End of the window, which may lie behind the recording's.
    pub end_s: f64,
    /// What is known.
    pub evidence: Evidence,
}

/// How far an explanation has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// The worker computes it.
    Awaited,
    /// The worker could not.
    Failed,
    /// Patches of a window, low bands first.
    Known {
        /// Patches one above the other.
        n_bands: usize,
        /// Patches side by side.
        n_slices: usize,
        /// Fall of the logit when the patch is hidden, band by band.
        values: Vec<f32>,
        /// Lowest and highest frequency of what was heard, in hertz.
        band_hz: Option<(f32, f32)>,
    },
}

impl Session {
    /// The user wants to know why a detection was made.
    pub fn explain(&mut self, id: RecordingId, detection: &Detection) -> Vec<Effect> {
        let Some(manifest) = self.manifest() else {
            return Vec::new();
        };
        let length_s = f64::from(manifest.audio.window.length_s);
        let Some(recording) = self.recording_mut(id) else {
            return Vec::new();
        };
        let Some(window) = strongest(&recording.scores, detection) else {
            return Vec::new();
        };
        let start_s = window.start_s;
        if recording.explanation(detection).is_some() {
            return Vec::new();
        }
        recording.explanations.push(Explanation {
            label: detection.label,
            start_s,
            end_s: start_s + length_s,
            evidence: Evidence::Awaited,
        });
        vec![self.ask_why(id, detection.label, start_s)]
    }

    /// Asks a new worker what the one before it did not answer.
    pub(super) fn ask_why_again(&mut self) -> Vec<Effect> {
        let awaited = |e: &&Explanation| e.evidence == Evidence::Awaited;
        let asked: Vec<_> = self
            .recordings
            .iter()
            .flat_map(|recording| {
                let explanations = recording.explanations.iter().filter(awaited);
                explanations.map(|e| (recording.id, e.label, e.start_s))
            })
            .collect();
        asked
            .into_iter()
            .map(|(id, label, start_s)| self.ask_why(id, label, start_s))
            .collect()
    }

    fn ask_why(&mut self, id: RecordingId, label: LabelId, start_s: f64) -> Effect {
        let job = self.new_job();
        self.explained.insert(job, (id, label, start_s));
        let request = Request::Explain {
            job,
            label,
            start_s,
        };
        Effect::SendWithFile(id, request)
    }

    /// The worker has an explanation, or none.
    pub(super) fn explanation_came(&mut self, job: JobId, response: Option<Response>) {
        let Some((id, label, start_s)) = self.explained.remove(&job) else {
            return;
        };
        let Some(recording) = self.recording_mut(id) else {
            return;
        };
        let asked =
            |e: &&mut Explanation| e.label == label && e.start_s.total_cmp(&start_s).is_eq();
        if let Some(explanation) = recording.explanations.iter_mut().find(asked) {
            explanation.evidence = match response {
                Some(Response::Explained {
                    n_bands,
                    n_slices,
                    values,
                    band_hz,
                    ..
                }) => Evidence::Known {
                    n_bands,
                    n_slices,
                    values,
                    band_hz,
                },
                _ => Evidence::Failed,
            };
        }
    }
}

impl Recording {
    /// What is known of why a detection was made.
    #[must_use]
    pub fn explanation(&self, detection: &Detection) -> Option<&Explanation> {
        let window = strongest(&self.scores, detection)?;
        self.explanations
            .iter()
            .find(|e| e.label == detection.label && e.start_s.total_cmp(&window.start_s).is_eq())
    }
}

/// The window that a detection owes its confidence to.
fn strongest<'a>(scores: &'a [WindowScores], detection: &Detection) -> Option<&'a WindowScores> {
    let score = |window: &WindowScores| window.scores.0.get(detection.label.0).copied();
    scores
        .iter()
        .filter(|w| w.start_s >= detection.start_s - 1e-6 && w.end_s <= detection.end_s + 1e-6)
        .max_by(|a, b| {
            let [a, b] = [a, b].map(|window| score(window).unwrap_or_default());
            a.total_cmp(&b)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipit_core::Scores;

    #[test]
    fn a_detection_is_explained_by_its_strongest_window() {
        let window = |start_s: f64, score| WindowScores {
            start_s,
            end_s: start_s + 5.0,
            scores: Scores(vec![0.99, score]),
        };
        let scores = [window(0.0, 0.9), window(5.0, 0.6), window(10.0, 0.8)];
        let detection = Detection {
            start_s: 5.0,
            end_s: 15.0,
            label: LabelId(1),
            confidence: 0.8,
        };
        let strongest = strongest(&scores, &detection).expect("there is one");
        assert!((strongest.start_s - 10.0).abs() < 1e-9);
        let elsewhere = Detection {
            start_s: 20.0,
            end_s: 25.0,
            ..detection
        };
        assert!(super::strongest(&scores, &elsewhere).is_none());
    }
}
