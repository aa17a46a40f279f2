//! What the user wishes to see of the kept scores: thresholds, gaps, durations, species.

use super::Session;
use crate::naming::Naming;
use crate::settings::Settings;
use crate::species_list;
use crate::words::Language;
use pipit_core::{DetectionConfig, DetectionFilter, LabelId, Taxonomy};
use std::collections::BTreeSet;

/// Which species a pasted list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListUse {
    /// Only these are looked for.
    Include,
    /// These are left out.
    Exclude,
}

impl Session {
    /// What the user has set; the page's address says the same.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes what does not need another model or device; acts at once, without a new run.
    pub fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.detect_all();
    }

    /// Changes what only eye and ear perceive; nothing that was found changes.
    pub fn restyle(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
    }

    /// The user chooses the interface's language; nothing that was found changes.
    pub fn set_language(&mut self, language: Language) {
        self.settings.language = Some(language);
    }

    /// The user chooses what species are called; nothing that was found changes.
    pub fn set_names(&mut self, naming: Naming) {
        self.settings.names = Some(naming);
    }

    /// The user moves the confidence slider.
    pub fn set_threshold(&mut self, threshold: f32) {
        self.set(|settings| settings.threshold = Some(threshold.clamp(0.0, 1.0)));
    }

    /// The user takes the common threshold back: what the model says holds again.
    pub fn reset_threshold(&mut self) {
        self.set(|settings| settings.threshold = None);
    }

    /// Windows of a species at most this far apart, in seconds, are one detection.
    #[must_use]
    pub fn merge_gap_s(&self) -> f32 {
        let of_model = self
            .known_manifest()
            .map_or(0.0, |m| m.detection.merge_gap_s);
        self.settings.merge_gap_s.unwrap_or(of_model)
    }

    /// The threshold that holds for a species.
    #[must_use]
    pub fn threshold_of(&self, label: LabelId) -> f32 {
        let own = self.settings.species_thresholds.get(&self.code(label));
        let of_model = || match (self.settings.threshold, self.known_manifest()) {
            (None, Some(manifest)) => manifest.detection.threshold_of(label),
            _ => self.threshold(),
        };
        own.copied().unwrap_or_else(of_model)
    }

    /// Gives a species a threshold of its own, or takes it away.
    pub fn set_threshold_of(&mut self, label: LabelId, threshold: Option<f32>) {
        let code = self.code(label);
        self.set(|settings| {
            match threshold {
                Some(threshold) => settings
                    .species_thresholds
                    .insert(code, threshold.clamp(0.0, 1.0)),
                None => settings.species_thresholds.remove(&code),
            };
        });
    }

    /// The species of the model to which the user gave thresholds of their own, in the model's order.
    #[must_use]
    pub fn own_thresholds(&self) -> Vec<(LabelId, f32)> {
        let classes = self.known_manifest().map(|manifest| &manifest.classes);
        let labels = classes.into_iter().flat_map(Taxonomy::iter);
        labels
            .filter_map(|(id, label)| {
                let own = self.settings.species_thresholds.get(&label.code)?;
                Some((id, *own))
            })
            .collect()
    }

    /// Leaves a species out, or takes it in again.
    pub fn set_hidden(&mut self, code: String, is_hidden: bool) {
        self.set(|settings| {
            if is_hidden {
                settings.excluded.insert(code);
            } else {
                settings.excluded.remove(&code);
            }
        });
    }

    /// Takes a pasted list of species; returns the lines in which the model knows none. A list
    /// without a known species changes nothing.
    pub fn set_species(&mut self, text: &str, list_use: ListUse) -> Vec<String> {
        let Some(manifest) = self.known_manifest() else {
            return Vec::new();
        };
        let list = species_list::read(text, &manifest.classes);
        if !list.codes.is_empty() {
            self.set(|settings| match list_use {
                ListUse::Include => settings.included = list.codes,
                ListUse::Exclude => settings.excluded = list.codes,
            });
        }
        list.unknown
    }

    /// Looks for all species again.
    pub fn clear_species(&mut self) {
        self.set(|settings| {
            settings.included = BTreeSet::new();
            settings.excluded = BTreeSet::new();
        });
    }

    /// How scores become detections, and which are kept; none before there was a model.
    pub(super) fn wishes(&self) -> Option<(DetectionConfig, DetectionFilter)> {
        let manifest = self.known_manifest()?;
        let of_model = match self.settings.threshold {
            Some(threshold) => manifest.detection.with_threshold(threshold),
            None => manifest.detection.clone(),
        };
        let config = DetectionConfig {
            merge_gap_s: self.merge_gap_s(),
            ..of_model
        };
        let (filter, _) = self.settings.detection_filter(&manifest.classes);
        Some((config, filter))
    }
}
