//! Texts of the page's parts that belong to no single recording.

use crate::protocol::NoGpu;
use crate::review::ReviewError;

/// The page's head.
pub struct PageWords {
    /// The document's title.
    pub title: &'static str,
    /// What Pipit is for.
    pub purpose: &'static str,
    /// The promise of privacy.
    pub nothing_uploaded: &'static str,
}

/// How recordings come in.
pub struct IntakeWords {
    /// Name of the region.
    pub region: &'static str,
    /// The invitation to drop recordings.
    pub drop: &'static str,
    /// Opens the file chooser.
    pub choose_files: &'static str,
    /// Opens the chooser of folders.
    pub choose_folder: &'static str,
    /// Opens the microphone.
    pub listen_live: &'static str,
    /// Closes it.
    pub stop_listening: &'static str,
    /// Fetches the example.
    pub try_example: &'static str,
    /// Which formats are read.
    pub formats: &'static str,
    /// While files hover over the page.
    pub let_go: &'static str,
    /// Name of what is heard live, by the date and time at which it began.
    pub live_name: fn(began: &str) -> String,
    /// So many files of a folder are no recordings.
    pub left_out: fn(n_files: usize) -> String,
}

/// The line that says what is going on.
pub struct StatusWords {
    /// The browser decodes a recording of this name.
    pub decoding: fn(name: &str) -> String,
    /// The model listens to a recording of this name, and so much of it is done.
    pub listening: fn(name: &str, percent: Option<u32>) -> String,
    /// A recording waits, and no model could be loaded.
    pub waits_for_model: fn(name: &str) -> String,
    /// A recording waits for the model that is being loaded.
    pub waits_for_loading: fn(name: &str) -> String,
    /// No model could be loaded.
    pub no_model: &'static str,
    /// The model's manifest is fetched.
    pub looking_up: &'static str,
    /// Its weights are.
    pub downloading: &'static str,
    /// It is put on the device.
    pub starting: &'static str,
    /// A package that the user adds is fetched.
    pub downloading_package: &'static str,
    /// It is checked.
    pub checking_package: &'static str,
    /// Nothing is going on yet.
    pub ready: &'static str,
    /// So many species in so many recordings.
    pub outcome: fn(n_species: usize, n_recordings: usize) -> String,
    /// Name of the bar of the model's download.
    pub download: &'static str,
    /// Megabytes that came, of all.
    pub downloaded: fn(received_mb: f64, total_mb: f64) -> String,
}

/// What acts on everything.
pub struct ControlWords {
    /// The confidence slider.
    pub confidence_at_least: &'static str,
    /// Its value while species have thresholds of their own.
    pub by_species: &'static str,
    /// Takes the slider's value back.
    pub as_the_model: &'static str,
    /// The menu of models.
    pub model: &'static str,
    /// A model of the menu that the user has added.
    pub added: fn(title: &str) -> String,
    /// The device menu.
    pub compute_on: &'static str,
    /// Its first choice.
    pub automatic: &'static str,
    /// Why WebGPU is not used.
    pub no_webgpu: fn(reason: &str) -> String,
    /// The menu of languages.
    pub language: &'static str,
    /// The menu of the species' names.
    pub names_in: &'static str,
    /// The common names of the model, which are English.
    pub common_names: &'static str,
    /// The scientific names.
    pub scientific_names: &'static str,
}

/// Which detections are shown.
pub struct WishWords {
    /// Opens the controls.
    pub heading: &'static str,
    /// The longest gap within a detection.
    pub merge_gap: &'static str,
    /// The shortest detection.
    pub min_duration: &'static str,
    /// Name of the list of species with thresholds of their own.
    pub own_thresholds: &'static str,
    /// One of them: its name, and its threshold in percent.
    pub own_threshold: fn(name: &str, percent: f32) -> String,
    /// Takes it back.
    pub reset_threshold: &'static str,
    /// The same with the name.
    pub reset_threshold_of: fn(name: &str) -> String,
    /// How species are listed.
    pub list: &'static str,
    /// Looks for the listed species alone.
    pub only_these: &'static str,
    /// Leaves the listed species out.
    pub not_these: &'static str,
    /// Looks for all species.
    pub all_species: &'static str,
    /// How many are looked for, and how many left out; 0 is no wish.
    pub looked_for: fn(n_included: usize, n_excluded: usize) -> String,
    /// Lines in which the model knows no species.
    pub unknown: fn(lines: &str) -> String,
}

