#![doc = include_str!("../../docs/links.md")]

mod warning;

#[cfg(test)]
mod tests;

pub use warning::SettingsWarning;

use crate::naming::Naming;
use crate::protocol::DeviceChoice;
use crate::view::colour::Colours;
use crate::view::display::{Display, Frequencies};
use crate::view::listening::{Listening, RATES};
use crate::view::times::TimeScale;
use crate::words::Language;
use pipit_core::{DetectionFilter, LabelId, SpeciesFilter, Taxonomy};
use std::collections::{BTreeMap, BTreeSet};

/// What the page's address asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Where to run.
    pub device: DeviceChoice,
    /// Name in the catalogue, id of an added model, or address of a package; the first of the
    /// catalogue if none.
    pub model: Option<String>,
    /// Language of the interface; the browser's if none.
    pub language: Option<Language>,
    /// What species are called; by the interface's language if nothing is said.
    pub names: Option<Naming>,
    /// Colours of spectrograms.
    pub colours: Colours,
    /// Of spectrograms, −1 to 1.
    pub brightness: f32,
    /// Of spectrograms, −1 to 1.
    pub contrast: f32,
    /// Frequencies that spectrograms show.
    pub frequencies: Frequencies,
    /// How times of recordings are told.
    pub time: TimeScale,
    /// How recordings are played.
    pub listening: Listening,
    /// Keys of one character do nothing: speech input and unsteady hands press them by chance (WCAG 2.2, 2.1.4).
    pub letters_off: bool,
    /// The least confidence; the model's if none.
    pub threshold: Option<f32>,
    /// Thresholds of single species by code.
    pub species_thresholds: BTreeMap<String, f32>,
    /// Windows at most this far apart are one detection; the model's if none.
    pub merge_gap_s: Option<f32>,
    /// Shorter detections are left out.
    pub min_duration_s: f32,
    /// Codes of the only species looked for; all if there are none.
    pub included: BTreeSet<String>,
    /// Codes of species left out.
    pub excluded: BTreeSet<String>,
    /// The part of a reviewed species' detections that should be right; [`DEFAULT_PRECISION`] if none.
    pub precision: Option<f32>,
    /// The language that the browser asks for; no part of the address.
    pub browser_language: Language,
    /// Address of the folder that the page was loaded from, ending in `/`.
    pub site: String,
}

/// Prefix of a species' own threshold.
const THRESHOLD_OF: &str = "threshold.";
/// The usual value and the other one.
const PITCH: [&str; 2] = ["follows", "kept"];
const REPEAT: [&str; 2] = ["off", "on"];
const HEAR: [&str; 2] = ["all", "shown"];
const LETTERS: [&str; 2] = ["on", "off"];
/// The part of detections that should be right above the threshold that a review proposes.
pub const DEFAULT_PRECISION: f32 = 0.9;
/// The longest gap or duration that makes sense: a day.
pub const MAX_S: f32 = 86_400.0;

impl Settings {
    /// Reads the address's query, with or without its question mark. What is unknown or out of
    /// range keeps its default, and a warning says so; an empty value is the default.
    #[must_use]
    pub fn from_query(site: String, query: &str) -> (Self, Vec<SettingsWarning>) {
        let query = query.strip_prefix('?').unwrap_or(query);
        let mut settings = Self {
            site,
            ..Self::default()
        };
        let warnings = form_urlencoded::parse(query.as_bytes())
            .filter_map(|(name, value)| settings.set(&name, &value).err())
            .collect();
        (settings, warnings)
    }

