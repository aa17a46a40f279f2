//! The page's parts in English.

use super::counted;
use crate::words::{
    AboutWords, ControlWords, DisplayWords, ExportWords, IntakeWords, KeptWords, KeyWords,
    ModelWords, NoticeWords, PageWords, SettingWords, StatusWords, SummaryWords, WishWords, size,
};

pub(super) const PAGE: PageWords = PageWords {
    title: "Pipit: which birds sing in your recording?",
    purpose: "Which birds sing in your recording? Pipit listens on this device.",
    nothing_uploaded: "Nothing is uploaded.",
};

pub(super) const INTAKE: IntakeWords = IntakeWords {
    region: "Recordings to identify",
    drop: "Drop bird recordings or whole folders anywhere on this page",
    choose_files: "Choose files…",
    choose_folder: "Choose a folder…",
    listen_live: "Listen live",
    stop_listening: "Stop listening",
    try_example: "Try an example",
    formats: "WAV, FLAC, MP3, Ogg, Opus, M4A and whatever else this browser can decode.",
    let_go: "Let go to identify",
    live_name: |began| format!("Live {began}"),
    left_out: |n_files| match n_files {
        1 => "1 file is no recording by its name".into(),
        n => format!("{n} files are no recordings by their names"),
    },
};

pub(super) const STATUS: StatusWords = StatusWords {
    decoding: |name| format!("Decoding {name}…"),
    listening: |name, percent| match percent {
        Some(percent) => format!("Listening to {name}… {percent}%"),
        None => format!("Listening to {name}…"),
    },
    waits_for_model: |name| format!("{name} waits for a model."),
    waits_for_loading: |name| format!("{name} is ready; the model is still loading…"),
    no_model: "No model is loaded.",
    looking_up: "Looking up the model…",
    downloading: "Downloading the model…",
    starting: "Starting the model…",
    downloading_package: "Downloading the model package…",
    checking_package: "Checking the model package…",
    ready: "Ready. Drop a bird recording anywhere on this page.",
    outcome: |n_species, n_recordings| {
        let recordings = counted(n_recordings, "recording", "recordings");
        format!("Done: {n_species} species in {recordings}.")
    },
    download: "Model download",
    downloaded: |received_mb, total_mb| format!("{received_mb:.1} of {total_mb:.1} MB"),
};

pub(super) const CONTROLS: ControlWords = ControlWords {
    confidence_at_least: "Confidence at least",
    by_species: "by species",
    as_the_model: "As the model says",
    model: "Model",
    added: |title| format!("{title} (added)"),
    compute_on: "Compute on",
    automatic: "Automatic",
    no_webgpu: |reason| format!("No WebGPU: {reason}."),
    language: "Language",
    names_in: "Names of species",
    common_names: "English",
    scientific_names: "Latin (scientific)",
};

pub(super) const WISHES: WishWords = WishWords {
    heading: "Detections and species",
    merge_gap: "Join detections at most … s apart",
    min_duration: "Leave out those shorter than … s",
    own_thresholds: "Species with thresholds of their own",
    own_threshold: |name, percent| format!("{name}: at least {percent:.0}%"),
    reset_threshold: "Take back",
    reset_threshold_of: |name| format!("Take back the threshold of {name}"),
    list: "Species, one a line: common or scientific names, or codes",
    only_these: "Only these",
    not_these: "Not these",
    all_species: "All species",
    looked_for: |n_included, n_excluded| {
        let are = |n: usize| if n == 1 { "is" } else { "are" };
        match (n_included, n_excluded) {
            (0, 0) => "All species are looked for.".into(),
            (0, n) => format!("{n} species {} left out.", are(n)),
            (n, 0) => format!("Only {n} species {} looked for.", are(n)),
            (n, m) => format!(
                "Only {n} species {} looked for, and {m} {} left out.",
                are(n),
                are(m)
            ),
        }
    },
    unknown: |lines| format!("This model does not know: {lines}."),
};

pub(super) const DISPLAY: DisplayWords = DisplayWords {
    heading: "Spectrogram and sound",
    colours: "Colours",
    black_on_white: "Black on white",
    frequencies: "Frequencies",
    all_frequencies: "All frequencies",
    from_5_khz: "5 kHz and above",
    time: "Time",
    since_start: "Since the start",
    by_clock: "By the clock, where the file’s name tells it",
    brightness: "Brightness",
    contrast: "Contrast",
    reset: "Reset",
    speed: "Speed",
    keep_pitch: "Keep the pitch",
    repeat: "Repeat the detection",
    hear_shown: "Hear only the frequencies shown",
};

pub(super) const EXPORT: ExportWords = ExportWords {
    heading: "Export",
    csv: "One row a detection, for R, pandas and spreadsheets",
    recordings: "CSV of recordings",
    recordings_title: "One row a recording, also where nothing was heard: for effort and absences",
    raven: "A selection table for Raven Pro and Raven Lite",
    raven_each: "A selection table for each recording, as Raven finds it beside the recording, in a ZIP",
    audacity: "A label track for each recording, in a ZIP",
    json: "Everything: settings, model, recordings, detections",
    clips: "Clips",
    clips_title: "A WAV of each detection, in a ZIP with a table",
    cutting: "Cutting…",
    left_out: |n_missing, n_clips| {
        format!(
            "{n_missing} of {} missing.",
            counted(n_clips, "clip", "clips")
        )
    },
};

