//! Texts of a recording's card.

use crate::review::{PrecisionThreshold, ReviewState};

/// The card's head and progress.
pub struct CardWords {
    /// Length and rate.
    pub facts: fn(duration: &str, khz: f64) -> String,
    /// The example is no real recording.
    pub synthesised: &'static str,
    /// So many species were found, perhaps on an earlier visit.
    pub found: fn(n_species: usize, is_recalled: bool) -> String,
    /// Saves what was heard live.
    pub save: &'static str,
    /// Runs the model again.
    pub run_again: &'static str,
    /// Takes the recording off the page.
    pub remove: &'static str,
    /// The same at the second press, of what was heard live and not saved.
    pub remove_unsaved: &'static str,
    /// Stops the run.
    pub cancel: &'static str,
    /// Others come first.
    pub waiting: &'static str,
    /// The browser decodes it.
    pub decoding: &'static str,
    /// The worker opens it.
    pub opening: &'static str,
    /// So much of it is done.
    pub progress: fn(done: &str, whole: &str) -> String,
    /// Name of the bar.
    pub identified: &'static str,
    /// Stopped before anything was done.
    pub stopped: &'static str,
    /// Stopped on the way.
    pub stopped_at: fn(time: &str) -> String,
    /// How many times faster than it sounds, and on which device.
    pub speed: fn(times: &str, device: Option<&str>) -> String,
}

/// The player.
pub struct PlayerWords {
    /// Starts playback.
    pub play: &'static str,
    /// Halts playback.
    pub pause: &'static str,
    /// The slider.
    pub position: &'static str,
}

/// The spectrogram.
pub struct PictureWords {
    /// What keys do there.
    pub keys: &'static str,
    /// What the picture is of.
    pub of: fn(name: &str) -> String,
    /// What the mouse does there.
    pub mouse: &'static str,
    /// A detection: species, start, end, confidence in percent.
    pub detection: fn(name: &str, start: &str, end: &str, percent: f32) -> String,
}

/// The table of species.
pub struct SpeciesWords {
    /// A column.
    pub species: &'static str,
    /// A column.
    pub best_confidence: &'static str,
    /// A column.
    pub heard_at: &'static str,
    /// A column.
    pub at_least: &'static str,
    /// Nothing reaches the threshold.
    pub nothing_found: &'static str,
    /// Plays a stretch.
    pub play: fn(span: &str) -> String,
    /// So many times are not written out.
    pub more: fn(n: usize) -> String,
    /// The threshold of a species.
    pub least_confidence: fn(name: &str) -> String,
    /// Leaves a species out.
    pub hide: &'static str,
    /// The same with its name.
    pub hide_name: fn(name: &str) -> String,
}

/// The list of detections.
pub struct DetectionWords {
    /// How many there are.
    pub heading: fn(n: usize) -> String,
    /// What the list is and which keys it takes.
    pub list: &'static str,
    /// The menu of which are listed.
    pub shown: &'static str,
    /// All of them.
    pub all: &'static str,
    /// Lists more.
    pub more: &'static str,
}

/// The chosen detection.
pub struct ChosenWords {
    /// Name of the region.
    pub region: &'static str,
    /// Start, end and confidence in percent.
    pub facts: fn(start: &str, end: &str, percent: f32) -> String,
    /// Asks for the evidence.
    pub why: &'static str,
    /// It cannot be asked for while the microphone is open.
    pub not_yet: &'static str,
    /// It is being computed.
    pub hiding: &'static str,
    /// It could not be.
    pub failed: &'static str,
    /// Filters what is heard.
    pub isolate: &'static str,
    /// Its frequencies are not known yet.
    pub ask_for_band: &'static str,
    /// Nothing stands out.
    pub nowhere: &'static str,
    /// Between these frequencies.
    pub band: fn(low_khz: f32, high_khz: f32) -> String,
}

/// Saying whether a detection is right.
pub struct ReviewWords {
    /// What is asked, in full.
    pub question: &'static str,
    /// What is asked.
    pub ask: &'static str,
    /// Yes.
    pub yes: &'static str,
    /// No.
    pub no: &'static str,
    /// Cannot tell.
    pub unsure: &'static str,
    /// A state in menus.
    pub state: fn(ReviewState) -> &'static str,
    /// Name of the menu of other species.
    pub other: &'static str,
    /// Its first entry.
    pub choose_other: &'static str,
    /// A species that the model does not have.
    pub not_listed: &'static str,
    /// Takes the last answer back.
    pub undo: &'static str,
    /// Gives it again.
    pub redo: &'static str,
    /// How many of a species' questions are answered.
    pub progress: fn(n_answered: usize, n_wanted: usize) -> String,
    /// Goes to the next question.
    pub next: &'static str,
    /// Too few answers to tell what confidences mean.
    pub too_few: fn(n_answers: usize) -> String,
    /// From where on detections should be right.
    pub threshold: fn(&PrecisionThreshold) -> String,
    /// No threshold is high enough for this part of detections to be right.
    pub no_threshold: fn(precision: f32) -> String,
    /// Where that part is chosen, in percent.
    pub precision: &'static str,
    /// Saves so many answers.
    pub save: fn(n_answers: usize) -> String,
    /// Takes saved ones.
    pub load: &'static str,
}