    /// The query that leads to these settings, without a question mark: only what differs from
    /// the defaults, so that it may be empty.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self.device != DeviceChoice::default() {
            query.append_pair("device", self.device.name());
        }
        if let Some(model) = &self.model {
            query.append_pair("model", model);
        }
        if let Some(language) = self.language {
            query.append_pair("lang", language.code());
        }
        if let Some(names) = &self.names {
            query.append_pair("names", names.name());
        }
        if self.colours != Colours::default() {
            query.append_pair("colours", self.colours.name());
        }
        for (name, value) in [("brightness", self.brightness), ("contrast", self.contrast)] {
            if value != 0.0 {
                query.append_pair(name, &value.to_string());
            }
        }
        if self.frequencies != Frequencies::default() {
            query.append_pair("band", self.frequencies.name());
        }
        if self.time != TimeScale::default() {
            query.append_pair("time", self.time.name());
        }
        let listening = self.listening;
        if !listening.is_at_recorded_speed() {
            query.append_pair("rate", &listening.rate.to_string());
        }
        for (is_wished, name, [_, wish]) in [
            (listening.keeps_pitch, "pitch", PITCH),
            (listening.loops, "repeat", REPEAT),
            (listening.filters, "hear", HEAR),
            (self.letters_off, "letters", LETTERS),
        ] {
            if is_wished {
                query.append_pair(name, wish);
            }
        }
        if let Some(threshold) = self.threshold {
            query.append_pair("threshold", &threshold.to_string());
        }
        for (code, threshold) in &self.species_thresholds {
            query.append_pair(&format!("{THRESHOLD_OF}{code}"), &threshold.to_string());
        }
        if let Some(merge_gap_s) = self.merge_gap_s {
            query.append_pair("merge_gap_s", &merge_gap_s.to_string());
        }
        if self.min_duration_s > 0.0 {
            query.append_pair("min_duration_s", &self.min_duration_s.to_string());
        }
        for code in &self.included {
            query.append_pair("include", code);
        }
        for code in &self.excluded {
            query.append_pair("exclude", code);
        }
        if let Some(precision) = self.precision {
            query.append_pair("precision", &precision.to_string());
        }
        query.finish()
    }

    /// The language that the interface speaks.
    #[must_use]
    pub fn spoken(&self) -> Language {
        self.language.unwrap_or(self.browser_language)
    }

    /// How spectrograms look.
    #[must_use]
    pub fn display(&self) -> Display {
        Display {
            brightness: self.brightness.into(),
            contrast: self.contrast.into(),
            band: self.frequencies.band(),
        }
    }

    /// Puts back all that concerns how spectrograms look.
    pub fn reset_display(&mut self) {
        let default = Self::default();
        self.colours = default.colours;
        self.brightness = default.brightness;
        self.contrast = default.contrast;
        self.frequencies = default.frequencies;
        self.time = default.time;
    }

    /// The address of a package, if that is what `model` is: names and ids have no slash.
    #[must_use]
    pub fn model_address(&self) -> Option<&str> {
        self.model.as_deref().filter(|model| model.contains('/'))
    }

    /// Has the model be the package at an address, written so that it is not taken for a name.
    pub fn set_model_address(&mut self, address: &str) {
        self.model = Some(if address.contains('/') {
            address.to_owned()
        } else {
            format!("./{address}")
        });
    }

    /// The wishes about species and durations, for a model with these classes. A code that the
    /// model does not have gives a warning; if it has none of the included ones, nothing is found.
    #[must_use]
    pub fn detection_filter(&self, classes: &Taxonomy) -> (DetectionFilter, Vec<SettingsWarning>) {
        let mut warnings = Vec::new();
        let mut find = |code: &String| -> Option<LabelId> {
            let label = classes.id(code);
            let warning = SettingsWarning::UnknownSpecies(code.clone());
            if label.is_none() && !warnings.contains(&warning) {
                warnings.push(warning);
            }
            label
        };
        let thresholds = self.species_thresholds.iter();
        let thresholds = thresholds.filter_map(|(code, t)| Some((find(code)?, *t)));
        let thresholds = thresholds.collect();
        let included: BTreeSet<LabelId> = self.included.iter().filter_map(&mut find).collect();
        let mut excluded: BTreeSet<LabelId> = self.excluded.iter().filter_map(&mut find).collect();
        if included.is_empty() && !self.included.is_empty() {
            // Not all species, which an empty list would mean.
            excluded.extend(classes.iter().map(|(label, _)| label));
        }
        let filter = DetectionFilter {
            thresholds,
            species: SpeciesFilter { included, excluded },
            min_duration_s: self.min_duration_s,
        };
        (filter, warnings)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), SettingsWarning> {
        let bad = |takes: String| SettingsWarning::BadValue {
            name: name.to_owned(),
            value: value.to_owned(),
            takes,
        };
        let number = |least: f32, most: f32| {
            let number = value.parse().ok();
            let fits = number.filter(|number| (least..=most).contains(number));
            fits.ok_or_else(|| bad(format!("{least} … {most}")))
        };
        let is_other = |names: [&str; 2]| {
            let place = names.iter().position(|name| *name == value);
            let is_other = place.map(|place| place == 1);
            is_other.ok_or_else(|| bad(names.join(", ")))
        };
        if value.is_empty() {
            return Ok(());
        }
        match name {
            "device" => {
                let names = DeviceChoice::ALL.map(DeviceChoice::name).join(", ");
                self.device = DeviceChoice::from_name(value).ok_or_else(|| bad(names))?;
            }
            "model" => self.model = Some(value.to_owned()),
            "lang" => {
                let codes = Language::ALL.map(Language::code).join(", ");
                let language = Language::from_tag(value).ok_or_else(|| bad(codes))?;
                self.language = Some(language);
            }
            "names" => {
                let takes = || bad(format!("{}, es, …", Naming::FIXED.join(", ")));
                self.names = Some(Naming::from_name(value).ok_or_else(takes)?);
            }
            "colours" => {
                let names = Colours::ALL.map(Colours::name).join(", ");
                self.colours = Colours::from_name(value).ok_or_else(|| bad(names))?;
            }
            "time" => {
                let names = TimeScale::ALL.map(TimeScale::name).join(", ");
                self.time = TimeScale::from_name(value).ok_or_else(|| bad(names))?;
            }
            "brightness" => self.brightness = number(-1.0, 1.0)?,
            "contrast" => self.contrast = number(-1.0, 1.0)?,
            "band" => {
                let names = Frequencies::ALL.map(Frequencies::name).join(", ");
                self.frequencies = Frequencies::from_name(value).ok_or_else(|| bad(names))?;
            }
            "rate" => {
                let wanted: Option<f64> = value.parse().ok();
                let rate = RATES.into_iter().find(|rate| Some(*rate) == wanted);
                let rates = RATES.map(|rate| rate.to_string()).join(", ");
                self.listening.rate = rate.ok_or_else(|| bad(rates))?;
            }
            "pitch" => self.listening.keeps_pitch = is_other(PITCH)?,
            "repeat" => self.listening.loops = is_other(REPEAT)?,
            "hear" => self.listening.filters = is_other(HEAR)?,
            "letters" => self.letters_off = is_other(LETTERS)?,
            "threshold" => self.threshold = Some(number(0.0, 1.0)?),
            "merge_gap_s" => self.merge_gap_s = Some(number(0.0, MAX_S)?),
            "min_duration_s" => self.min_duration_s = number(0.0, MAX_S)?,
            "precision" => self.precision = Some(number(0.5, 0.99)?),
            "include" => {
                self.included.insert(value.to_owned());
            }
            "exclude" => {
                self.excluded.insert(value.to_owned());
            }
            _ => match name.strip_prefix(THRESHOLD_OF) {
                Some(code) if !code.is_empty() => {
                    self.species_thresholds
                        .insert(code.to_owned(), number(0.0, 1.0)?);
                }
                _ => return Err(SettingsWarning::UnknownName(name.to_owned())),
            },
        }
        Ok(())
    }
}
