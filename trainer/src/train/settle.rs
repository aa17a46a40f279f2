//! What is settled before the first step, and what a resumed run must find as it was.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use pipit_core::package::sha256_hex;
use pipit_core::{AudioConfig, DetectionConfig, Taxonomy};

use super::announce::announce;
use super::attribution::attribution;
use super::batch::Frontends;
use super::data::Data;
use super::run::Request;
use super::start::{is_same_task, source_run};
use super::{normalization, overlap};
use crate::classes;
use crate::dataset::Recording;
use crate::files;
use crate::listing::some_of;
use crate::run_folder::RunConfig;

/// The run's configuration: measured for a new run, read for a resumed one.
pub(crate) fn settle(
    request: &Request<'_>,
    data: &Data,
    frontends: &Frontends,
) -> anyhow::Result<RunConfig> {
    if request.resume {
        return resumed(request, data);
    }
    let options = &request.settings.options;
    let source = source_run(options)?;
    let heard = (source.as_ref()).map_or_else(BTreeSet::new, RunConfig::heard_by_weights);
    overlap::warn_of_heard(&heard, &data.held_out_recordings);
    let audio: AudioConfig = options.audio.audio();
    let goes_on = (source.as_ref()).filter(|run| is_same_task(run, &data.classes, options));
    let normalization = match goes_on {
        Some(run) => run.normalization,
        None => normalization::measure(
            &data.training_audio,
            audio.window_samples(),
            frontends,
            options.audio.reference(),
        ),
    };
    let keeps_classifier = goes_on.is_some();
    let held_out = file_names(&data.held_out_recordings);
    let begins_chosen = goes_on.is_some_and(|run| {
        run.is_chosen() && run.held_out.iter().any(|name| held_out.contains(name))
    });
    let pretraining = (source.as_ref()).map_or_else(Vec::new, RunConfig::trained_on);
    let (others, judged) = source.map_or_else(Default::default, |source| {
        (source.attribution, source.held_out)
    });
    let thanked = heard.iter().cloned().chain(judged).collect();
    let own = (data.training.iter())
        .chain(&data.held_out_recordings)
        .chain(&data.backgrounds.recordings)
        .chain(&data.counterexamples.recordings);
    let attribution = attribution(own, &thanked, others);
    let config = RunConfig {
        command: command_line(),
        data: request.data.to_path_buf(),
        data_name: data.dataset.name(),
        device: (request.settings.device).describe(request.settings.devices.len()),
        options: options.clone(),
        architecture: options.architecture,
        audio,
        mel: options.audio.mel(),
        normalization,
        detection: DetectionConfig {
            threshold: options.threshold,
            class_thresholds: Vec::new(),
            merge_gap_s: 0.0,
        },
        classes: data.classes.clone(),
        split_by: data.split_by,
        training: file_names(&data.training),
        held_out,
        backgrounds: file_names(&data.backgrounds.recordings),
        counterexamples: file_names(&data.counterexamples.recordings),
        recordings_per_class: classes::count(&data.classes, &data.training),
        labels: Some(data.labels()),
        began_with: (options.weights.as_ref())
            .map(|path| Ok::<_, anyhow::Error>(sha256_hex(&files::read(path)?)))
            .transpose()?,
        keeps_classifier,
        begins_chosen,
        pretraining,
        averaged_with: Vec::new(),
        heard: heard.into_iter().collect(),
        unreadable: data
            .unreadable
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
        attribution,
    };
    announce(&config, data);
    Ok(config)
}

/// The configuration that a run began with, if its recordings are still the same.
fn resumed(request: &Request<'_>, data: &Data) -> anyhow::Result<RunConfig> {
    let config = RunConfig::read(request.out)?;
    ensure_same(&codes(&config.classes), &codes(&data.classes), "classes")
        .and_then(|()| {
            let names = file_names(&data.training);
            ensure_same(&config.training, &names, "training recordings")
        })
        .and_then(|()| {
            let names = file_names(&data.held_out_recordings);
            ensure_same(&config.held_out, &names, "held-out recordings")
        })
        .and_then(|()| {
            ensure!(
                (config.labels.as_ref()).is_none_or(|labels| *labels == data.labels()),
                "labels or ratings have changed since the run began"
            );
            Ok(())
        })
        .with_context(|| format!("cannot resume with {}", request.data.display()))?;
    ensure!(
        config.classes == data.classes,
        "the names of the classes have changed since the run began: {}",
        request.data.display()
    );
    let options = &request.settings.options;
    let sounds = [
        (
            "backgrounds",
            &options.backgrounds,
            &config.backgrounds,
            &data.backgrounds,
        ),
        (
            "counterexamples",
            &options.counterexamples,
            &config.counterexamples,
            &data.counterexamples,
        ),
    ];
    for (what, path, then, now) in sounds {
        ensure_same(then, &file_names(&now.recordings), what).with_context(|| match path {
            Some(path) => format!("cannot resume with {}", path.display()),
            None => "cannot resume".to_owned(),
        })?;
    }
    Ok(config)
}

/// Refuses another list than the run began with, and names the difference.
fn ensure_same(then: &[String], now: &[String], what: &str) -> anyhow::Result<()> {
    let missing = |from: &[String], other: &[String]| {
        let names: Vec<&str> = (from.iter())
            .filter(|name| !other.contains(name))
            .map(String::as_str)
            .collect();
        match names.len() {
            0 => "none".to_owned(),
            _ => some_of(&names),
        }
    };
    ensure!(
        then == now,
        "the {what} have changed since the run began; gone: {}; new: {}",
        missing(then, now),
        missing(now, then)
    );
    Ok(())
}

/// The codes of classes in output order.
pub(super) fn codes(classes: &Taxonomy) -> Vec<String> {
    (classes.iter())
        .map(|(_, label)| label.code.clone())
        .collect()
}

fn file_names(recordings: &[Recording]) -> Vec<String> {
    recordings
        .iter()
        .map(|recording| recording.filename.clone())
        .collect()
}

/// The command as it was typed, with the program's name instead of its path.
pub(crate) fn command_line() -> String {
    let quote = |argument: String| {
        if argument.contains(char::is_whitespace) {
            format!("'{argument}'")
        } else {
            argument
        }
    };
    std::iter::once("pipit".to_owned())
        .chain(std::env::args().skip(1).map(quote))
        .collect::<Vec<_>>()
        .join(" ")
}
