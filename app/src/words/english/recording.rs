//! A recording's card in English.

use super::counted;
use crate::review::ReviewState;
use crate::words::{
    CardWords, ChosenWords, DetectionWords, PictureWords, PlayerWords, ReviewWords, SpeciesWords,
};

pub(super) const CARD: CardWords = CardWords {
    facts: |duration, khz| format!("{duration} at {khz} kHz"),
    synthesised: "synthesised by Pipit, not a real recording",
    found: |n_species, is_recalled| {
        let kept = if is_recalled {
            ", kept from an earlier visit"
        } else {
            ""
        };
        format!("{n_species} species{kept}")
    },
    save: "Save the recording",
    run_again: "Run again",
    remove: "Remove",
    remove_unsaved: "Remove without saving",
    cancel: "Cancel",
    waiting: "Waiting its turn",
    decoding: "Decoding…",
    opening: "Opening…",
    progress: |done, whole| format!("{done} of {whole}"),
    identified: "Identified so far",
    stopped: "Stopped",
    stopped_at: |time| format!("Stopped at {time}"),
    speed: |times, device| match device {
        Some(device) => format!("{times}× real time on {device}"),
        None => format!("{times}× real time"),
    },
};

pub(super) const PLAYER: PlayerWords = PlayerWords {
    play: "Play",
    pause: "Pause",
    position: "Position in the recording",
};

pub(super) const PICTURE: PictureWords = PictureWords {
    keys: "Spectrogram: plus and minus zoom, arrow keys move",
    of: |name| format!("Spectrogram of {name}"),
    mouse: "Click to move there, drag to move the picture, turn the wheel to zoom",
    detection: |name, start, end, percent| {
        format!("{name}, {start} to {end}, confidence {percent:.0}%")
    },
};

pub(super) const SPECIES: SpeciesWords = SpeciesWords {
    species: "Species",
    best_confidence: "Best confidence",
    heard_at: "Heard at",
    at_least: "At least, %",
    nothing_found: "No species reaches this confidence. Move the slider to the left to see weaker matches.",
    play: |span| format!("Play {span}"),
    more: |n| format!("and {n} more"),
    least_confidence: |name| format!("Least confidence of {name}, percent"),
    hide: "Hide",
    hide_name: |name| format!("Hide {name}"),
};

pub(super) const DETECTIONS: DetectionWords = DetectionWords {
    heading: |n| counted(n, "detection", "detections"),
    list: "Detections in order of time. Arrow keys choose, Enter plays.",
    shown: "List",
    all: "All",
    more: "Show more",
};

pub(super) const CHOSEN: ChosenWords = ChosenWords {
    region: "Chosen detection",
    facts: |start, end, percent| format!("{start}–{end}, confidence {percent:.0}%"),
    why: "Why this bird?",
    not_yet: "“Why this bird?” is answered once you have stopped listening.",
    hiding: "Hiding parts of the sound, one after another…",
    failed: "This could not be computed; the recording may have changed.",
    isolate: "Hear only its frequencies",
    ask_for_band: "“Why this bird?” tells its frequencies; until then those shown are heard.",
    nowhere: "No single part of the sound speaks for this species.",
    band: |low_khz, high_khz| {
        format!(
            "What speaks for it lies between {low_khz:.1} and {high_khz:.1} kHz and is bright in the picture above; \
             without it the confidence falls."
        )
    },
};

pub(super) const REVIEW: ReviewWords = ReviewWords {
    question: "Is this species heard here?",
    ask: "Is it heard here?",
    yes: "Yes",
    no: "No",
    unsure: "Unsure",
    state: |state| match state {
        ReviewState::Open => "Not reviewed",
        ReviewState::Yes => "Yes",
        ReviewState::No => "No",
        ReviewState::Other => "Other species",
        ReviewState::Unsure => "Unsure",
    },
    other: "Another species is heard",
    choose_other: "Other species…",
    not_listed: "One that is not listed",
    undo: "Undo",
    redo: "Redo",
    progress: |n_answered, n_wanted| {
        format!("{n_answered} of {n_wanted} questions about this species answered.")
    },
    next: "Next question",
    too_few: |n_answers| {
        let answers = counted(n_answers, "answer", "answers");
        format!("With {answers} of yes and no, its confidences cannot be judged yet.")
    },
    threshold: |threshold| {
        format!(
            "From {:.0}% confidence on, {:.0}% of its {} detections should be right \
             (95% interval {:.0}–{:.0}%).",
            threshold.confidence * 100.0,
            threshold.precision * 100.0,
            threshold.n_kept,
            threshold.interval.0 * 100.0,
            threshold.interval.1 * 100.0
        )
    },
    no_threshold: |precision| {
        format!(
            "No confidence is high enough for {:.0}% of its detections to be right.",
            precision * 100.0
        )
    },
    precision: "Find the confidence from which … % are right",
    save: |n_answers| format!("Save review ({n_answers})"),
    load: "Load review…",
};
