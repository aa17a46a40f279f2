//! `pipit`: train, evaluate, publish and run bird-sound models.
//!
//! A command is one module with its arguments and a `run` function; the modules below them hold
//! one concept each. Errors travel up as `anyhow` chains and are printed once, here.

mod audio_settings;
mod average;
mod check;
mod classes;
mod cli;
mod cross_validation;
mod dataset;
mod decode;
mod device;
mod evaluate;
mod files;
mod identify;
mod import;
mod interrupt;
mod judging;
mod listing;
mod memory;
mod metrics;
mod preview;
mod publish;
mod run_folder;
mod score;
mod settings;
mod split;
mod train;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    // Whoever reads the output may stop reading, as `head` does: an end like any other.
    sigpipe::reset();
    end_where_output_is_full();
    memory::keep_freed();
    let cli = Cli::parse();
    match run(cli) {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("pipit: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A full disk under the output ends the program with a sentence: `println` panics there.
fn end_where_output_is_full() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| match panic.payload_as_str() {
        Some(text) if text.starts_with("failed printing to stdout") => {
            eprintln!("pipit: {text}");
            std::process::exit(1);
        }
        _ => others(panic),
    }));
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Import(args) => import::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Check(args) => check::run(&args),
        Command::Preview(args) => preview::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Train(args) => train::run(&args),
        Command::Average(args) => average::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Evaluate(args) => evaluate::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Publish(args) => publish::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Identify(args) => identify::run(&args),
    }
}
