//! The line that says what is going on.

use super::{ModelState, Recording, RecordingState, Session};
use crate::protocol::LoadStage;
use pipit_core::LabelId;

/// Progress in shorter recordings than this is not told, nor in smaller steps.
const MIN_STEP_S: f64 = 60.0;

impl Session {
    /// One line that says what is going on, in the interface's language.
    #[must_use]
    pub fn status(&self) -> String {
        if let Some(adding) = self.adding_status() {
            return adding;
        }
        let words = &self.settings.spoken().words().status;
        if let Some(active) = self.recordings.iter().find(|r| r.is_active()) {
            return match active.state {
                RecordingState::Converting => (words.decoding)(&active.name),
                _ => (words.listening)(&active.name, active.told_percent()),
            };
        }
        let mut waiting = self.recordings.iter();
        if let Some(waiting) = waiting.find(|r| r.state == RecordingState::Waiting) {
            return match self.model {
                ModelState::Failed => (words.waits_for_model)(&waiting.name),
                _ => (words.waits_for_loading)(&waiting.name),
            };
        }
        match &self.model {
            ModelState::Failed => words.no_model.into(),
            ModelState::Loading(LoadStage::Manifest) => words.looking_up.into(),
            ModelState::Loading(LoadStage::Download { .. }) => words.downloading.into(),
            ModelState::Loading(LoadStage::Device) => words.starting.into(),
            ModelState::Loaded { .. } => self.outcome(),
        }
    }

    fn outcome(&self) -> String {
        let words = &self.settings.spoken().words().status;
        let done = |r: &&Recording| r.state == RecordingState::Done;
        let n_done = self.recordings.iter().filter(done).count();
        if n_done == 0 {
            return words.ready.into();
        }
        let mut species: Vec<LabelId> = self
            .recordings
            .iter()
            .flat_map(|r| r.detections.iter().map(|d| d.label))
            .collect();
        species.sort_unstable();
        species.dedup();
        (words.outcome)(species.len(), n_done)
    }
}

impl Recording {
    /// How much of it is done, no more often than ears like to hear of it: every tenth, and in short
    /// recordings every minute. None at the start, and where nobody knows the length.
    fn told_percent(&self) -> Option<u32> {
        let whole_s = self.announced_s.filter(|whole_s| *whole_s > 0.0)?;
        let step_s = (whole_s / 10.0).max(MIN_STEP_S);
        let done_s = (self.done_s / step_s).floor() * step_s;
        let is_on_the_way = done_s > 0.0 && done_s < whole_s;
        is_on_the_way.then(|| (100.0 * done_s / whole_s).round() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::RecordingId;
    use crate::settings::Settings;
    use crate::words::Language;

    #[test]
    fn progress_is_told_in_few_steps() {
        let told = |whole_s: Option<f64>| {
            let mut recording = Recording::new(RecordingId(1), "a".into());
            recording.announced_s = whole_s;
            let mut told = Vec::new();
            for window in 0..720 {
                recording.done_s = f64::from(window) * 5.0;
                told.push(recording.told_percent());
            }
            told.dedup();
            told.into_iter().flatten().collect::<Vec<u32>>()
        };
        assert_eq!(told(Some(3600.0)), [10, 20, 30, 40, 50, 60, 70, 80, 90]);
        assert_eq!(told(Some(150.0)), [40, 80]);
        // Short ones, and what is heard live, are told of at start and end.
        assert_eq!((told(Some(60.0)), told(None)), (vec![], vec![]));
    }

    #[test]
    fn the_status_speaks_the_chosen_language() {
        let (mut session, _) = Session::start(Settings::default());
        for language in Language::ALL {
            session.set_language(language);
            assert_eq!(session.status(), language.words().status.looking_up);
        }
    }
}
