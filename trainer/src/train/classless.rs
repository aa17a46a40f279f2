//! Recordings of no class: sounds without birds, and birds that are none of the classes.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::ensure;
use pipit_core::Taxonomy;
use pipit_core::package::sha256_hex;

use super::TrainOptions;
use super::overlap;
use super::recordings::{self, Readable};
use crate::dataset::{Dataset, Recording};

/// Decodes the backgrounds, if there are any that may be shown.
pub(crate) fn backgrounds(
    options: &TrainOptions,
    held_out: &[Recording],
    unreadable: &mut Vec<(String, String)>,
) -> anyhow::Result<Readable> {
    let Some(path) = &options.backgrounds else {
        return Ok(Readable::default());
    };
    let augment = &options.augment;
    if options.no_augment
        || (augment.background.probability <= 0.0 && augment.no_call.probability <= 0.0)
    {
        eprintln!(
            "the backgrounds are neither mixed in nor shown: --no-augment, or augment.background.probability and \
             augment.no_call.probability are 0"
        );
        return Ok(Readable::default());
    }
    let sounds = shown_backgrounds(path, options)?;
    decode_but_for(held_out, sounds, "backgrounds", path, options, unreadable)
}

/// Backgrounds but for those that are held out.
pub(crate) fn shown_backgrounds(
    path: &Path,
    options: &TrainOptions,
) -> anyhow::Result<Vec<Recording>> {
    let mut sounds = Dataset::open_unlabelled(path)?;
    let all = sounds.len();
    let share = options.held_out_backgrounds;
    sounds.retain(|sound| !is_held_out(&sound.filename, share));
    ensure_divided("--held-out-backgrounds", share, sounds.len(), all, path)?;
    Ok(sounds)
}

/// Refuses a share to hold out that is all or, where one is asked for, none.
fn ensure_divided(
    flag: &str,
    share: f64,
    shown: usize,
    all: usize,
    path: &Path,
) -> anyhow::Result<()> {
    ensure!(
        shown > 0,
        "{flag} {share} leaves none in {}",
        path.display()
    );
    ensure!(
        share <= 0.0 || shown < all,
        "{flag} {share} holds out none of the {all} in {}: hold out more, or 0",
        path.display()
    );
    Ok(())
}

/// Decodes the counterexamples, if there are any that may be shown.
pub(crate) fn counterexamples(
    options: &TrainOptions,
    data: &Dataset,
    classes: &Taxonomy,
    held_out: &[Recording],
    unreadable: &mut Vec<(String, String)>,
) -> anyhow::Result<Readable> {
    let Some(path) = &options.counterexamples else {
        return Ok(Readable::default());
    };
    if options.no_augment || options.augment.counterexample.probability <= 0.0 {
        eprintln!(
            "the counterexamples are not shown: --no-augment, or augment.counterexample.probability is 0"
        );
        return Ok(Readable::default());
    }
    let birds = shown_counterexamples(path, options, data, classes)?;
    decode_but_for(
        held_out,
        birds,
        "counterexamples",
        path,
        options,
        unreadable,
    )
}

/// Counterexamples but for those in which a species is heard that is held out.
pub(crate) fn shown_counterexamples(
    path: &Path,
    options: &TrainOptions,
    data: &Dataset,
    classes: &Taxonomy,
) -> anyhow::Result<Vec<Recording>> {
    let mut birds = choose_counterexamples(path, data, classes)?;
    ensure_some_shown(&birds, path, options)?;
    birds.retain(|bird| is_shown(bird, options));
    Ok(birds)
}

/// Refuses counterexamples that are all held out, or none of which are where some are to be.
pub(crate) fn ensure_some_shown(
    birds: &[Recording],
    path: &Path,
    options: &TrainOptions,
) -> anyhow::Result<()> {
    let share = options.held_out_counterexamples;
    let shown = birds.iter().filter(|bird| is_shown(bird, options)).count();
    ensure_divided(
        "--held-out-counterexamples",
        share,
        shown,
        birds.len(),
        path,
    )
}

fn is_shown(bird: &Recording, options: &TrainOptions) -> bool {
    let share = options.held_out_counterexamples;
    !(species(bird).iter()).any(|name| is_held_out(name, share))
}

/// Recordings in which none of the classes is heard, as far as labels say, and which are not in `data`, too.
/// Says how many others there are.
pub(crate) fn choose_counterexamples(
    path: &Path,
    data: &Dataset,
    classes: &Taxonomy,
) -> anyhow::Result<Vec<Recording>> {
    let mut birds = Dataset::open_partly_labelled(path)?;
    let count = birds.len();
    let has_class = |bird: &Recording| labels(bird).any(|code| classes.id(code).is_some());
    birds.retain(|bird| !has_class(bird));
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

/// Decodes recordings that are not among those held out, nor by anybody who made one of these, which tell of
/// other people.
fn decode_but_for(
    held_out: &[Recording],
    mut recordings: Vec<Recording>,
    what: &str,
    path: &Path,
    options: &TrainOptions,
    unreadable: &mut Vec<(String, String)>,
) -> anyhow::Result<Readable> {
    let people: BTreeSet<String> = held_out.iter().filter_map(Recording::recordist).collect();
    let same = overlap::in_both(&recordings, held_out);
    let all = recordings.len();
    recordings.retain(|recording| {
        let is_by_one = (recording.recordist()).is_some_and(|name| people.contains(&name));
        !is_by_one && !same.contains(&recording.filename)
    });
    if recordings.len() < all {
        println!(
            "{what} left out: {} that are held out, or by recordists who are",
            all - recordings.len()
        );
    }
    ensure!(
        !recordings.is_empty(),
        "the {what} are all held out, or by recordists who are, so take others, or another --split-seed: {}",
        path.display()
    );
    recordings::load_any(
        recordings,
        what,
        path,
        options.audio.sample_rate,
        unreadable,
    )
}

/// The codes of all that is heard in a recording; that in the foreground may be empty.
fn labels(bird: &Recording) -> impl Iterator<Item = &str> {
    (std::iter::once(&bird.primary_label).chain(&bird.secondary_labels)).map(String::as_str)
}

/// What decides whether a recording is held out: the species in it, or its own name where none is known.
pub(crate) fn species(bird: &Recording) -> Vec<&str> {
    let known: Vec<&str> = labels(bird).filter(|label| !label.is_empty()).collect();
    match known.as_slice() {
        [] => vec![&bird.filename],
        _ => known,
    }
}

/// Whether a name belongs to the share that is held out: it is on one side in every run.
fn is_held_out(name: &str, share: f64) -> bool {
    let digest = sha256_hex(name.as_bytes());
    let place = u32::from_str_radix(&digest[..8], 16).unwrap_or(u32::MAX);
    f64::from(place) < share * f64::from(u32::MAX)
}
