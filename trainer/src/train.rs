//! `pipit train`: labelled recordings → a run folder with the best weights.

mod attribution;
pub(crate) mod balance;
pub(crate) mod batch;
mod checkpoint;
mod data;
mod ema;
mod epoch;
mod gradients;
mod head;
mod loss;
pub(crate) mod normalization;
mod options;
mod outcome;
pub(crate) mod plan;
pub(crate) mod recordings;
mod run;
mod schedule;
mod settle;
mod validate;

use anyhow::ensure;
use clap::Args;

use crate::run_folder::{CONFIG_FILE, RunConfig};
use crate::settings::{Settings, SettingsArgs};

pub(crate) use options::TrainOptions;
pub(crate) use recordings::progress_style;

/// Arguments of `pipit train`.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Go on with the run in --out; its own settings count, other options are ignored.
    #[arg(long)]
    resume: bool,
    /// Stop after so many more epochs; --resume goes on later.
    #[arg(long, value_name = "EPOCHS")]
    stop_after: Option<usize>,
}

/// Runs the command.
pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let given = args.settings.resolve()?;
    let out = given.out()?.to_path_buf();
    let settings = if args.resume {
        let config = RunConfig::read(&out)?;
        Settings {
            data: Some(given.data.unwrap_or(config.data)),
            options: config.options,
            ..given
        }
    } else {
        ensure!(
            !out.join(CONFIG_FILE).exists(),
            "there is a run already (--resume goes on with it) in {}",
            out.display()
        );
        given
    };
    settings.options.check()?;
    run::train(&run::Request {
        data: settings.data()?,
        out: &out,
        settings: &settings,
        resume: args.resume,
        stop_after: args.stop_after,
    })
}
