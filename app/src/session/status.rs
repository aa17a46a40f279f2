//! The line that says what is going on.

use super::{ModelState, Recording, RecordingState, Session};
use crate::protocol::LoadStage;
use pipit_core::LabelId;

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
                _ => (words.listening)(&active.name),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::words::Language;

    #[test]
    fn the_status_speaks_the_chosen_language() {
        let (mut session, _) = Session::start(Settings::default());
        for language in Language::ALL {
            session.set_language(language);
            assert_eq!(session.status(), language.words().status.looking_up);
        }
    }
}
