//! `pipit preview`: what the network would be shown, as pictures and sounds, before any training.

mod picture;

use std::path::Path;

use anyhow::{Context, ensure};
use clap::Args;
use pipit_core::augment::Example;
use pipit_core::{AugmentConfig, MelSpectrogram};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::classes;
use crate::dataset::{Dataset, Recording};
use crate::files;
use crate::settings::{Settings, SettingsArgs};
use crate::train::batch::{BatchMaker, Frontends};
use crate::train::plan::{Crop, Plan};
use crate::train::recordings::{self, Readable, StoredAudio};
use crate::train::{balance, classless, normalization};

/// Arguments of `pipit preview`.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(crate) struct PreviewArgs {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Windows to look at, each of another recording.
    #[arg(long, default_value_t = 8)]
    examples: usize,
    /// Show each augmentation alone on one window instead.
    #[arg(long)]
    each: bool,
}

/// Recordings beside the examples that may be mixed in, and backgrounds; all would take long to decode.
const PARTNERS: usize = 16;

/// Which window each example is, and what it should be answered with.
const TABLE: &str = "examples.csv";

/// Seeds that are tried until an augmentation does something: a mask may have no width.
const ATTEMPTS: u64 = 50;

/// Runs the command.
pub(crate) fn run(args: &PreviewArgs) -> anyhow::Result<()> {
    ensure!(args.examples > 0, "--examples must be at least 1");
    let settings = args.settings.resolve()?;
    settings.options.check()?;
    let out = settings.out()?;
    settings.ensure_out_apart()?;
    let material = Material::load(&settings, args.examples)?;
    files::create_folder(out)?;
    let plan = material.plan(&settings);
    let crops = plan.batches(0).concat();
    let audio = &settings.options.audio;
    let frontends = Frontends::new(audio.sample_rate, &audio.mel())?;
    let maker = BatchMaker {
        audio: &material.audio,
        targets: &material.targets,
        weights: &material.weights,
        backgrounds: &material.backgrounds,
        counterexamples: &material.counterexamples,
        window: plan.window,
        sample_rate_hz: audio.sample_rate,
        frontends: &frontends,
        normalization: normalization::measure(
            &material.audio,
            plan.window,
            &frontends,
            audio.reference(),
        ),
        augment: settings.options.augment(),
        label_smoothing: 0.0,
    };
    if args.each {
        each_alone(&maker, &crops, &settings.options.augment, out)
    } else {
        examples(&maker, &crops, args.examples, &material, out)
    }
}

/// The few recordings that are shown.
struct Material {
    classes: Vec<String>,
    recordings: Vec<Recording>,
    audio: Vec<StoredAudio>,
    targets: Vec<Vec<f32>>,
    weights: Vec<f32>,
    backgrounds: Vec<StoredAudio>,
    counterexamples: Vec<StoredAudio>,
}

impl Material {
    fn load(settings: &Settings, examples: usize) -> anyhow::Result<Self> {
        let options = &settings.options;
        let dataset = Dataset::open(settings.data()?)?;
        let classes = classes::choose(&dataset, &options.classes, options.min_recordings)?;
        let load = |mut all: Vec<Recording>, most: usize, what: &str, folder: &Path| {
            all.shuffle(&mut ChaCha8Rng::seed_from_u64(options.seed));
            all.truncate(most);
            let rate = options.audio.sample_rate;
            recordings::load_any(all, what, folder, rate, &mut Vec::new())
        };
        let Readable { recordings, audio } = load(
            dataset.recordings.clone(),
            examples.max(PARTNERS),
            "recordings tried",
            &dataset.path,
        )?;
        let backgrounds = match &options.backgrounds {
            Some(path) => {
                let sounds = classless::shown_backgrounds(path, options)?;
                load(sounds, PARTNERS, "backgrounds tried", path)?.audio
            }
            None => Vec::new(),
        };
        let counterexamples = match &options.counterexamples {
            Some(path) => {
                let birds = classless::shown_counterexamples(path, options, &dataset, &classes)?;
                load(birds, PARTNERS, "counterexamples tried", path)?.audio
            }
            None => Vec::new(),
        };
        let ratings: Vec<_> = recordings
            .iter()
            .map(|recording| recording.rating)
            .collect();
        Ok(Self {
            targets: (recordings.iter())
                .map(|recording| classes::targets(&classes, recording, options.secondary_weight))
                .collect(),
            weights: balance::rating_weights(&ratings, options.rating_weight),
            classes: (classes.iter())
                .map(|(_, label)| label.code.clone())
                .collect(),
            recordings,
            audio,
            backgrounds,
            counterexamples,
        })
    }

    /// One window of each recording.
    fn plan(&self, settings: &Settings) -> Plan {
        let options = &settings.options;
        let all = self.audio.len();
        Plan {
            lengths: self.audio.iter().map(StoredAudio::len).collect(),
            classes: vec![None; all],
            window: options.audio.audio().window_samples(),
            crops_per_epoch: 1,
            batch_size: all,
            sampling_exponent: 0.0,
            crop_candidates: options.crop_candidates,
            loudness: self.audio.iter().map(StoredAudio::loudness).collect(),
            loudness_block: self.audio.first().map_or(1, StoredAudio::loudness_block),
            seed: options.seed,
        }
    }
}

