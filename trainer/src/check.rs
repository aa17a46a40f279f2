//! `pipit check`: what is wrong with a data set, before hours go into training on it.

mod duplicates;
mod findings;
mod fingerprint;
mod inspect;
mod output;
mod sides;
mod survey;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use clap::{Args, ValueEnum};

use crate::dataset::Dataset;
use crate::run_folder::RunConfig;
use findings::{Finding, Kind, Severity};
use inspect::Limits;
use sides::{PlannedArgs, Sides};

/// Arguments of `pipit check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A folder with `train_metadata.csv`, such a table, or a folder of one folder a class.
    #[arg(long)]
    data: PathBuf,
    /// Look for leaks in the split of this training run [default: the split that `train` would make].
    #[arg(long)]
    run: Option<PathBuf>,
    /// The split where there is no run yet.
    #[command(flatten)]
    planned: PlannedArgs,
    /// How to print what is found.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What counts as too short, silent or clipped.
    #[command(flatten)]
    limits: Limits,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// One object.
    Json,
}

/// Runs the command; errors in the data, not warnings, make it fail.
pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    args.limits.check()?;
    args.planned.check()?;
    let dataset = Dataset::open(&args.data)?;
    let mut planned = args.planned.clone();
    let sides = match &args.run {
        Some(folder) => {
            let run = RunConfig::read(folder)?;
            planned.choose_as(&run);
            let known: BTreeSet<&String> = run.training.iter().chain(&run.held_out).collect();
            ensure!(
                (dataset.recordings.iter()).any(|recording| known.contains(&recording.filename)),
                "none of the recordings in {} is one of the run {}, so there is no split of them to look at",
                args.data.display(),
                folder.display()
            );
            Sides::of_run(&dataset, &run)
        }
        None => Sides::planned(&dataset, &planned)?,
    };
    let inspected = inspect::all(&dataset.recordings, &args.limits);
    let mut findings = survey::table(&dataset, &planned)?;
    findings.extend(survey::audio(&dataset, &inspected, &args.limits));
    findings.extend(sides::leaks(&dataset, &sides));
    let has_class = !findings.iter().any(|finding| finding.kind == Kind::NoClass);
    let is_asked = args.run.is_none() && planned.asks_for_judges() && has_class;
    if is_asked && sides.hold_nothing_out() {
        findings.push(Finding {
            kind: Kind::NothingHeldOut,
            files: Vec::new(),
            detail: "nobody can be spared: more recordists or a larger share may help".to_owned(),
        });
    }
    findings.extend(duplicates::find(&dataset, &inspected, &sides));
    findings.sort_by_key(|finding| finding.kind);

    let totals = output::Totals::new(&dataset, &inspected);
    match args.format {
        Format::Table => output::print_table(&totals, &findings),
        Format::Json => output::print_json(&totals, &findings)?,
    }
    let must_be_mended = findings
        .iter()
        .any(|finding| finding.kind.severity() == Severity::Error);
    Ok(if must_be_mended {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
