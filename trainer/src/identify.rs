//! `pipit identify`: which species sing when.

mod frames;
mod output;
mod table;
mod windows;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use pipit_core::{Classifier, Manifest, Pooling, detect};

use crate::decode;
use crate::device::DeviceChoice;
use crate::files;
use crate::run_folder::OpenModel;
use crate::score::{ScoredFile, score_file, score_framewise};
use frames::FrameTable;
use output::IdentifiedFile;
use windows::WindowTable;

/// Arguments of `pipit identify`.
#[derive(Debug, Args)]
pub(crate) struct IdentifyArgs {
    /// Recordings.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A model package or a training run.
    #[arg(long, default_value = "models/puerto-rico")]
    model: PathBuf,
    /// Confidence from which a detection counts, for every species [default: the model's, which may
    /// differ by species].
    #[arg(long)]
    threshold: Option<f32>,
    /// How to print detections.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also write each species' confidence in every frame, a few tenths of a second; takes a model that
    /// pools by attention. Where windows overlap, a row is their mean.
    #[arg(long, value_name = "FILE.csv")]
    frames: Option<PathBuf>,
    /// Also write each species' confidence in every window.
    #[arg(long, value_name = "FILE.csv")]
    windows: Option<PathBuf>,
    /// What to compute on.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
}

/// How detections are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// An array with one object a file.
    Json,
    /// One row a detection.
    Csv,
}

/// Runs the command; a file that fails is reported, the others go on.
pub(crate) fn run(args: &IdentifyArgs) -> anyhow::Result<ExitCode> {
    let model = OpenModel::open(&args.model)?;
    let manifest = &model.package.manifest;
    let config = match args.threshold {
        Some(threshold) => {
            ensure!(
                (0.0..=1.0).contains(&threshold),
                "--threshold must be from 0 to 1: {threshold}"
            );
            manifest.detection.with_threshold(threshold)
        }
        None => manifest.detection.clone(),
    };
    let (mut frames, mut windows) = tables(args, manifest)?;
    let classifier = Classifier::new(&model.package, &args.device.open()?)
        .with_context(|| format!("cannot load the model {}", args.model.display()))?;

    let mut identified = Vec::new();
    for path in &args.files {
        let file = path.display().to_string();
        match score(&classifier, path, &file, frames.as_mut()) {
            Ok(scored) => {
                decode::tell_of_damage(path, scored.damaged_packets);
                if let Some(windows) = &mut windows {
                    windows.add(&file, &scored.windows)?;
                }
                identified.push(IdentifiedFile {
                    file,
                    duration_s: scored.duration_s,
                    detections: detect(&scored.windows, &config),
                });
            }
            Err(error) => eprintln!("pipit: {error:#}"),
        }
    }
    if let Some(windows) = windows {
        windows.keep()?;
    }
    if let Some(frames) = frames {
        frames.keep()?;
    }
    output::print(&identified, manifest, args.format)?;
    Ok(if identified.len() == args.files.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The tables that are asked for.
fn tables(
    args: &IdentifyArgs,
    manifest: &Manifest,
) -> anyhow::Result<(Option<FrameTable>, Option<WindowTable>)> {
    let outputs = [
        ("--frames", args.frames.as_ref()),
        ("--windows", args.windows.as_ref()),
    ];
    files::ensure_apart(&outputs, args.files.iter().map(PathBuf::as_path))?;
    ensure!(
        args.frames.is_none() || manifest.pooling == Pooling::Attention,
        "--frames takes a model that looks at frames, as those of `pipit train --pooling attention` do; \
         this one has {} pooling: {}",
        manifest.pooling,
        args.model.display()
    );
    let frames = (args.frames.as_deref()).map(|path| FrameTable::create(path, manifest));
    let windows = (args.windows.as_deref()).map(|path| WindowTable::create(path, manifest));
    Ok((frames.transpose()?, windows.transpose()?))
}

fn score(
    classifier: &Classifier,
    path: &Path,
    file: &str,
    frames: Option<&mut FrameTable>,
) -> anyhow::Result<ScoredFile> {
    match frames {
        Some(frames) => frames.add(file, |look| score_framewise(classifier, path, Some(look))),
        None => score_file(classifier, path),
    }
}
