//! `cargo xtask serve | test | build | bench | ablate | example`

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{ablate, bench, build, example, serve, test};

/// Sets up, builds, serves and tests Pipit.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the release page and serve it on this machine
    Serve(serve::Args),
    /// Run everything that continuous integration runs
    Test,
    /// Build the release site into dist/
    Build(build::Args),
    /// Measure speed and size, and write docs/benchmarks.md
    Bench,
    /// Train a recipe with and without each of its parts, and write the table of an experiment
    Ablate(Box<ablate::Args>),
    /// Synthesise app/assets/example.wav, the soundscape behind "Try an example"
    Example,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Test => test::run(),
        Command::Build(args) => build::run(&args),
        Command::Bench => bench::run(),
        Command::Ablate(args) => ablate::run(&args),
        Command::Example => example::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