/// Writes what a batch shows, original beside augmented.
fn examples(
    maker: &BatchMaker<'_>,
    crops: &[Crop],
    count: usize,
    material: &Material,
    out: &Path,
) -> anyhow::Result<()> {
    let shown = Shown::of(maker, crops)?;
    remove_earlier(out)?;
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["example", "filename", "start_s", "targets", "weight"])?;
    for (index, crop) in crops.iter().enumerate().take(count) {
        let name = format!("{:02}", index + 1);
        shown.write(index, maker, *crop, out, &name)?;
        write_wav(out, &format!("{name}-original"), maker, *crop, None)?;
        let example = &shown.spectrograms[index];
        let targets = (material.classes.iter().zip(&example.targets))
            .filter(|(_, target)| **target > 0.0)
            .map(|(code, target)| format!("{code}={target:.2}"))
            .collect::<Vec<_>>()
            .join(" ");
        let start_s = crop.start as f64 / f64::from(maker.sample_rate_hz);
        table.write_record([
            name,
            material.recordings[crop.recording].filename.clone(),
            format!("{start_s:.2}"),
            targets,
            format!("{:.2}", example.weight),
        ])?;
    }
    files::write_atomically(&out.join(TABLE), &table.into_inner()?)?;
    println!(
        "{} examples in {}: pictures, sounds and {TABLE}",
        count.min(crops.len()),
        out.display()
    );
    Ok(())
}

/// Removes the examples of an earlier call, which its table names: none may be taken for one of these.
fn remove_earlier(out: &Path) -> anyhow::Result<()> {
    let Ok(mut table) = csv::Reader::from_path(out.join(TABLE)) else {
        return Ok(());
    };
    for row in table.records().flatten() {
        let name = row.get(0).unwrap_or_default();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        remove(out, name)?;
    }
    Ok(())
}

/// Removes the files of one example, as far as they are there.
fn remove(out: &Path, name: &str) -> anyhow::Result<()> {
    for ending in [".png", "-original.wav", "-augmented.wav"] {
        let path = out.join(format!("{name}{ending}"));
        if path.is_file() {
            std::fs::remove_file(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Writes the first window with each augmentation alone.
fn each_alone(
    maker: &BatchMaker<'_>,
    crops: &[Crop],
    strengths: &AugmentConfig,
    out: &Path,
) -> anyhow::Result<()> {
    let Some(&first) = crops.first() else {
        return Ok(());
    };
    // Mixtures of spectrograms need a second one.
    let second = *crops.get(1).unwrap_or(&first);
    write_wav(out, "original", maker, first, None)?;
    let plain = maker.spectrogram(&maker.plain(first.recording, first.start).input);
    let names = strengths.clone().probabilities_mut().map(|(name, _)| name);
    for wanted in names {
        let mut alone = strengths.off();
        for (name, probability) in alone.probabilities_mut() {
            if name == wanted {
                *probability = 1.0;
            }
        }
        let maker = BatchMaker {
            augment: Some(&alone),
            ..*maker
        };
        let mut found = None;
        for attempt in 0..ATTEMPTS {
            let crop = Crop {
                seed: first.seed.wrapping_add(attempt),
                ..first
            };
            let shown = Shown::of(&maker, &[crop, second])?;
            if differs(&shown.spectrograms[0].input, &plain) {
                found = Some((crop, shown));
                break;
            }
        }
        if let Some((crop, shown)) = found {
            shown.write(0, &maker, crop, out, wanted)?;
        } else {
            remove(out, wanted)?;
            println!(
                "{wanted} changes nothing here: backgrounds need --backgrounds, counterexamples --counterexamples, and gain is undone by --reference peak"
            );
        }
    }
    println!(
        "each augmentation alone, as pictures and sounds in {}",
        out.display()
    );
    Ok(())
}

/// Whether anything in the two can be told apart.
fn differs(one: &MelSpectrogram, other: &MelSpectrogram) -> bool {
    let mut pairs = one.values.iter().zip(&other.values);
    pairs.any(|(one, other)| (one - other).abs() > 0.01)
}

/// A batch as waveforms and as spectrograms.
struct Shown {
    windows: Vec<Example<Vec<f32>>>,
    spectrograms: Vec<Example<MelSpectrogram>>,
}

impl Shown {
    fn of(maker: &BatchMaker<'_>, crops: &[Crop]) -> anyhow::Result<Self> {
        let windows = (crops.iter())
            .map(|crop| maker.varied(crop))
            .collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self {
            spectrograms: maker.spectrograms(&windows, crops),
            windows,
        })
    }

    /// Writes a picture, original left and augmented right, and the augmented sound.
    fn write(
        &self,
        index: usize,
        maker: &BatchMaker<'_>,
        crop: Crop,
        out: &Path,
        name: &str,
    ) -> anyhow::Result<()> {
        let plain = maker.spectrogram(&maker.plain(crop.recording, crop.start).input);
        let png = picture::side_by_side(&plain, &self.spectrograms[index].input)?;
        files::write_atomically(&out.join(format!("{name}.png")), &png)?;
        let augmented = Some(&self.windows[index].input);
        write_wav(out, &format!("{name}-augmented"), maker, crop, augmented)
    }
}

/// Writes a window in 16 bits, the original one unless `samples` are given. It is scaled only where
/// it would clip, so that a gain is heard.
fn write_wav(
    out: &Path,
    name: &str,
    maker: &BatchMaker<'_>,
    crop: Crop,
    samples: Option<&Vec<f32>>,
) -> anyhow::Result<()> {
    let path = out.join(format!("{name}.wav"));
    let context = || format!("cannot write {}", path.display());
    let original = maker.plain(crop.recording, crop.start).input;
    let samples = samples.unwrap_or(&original);
    let peak = samples
        .iter()
        .fold(1.0f32, |peak, sample| peak.max(sample.abs()));
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: maker.sample_rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).with_context(context)?;
    for sample in samples {
        let scaled = sample / peak * f32::from(i16::MAX);
        writer
            .write_sample(scaled.round() as i16)
            .with_context(context)?;
    }
    writer.finalize().with_context(context)
}
