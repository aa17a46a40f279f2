//! The model card that lies beside a package.

use std::fmt::Write;

use pipit_core::Manifest;
use pipit_core::package::TrainingSummary;

/// What the figures do not tell of how they came about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judging {
    /// Whether an epoch was chosen by what was held out, or the last one counts.
    pub(super) chosen: bool,
    /// Whether the weights that it began with had learned from some of what it is judged by.
    pub(super) heard: bool,
    /// Recordings that the run itself did not learn from.
    pub(super) holds_out: usize,
}

/// The card as Markdown.
pub(super) fn markdown(manifest: &Manifest, judging: Judging) -> String {
    let mut card = String::new();
    // Writing to a string cannot fail.
    let _ = write_card(&mut card, manifest, judging);
    card
}

fn write_card(card: &mut String, manifest: &Manifest, judging: Judging) -> std::fmt::Result {
    writeln!(card, "# {}\n", manifest.title)?;
    writeln!(card, "{}\n", manifest.description)?;
    writeln!(card, "| | |\n|---|---|")?;
    writeln!(
        card,
        "| name, version | `{}`, {} |",
        manifest.name, manifest.version
    )?;
    writeln!(
        card,
        "| network, pooling | `{}`, {} |",
        manifest.architecture, manifest.pooling
    )?;
    writeln!(
        card,
        "| audio | {} Hz mono, windows of {} s every {} s |",
        manifest.audio.sample_rate_hz, manifest.audio.window.length_s, manifest.audio.window.hop_s
    )?;
    writeln!(
        card,
        "| Mel spectrogram | {} bands, {}–{} Hz, n_fft {}, hop {} |",
        manifest.mel.n_mels,
        manifest.mel.f_min,
        manifest.mel.f_max,
        manifest.mel.n_fft,
        manifest.mel.hop_length
    )?;
    match manifest.calibration {
        Some(calibration) => writeln!(
            card,
            "| confidence | calibrated on held-out recordings: of recordings whose best window says 80% for a class, \
             about eight in ten have it (slope {:.3}, intercept {:.3} on logits) |",
            calibration.slope, calibration.intercept
        )?,
        None => writeln!(
            card,
            "| confidence | the network's own score, not calibrated: it ranks, and promises no share |"
        )?,
    }
    if manifest.detection.class_thresholds.is_empty() {
        writeln!(card, "| detected from | {} |", manifest.detection.threshold)?;
    } else {
        writeln!(
            card,
            "| detected from | a threshold for each class, below; {} where a person asks for one for all |",
            manifest.detection.threshold
        )?;
    }
    writeln!(card, "| licence of the weights | {} |", manifest.licence)?;
    training(card, manifest, judging)?;
    classes(card, manifest)?;
    attribution(card, manifest)
}

fn training(card: &mut String, manifest: &Manifest, judging: Judging) -> std::fmt::Result {
    let Some(training) = &manifest.training else {
        return Ok(());
    };
    writeln!(card, "\n## Training\n")?;
    writeln!(card, "```\n{}\n```\n", training.command)?;
    writeln!(
        card,
        "Trained on {} recordings of `{}` ({}), kept after epoch {}, seed {}.",
        training.recordings, training.data, training.device, training.epochs, training.seed
    )?;
    for before in &training.pretraining {
        writeln!(
            card,
            "\nIts weights had learned from {} recordings of {} classes of `{}` before.",
            before.recordings, before.classes, before.data
        )?;
    }
    if training.held_out_recordings > 0 {
        writeln!(card, "\n{}\n", judged(training, judging))?;
        writeln!(card, "| metric | held out |\n|---|---:|")?;
        for (name, value) in &training.metrics {
            writeln!(card, "| {name} | {value:.4} |")?;
        }
        let own = !manifest.detection.class_thresholds.is_empty();
        let threshold = manifest.detection.threshold;
        match training.metrics.contains_key("macro_f1") {
            true if own => writeln!(
                card,
                "\nF1 is that of thresholds for each class, fitted to other recordists each time."
            )?,
            true => writeln!(card, "\nF1 is that at {threshold}.")?,
            false => {}
        }
    }
    if !training.notes.is_empty() {
        writeln!(card, "\n{}", training.notes)?;
    }
    Ok(())
}

/// What the figures say, and what they do not.
fn judged(training: &TrainingSummary, judging: Judging) -> String {
    let (recordings, split) = (training.held_out_recordings, &training.split);
    match training.folds {
        Some(folds) => format!(
            "Measured by {folds} networks trained in the same way, each without a part of the recordings \
             (divided {split}) on which it was judged: {recordings} in all, each scored by the mean of its windows' \
             odds. The model itself learned from {}.",
            match judging.holds_out {
                0 => "all of them".to_owned(),
                holds_out => format!("the data but for {holds_out} recordings"),
            }
        ),
        None => format!(
            "Measured on {recordings} recordings held out {split}, each scored by the mean of its windows' odds. \
             {}",
            if judging.heard {
                "The weights that it began with had learned from some of them, so the figures are too good."
            } else if judging.chosen {
                "The epoch was chosen by cmAP on the same recordings, so expect a little less elsewhere."
            } else {
                "It is the last epoch that was trained, not one that was chosen by these recordings."
            }
        ),
    }
}

fn classes(card: &mut String, manifest: &Manifest) -> std::fmt::Result {
    let languages = manifest.classes.languages();
    let rule = "---|".repeat(languages.len());
    writeln!(card, "\n## Classes\n")?;
    write!(card, "| code | scientific name | common name |")?;
    for tag in &languages {
        write!(card, " {tag} |")?;
    }
    writeln!(card, " detected from |\n|---|---|---|{rule}---:|")?;
    for (id, label) in manifest.classes.iter() {
        write!(
            card,
            "| `{}` | *{}* | {} |",
            label.code,
            cell(&label.scientific_name),
            cell(&label.common_name)
        )?;
        for tag in &languages {
            let name = label.names.get(*tag).map_or("", String::as_str);
            write!(card, " {} |", cell(name))?;
        }
        writeln!(card, " {} |", manifest.detection.threshold_of(id))?;
    }
    Ok(())
}

fn attribution(card: &mut String, manifest: &Manifest) -> std::fmt::Result {
    writeln!(card, "\n## Recordings\n")?;
    writeln!(
        card,
        "The model learned from, and was judged on, recordings by:\n"
    )?;
    writeln!(
        card,
        "| recordist | recordings | licence | for example |\n|---|---:|---|---|"
    )?;
    for entry in &manifest.attribution {
        writeln!(
            card,
            "| {} | {} | {} | {} |",
            cell(&entry.author),
            entry.recordings,
            cell(&entry.licence),
            entry.url.as_deref().map(cell).unwrap_or_default()
        )?;
    }
    Ok(())
}

/// Text that cannot end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
