//! `pipit evaluate`: scores of recordings against their labels.

mod evaluation;
mod networks;
mod noise;
mod other_birds;
mod report;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use pipit_core::{LabelId, Taxonomy};

use crate::dataset::{Dataset, METADATA_FILE, Recording};
use crate::device::DeviceChoice;
use crate::files;
use crate::judging::{self, JudgedSet};
use crate::listing::some_of;
use crate::publish::PACKAGE_FILES;
use crate::run_folder::RUN_FILES;
use evaluation::{Evaluation, Noisy};
use networks::Network;
use noise::Backgrounds;

/// Arguments of `pipit evaluate`.
#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// A model package or a training run.
    #[arg(long, required_unless_present = "folds")]
    model: Option<PathBuf>,
    /// In its place runs that are each a --fold of the same settings: each recording is scored by the one
    /// that held out its recordist.
    #[arg(long, value_name = "RUN", num_args = 1.., conflicts_with_all = ["model", "all"])]
    folds: Vec<PathBuf>,
    /// A folder with `train_metadata.csv`, such a table, or a folder of one folder a class.
    #[arg(long)]
    data: PathBuf,
    /// Of a training run, score all recordings and not only the held-out ones.
    #[arg(long)]
    all: bool,
    /// Write one row a recording: its filename, then its score for each class.
    #[arg(long, value_name = "FILE.csv")]
    scores: Option<PathBuf>,
    /// Write all figures.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
    /// Write all figures as a page with pictures.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Judge once more with sounds from this folder mixed in; those that a run has trained with are left
    /// out, and a package must not have been trained with them.
    #[arg(long, value_name = "DIR")]
    noise: Option<PathBuf>,
    /// Decibels of the recordings above the sounds that are mixed in.
    #[arg(
        long,
        value_name = "DB,DB,…",
        value_delimiter = ',',
        default_value = "10,5,0,-5",
        allow_hyphen_values = true,
        requires = "noise"
    )]
    snr: Vec<f32>,
    /// Recordings of birds that are none of the classes: in how many is one of them detected? Those that a run
    /// was trained with are left out, and a package must not have been trained with them.
    #[arg(long, value_name = "DIR")]
    counterexamples: Option<PathBuf>,
    /// Seed that chooses the sounds.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Confidence from which a detection counts in F1 and of other birds [default: the model's].
    #[arg(long)]
    threshold: Option<f32>,
    /// What to compute on.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
}

/// Runs the command.
pub(crate) fn run(args: &EvaluateArgs) -> anyhow::Result<()> {
    if let Some(threshold) = args.threshold {
        ensure!(
            (0.0..=1.0).contains(&threshold),
            "--threshold must be from 0 to 1: {threshold}"
        );
    }
    if let Some(snr_db) = args.snr.iter().find(|snr_db| !snr_db.is_finite()) {
        anyhow::bail!("--snr must be numbers of decibels: {snr_db}");
    }
    let dataset = Dataset::open(&args.data)?;
    ensure_outputs_apart(args, &dataset)?;
    let networks = networks::open(args, &dataset)?;
    networks::warn_of_other_data(&networks, &dataset, args);
    let manifest = networks[0].classifier.manifest();
    let recordings: Vec<&Recording> = (networks.iter())
        .flat_map(|network| network.recordings.iter().copied())
        .collect();
    warn_of_other_classes(&manifest.classes, &recordings, args)?;
    let backgrounds = (args.noise.as_deref())
        .map(|path| {
            let heard = networks.iter().flat_map(Network::heard).collect();
            Backgrounds::open(path, args.seed, &heard)
        })
        .transpose()?;
    let other_birds = (args.counterexamples.as_deref())
        .map(|path| {
            let birds = other_birds::choose(path, &dataset, &networks)?;
            other_birds::score(&birds, &networks, path)
        })
        .transpose()?;

    let clean = networks::judge(&networks, |classifier, recordings| {
        judging::judge_files(classifier, recordings, "scoring")
    })?;
    if let Some(path) = &args.scores {
        write_scores(path, &manifest.classes, &clean)?;
    }
    let threshold = args.threshold.unwrap_or(manifest.detection.threshold);
    let mut noisy = Vec::new();
    if let Some(backgrounds) = &backgrounds {
        for &snr_db in &args.snr {
            let set = networks::judge(&networks, |classifier, recordings| {
                backgrounds.judge(classifier, recordings, snr_db)
            })?;
            noisy.push(Noisy::new(snr_db, &set, manifest.classes.len(), threshold));
        }
    }
    let threshold_of = |class| match args.threshold {
        Some(threshold) => threshold,
        None => manifest.detection.threshold_of(LabelId(class)),
    };
    let other_birds =
        other_birds.map(|birds| other_birds::compare(birds, &clean.judged, threshold_of));
    let evaluation = Evaluation::new(&networks, &dataset, &clean, noisy, other_birds, threshold);

    table::print(&manifest.classes, &evaluation);
    if let Some(path) = &args.json {
        let mut text = serde_json::to_vec_pretty(&evaluation)?;
        text.push(b'\n');
        files::write_atomically(path, &text)?;
    }
    if let Some(path) = &args.report {
        let page = report::html(manifest, &evaluation, &clean.judged)?;
        files::write_atomically(path, page.as_bytes())?;
        println!("{}: the report", path.display());
    }
    Ok(())
}

