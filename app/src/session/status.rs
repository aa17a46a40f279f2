//! One line that says what is going on.

use super::{ModelState, Recording, RecordingState, Session};
use crate::protocol::LoadStage;
use pipit_core::LabelId;

impl Session {
    /// One line that says what is going on.
    #[must_use]
    pub fn status(&self) -> String {
        if let Some(adding) = self.adding_status() {
            return adding;
        }
        if let Some(active) = self.recordings.iter().find(|r| r.is_active()) {
            return match active.state {
                RecordingState::Converting => format!("Decoding {}…", active.name),
                _ => format!("Listening to {}…", active.name),
            };
        }
        let mut waiting = self.recordings.iter();
        if let Some(waiting) = waiting.find(|r| r.state == RecordingState::Waiting) {
            return match self.model {
                ModelState::Failed => format!("{} waits for a model.", waiting.name),
                _ => format!("{} is ready; the model is still loading…", waiting.name),
            };
        }
        match &self.model {
            ModelState::Failed => "No model is loaded.".into(),
            ModelState::Loading(LoadStage::Manifest) => "Looking up the model…".into(),
            ModelState::Loading(LoadStage::Download { .. }) => "Downloading the model…".into(),
            ModelState::Loading(LoadStage::Device) => "Starting the model…".into(),
            ModelState::Loaded { .. } => self.outcome(),
        }
    }

    fn outcome(&self) -> String {
        let done = |r: &&Recording| r.state == RecordingState::Done;
        let n_done = self.recordings.iter().filter(done).count();
        if n_done == 0 {
            return "Ready. Drop a bird recording anywhere on this page.".into();
        }
        let mut species: Vec<LabelId> = self
            .recordings
            .iter()
            .flat_map(|r| r.detections.iter().map(|d| d.label))
            .collect();
        species.sort_unstable();
        species.dedup();
        let recordings = match n_done {
            1 => "1 recording".into(),
            n => format!("{n} recordings"),
        };
        format!("Done: {} species in {recordings}.", species.len())
    }
}
