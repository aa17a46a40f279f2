//! `pipit train`: labelled recordings → a run folder with the best weights.

mod attribution;
mod augment;
mod batch;
mod checkpoint;
mod data;
mod ema;
mod epoch;
mod gradients;
mod loss;
mod normalization;
mod options;
mod outcome;
mod plan;
mod recordings;
mod run;
mod schedule;
mod settle;
mod validate;

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

use crate::device::DeviceChoice;
use crate::run_folder::{CONFIG_FILE, RunConfig};

pub(crate) use options::TrainOptions;
pub(crate) use recordings::progress_style;

/// Arguments of `pipit train`.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(crate) struct TrainArgs {
    /// A folder with `train_metadata.csv`, such a table, or a folder of one folder a class.
    #[arg(long, required_unless_present = "resume")]
    data: Option<PathBuf>,
    /// The folder that the run fills.
    #[arg(long)]
    out: PathBuf,
    /// Go on with the run in --out; its own settings count, other options are ignored.
    #[arg(long)]
    resume: bool,
    /// Stop after so many more epochs; --resume goes on later.
    #[arg(long, value_name = "EPOCHS")]
    stop_after: Option<usize>,
    /// What to compute on.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
    #[command(flatten)]
    options: TrainOptions,
}

/// Runs the command.
pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let (data, options) = match &args.data {
        _ if args.resume => {
            let config = RunConfig::read(&args.out)?;
            (args.data.clone().unwrap_or(config.data), config.options)
        }
        Some(data) => {
            ensure!(
                !args.out.join(CONFIG_FILE).exists(),
                "there is a run already (--resume goes on with it) in {}",
                args.out.display()
            );
            (data.clone(), args.options.clone())
        }
        None => anyhow::bail!("--data is missing"),
    };
    options.check()?;
    run::train(&run::Request {
        data: &data,
        out: &args.out,
        options: &options,
        device: args.device,
        resume: args.resume,
        stop_after: args.stop_after,
    })
}
