//! `cargo xtask ablate`: a recipe with and without each of its parts, trained on every fold.
//!
//! An experiment is a file under `docs/experiments/`. Its runs lie in a work folder and are calls of
//! `pipit train`, one after the other; what is finished is entered into a table beside the file and
//! what was cut off goes on, so an experiment can be spread over many short sittings.

mod experiment;
mod outcome;
mod plan;
mod record;
mod stages;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::command::{self, cargo};
use crate::steps::seconds;
use crate::{page, workspace};
use experiment::Experiment;
use plan::{Planned, Run};
use record::Record;
use stages::Inputs;
use table::Row;

/// What `cargo xtask ablate` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file of the experiment, such as docs/experiments/puerto-rico-medium.toml
    experiment: PathBuf,
    #[command(flatten)]
    inputs: Inputs,
    /// What to train on
    #[arg(long, value_enum, default_value = "cpu")]
    device: Device,
    /// Train this variant and leave the others as they are; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Stop after so long, such as 90s, 9m or 2h, in the middle of an epoch if need be; the same
    /// command goes on. 0s trains nothing and writes the table
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    limit: Option<Duration>,
    /// The folder of the runs [default: ablate/NAME in Cargo's build folder]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// A `pipit` that is built already [default: build one]
    #[arg(long, value_name = "FILE")]
    pipit: Option<PathBuf>,
}

/// Where `pipit` computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Device {
    Cpu,
    Vulkan,
    Cuda,
}

/// What all calls of `pipit` have in common.
struct Sitting<'a> {
    pipit: &'a Path,
    device: &'static str,
    deadline: Option<Instant>,
}

/// Trains what is not trained yet, and writes the table into the experiment's page.
///
/// # Errors
/// If the experiment makes no sense, or a run fails; the table is written even then.
pub fn run(args: &Args) -> Result<()> {
    let deadline = args.limit.map(|limit| Instant::now() + limit);
    let experiment = Experiment::read(&args.experiment)?;
    experiment.check_known(&args.only)?;
    // After hours of training would be late to find out that the table has no place.
    let written = page::part(&experiment.page, &experiment.writer())?;
    let work = match &args.work {
        Some(folder) => folder.clone(),
        None => workspace::target_dir()
            .join("ablate")
            .join(args.experiment.file_stem().unwrap_or_default()),
    };
    fs::create_dir_all(&work).with_context(|| format!("cannot create {}", work.display()))?;
    let pipit = match &args.pipit {
        Some(file) => program(file)?,
        None => build(args.device)?,
    };
    let plan = plan::plan(&experiment, &args.inputs, &work, |settings| {
        resolve(&pipit, &work, settings)
    })?;

    let mut record = Record::read(&experiment.record)?;
    enter_finished(&plan, &mut record)?;
    let [told, known] = [&written, &table_of(&plan, &record)?].map(|text| table::finished(text));
    ensure!(
        known >= told,
        "{} tells of {told} finished runs of this experiment, and {} has {known}: empty that part of the page to \
         have it written anew",
        experiment.page.display(),
        experiment.record.display()
    );

    let sitting = Sitting {
        pipit: &pipit,
        device: args.device.name(),
        deadline,
    };
    let left = left(&plan, &record, &args.only)?;
    let earlier = earlier(&plan, &record)?;
    let trained = sitting.train(&left, earlier, || enter_finished(&plan, &mut record));
    let text = table_of(&plan, &record)?;
    page::write_part(&experiment.page, &experiment.writer(), &text)?;
    println!("\n{text}\nwrote {}", experiment.page.display());
    trained
}

impl Device {
    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Vulkan => "vulkan",
            Self::Cuda => "cuda",
        }
    }
}

