//! `pipit publish`: a training run → a model package, checked by loading it again.

mod card;
mod fit;
mod held_out;
mod licence;
mod names;
mod probe;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use burn::prelude::Device;
use clap::Args;
use pipit_core::model::Model;
use pipit_core::model::weights::{WeightsDtype, load_weights, save_weights};
use pipit_core::package::{CATALOGUE_FILE, MANIFEST_FILE, WEIGHTS_FILE};
use pipit_core::{Catalogue, CatalogueEntry, Classifier, Manifest, ModelPackage};

use crate::files;
use crate::metrics;
use crate::run_folder::{BestEpoch, Presentation, RunConfig};
use crate::train::overlap::ensure_unheard;

/// Arguments of `pipit publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The training run's folder.
    #[arg(long)]
    run: PathBuf,
    /// Name of the model: lower-case letters, digits and hyphens.
    #[arg(long)]
    name: String,
    /// Title for people.
    #[arg(long)]
    title: String,
    /// Version of the model.
    #[arg(long)]
    version: String,
    /// What it hears, in a sentence or two [default: made from the data].
    #[arg(long)]
    description: Option<String>,
    /// Licence of the weights [default: the strictest of the recordings'].
    #[arg(long)]
    licence: Option<String>,
    /// Anything else that a user of the model should know.
    #[arg(long, default_value = "")]
    notes: String,
    /// Folder of the package; the catalogue is beside it.
    #[arg(long)]
    out: PathBuf,
    /// What the classes are called in other languages.
    #[command(flatten)]
    names: names::NamesArgs,
    /// Whose figures stand for the model.
    #[command(flatten)]
    held_out: held_out::HeldOutArgs,
    /// What to fit beside the weights.
    #[command(flatten)]
    fit: fit::FitArgs,
}

/// The files of a package.
pub(crate) const PACKAGE_FILES: [&str; 3] = [WEIGHTS_FILE, CARD_FILE, MANIFEST_FILE];

/// What people read of a model.
const CARD_FILE: &str = "README.md";

/// Scores may move this much when weights are stored in 16 bits.
const MAX_DIFFERENCE: f32 = 0.02;

/// Runs the command.
pub(crate) fn run(args: &PublishArgs) -> anyhow::Result<()> {
    ensure_free(args)?;
    let config = RunConfig::read(&args.run)?;
    let mut trained = config.best_package(&args.run)?;
    let device = Device::flex();
    let model = Model::new(config.architecture, 1, config.classes.len(), &device)
        .with_pooling(config.options.pooling);
    let model = load_weights(model, trained.weights.clone())?;
    let weights = save_weights(&model, WeightsDtype::F16)?;
    let best = BestEpoch::read(&args.run)?;
    if let Some(unfinished) = config.unfinished(&best, &args.run) {
        eprintln!("the run {unfinished}");
    }
    let mut manifest = config.manifest(&weights, &best, presentation(args, &config)?);

    manifest.classes = args.names.add(manifest.classes)?;
    let heard = ensure_unheard(&config).err();
    warn_of_heard(args, heard.as_ref())?;
    judge(args, &config, &mut trained, &mut manifest, &device)?;
    let package = ModelPackage::open(&manifest.to_json(), weights)
        .context("the package would not be valid")?;
    // A package that is there stays until this one has been written, loaded again and checked.
    let trial = tempfile::tempdir().context("cannot create a temporary folder")?;
    let judging = card::Judging {
        chosen: config.is_chosen(),
        heard: heard.is_some(),
        holds_out: config.held_out.len(),
    };
    write(trial.path(), &package, judging)?;
    let difference = check(trial.path(), &trained, &manifest, &device)?;
    write(&args.out, &package, judging)?;
    let catalogue = add_to_catalogue(&args.out, &manifest)?;
    println!(
        "{}: {} classes, {} bytes of weights, largest change of a score by storing 16 bits {difference:.5}",
        args.out.display(),
        manifest.classes.len(),
        package.weights.len(),
    );
    if (manifest.training.as_ref()).is_some_and(|training| training.metrics.is_empty()) {
        eprintln!(
            "nothing has judged this model, as it learned from all recordings: --folds takes runs that did not"
        );
    }
    for (tag, n) in names::coverage(&manifest.classes) {
        println!("names in {tag}: {n} of {} classes", manifest.classes.len());
    }
    println!("{}: lists the model", catalogue.display());
    Ok(())
}

/// Says that the run's weights had heard what it holds out, if they had, and refuses to fit on that.
fn warn_of_heard(args: &PublishArgs, heard: Option<&anyhow::Error>) -> anyhow::Result<()> {
    let Some(heard) = heard.filter(|_| args.held_out.folds() == 0) else {
        return Ok(());
    };
    ensure!(
        !args.fit.is_wanted(),
        "nothing can be fitted on what it holds out: {heard:#}"
    );
    eprintln!("the figures are too good: {heard:#}");
    Ok(())
}