/// How spectrograms look and recordings sound.
pub struct DisplayWords {
    /// Opens the controls.
    pub heading: &'static str,
    /// The menu of colours.
    pub colours: &'static str,
    /// Colours for print.
    pub black_on_white: &'static str,
    /// The menu of bands.
    pub frequencies: &'static str,
    /// All of them.
    pub all_frequencies: &'static str,
    /// Those from 5 kHz on.
    pub from_5_khz: &'static str,
    /// The menu of times.
    pub time: &'static str,
    /// Times since a recording's beginning.
    pub since_start: &'static str,
    /// Times of day.
    pub by_clock: &'static str,
    /// A slider.
    pub brightness: &'static str,
    /// A slider.
    pub contrast: &'static str,
    /// Undoes all of these.
    pub reset: &'static str,
    /// The menu of speeds.
    pub speed: &'static str,
    /// At other speeds.
    pub keep_pitch: &'static str,
    /// Plays a detection again and again.
    pub repeat: &'static str,
    /// Filters what is heard.
    pub hear_shown: &'static str,
}

/// Taking results to other programs.
pub struct ExportWords {
    /// The row of buttons.
    pub heading: &'static str,
    /// What the CSV is for.
    pub csv: &'static str,
    /// The button of a table of recordings.
    pub recordings: &'static str,
    /// What that is for.
    pub recordings_title: &'static str,
    /// What Raven's table is for.
    pub raven: &'static str,
    /// What its tables for each recording are for.
    pub raven_each: &'static str,
    /// What Audacity's labels are for.
    pub audacity: &'static str,
    /// What the JSON is for.
    pub json: &'static str,
    /// The button of clips.
    pub clips: &'static str,
    /// What clips are.
    pub clips_title: &'static str,
    /// While clips are cut.
    pub cutting: &'static str,
    /// So many of so many clips are missing.
    pub left_out: fn(n_missing: usize, n_clips: usize) -> String,
}

/// Around failures.
pub struct NoticeWords {
    /// Loads the page anew.
    pub reload: &'static str,
    /// Changes to a newer version.
    pub update: &'static str,
    /// Does once more what failed.
    pub try_again: &'static str,
    /// Puts a notice away.
    pub dismiss: &'static str,
    /// The technical cause.
    pub details: &'static str,
}

/// Causes of failures that the page knows.
pub struct CauseWords {
    /// The loudest sample of a recording.
    pub peak: fn(peak: &str) -> String,
    /// So many pieces of a recording could not be decoded.
    pub damaged_pieces: fn(n: usize) -> String,
    /// The builds of page and worker.
    pub builds: fn(page: &str, worker: &str) -> String,
    /// Why there is no WebGPU, without a full stop.
    pub no_gpu: fn(&NoGpu) -> String,
    /// Why a file is no review: what is wrong and what to do.
    pub review: fn(&ReviewError) -> String,
}

/// Settings in the page's address that mean nothing.
pub struct SettingWords {
    /// One is not known: its name.
    pub unknown: fn(name: &str) -> String,
    /// One has a value that it cannot have: name, value and what it takes, such as `0 … 1` or
    /// `auto, webgpu, cpu`.
    pub bad: fn(name: &str, value: &str, takes: &str) -> String,
    /// One speaks of a species that the model does not know: its code.
    pub unknown_species: fn(code: &str) -> String,
}

