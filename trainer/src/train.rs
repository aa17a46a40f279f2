//! `pipit train`: labelled recordings → a run folder with the best weights.
//!
//! A run may have a stage before, on other recordings: a run of its own, in a folder inside, whose
//! best weights the main one begins with.

mod announce;
pub(crate) mod attribution;
pub(crate) mod balance;
pub(crate) mod batch;
mod checkpoint;
pub(crate) mod classless;
mod data;
mod ema;
mod epoch;
mod gradients;
mod head;
mod loss;
pub(crate) mod normalization;
mod optimizer;
mod options;
mod outcome;
pub(crate) mod overlap;
pub(crate) mod plan;
mod precision;
pub(crate) mod recordings;
mod replicas;
mod run;
mod schedule;
mod settle;
mod start;
mod validate;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;

use crate::files;
use crate::interrupt;
use crate::run_folder::{
    BEST_WEIGHTS_FILE, PRETRAIN_FOLDER, RunConfig, SETTINGS_FILE, ensure_free, is_run,
};
use crate::settings::{Settings, SettingsArgs};
use overlap::LeftOut;

pub(crate) use options::TrainOptions;
pub(crate) use recordings::progress_style;
pub(crate) use settle::command_line;

/// Arguments of `pipit train`.
#[derive(Debug, Args)]
#[command(args_override_self = true, allow_negative_numbers = true)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Go on with the run in --out, with its own settings; only where its files are (--data, --backgrounds,
    /// --counterexamples), --device, --devices and --stop-after can be others now.
    #[arg(long)]
    resume: bool,
    /// Stop after so many more epochs; --resume goes on later.
    #[arg(long, value_name = "EPOCHS")]
    stop_after: Option<usize>,
    /// Check the settings, print them all as --config reads them, and train nothing.
    #[arg(long, conflicts_with_all = ["resume", "stop_after"])]
    dry_run: bool,
}

/// Runs the command.
pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        args.stop_after != Some(0),
        "--stop-after must be at least 1"
    );
    let given = args.settings.resolve()?;
    if args.dry_run {
        check(&given, Path::new(""))?;
        print!("{}", given.to_toml()?);
        return Ok(ExitCode::SUCCESS);
    }
    let out = given.out()?.to_path_buf();
    let settings = if args.resume {
        settings_of_run(&out, given, &args.settings)?
    } else {
        ensure!(
            !is_run(&out) && !is_run(&out.join(PRETRAIN_FOLDER)),
            "there is a run already (--resume goes on with it) in {}",
            out.display()
        );
        given
    };
    let before = check(&settings, &out)?;
    if !args.resume {
        for stage in std::iter::once(&settings).chain(&before) {
            stage.ensure_out_apart()?;
            ensure_free(stage.out()?)?;
        }
        let file = out.join(SETTINGS_FILE);
        ensure!(
            !args.settings.are_from(&file),
            "--config {} would be written over with all settings of the run: name another --out",
            file.display()
        );
    }
    for stage in std::iter::once(&settings).chain(&before) {
        run::open_devices(stage)?;
    }
    let data = settings.data()?;
    data::ensure_there(data, &settings.options)?;
    if let Some(before) = &before {
        data::ensure_there(before.data()?, &before.options).context("in the stage before")?;
    }
    if !args.resume {
        files::create_folder(&out)?;
        let kept = Settings {
            out: None,
            ..settings.clone()
        };
        kept.write(&out.join(SETTINGS_FILE))?;
    }
    let Some(before) = before else {
        let stand = train(data, &out, &settings, &LeftOut::default(), args.stop_after)?;
        return Ok(end(stand.interrupted.as_deref(), &out));
    };

    two_stages(&before, &settings, &out, args.stop_after)
}

