//! What a person can type.

use clap::{Parser, Subcommand};

use crate::check::CheckArgs;
use crate::evaluate::EvaluateArgs;
use crate::identify::IdentifyArgs;
use crate::import::ImportArgs;
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
    /// Train a model on labelled recordings.
    Train(Box<TrainArgs>),
    /// Score recordings and compare the scores with their labels.
    Evaluate(EvaluateArgs),
    /// Write a trained model as a package that the page and `identify` load.
    Publish(PublishArgs),
    /// Say which species sing when in recordings.
    Identify(IdentifyArgs),
}
