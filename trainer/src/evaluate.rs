//! `pipit evaluate`: scores of recordings against their labels.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use indicatif::ProgressBar;
use pipit_core::{Classifier, Taxonomy};

use crate::classes;
use crate::dataset::{Dataset, Recording};
use crate::device::DeviceChoice;
use crate::files;
use crate::metrics::{self, Judged, Metrics};
use crate::run_folder::OpenModel;
use crate::score::{raise_to_maximum, score_file};

/// Arguments of `pipit evaluate`.
#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// A model package or a training run.
    #[arg(long)]
    model: PathBuf,
    /// A folder with `train_metadata.csv`, such a table, or a folder of one folder a class.
    #[arg(long)]
    data: PathBuf,
    /// Of a training run, score all recordings and not only the held-out ones.
    #[arg(long)]
    all: bool,
    /// Write one row a recording: its filename, then its score for each class.
    #[arg(long, value_name = "FILE.csv")]
    scores: Option<PathBuf>,
    /// Confidence from which a detection counts in F1 [default: the model's].
    #[arg(long)]
    threshold: Option<f32>,
    /// What to compute on.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
}

/// Runs the command.
pub(crate) fn run(args: &EvaluateArgs) -> anyhow::Result<()> {
    let model = OpenModel::open(&args.model)?;
    let dataset = Dataset::open(&args.data)?;
    let held_out: Option<BTreeSet<&str>> = model
        .run
        .as_ref()
        .filter(|_| !args.all)
        .map(|run| run.held_out.iter().map(String::as_str).collect());
    let recordings: Vec<&Recording> = dataset
        .recordings
        .iter()
        .filter(|recording| {
            held_out
                .as_ref()
                .is_none_or(|names| names.contains(recording.filename.as_str()))
        })
        .collect();
    if recordings.is_empty() {
        bail!(
            "none of the run's held-out recordings (--all scores the others) in {}",
            args.data.display()
        );
    }

    let classifier = Classifier::new(&model.package, &args.device.open()?)
        .with_context(|| format!("cannot load the model {}", args.model.display()))?;
    let (scored, failed) = score_all(&classifier, &recordings);
    if scored.is_empty() {
        bail!("none of the {} recordings can be read", recordings.len());
    }

    let manifest = &model.package.manifest;
    if let Some(path) = &args.scores {
        write_scores(path, &manifest.classes, &scored)?;
    }
    let judged: Vec<Judged> = scored
        .iter()
        .map(|(recording, scores)| Judged {
            scores: scores.clone(),
            truth: classes::truth(&manifest.classes, recording),
            primary: classes::primary(&manifest.classes, recording),
        })
        .collect();
    let threshold = args.threshold.unwrap_or(manifest.detection.threshold);
    let metrics = metrics::measure(&judged, manifest.classes.len(), threshold);
    print_report(&manifest.classes, &metrics, scored.len(), threshold);
    if failed > 0 {
        println!("{failed} recordings could not be read and were skipped");
    }
    Ok(())
}

/// Scores each recording as the maximum over its windows; failures are reported and counted.
fn score_all<'a>(
    classifier: &Classifier,
    recordings: &[&'a Recording],
) -> (Vec<(&'a Recording, Vec<f32>)>, usize) {
    let bar = ProgressBar::new(recordings.len() as u64).with_style(crate::train::progress_style(
        "scoring  {bar:30} {pos}/{len} recordings, {eta} left",
    ));
    let mut scored = Vec::with_capacity(recordings.len());
    let mut failed = 0;
    for recording in recordings {
        match score_file(classifier, &recording.path) {
            Ok(file) => {
                let mut best = Vec::new();
                for window in &file.windows {
                    raise_to_maximum(&mut best, &window.scores.0);
                }
                scored.push((*recording, best));
            }
            Err(error) => {
                failed += 1;
                bar.suspend(|| eprintln!("skipped: {error:#}"));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    (scored, failed)
}

fn write_scores(
    path: &Path,
    classes: &Taxonomy,
    scored: &[(&Recording, Vec<f32>)],
) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let codes = classes.iter().map(|(_, label)| label.code.clone());
    table.write_record(std::iter::once("filename".to_owned()).chain(codes))?;
    for (recording, scores) in scored {
        let scores = scores.iter().map(f32::to_string);
        table.write_record(std::iter::once(recording.filename.clone()).chain(scores))?;
    }
    files::write_atomically(path, &table.into_inner()?)
}

fn print_report(classes: &Taxonomy, metrics: &Metrics, recordings: usize, threshold: f32) {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "code",
        "species",
        "recordings",
        "AP",
        "ROC-AUC",
        "F1",
    ]);
    for ((_, label), class) in classes.iter().zip(&metrics.per_class) {
        table.add_row([
            label.code.clone(),
            label.common_name.clone(),
            class.present.to_string(),
            figure(class.average_precision),
            figure(class.roc_auc),
            figure(class.f1),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    println!(
        "{recordings} recordings, {} of them with a species that is a class",
        metrics.recordings
    );
    println!(
        "cmAP {:.4}   macro ROC-AUC {:.4}   macro F1 {:.4} (at {threshold})   top-1 {:.4}",
        metrics.cmap, metrics.macro_roc_auc, metrics.macro_f1, metrics.top_1
    );
}