impl Sitting<'_> {
    /// Carries out runs until all are finished or time is up. An epoch of an earlier sitting took so
    /// long on average, if there was one.
    fn train(
        &self,
        runs: &[&Run],
        earlier: Option<Duration>,
        mut finished: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let began = Instant::now();
        let all = epochs_left(runs)?;
        for (index, run) in runs.iter().enumerate() {
            let left = epochs_left(&runs[index..])?;
            // Unlike the times in the runs' own tables, those of this sitting include decoding.
            let epoch = began.elapsed().checked_div(all - left).or(earlier);
            let about = epoch.map_or_else(String::new, |epoch| {
                format!(", about {} by the mean so far", seconds(epoch * left))
            });
            println!(
                "\n{} runs with {left} epochs left{about}",
                runs.len() - index
            );
            if self.is_over() || !self.carry_out(run)? {
                println!("time is up; the same command goes on");
                return Ok(());
            }
            finished()?;
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Begins a run or goes on with it; `false` if time was up before its end.
    fn carry_out(&self, run: &Run) -> Result<bool> {
        println!("\n==> {}", run.name);
        let mut train = Command::new(self.pipit);
        train.args(["train", "--device", self.device]);
        train.arg("--config").arg(run.prepare()?);
        train.arg("--out").arg(&run.folder).args(&run.flags);
        if run.has_begun() {
            train.arg("--resume");
        }
        if !command::run_until(&mut train, self.deadline)? {
            return Ok(false);
        }
        ensure!(
            run.is_finished()?,
            "pipit ended, but {} has not all of its {} epochs",
            run.folder.display(),
            run.epochs
        );
        run.forget_checkpoints()?;
        Ok(true)
    }
}

/// Keeps the figures of all runs that are finished.
fn enter_finished(plan: &[Planned<'_>], record: &mut Record) -> Result<()> {
    plan.iter()
        .try_for_each(|planned| planned.enter_finished(record))
}

/// What is to be trained, a pretraining before the first that begins with it.
fn left<'a>(plan: &'a [Planned<'_>], record: &Record, only: &[String]) -> Result<Vec<&'a Run>> {
    let mut left: Vec<&Run> = Vec::new();
    for planned in plan {
        if !only.is_empty() && !only.contains(&planned.variant.name) {
            continue;
        }
        let finished = planned.finished(record)?;
        let folds: Vec<&Run> = (planned.folds.iter().zip(finished))
            .filter_map(|(run, finished)| finished.is_none().then_some(run))
            .collect();
        if let Some(before) = &planned.before
            && !folds.is_empty()
            && !left.iter().any(|run| run.folder == before.folder)
            && !(before.is_finished()? && before.has_weights())
        {
            left.push(before);
        }
        left.extend(folds);
    }
    Ok(left)
}

/// Epochs that these runs still take.
fn epochs_left(runs: &[&Run]) -> Result<u32> {
    let mut left = 0;
    for run in runs {
        left += run.epochs.saturating_sub(run.outcome()?.epochs) as u32;
    }
    Ok(left)
}

/// The mean time of an epoch of all finished runs, if there are some.
fn earlier(plan: &[Planned<'_>], record: &Record) -> Result<Option<Duration>> {
    let (mut time, mut epochs) = (Duration::ZERO, 0);
    for planned in plan {
        for (run, finished) in planned.folds.iter().zip(planned.finished(record)?) {
            if let Some(finished) = finished {
                time += Duration::try_from_secs_f64(finished.seconds).unwrap_or_default();
                epochs += run.epochs as u32;
            }
        }
    }
    Ok(time.checked_div(epochs))
}

fn table_of(plan: &[Planned<'_>], record: &Record) -> Result<String> {
    let mut rows = Vec::new();
    for planned in plan {
        rows.push(Row {
            name: &planned.variant.name,
            about: &planned.variant.about,
            folds: planned.finished(record)?,
        });
    }
    let finished = rows.iter().flat_map(|row| &row.folds).flatten();
    let devices: BTreeSet<&str> = finished.map(|run| run.device.as_str()).collect();
    Ok(table::markdown(&rows, &Vec::from_iter(devices)))
}

/// Everything that holds with these settings, as `pipit` says.
fn resolve(pipit: &Path, work: &Path, settings: &toml::Table) -> Result<toml::Table> {
    let file = work.join("dry-run.toml");
    fs::write(&file, toml::to_string(settings)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    let mut dry_run = Command::new(pipit);
    dry_run.args(["train", "--dry-run", "--config"]).arg(&file);
    Ok(command::output(&mut dry_run)?.parse()?)
}

/// A path that is no name to be looked up on `PATH`.
fn program(file: &Path) -> Result<PathBuf> {
    fs::canonicalize(file).with_context(|| format!("no program at {}", file.display()))
}

fn build(device: Device) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--locked", "--release", "-p", "pipit-trainer"]);
    if device != Device::Cpu {
        build.args(["--features", device.name()]);
    }
    command::run(&mut build)?;
    let name = format!("pipit{}", env::consts::EXE_SUFFIX);
    program(&workspace::target_dir().join("release").join(name))
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit_s) = [("s", 1.0), ("m", 60.0), ("h", 3600.0)]
        .into_iter()
        .find_map(|(unit, unit_s)| Some((text.strip_suffix(unit)?, unit_s)))
        .ok_or("a time ends in s, m or h")?;
    number
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * unit_s).ok())
        .ok_or_else(|| format!("{number:?} is no number of seconds, minutes or hours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("9m"), Ok(Duration::from_mins(9)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_mins(90)));
        for wrong in ["", "9", "m", "-1s", "9µ", "nans"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
