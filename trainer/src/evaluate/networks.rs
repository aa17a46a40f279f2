//! The networks that an evaluation asks, and about which recordings.

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};
use pipit_core::package::Attribution;
use pipit_core::{Classifier, ModelPackage};

use super::EvaluateArgs;
use crate::classes;
use crate::cross_validation;
use crate::dataset::{Dataset, Recording, is_same_file, recordist_of};
use crate::judging::{self, JudgedSet};
use crate::run_folder::{OpenModel, RunConfig};
use crate::train::overlap::{ensure_unheard, is_among};

/// A network with what it is asked about.
pub(super) struct Network<'a> {
    /// Ready to score.
    pub(super) classifier: Classifier,
    /// What it is to score.
    pub(super) recordings: Vec<&'a Recording>,
    /// Its settings, if it is a run.
    run: Option<RunConfig>,
}

/// The model, or the folds in its place: at least one.
pub(super) fn open<'a>(
    args: &EvaluateArgs,
    dataset: &'a Dataset,
) -> anyhow::Result<Vec<Network<'a>>> {
    let device = args.device.open()?;
    let network = |package: &ModelPackage, run: Option<RunConfig>| {
        if let Some(run) = run
            .as_ref()
            .filter(|run| run.held_out.is_empty() && !args.all)
        {
            bail!(
                "nothing was held out of this run of {}, so that only others can judge it: runs that are each a \
                 --fold, by --folds (--all scores what it has learned from)",
                run.data_name
            );
        }
        let recordings = match run.as_ref().filter(|_| !args.all) {
            None => dataset.recordings.iter().collect(),
            Some(run) => judging::held_out(run, dataset),
        };
        ensure!(
            !recordings.is_empty(),
            "none of the run's held-out recordings{} in {}",
            if args.folds.is_empty() {
                " (--all scores the others)"
            } else {
                ""
            },
            args.data.display()
        );
        Ok(Network {
            classifier: Classifier::new(package, &device)?,
            recordings,
            run,
        })
    };
    let Some(path) = &args.model else {
        let folds = cross_validation::open(&args.folds, None)?;
        return (folds.into_iter().zip(&args.folds))
            .map(|(fold, folder)| {
                network(&fold.package, Some(fold.config))
                    .with_context(|| format!("cannot judge by the fold {}", folder.display()))
            })
            .collect();
    };
    let OpenModel { package, run } = OpenModel::open(path)?;
    if let Some(run) = run.as_ref().filter(|_| !args.all)
        && let Err(error) = ensure_unheard(run)
    {
        eprintln!("the figures are too good: {error:#}");
    }
    if run.is_none() {
        warn_of_known_recordists(&package.manifest.attribution, &dataset.recordings);
    }
    let network = network(&package, run)
        .with_context(|| format!("cannot evaluate the model {}", path.display()))?;
    Ok(vec![network])
}

impl Network<'_> {
    /// File names of all sounds other than its own recordings that it has learned from.
    pub(super) fn heard(&self) -> impl Iterator<Item = &str> {
        (self.run.iter())
            .flat_map(|run| {
                (run.backgrounds.iter())
                    .chain(&run.counterexamples)
                    .chain(&run.heard)
            })
            .map(String::as_str)
    }

    /// Whether its training was shown this bird, as an example of no class or as a recording of its own.
    pub(super) fn was_shown(&self, bird: &Recording) -> bool {
        self.run.as_ref().is_some_and(|run| {
            (run.counterexamples.iter()).any(|name| is_same_file(name, &bird.filename))
                || is_among(bird, &run.training)
        })
    }

    /// Says how many of the recordings may have taught it, where it is a package, which does not note which
    /// these were.
    pub(super) fn warn_of_known_recordists(&self, recordings: &[Recording]) {
        if self.run.is_none() {
            warn_of_known_recordists(&self.classifier.manifest().attribution, recordings);
        }
    }

    /// Training recordings by class: as the package notes them, else counted in the run's data.
    fn training_counts(&self, dataset: &Dataset) -> Option<Vec<usize>> {
        let manifest = self.classifier.manifest();
        let noted = (manifest.training.as_ref())
            .map(|training| &training.recordings_per_class)
            .filter(|counts| counts.len() == manifest.classes.len());
        match (noted, &self.run) {
            (Some(counts), _) => Some(counts.clone()),
            (None, Some(run)) => {
                let training: BTreeSet<&String> = run.training.iter().collect();
                let trained_on = (dataset.recordings.iter())
                    .filter(|recording| training.contains(&recording.filename));
                Some(classes::count(&manifest.classes, trained_on))
            }
            (None, None) => None,
        }
    }
}