/// Trains the stage before, or what is left of it, and then the main one.
fn two_stages(
    before: &Settings,
    settings: &Settings,
    out: &Path,
    stop_after: Option<usize>,
) -> anyhow::Result<ExitCode> {
    let folder = before.out()?;
    println!("stage 1 of 2, in {}", folder.display());
    let left_out = overlap::left_out(settings, before)?;
    let stand = train(before.data()?, folder, before, &left_out, stop_after)?;
    if stand.interrupted.is_some() || interrupt::is_wished() {
        return Ok(end(
            stand.interrupted.as_deref().or(Some("after stage 1")),
            out,
        ));
    }
    let stop_after = stop_after.map(|epochs| epochs.saturating_sub(stand.epochs));
    if !stand.finished || stop_after == Some(0) {
        println!("--resume goes on, then with stage 2");
        return Ok(ExitCode::SUCCESS);
    }
    println!("stage 2 of 2, in {}", out.display());
    let mut main = settings.clone();
    main.options.weights = Some(folder.join(BEST_WEIGHTS_FILE));
    let stand = train(
        settings.data()?,
        out,
        &main,
        &LeftOut::default(),
        stop_after,
    )?;
    Ok(end(stand.interrupted.as_deref(), out))
}

/// Says how a run goes on that was interrupted at some place; with the code that shells give to what
/// Ctrl-C has ended.
fn end(interrupted: Option<&str>, out: &Path) -> ExitCode {
    let Some(place) = interrupted else {
        return ExitCode::SUCCESS;
    };
    eprintln!(
        "interrupted {place}; all of it is kept, and goes on with: pipit train --resume --out {}",
        out.display()
    );
    ExitCode::from(interrupt::EXIT_CODE)
}

/// Refuses settings that make no training; hands back those of the stage before, if there is one.
fn check(settings: &Settings, out: &Path) -> anyhow::Result<Option<Settings>> {
    settings.options.check()?;
    let before = settings.pretraining(out)?;
    if let Some(before) = &before {
        before.options.check().context("in the stage before")?;
    }
    Ok(before)
}

/// Begins a run or goes on with it.
fn train(
    data: &Path,
    out: &Path,
    settings: &Settings,
    left_out: &LeftOut,
    stop_after: Option<usize>,
) -> anyhow::Result<run::Stand> {
    run::train(&run::Request {
        data,
        left_out,
        out,
        settings,
        resume: is_run(out),
        stop_after,
    })
}

/// The settings of a run that was begun, on the device that is named now or else was then. Those of
/// its main stage say what it begins with, so that the stage before is no longer needed.
fn settings_of_run(out: &Path, given: Settings, typed: &SettingsArgs) -> anyhow::Result<Settings> {
    let file = out.join(SETTINGS_FILE);
    ensure!(file.is_file(), "no run to resume in {}", out.display());
    let kept = Settings::read(&file)?;
    let others = typed.others_than(&given, &kept)?;
    ensure!(
        others.is_empty(),
        "a run goes on with its own settings, and these are others: {}; to train in another way, begin another run, \
         with --weights of this one once it has any",
        others.join(", ")
    );
    let (is_device, are_devices) = (typed.asks_for("device")?, typed.asks_for("devices")?);
    let mut settings = Settings {
        data: given.data.or(kept.data),
        out: given.out,
        device: if is_device { given.device } else { kept.device },
        devices: if is_device || are_devices {
            given.devices
        } else {
            kept.devices
        },
        ..kept
    };
    let moved = (given.pretrain.as_ref()).and_then(|before| before.get("data"));
    if let (Some(before), Some(data)) = (&mut settings.pretrain, moved) {
        before.insert("data".to_owned(), data.clone());
    }
    if is_run(out) {
        let config = RunConfig::read(out)?;
        settings.data = settings.data.or(Some(config.data));
        settings.options = config.options;
        settings.pretrain = None;
    }
    let options = &mut settings.options;
    options.backgrounds = given.options.backgrounds.or(options.backgrounds.take());
    options.counterexamples = (given.options.counterexamples).or(options.counterexamples.take());
    Ok(settings)
}