pub(super) const NOTICE: NoticeWords = NoticeWords {
    reload: "Reload the page",
    update: "Change now",
    try_again: "Try again",
    dismiss: "Dismiss",
    details: "Details",
};

pub(super) const SETTINGS: SettingWords = SettingWords {
    unknown: |name| {
        format!("The address has a setting that Pipit does not know, so it is ignored: {name}.")
    },
    bad: |name, value, takes| {
        format!(
            "The setting {name} in the address cannot be {value:?}, so it is ignored; it takes {takes}."
        )
    },
    unknown_species: |code| {
        format!("The model does not know the species {code} that the settings name.")
    },
};

pub(super) const SUMMARY: SummaryWords = SummaryWords {
    heading: |n_recordings, n_species| {
        format!("All {n_recordings} recordings: {n_species} species")
    },
    by_hour: "Species by hour",
    species: "Species",
    detections: "Detections",
    recordings: "Recordings",
    hours: "Numbers 0 to 23 are hours of the recorders’ clocks, by the recordings’ names.",
    no_hours: "The recordings’ names tell no time of day.",
    curve: |n_species, n_recordings| format!("{n_species} species after {n_recordings} recordings"),
};

pub(super) const KEYS: KeyWords = KeyWords {
    heading: "Keys",
    sheet: [
        ("Space", "Play or pause"),
        ("P", "Play the chosen detection"),
        ("↓ or Tab in the list", "Next detection"),
        ("↑ or Shift-Tab in the list", "Previous detection"),
        ("+", "Zoom in"),
        ("−", "Zoom out"),
        ("0", "Show all of the recording"),
        ("← and → on the spectrogram", "Move along the recording"),
        ("Ctrl-G", "Go to a time"),
        ("Y, N, U", "Answer the chosen detection: yes, no, unsure"),
        ("Ctrl-Z", "Take the last answer back"),
        ("Ctrl-Shift-Z or Ctrl-Y", "Give it again"),
        ("Esc", "Stop"),
        ("?", "Show or hide this list"),
    ],
    letters: "Keys of one character, such as P and Y, work everywhere on the page",
    close: "Close",
    go_to: "Go to",
    time: "Time (as it is shown, or seconds)",
    bad_time: "Write a time within the recording, such as 83, 1:23 or 1:02:03.",
    go: "Go",
};

pub(super) const MODELS: ModelWords = ModelWords {
    region: "Models",
    heading: "Models: add, change, remove",
    facts: |n_species, megabytes, from| {
        format!("{n_species} species, {megabytes:.1} MB, from {from}")
    },
    from_site: "this site",
    from_files: |names| format!("your file {names}"),
    add: "Add a model…",
    address: "Model’s address",
    fetch: "Fetch",
    package: "A model package is manifest.json with weights.safetensors, or a ZIP of both; it may \
              also be dropped anywhere on this page. It is kept in this browser. While a model from \
              an address is in use, the link of this page leads others to it too.",
    remove: "Remove",
    remove_title: |title| format!("Remove {title}"),
    remove_copy: "Remove the kept copy",
    remove_copy_of: |title| format!("Remove the kept copy of {title}"),
    removed: "; fetched again at the next visit",
    use_it: "Use",
    in_use: "In use",
};

pub(super) const KEPT: KeptWords = KeptWords {
    heading: "Kept results",
    amount: |n_results, megabytes| match n_results {
        0 => "No results are kept in this browser.".into(),
        n => format!(
            "{} kept in this browser, {}.",
            counted(n, "result is", "results are"),
            size(megabytes)
        ),
    },
    forget: "Forget them",
    why: "Recordings that come again are not computed again. Forgetting them changes nothing on \
          this page, and answers of a review stay.",
};

pub(super) const ABOUT: AboutWords = AboutWords {
    confidence: "A confidence is a score and not a probability: listen before you believe it.",
    privacy: "Pipit runs wholly in this browser and talks to no other site.",
    model: "Model:",
    licence: |licence| format!(", licence {licence}."),
    heading: "About this model",
    from: "From",
    format: "Package format",
    weights: "Weights",
    hears: "Hears",
    windows: |rate_khz, length_s, hop_s| {
        format!("{rate_khz} kHz, windows of {length_s} s every {hop_s} s")
    },
    species: |n| format!("The {n} species it knows"),
    recordists: "Trained on recordings by",
    training: |n_recordings, n_held_out, split| {
        format!(
            "Trained on {n_recordings} recordings; {n_held_out} were held out ({split}) and gave:"
        )
    },
    folds: |n_recordings, n_judged, n_folds, split| {
        format!(
            "Trained on {n_recordings} recordings. {n_folds} networks trained in the same way judged \
             {n_judged} of them, each those that it had not heard ({split}), and gave:"
        )
    },
    pretraining: |n_recordings, n_species, data| {
        format!(
            "Before that it learned from {n_recordings} recordings of {n_species} species ({data})."
        )
    },
};
