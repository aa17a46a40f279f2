//! Why a detection was made: asked for when the user wants to know, and kept.

use super::selection::Selected;
use super::{Effect, Recording, RecordingId, Session};
use crate::protocol::{JobId, Request, Response};
use crate::view::frequency_axis::Band;
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
    /// The user wants to know why a detection was made. What has failed may be asked again; of what
    /// is being heard there is no file yet to look into.
    pub fn explain(&mut self, id: RecordingId, detection: &Detection) -> Vec<Effect> {
        let Some(manifest) = self.manifest() else {
            return Vec::new();
        };
        let length_s = f64::from(manifest.audio.window.length_s);
        let recording = self.recording_mut(id);
        let Some(recording) = recording.filter(|r| r.may_explain(detection)) else {
            return Vec::new();
        };
        let Some(window) = strongest(&recording.scores, detection) else {
            return Vec::new();
        };
        let start_s = window.start_s;
        recording
            .explanations
            .retain(|e| !e.is_of(detection.label, start_s));
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
        let mut explanations = recording.explanations.iter_mut();
        if let Some(explanation) = explanations.find(|e| e.is_of(label, start_s)) {
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

impl Explanation {
    /// Whether it is about this species in the window that starts here.
    fn is_of(&self, label: LabelId, start_s: f64) -> bool {
        self.label == label && self.start_s.total_cmp(&start_s).is_eq()
    }
}

impl Recording {
    /// Whether it can be asked now why a detection was made.
    #[must_use]
    pub fn may_explain(&self, detection: &Detection) -> bool {
        let explanation = self.explanation(detection);
        !self.is_heard() && explanation.is_none_or(|e| e.evidence == Evidence::Failed)
    }

    /// The frequencies of the chosen detection, if it is one of this recording's and they are known.
    #[must_use]
    pub fn chosen_band(&self, selected: &Selected) -> Option<Band> {
        let mut detections = self.detections.iter();
        let detection = detections.find(|detection| selected.is(self.id, detection))?;
        let (low_hz, high_hz) = self.band_hz(detection)?;
        Some(Band { low_hz, high_hz })
    }

    /// Lowest and highest frequency at which a detection was heard, as far as that is known.
    #[must_use]
    pub fn band_hz(&self, detection: &Detection) -> Option<(f32, f32)> {
        match self.explanation(detection)?.evidence {
            Evidence::Known { band_hz, .. } => band_hz,
            _ => None,
        }
    }

    /// What is known of why a detection was made.
    #[must_use]
    pub fn explanation(&self, detection: &Detection) -> Option<&Explanation> {
        let window = strongest(&self.scores, detection)?;
        self.explanations
            .iter()
            .find(|e| e.is_of(detection.label, window.start_s))
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
    use crate::protocol::{DeviceChoice, DeviceKind, FailureKind};
    use crate::session::tests::{failed, finished, loaded, scored};
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

    /// A session whose microphone has heard one detection, which comes with its job.
    fn heard_live() -> (Session, RecordingId, JobId, Detection) {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (heard, _) = session.listen("Live".into(), 48_000);
        let (id, job) = heard.expect("there is a model");
        session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
        let detection = session.recording(id).expect("kept").detections[0];
        (session, id, job, detection)
    }

    /// Asks; hands out the job of the question.
    fn ask(session: &mut Session, id: RecordingId, detection: &Detection) -> Option<JobId> {
        match session.explain(id, detection).as_slice() {
            [Effect::SendWithFile(_, Request::Explain { job, .. })] => Some(*job),
            [] => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_being_heard_is_explained_once_it_has_ended() {
        let (mut session, id, job, detection) = heard_live();
        assert_eq!(ask(&mut session, id, &detection), None);
        session.apply(finished(job), &[]);
        let recording = session.recording(id).expect("kept");
        assert_eq!(recording.explanation(&detection), None);
        assert!(ask(&mut session, id, &detection).is_some());
    }

    #[test]
    fn what_failed_is_told_and_can_be_asked_again() {
        let (mut session, id, job, detection) = heard_live();
        session.apply(finished(job), &[]);
        let evidence = |session: &Session| {
            let recording = session.recording(id).expect("kept");
            let explanations = &recording.explanations;
            assert!(explanations.len() <= 1);
            explanations.first().map(|e| e.evidence.clone())
        };
        let job = ask(&mut session, id, &detection).expect("it is asked");
        assert_eq!(ask(&mut session, id, &detection), None);
        session.apply(failed(job, FailureKind::Damaged), &[]);
        assert_eq!(evidence(&session), Some(Evidence::Failed));
        let job = ask(&mut session, id, &detection).expect("it is asked again");
        assert_eq!(evidence(&session), Some(Evidence::Awaited));
        let explained = Response::Explained {
            job,
            n_bands: 1,
            n_slices: 1,
            values: vec![1.0],
            band_hz: Some((2000.0, 3000.0)),
        };
        session.apply(explained, &[]);
        assert!(matches!(evidence(&session), Some(Evidence::Known { .. })));
        assert_eq!(ask(&mut session, id, &detection), None);
        let recording = session.recording(id).expect("kept");
        let chosen = |label| {
            let detection = Detection { label, ..detection };
            recording.chosen_band(&Selected {
                recording: id,
                detection,
            })
        };
        let band = Band {
            low_hz: 2000.0,
            high_hz: 3000.0,
        };
        assert_eq!(chosen(detection.label), Some(band));
        assert_eq!(chosen(LabelId(1)), None);
    }
}