/// A package names those whose recordings it learned from or was judged on, though not which these were.
fn warn_of_known_recordists(known: &[Attribution], recordings: &[Recording]) {
    let people: BTreeSet<String> = (known.iter())
        .filter_map(|entry| recordist_of(&entry.author))
        .collect();
    let count = (recordings.iter())
        .filter_map(Recording::recordist)
        .filter(|recordist| people.contains(recordist))
        .count();
    if count > 0 {
        eprintln!(
            "{count} of the {} recordings are by recordists whom the model's card names, so that it may have learned \
             from them, and the figures may be too good",
            recordings.len()
        );
    }
}

/// Says where runs are asked about others than their own recordings, of which they know by name alone which they
/// have held out.
pub(super) fn warn_of_other_data(networks: &[Network<'_>], dataset: &Dataset, args: &EvaluateArgs) {
    if args.all {
        return;
    }
    let known: BTreeSet<&String> = (networks.iter().filter_map(|network| network.run.as_ref()))
        .flat_map(|run| {
            run.training
                .iter()
                .chain(&run.held_out)
                .chain(&run.unreadable)
        })
        .collect();
    let names: BTreeSet<&String> = (dataset.recordings.iter())
        .map(|recording| &recording.filename)
        .collect();
    // Of its own data a run leaves out what makes no class; in others its own recordings are missing.
    let (missing, foreign) = (
        known.difference(&names).count(),
        names.difference(&known).count(),
    );
    if known.is_empty() || missing == 0 || foreign == 0 {
        return;
    }
    let scored: usize = networks
        .iter()
        .map(|network| network.recordings.len())
        .sum();
    eprintln!(
        "scored of the {} recordings in {}: {scored}, whose files are called like ones that the {} held out; {missing} other \
         files of its data are not there{}",
        names.len(),
        args.data.display(),
        if networks.len() > 1 { "runs" } else { "run" },
        if args.folds.is_empty() {
            "; --all scores all"
        } else {
            ""
        }
    );
}

/// What all networks together make of their recordings.
pub(super) fn judge<'a>(
    networks: &[Network<'a>],
    judge: impl Fn(&Classifier, &[&'a Recording]) -> anyhow::Result<JudgedSet<'a>>,
) -> anyhow::Result<JudgedSet<'a>> {
    let mut all = JudgedSet::default();
    for network in networks {
        all.extend(judge(&network.classifier, &network.recordings)?);
    }
    Ok(all)
}

/// Training recordings by class, where they are known; of several networks, those of the networks that
/// judge the class, on average over its recordings.
pub(super) fn training_counts(networks: &[Network<'_>], dataset: &Dataset) -> Option<Vec<usize>> {
    let counts: Vec<Vec<usize>> = (networks.iter())
        .map(|network| network.training_counts(dataset))
        .collect::<Option<_>>()?;
    let [first, others @ ..] = &counts[..] else {
        return None;
    };
    if others.is_empty() {
        return Some(first.clone());
    }
    let classes = &networks[0].classifier.manifest().classes;
    let judged: Vec<Vec<usize>> = (networks.iter())
        .map(|network| classes::count(classes, network.recordings.iter().copied()))
        .collect();
    let mean = |class: usize| {
        let recordings: usize = judged.iter().map(|judged| judged[class]).sum();
        let trained: usize = (counts.iter().zip(&judged))
            .map(|(counts, judged)| counts[class] * judged[class])
            .sum();
        match recordings {
            // Nobody judges it.
            0 => first[class],
            _ => (trained as f64 / recordings as f64).round() as usize,
        }
    };
    Some((0..classes.len()).map(mean).collect())
}
