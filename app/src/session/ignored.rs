//! Settings that were ignored: those of the address, and codes that the model does not have.

use super::Session;
use crate::notice::Cause;
use crate::protocol::{Failure, FailureKind};
use crate::settings::SettingsWarning;

/// What is wrong with the settings.
#[derive(Debug, Clone, Default)]
pub(super) struct IgnoredSettings {
    /// Of the address, whatever the model.
    of_address: Vec<SettingsWarning>,
    /// What the user was told last.
    told: Vec<SettingsWarning>,
}

impl Session {
    /// The page's address had settings that were ignored.
    pub fn ignored(&mut self, warnings: Vec<SettingsWarning>) {
        self.ignored.of_address = warnings;
        self.tell_of_ignored_settings();
    }

    /// Tells once what is ignored now; another model may know other species.
    pub(super) fn tell_of_ignored_settings(&mut self) {
        let unknown = self
            .manifest()
            .map(|manifest| self.settings.detection_filter(&manifest.classes).1);
        let mut warnings = self.ignored.of_address.clone();
        warnings.extend(unknown.unwrap_or_default());
        if warnings == self.ignored.told {
            return;
        }
        self.dismiss(FailureKind::BadSettings);
        if !warnings.is_empty() {
            let cause = Cause::Settings(warnings.clone());
            self.notify(Failure::because(FailureKind::BadSettings, cause));
        }
        self.ignored.told = warnings;
    }
}
