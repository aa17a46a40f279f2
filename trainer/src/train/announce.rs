//! What a run says before its first step.

use super::data::Data;
use crate::classes;
use crate::dataset::Recording;
use crate::listing::some_of;
use crate::run_folder::RunConfig;
use crate::split::SplitBy;

/// Says what is trained on, and what of it will teach nothing.
pub(super) fn announce(config: &RunConfig, data: &Data) {
    let options = &config.options;
    let others: Vec<&str> = (data.dataset.recordings_per_code().into_keys())
        .filter(|code| config.classes.id(code).is_none())
        .collect();
    if !others.is_empty() {
        let which = if options.classes.is_empty() {
            format!("with fewer than {} recordings", options.min_recordings)
        } else {
            "that are not among --classes".to_owned()
        };
        println!(
            "species {which}, which become no class and serve as counterexamples: {}, {}",
            others.len(),
            some_of(&others)
        );
    }
    if options.freeze.is_some() && options.weights.is_none() {
        eprintln!("--freeze without --weights: the frozen stages stay as random as they begin");
    }
    if (options.held_out > 0.0 || options.fold.is_some()) && !data.held_out.has_classes() {
        let why = if config.held_out.is_empty() {
            "nobody can be spared to be held out"
        } else {
            "none of the recordings held out is of one of the classes"
        };
        eprintln!(
            "{why}, so that nothing judges the network: more recordists or a larger --held-out may help"
        );
    }
    if options.fold.is_some() && config.split_by == SplitBy::Recording {
        eprintln!(
            "--fold: no recording names its recordist, and `evaluate --folds` takes no runs that may know those \
             whom they judge"
        );
    }
    if options.fold.is_some() && options.validate_every < options.epochs {
        eprintln!(
            "--fold: an epoch is chosen by the recordings that it judges, and `evaluate --folds` takes no such run: \
             with --validate-every {} the last one counts",
            options.epochs
        );
    }
    let unrated = &data.dataset.unrated;
    if !unrated.is_empty() {
        eprintln!(
            "{} ratings are no numbers from 0 to 5, and count as none: {}",
            unrated.len(),
            some_of(unrated)
        );
    }
    let is_rated = |recording: &Recording| recording.rating.is_some();
    if options.rating_weight < 1.0 && !data.training.iter().any(is_rated) {
        eprintln!("--rating-weight: none of the recordings is rated, so that all count alike");
    }
    let untaught = classes::without_recordings(&config.classes, &config.recordings_per_class);
    if !untaught.is_empty() {
        eprintln!(
            "classes without a training recording that can be read, which will not be learned: {}",
            untaught.join(", ")
        );
    }
    if !config.backgrounds.is_empty() {
        println!("{} backgrounds", config.backgrounds.len());
    }
    if !config.counterexamples.is_empty() {
        println!("{} counterexamples", config.counterexamples.len());
    }
    println!(
        "{} classes, {} recordings to train on, {} held out {}, mean {} dB, std {} dB",
        config.classes.len(),
        config.training.len(),
        config.held_out.len(),
        config.split_by.words(),
        config.normalization.mean,
        config.normalization.std,
    );
}
