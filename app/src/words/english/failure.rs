//! Failures in English.

use super::counted;
use crate::protocol::{FailureKind, NoGpu};
use crate::review::file::FORMAT_VERSION;
use crate::review::{Impossible, ReviewError};
use crate::words::CauseWords;

pub(super) const CAUSE: CauseWords = CauseWords {
    peak: |peak| format!("its loudest sample is {peak}"),
    damaged_pieces: |n| format!("{} could not be decoded", counted(n, "piece", "pieces")),
    builds: |page, worker| format!("the page is build {page}, its worker build {worker}"),
    no_gpu,
    review,
};

fn no_gpu(reason: &NoGpu) -> String {
    match reason {
        NoGpu::NotOffered => "this browser has none, or the page’s address is not secure".into(),
        NoGpu::NoAdapter => "this browser found no usable graphics adapter".into(),
        NoGpu::NoClock => "the graphics adapter cannot measure time (timestamp-query)".into(),
        NoGpu::OnlySoftware => {
            "the only graphics adapter computes in software, slower than the CPU".into()
        }
        NoGpu::TooLate(adapter) => format!("the graphics adapter came too late: {adapter}"),
        NoGpu::Failed(words) => words.clone(),
    }
}

fn review(error: &ReviewError) -> String {
    match error {
        ReviewError::NoReview => "This file is not a review saved by Pipit. \
                                  Choose the JSON file that Pipit saved."
            .into(),
        ReviewError::Version { found } => format!(
            "This review has format {found}, and this Pipit reads format {FORMAT_VERSION}. \
             Reload the page to get the current Pipit, then load the review again."
        ),
        ReviewError::Damaged(place) => format!(
            "This review cannot be read ({place}). Load another copy of it, or correct it there."
        ),
        ReviewError::Impossible { what, value } => {
            let what = match what {
                Impossible::Stretch => "a stretch of time",
                Impossible::Confidence => "a confidence",
                Impossible::NoSpecies => "an answer without a species",
                Impossible::Variance => "a calibration with a negative variance",
            };
            format!(
                "This review holds {what} that cannot be: {value}. Load another copy, or correct it there."
            )
        }
    }
}

