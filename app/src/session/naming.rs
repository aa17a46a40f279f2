//! What a species is called on the page, and its colour.

use super::Session;
use crate::naming::Naming;
use pipit_core::{Label, LabelId};

impl Session {
    /// What species are called; none before there was a model.
    #[must_use]
    pub fn naming(&self) -> Option<Naming> {
        let wish = self.settings.names.as_ref();
        let manifest = self.known_manifest()?;
        Some(Naming::resolve(
            wish,
            self.settings.spoken(),
            &manifest.classes,
        ))
    }

    /// What a species is called on the page; empty without a model that has it.
    #[must_use]
    pub fn name(&self, label: LabelId) -> String {
        self.named(label, |naming, label| naming.of(label).to_owned())
    }

    /// The language of [`Session::name`], as a tag; empty where that is.
    #[must_use]
    pub fn name_language(&self, label: LabelId) -> String {
        self.named(label, |naming, label| naming.language_of(label).to_owned())
    }

    fn named(&self, label: LabelId, read: impl FnOnce(&Naming, &Label) -> String) -> String {
        match (self.label(label), self.naming()) {
            (Some(label), Some(naming)) => read(&naming, label),
            _ => String::new(),
        }
    }

    /// A species' code; empty before there was a model.
    #[must_use]
    pub fn code(&self, label: LabelId) -> String {
        self.label(label)
            .map_or_else(String::new, |label| label.code.clone())
    }

    /// A species by its place among the classes; none before there was a model.
    #[must_use]
    pub fn label(&self, label: LabelId) -> Option<&Label> {
        let mut labels = self.known_manifest()?.classes.iter();
        Some(labels.nth(label.0)?.1)
    }

    /// The place of a species among the colours.
    #[must_use]
    pub fn colour(&self, label: LabelId) -> usize {
        self.seen
            .iter()
            .position(|seen| *seen == label)
            .unwrap_or(0)
    }
}
