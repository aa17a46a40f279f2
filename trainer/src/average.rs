//! `pipit average`: several runs of one network → one whose weights are their mean.
//!
//! Networks that were fine-tuned from the same weights lie close enough together that their mean is a network, too,
//! and often a better one (Wortsman et al. 2022, "Model soups: averaging weights of multiple fine-tuned models").
//! Of runs that were trained for different ends it keeps something of each (Wortsman et al. 2022, "Robust
//! fine-tuning of zero-shot models").

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use burn::prelude::Device;
use clap::Args;
use pipit_core::model::Model;
use pipit_core::model::weights::load_weights;
use pipit_core::package::sha256_hex;

use crate::cross_validation::ensure_last;
use crate::files;
use crate::import::{self, RawTensor};
use crate::run_folder::{BEST_METRICS_FILE, BEST_WEIGHTS_FILE, BestEpoch, RunConfig, ensure_free};
use crate::train::attribution::of_both;
use crate::train::command_line;

/// Arguments of `pipit average`.
#[derive(Debug, Args)]
pub(crate) struct AverageArgs {
    /// Runs that hold out the same recordings, and began with the same weights or with those of the first; its
    /// settings stand for all.
    #[arg(long, value_name = "RUN", num_args = 2.., required = true)]
    runs: Vec<PathBuf>,
    /// The folder that is filled, as a run that `evaluate` and `publish` take.
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &AverageArgs) -> anyhow::Result<()> {
    ensure_free(&args.out)?;
    let configs: Vec<RunConfig> = (args.runs.iter())
        .map(|run| RunConfig::read(run))
        .collect::<anyhow::Result<_>>()?;
    let [first, others @ ..] = configs.as_slice() else {
        return Ok(()); // The command line asks for two.
    };
    let best = sha256_hex(&files::read(&args.runs[0].join(BEST_WEIGHTS_FILE))?);
    for (other, folder) in others.iter().zip(&args.runs[1..]) {
        let follows = other.began_with.as_ref() == Some(&best);
        ensure_alike(first, other, follows).with_context(|| {
            format!(
                "cannot average {} with {}",
                args.runs[0].display(),
                folder.display()
            )
        })?;
    }
    for (config, folder) in configs.iter().zip(&args.runs) {
        if config.options.fold.is_some() {
            ensure_last(folder, config)?;
        } else if let Some(unfinished) = config.unfinished(&BestEpoch::read(folder)?, folder) {
            bail!("the run {unfinished}");
        }
    }
    let weights = mean(&args.runs)?;
    let model = Model::new(first.architecture, 1, first.classes.len(), &Device::flex())
        .with_pooling(first.options.pooling);
    load_weights(model, weights.clone())
        .with_context(|| format!("the mean is no {}", first.architecture))?;

    files::create_folder(&args.out)?;
    let best = BestEpoch {
        epoch: BestEpoch::read(&args.runs[0])?.epoch,
        metrics: BTreeMap::new(),
    };
    files::write_atomically(&args.out.join(BEST_WEIGHTS_FILE), &weights)?;
    files::write_atomically(
        &args.out.join(BEST_METRICS_FILE),
        &serde_json::to_vec_pretty(&best)?,
    )?;
    // Only now it is a run.
    together(first, others).write(&args.out)?;
    println!(
        "{}: the mean of the weights of {} runs",
        args.out.display(),
        args.runs.len()
    );
    Ok(())
}

/// Refuses runs whose mean makes no sense, or would be judged by what one of them learned from.
/// `follows` is whether the other began with the weights of the first.
fn ensure_alike(first: &RunConfig, other: &RunConfig, follows: bool) -> anyhow::Result<()> {
    let (own, of_other) = (&first.options.pooling, &other.options.pooling);
    ensure!(
        first.architecture == other.architecture && own == of_other,
        "one is {} with {own} pooling, the other {} with {of_other} pooling",
        first.architecture,
        other.architecture
    );
    ensure!(
        first.classes == other.classes,
        "their classes are not the same"
    );
    ensure!(
        first.audio == other.audio && first.mel == other.mel,
        "their windows or Mel spectrograms are not the same"
    );
    ensure!(
        first.normalization == other.normalization,
        "they normalise spectrograms in different ways, as they were trained on other recordings or by another \
         version of pipit"
    );
    let is_one_start = if let (Some(own), Some(of_other)) = (&first.began_with, &other.began_with) {
        own == of_other
    } else {
        // Runs that did not note it, or began with random weights, which are the seed's.
        let start = |run: &RunConfig| {
            let seed = Some(run.options.seed).filter(|_| run.options.weights.is_none());
            (seed, run.pretraining.clone())
        };
        start(first) == start(other)
    };
    ensure!(
        is_one_start || follows,
        "they did not begin with the same weights, and the other did not go on from the first, so that their mean \
         is no network"
    );
    ensure!(
        first.held_out == other.held_out,
        "they hold out different recordings, so that nothing could judge their mean"
    );
    Ok(())
}

/// The mean of the runs' weights, tensor by tensor, as a safetensors file.
fn mean(runs: &[PathBuf]) -> anyhow::Result<Vec<u8>> {
    let read = |run: &PathBuf| import::read(&run.join(BEST_WEIGHTS_FILE));
    let mut sum = read(&runs[0])?;
    for run in &runs[1..] {
        let other = read(run)?;
        ensure!(
            sum.keys().eq(other.keys()),
            "other tensors than in {} are in {}",
            runs[0].display(),
            run.display()
        );
        for (sum, other) in sum.values_mut().zip(other.into_values()) {
            add(sum, &other).with_context(|| format!("in {}", run.display()))?;
        }
    }
    for tensor in sum.values_mut() {
        for value in &mut tensor.values {
            *value /= runs.len() as f32;
        }
    }
    import::to_safetensors(&sum)
}

fn add(sum: &mut RawTensor, other: &RawTensor) -> anyhow::Result<()> {
    ensure!(
        sum.shape == other.shape,
        "a tensor has the shape {:?} where {:?} is needed",
        other.shape,
        sum.shape
    );
    for (sum, other) in sum.values.iter_mut().zip(&other.values) {
        *sum += other;
    }
    Ok(())
}

/// The first run's configuration, with all that the others heard.
fn together(first: &RunConfig, others: &[RunConfig]) -> RunConfig {
    let mut config = first.clone();
    let union = |own: &mut Vec<String>, other: &[String]| {
        let known: BTreeSet<String> = own.iter().cloned().collect();
        own.extend(other.iter().filter(|name| !known.contains(*name)).cloned());
    };
    for other in others {
        union(&mut config.training, &other.training);
        union(&mut config.backgrounds, &other.backgrounds);
        union(&mut config.counterexamples, &other.counterexamples);
        union(&mut config.heard, &other.heard);
        union(&mut config.unreadable, &other.unreadable);
        for stage in &other.pretraining {
            if !config.pretraining.contains(stage) {
                config.pretraining.push(stage.clone());
            }
        }
        config.attribution = of_both(config.attribution, other.attribution.clone());
        config.averaged_with.push(other.options.clone());
        config.averaged_with.extend(other.averaged_with.clone());
        config.command = format!("{}\n{}", config.command, other.command);
    }
    config.command = format!("{}\n{}", config.command, command_line());
    config
}
