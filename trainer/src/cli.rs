//! What a person can type.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use pipit_core::Architecture;

use crate::average::AverageArgs;
use crate::check::CheckArgs;
use crate::evaluate::EvaluateArgs;
use crate::identify::IdentifyArgs;
use crate::import::ImportArgs;
use crate::preview::PreviewArgs;
use crate::publish::PublishArgs;
use crate::train::TrainArgs;

/// Train, evaluate, publish and run bird-sound models.
#[derive(Debug, Parser)]
#[command(name = "pipit", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands, in the order in which a model comes to life.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Turn published `ImageNet` weights into weights to start training from.
    Import(ImportArgs),
    /// Say what is wrong with labelled recordings; fails if something must be mended.
    Check(CheckArgs),
    /// Show what training would show the network, as pictures and sounds.
    Preview(Box<PreviewArgs>),
    /// Train a model on labelled recordings.
    Train(Box<TrainArgs>),
    /// Make one network of several runs, by the mean of their weights.
    Average(AverageArgs),
    /// Score recordings and compare the scores with their labels.
    Evaluate(EvaluateArgs),
    /// Write a trained model as a package that the page and `identify` load.
    Publish(PublishArgs),
    /// Say which species sing when in recordings.
    Identify(IdentifyArgs),
}

/// Reads a network's name, and lists all in the help.
pub(crate) fn architecture() -> impl TypedValueParser<Value = Architecture> {
    PossibleValuesParser::new(Architecture::ALL.map(Architecture::name))
        .try_map(|name| name.parse::<Architecture>())
}
