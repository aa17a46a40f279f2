//! English.

mod failure;
mod page;
mod recording;

use super::Words;

pub(super) static WORDS: Words = Words {
    page: page::PAGE,
    intake: page::INTAKE,
    status: page::STATUS,
    controls: page::CONTROLS,
    wishes: page::WISHES,
    display: page::DISPLAY,
    export: page::EXPORT,
    notice: page::NOTICE,
    failure: failure::failure,
    cause: failure::CAUSE,
    settings: page::SETTINGS,
    summary: page::SUMMARY,
    card: recording::CARD,
    player: recording::PLAYER,
    picture: recording::PICTURE,
    species: recording::SPECIES,
    detections: recording::DETECTIONS,
    chosen: recording::CHOSEN,
    review: recording::REVIEW,
    keys: page::KEYS,
    models: page::MODELS,
    kept: page::KEPT,
    about: page::ABOUT,
};

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