#[allow(
    clippy::too_many_lines,
    reason = "a failure has its sentences in one place"
)]
pub(super) fn failure(kind: FailureKind) -> (&'static str, &'static str) {
    match kind {
        FailureKind::NotAudio => (
            "This file is not a sound recording.",
            "Choose a WAV, FLAC, MP3, Ogg, Opus, M4A or WebM file.",
        ),
        FailureKind::Damaged => (
            "This recording is damaged and cannot be decoded.",
            "Copy it again from the recorder or its source, or repair it in an audio editor.",
        ),
        FailureKind::Unreadable => (
            "The file of this recording can no longer be read.",
            "Connect its card or drive again, or put the file back, and press “Run again”; if that does not help, drop it on the page once more.",
        ),
        FailureKind::Empty => (
            "This recording is empty.",
            "Check the recorder’s card: the file may have been cut off before any sound was saved.",
        ),
        FailureKind::Silent => (
            "This recording holds no sound, only silence.",
            "Check the microphone and its level, then choose another recording.",
        ),
        FailureKind::UnsupportedFormat => (
            "This browser cannot decode this recording’s format.",
            "Convert the recording to WAV or FLAC, or open Pipit in another browser.",
        ),
        FailureKind::ModelInvalid => (
            "The model’s files did not pass their check, so they are not used.",
            "Try again; if that does not help, the site’s copy of the model is broken: tell whoever runs it.",
        ),
        FailureKind::ModelUnreachable => (
            "The model could not be fetched.",
            "Check the connection and try again. Your recordings wait here and are not lost.",
        ),
        FailureKind::NoPackage => (
            "This is not a model package.",
            "A package is a manifest.json with its weights.safetensors, dropped together, or one ZIP of both; the details say what is missing.",
        ),
        FailureKind::PackageInvalid => (
            "This model package did not pass its check, so it was not added.",
            "The details name the file and what is wrong with it; get the package once more, or tell whoever made it.",
        ),
        FailureKind::PackageVersion => (
            "This model package is made for another version of Pipit.",
            "Open it in a Pipit of that version, or ask its maker for a package in the format that the details name.",
        ),
        FailureKind::AddressRefused => (
            "This site lets the page talk only to itself, so the model’s address was not asked.",
            "Download the package and drop it on this page, or ask whoever runs the site to add the address to connect-src in its index.html.",
        ),
        FailureKind::AddressNotShared => (
            "The server of the model’s address answers, but does not permit this site to read from it.",
            "Check the address; whoever runs that server can permit it (CORS, by the header Access-Control-Allow-Origin). Or download the package and drop it on this page.",
        ),
        FailureKind::AddressUnreachable => (
            "Nothing could be fetched from the model’s address.",
            "Check the address and the connection; the server of another site must also permit this one (CORS). A downloaded package can be dropped on this page.",
        ),
        FailureKind::ModelNotKept => (
            "This browser does not keep the model for your next visit.",
            "It works until you close the page; free some space or leave private browsing if it is to stay.",
        ),
        FailureKind::NoWebgpu => (
            "WebGPU is not available in this browser, so Pipit runs on the CPU.",
            "Nothing else changes. For WebGPU use a recent Chrome, Edge, Safari or Firefox with graphics acceleration on.",
        ),
        FailureKind::GpuLost => (
            "The graphics device stopped working, so Pipit has moved to the CPU.",
            "Unfinished recordings start again by themselves. To return, choose WebGPU in the device menu.",
        ),
        FailureKind::OutOfMemory => (
            "The browser ran out of memory.",
            "Close other tabs and try again; a shorter piece of a recording or a smaller model takes less.",
        ),
        FailureKind::StaleBuild => (
            "This page and its worker are of different versions.",
            "Reload the page to get the current version of both.",
        ),
        FailureKind::PartlyDamaged => (
            "Parts of this recording are damaged and were left out.",
            "What is shown comes from the rest, so times behind a gap are too early; copy the file again if you can.",
        ),
        FailureKind::OthersLeftOut => (
            "Some files of the folder are no recordings and were left out.",
            "If one of them is a recording all the same, drop it on the page by itself.",
        ),
        FailureKind::ClipsLeftOut => (
            "Some clips could not be cut, so they are not in the ZIP.",
            "The details count them and say why; put recordings that were moved back, or drop them on the page again, and press “Clips” once more.",
        ),
        FailureKind::MicrophoneRefused => (
            "Pipit may not use the microphone.",
            "Allow it in the browser’s address bar or settings and press “Listen live” again. What is heard stays on this device.",
        ),
        FailureKind::NoMicrophone => (
            "No microphone was found.",
            "Connect one, check that no other program keeps it, and press “Listen live” again.",
        ),
        FailureKind::MicrophoneLost => (
            "The microphone was disconnected.",
            "What was heard until then is kept below; connect it and press “Listen live” to go on.",
        ),
        FailureKind::LiveTooLong => (
            "The live recording is as long as a WAV file can be, so it has ended.",
            "It is kept below and can be saved; press “Listen live” to go on with a new one.",
        ),
        FailureKind::NoReview => (
            "This review could not be loaded; your answers are as they were.",
            "Choose a JSON file that “Save review” made; the details say what is wrong with this one.",
        ),
        FailureKind::BadSettings => (
            "Some settings in this page’s address mean nothing here and were ignored.",
            "The details name them; all other settings hold.",
        ),
        FailureKind::NotKept => (
            "This browser keeps neither results nor answers for your next visit.",
            "Everything else works; export what you need and save the review before you close the page, or free some space and reload.",
        ),
        FailureKind::NotForgotten => (
            "Some kept results could not be removed.",
            "Close other tabs with Pipit and try again, or clear this site’s data in the browser’s settings.",
        ),
        FailureKind::UpdateReady => (
            "A newer version of Pipit has been downloaded.",
            "Change to it when it suits you, and drop your recordings again: those that are done are not computed anew.",
        ),
        FailureKind::Internal => (
            "Something in Pipit went wrong.",
            "Try again or reload the page; if it happens again, please report it with the details below.",
        ),
    }
}