/// Judges the model where nobody has yet, or others are to stand for it, and fits what is asked for.
fn judge(
    args: &PublishArgs,
    config: &RunConfig,
    trained: &mut ModelPackage,
    manifest: &mut Manifest,
    device: &Device,
) -> anyhow::Result<()> {
    // Nobody has judged an average yet.
    let lacks_figures = manifest
        .training
        .as_ref()
        .is_some_and(|training| training.held_out_recordings > 0 && training.metrics.is_empty());
    let are_new = args.held_out.folds() > 0 || lacks_figures;
    if are_new || args.fit.is_wanted() {
        let dataset = args.held_out.dataset(config)?;
        let judged = held_out::judge(&args.held_out, config, trained, &dataset, device)?;
        if let Some(training) = (manifest.training.as_mut()).filter(|_| are_new) {
            held_out::replace_figures(training, &args.held_out, &judged, config);
        }
        let detection = manifest.detection.clone();
        let fitted = fit::fit(&args.fit, judged, config.classes.len(), detection)?;
        trained.manifest.calibration = fitted.calibration;
        (manifest.calibration, manifest.detection) = (fitted.calibration, fitted.detection);
        if let Some(training) = (manifest.training.as_mut()).filter(|_| args.fit.is_wanted()) {
            // The one of other confidences or at another threshold says nothing about this package.
            training.metrics.remove("macro_f1");
            let macro_f1 = fitted.macro_f1.map(metrics::four_decimals);
            (training.metrics).extend(macro_f1.map(|figure| ("macro_f1".to_owned(), figure)));
        }
    }
    Ok(())
}

/// Refuses to write over what is no package of this model, and words that say nothing.
fn ensure_free(args: &PublishArgs) -> anyhow::Result<()> {
    let words = [
        ("--title", Some(&args.title)),
        ("--version", Some(&args.version)),
        ("--licence", args.licence.as_ref()),
    ];
    for (flag, words) in words {
        ensure!(
            words.is_none_or(|words| !words.trim().is_empty()),
            "{flag} is empty"
        );
    }
    let catalogue = args.out.with_file_name(CATALOGUE_FILE);
    if catalogue.is_file() {
        Catalogue::from_json(&files::read(&catalogue)?)
            .with_context(|| format!("no catalogue of models in {}", catalogue.display()))?;
    }
    let manifest = args.out.join(MANIFEST_FILE);
    if manifest.is_file() {
        let before = Manifest::from_json(&files::read(&manifest)?)
            .with_context(|| format!("cannot read {}", manifest.display()))?;
        ensure!(
            before.name == args.name,
            "there is another model, {}, in {}",
            before.name,
            args.out.display()
        );
        return Ok(());
    }
    let is_taken = std::fs::read_dir(&args.out).is_ok_and(|mut entries| entries.next().is_some());
    ensure!(
        !is_taken,
        "there are files, and no model, in {}: name a folder of its own for the package",
        args.out.display()
    );
    Ok(())
}

fn presentation(args: &PublishArgs, config: &RunConfig) -> anyhow::Result<Presentation> {
    let licence = match &args.licence {
        Some(licence) => licence.clone(),
        None => licence::strictest(&config.attribution)
            .context("cannot tell the licence of the weights, so name it with --licence")?,
    };
    let description = args.description.clone().unwrap_or_else(|| {
        format!(
            "Hears {} species of the data set {}.",
            config.classes.len(),
            config.data_name
        )
    });
    Ok(Presentation {
        name: args.name.clone(),
        title: args.title.clone(),
        version: args.version.clone(),
        description,
        licence,
        notes: args.notes.clone(),
    })
}

fn write(folder: &Path, package: &ModelPackage, judging: card::Judging) -> anyhow::Result<()> {
    let card = card::markdown(&package.manifest, judging);
    files::write_atomically(&folder.join(WEIGHTS_FILE), &package.weights)?;
    files::write_atomically(&folder.join(CARD_FILE), card.as_bytes())?;
    files::write_atomically(&folder.join(MANIFEST_FILE), &package.manifest.to_json())
}

/// Loads the package from disk and compares it with the run that it came from.
fn check(
    folder: &Path,
    trained: &ModelPackage,
    manifest: &Manifest,
    device: &Device,
) -> anyhow::Result<f32> {
    let written = files::read(&folder.join(MANIFEST_FILE))?;
    let package = ModelPackage::open(&written, files::read(&folder.join(WEIGHTS_FILE))?)
        .with_context(|| format!("the package does not load again from {}", folder.display()))?;
    ensure!(
        package.manifest == *manifest,
        "the manifest reads differently from how it was written in {}",
        folder.display()
    );
    let before = probe::scores(&Classifier::new(trained, device)?)?;
    let after = probe::scores(&Classifier::new(&package, device)?)?;
    let difference = before
        .iter()
        .zip(&after)
        .map(|(before, after)| (before - after).abs())
        .fold(0.0, f32::max);
    ensure!(
        before.len() == after.len() && difference <= MAX_DIFFERENCE,
        "the package gives other scores than the run, by up to {difference}"
    );
    Ok(difference)
}

fn add_to_catalogue(folder: &Path, manifest: &Manifest) -> anyhow::Result<PathBuf> {
    let folder = folder
        .canonicalize()
        .with_context(|| format!("cannot find {}", folder.display()))?;
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        anyhow::bail!(
            "the package needs a folder of its own: {}",
            folder.display()
        );
    };
    let path = parent.join(CATALOGUE_FILE);
    let mut catalogue = if path.exists() {
        Catalogue::from_json(&files::read(&path)?)
            .with_context(|| format!("cannot read {}", path.display()))?
    } else {
        Catalogue::default()
    };
    let entry = CatalogueEntry {
        name: manifest.name.clone(),
        title: manifest.title.clone(),
        version: manifest.version.clone(),
        path: format!("{}/", name.to_string_lossy()),
        bytes: manifest.files.values().map(|file| file.bytes).sum(),
        classes: manifest.classes.len(),
    };
    let before = (catalogue.models.iter()).find(|other| other.name == entry.name);
    if let Some(before) = before.filter(|before| before.path != entry.path) {
        println!(
            "{} was at {} and is listed at {} now",
            entry.name, before.path, entry.path
        );
    }
    catalogue.insert(entry);
    files::write_atomically(&path, &catalogue.to_json())?;
    Ok(path)
}