/// Refuses to write over what is judged.
fn ensure_outputs_apart(args: &EvaluateArgs, dataset: &Dataset) -> anyhow::Result<()> {
    let outputs = [
        ("--scores", args.scores.as_ref()),
        ("--json", args.json.as_ref()),
        ("--report", args.report.as_ref()),
    ];
    let table = args.data.join(METADATA_FILE);
    let own: Vec<PathBuf> = (args.model.iter().chain(&args.folds))
        .flat_map(|folder| {
            RUN_FILES
                .into_iter()
                .chain(PACKAGE_FILES)
                .map(|name| folder.join(name))
        })
        .collect();
    let inputs = (dataset.recordings.iter().map(|recording| &*recording.path))
        .chain([&*args.data, &*table])
        .chain(own.iter().map(PathBuf::as_path));
    files::ensure_apart(&outputs, inputs)
}

/// Recordings of species that the model does not know count as counterexamples, which a person
/// who mistook the model or the data should know.
fn warn_of_other_classes(
    classes: &Taxonomy,
    recordings: &[&Recording],
    args: &EvaluateArgs,
) -> anyhow::Result<()> {
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for recording in recordings {
        if classes.id(&recording.primary_label).is_none() {
            *others.entry(&recording.primary_label).or_insert(0) += 1;
        }
    }
    let count: usize = others.values().sum();
    let names: Vec<&str> = others.into_keys().collect();
    ensure!(
        count < recordings.len(),
        "no label is a class of the model: the data in {} have {}, the model has {}",
        args.data.display(),
        some_of(&names),
        some_of(
            &classes
                .iter()
                .map(|(_, label)| label.code.as_str())
                .collect::<Vec<_>>()
        ),
    );
    if count > 0 {
        eprintln!(
            "{count} recordings of {} labels that are no class of the model count as counterexamples: {}",
            names.len(),
            some_of(&names)
        );
    }
    Ok(())
}

fn write_scores(path: &Path, classes: &Taxonomy, set: &JudgedSet<'_>) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let codes = classes.iter().map(|(_, label)| label.code.clone());
    table.write_record(std::iter::once("filename".to_owned()).chain(codes))?;
    for (recording, judged) in set.recordings.iter().zip(&set.judged) {
        let scores = judged.scores.iter().map(f32::to_string);
        table.write_record(std::iter::once(recording.filename.clone()).chain(scores))?;
    }
    files::write_atomically(path, &table.into_inner()?)
}
