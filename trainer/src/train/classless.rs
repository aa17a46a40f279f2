//! Recordings of no class: sounds without birds, and birds that are none of the classes.

use std::path::Path;

use anyhow::ensure;
use pipit_core::Taxonomy;
use pipit_core::package::sha256_hex;

use super::TrainOptions;
use super::overlap;
use super::recordings::{self, StoredAudio};
use crate::dataset::{Dataset, Recording};

/// Recordings beside their audio.
#[derive(Default)]
pub(crate) struct Classless {
    /// Those that can be read.
    pub(crate) recordings: Vec<Recording>,
    /// Their audio.
    pub(crate) audio: Vec<StoredAudio>,
}

/// Decodes the backgrounds, if there are any, but for those that are held out.
pub(crate) fn backgrounds(
    options: &TrainOptions,
    unreadable: &mut Vec<(String, String)>,
) -> anyhow::Result<Classless> {
    let Some(path) = &options.backgrounds else {
        return Ok(Classless::default());
    };
    let mut backgrounds = Dataset::open_unlabelled(path)?.recordings;
    backgrounds.retain(|sound| !is_held_out(&sound.filename, options.held_out_backgrounds));
    decode(backgrounds, "backgrounds", path, options, unreadable)
}

/// Decodes the counterexamples, if there are any, but for the species that are held out.
pub(crate) fn counterexamples(
    options: &TrainOptions,
    data: &Dataset,
    classes: &Taxonomy,
    unreadable: &mut Vec<(String, String)>,
) -> anyhow::Result<Classless> {
    let Some(path) = &options.counterexamples else {
        return Ok(Classless::default());
    };
    let mut birds = choose_counterexamples(path, data, classes)?;
    let share = options.held_out_counterexamples;
    birds.retain(|bird| !is_held_out(species(bird), share));
    ensure!(
        !birds.is_empty(),
        "--held-out-counterexamples {share} leaves none in {}",
        path.display()
    );
    decode(birds, "counterexamples", path, options, unreadable)
}

/// Recordings in which none of the classes is heard, as far as labels say, and which are not in `data`, too.
/// Says how many others there are.
pub(crate) fn choose_counterexamples(
    path: &Path,
    data: &Dataset,
    classes: &Taxonomy,
) -> anyhow::Result<Vec<Recording>> {
    let all = Dataset::open_unlabelled(path)?.recordings;
    let count = all.len();
    let has_class = |recording: &Recording| {
        let labels = std::iter::once(&recording.primary_label).chain(&recording.secondary_labels);
        labels.into_iter().any(|code| classes.id(code).is_some())
    };
    let mut birds: Vec<Recording> = all.into_iter().filter(|bird| !has_class(bird)).collect();
    let of_classes = count - birds.len();
    let known = overlap::in_both(&birds, &data.recordings);
    birds.retain(|bird| !known.contains(&bird.filename));
    if birds.len() < count {
        println!(
            "counterexamples left out: {of_classes} with one of the classes, {} that are among the recordings, too",
            known.len()
        );
    }
    ensure!(
        !birds.is_empty(),
        "each of the {count} counterexamples has one of the classes, or is among the recordings, too, in {}",
        path.display()
    );
    Ok(birds)
}

/// What is held out as one: a species, or a recording of which none is known.
fn species(bird: &Recording) -> &str {
    match bird.primary_label.as_str() {
        "" => &bird.filename,
        label => label,
    }
}

/// Whether a name belongs to the share that is held out: it is on one side in every run.
fn is_held_out(name: &str, share: f64) -> bool {
    let digest = sha256_hex(name.as_bytes());
    let place = u32::from_str_radix(&digest[..8], 16).unwrap_or(u32::MAX);
    f64::from(place) < share * f64::from(u32::MAX)
}

/// Decodes recordings; those that cannot be read are said and noted, and if that is all of them it is an error.
fn decode(
    recordings: Vec<Recording>,
    what: &str,
    path: &Path,
    options: &TrainOptions,
    unreadable: &mut Vec<(String, String)>,
) -> anyhow::Result<Classless> {
    let all: Vec<&Recording> = recordings.iter().collect();
    let audio = recordings::load(&all, options.audio.sample_rate);
    let mut readable = Classless::default();
    for (recording, audio) in recordings.into_iter().zip(audio) {
        let audio = audio.and_then(|audio| {
            ensure!(audio.len() > 0, "no sound in {}", recording.path.display());
            Ok(audio)
        });
        match audio {
            Ok(audio) => {
                readable.recordings.push(recording);
                readable.audio.push(audio);
            }
            Err(error) => {
                eprintln!("skipped: {error:#}");
                unreadable.push((recording.filename, format!("{error:#}")));
            }
        }
    }
    ensure!(
        !readable.recordings.is_empty(),
        "none of the {what} can be read in {}",
        path.display()
    );
    Ok(readable)
}