/// All recordings together.
pub struct SummaryWords {
    /// Opens the summary.
    pub heading: fn(n_recordings: usize, n_species: usize) -> String,
    /// Name of the table.
    pub by_hour: &'static str,
    /// A column.
    pub species: &'static str,
    /// A column.
    pub detections: &'static str,
    /// A column.
    pub recordings: &'static str,
    /// What the numbered columns are.
    pub hours: &'static str,
    /// Why there are none.
    pub no_hours: &'static str,
    /// What the curve comes to.
    pub curve: fn(n_species: usize, n_recordings: usize) -> String,
}

/// The keyboard.
pub struct KeyWords {
    /// The sheet's title.
    pub heading: &'static str,
    /// Keys and what they do.
    pub sheet: [(&'static str, &'static str); 14],
    /// Whether keys of one character do something.
    pub letters: &'static str,
    /// Closes the sheet.
    pub close: &'static str,
    /// Title of the dialogue that asks for a time.
    pub go_to: &'static str,
    /// What it asks for.
    pub time: &'static str,
    /// The answer is no time.
    pub bad_time: &'static str,
    /// Goes there.
    pub go: &'static str,
}

/// The list of models, and the ways to add one.
pub struct ModelWords {
    /// Name of the region.
    pub region: &'static str,
    /// Opens the list.
    pub heading: &'static str,
    /// How many species it knows, its size, and where it came from.
    pub facts: fn(n_species: usize, megabytes: f64, from: &str) -> String,
    /// Where the site's models come from.
    pub from_site: &'static str,
    /// Where those of files come from, by the files' names.
    pub from_files: fn(names: &str) -> String,
    /// Opens the file chooser.
    pub add: &'static str,
    /// Where an address is written.
    pub address: &'static str,
    /// Fetches what is there.
    pub fetch: &'static str,
    /// What a model package is.
    pub package: &'static str,
    /// Takes a model of the user's away.
    pub remove: &'static str,
    /// The same, with its title.
    pub remove_title: fn(title: &str) -> String,
    /// Takes the kept weights of one of the site's away.
    pub remove_copy: &'static str,
    /// The same, with its title.
    pub remove_copy_of: fn(title: &str) -> String,
    /// After the facts of one whose weights were taken away.
    pub removed: &'static str,
    /// Has it listen.
    pub use_it: &'static str,
    /// It does already.
    pub in_use: &'static str,
}

/// What is kept of earlier runs.
pub struct KeptWords {
    /// Opens it.
    pub heading: &'static str,
    /// How many results, and what they take.
    pub amount: fn(n_results: usize, megabytes: f64) -> String,
    /// Forgets them.
    pub forget: &'static str,
    /// What they are for, and what forgetting them changes.
    pub why: &'static str,
}

/// The model's card and the page's last lines.
pub struct AboutWords {
    /// What a confidence is not.
    pub confidence: &'static str,
    /// Where Pipit runs.
    pub privacy: &'static str,
    /// Before the model's name.
    pub model: &'static str,
    /// After it.
    pub licence: fn(licence: &str) -> String,
    /// Opens the card.
    pub heading: &'static str,
    /// Before the place that it came from.
    pub from: &'static str,
    /// Before the version of its package's format.
    pub format: &'static str,
    /// Before the size and digest of its weights.
    pub weights: &'static str,
    /// Before what it hears.
    pub hears: &'static str,
    /// Its sample rate, and windows of so many seconds every so many.
    pub windows: fn(rate_khz: f64, length_s: f32, hop_s: f32) -> String,
    /// Head of the list of species.
    pub species: fn(n: usize) -> String,
    /// Head of the list of recordists.
    pub recordists: &'static str,
    /// What it was trained on, before its figures.
    pub training: fn(n_recordings: usize, n_held_out: usize, split: &str) -> String,
    /// The same, where networks trained in the same way were judged in its place.
    pub folds: fn(n_recordings: usize, n_judged: usize, n_folds: usize, split: &str) -> String,
    /// What it learned from before.
    pub pretraining: fn(n_recordings: usize, n_species: usize, data: &str) -> String,
}
