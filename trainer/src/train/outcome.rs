//! What a finished epoch leaves behind: lines for people, tables, and the best weights.

use std::path::Path;

use pipit_core::model::Model;
use pipit_core::model::weights::{WeightsDtype, save_weights};

use super::checkpoint::{EpochRecord, Progress};
use super::run::Request;
use crate::files;
use crate::metrics::Metrics;
use crate::run_folder::{
    BEST_METRICS_FILE, BEST_WEIGHTS_FILE, BestEpoch, METRICS_FILE, STEPS_FILE,
};

/// Keeps the weights if no judged epoch before was as good; with nothing to judge by, always.
pub(crate) fn keep_if_best(
    run: &Path,
    model: &Model,
    record: &EpochRecord,
    before: &Progress,
) -> anyhow::Result<()> {
    let quality = |record: &EpochRecord| record.metrics.get("cmap").copied();
    let best_before = before.history.iter().filter_map(quality).reduce(f64::max);
    let keep = match (quality(record), best_before) {
        (Some(now), Some(best)) => now > best,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    if keep {
        let best = BestEpoch {
            epoch: record.epoch,
            metrics: record.metrics.clone(),
        };
        let weights = save_weights(model, WeightsDtype::F32)?;
        files::write_atomically(&run.join(BEST_WEIGHTS_FILE), &weights)?;
        files::write_atomically(
            &run.join(BEST_METRICS_FILE),
            &serde_json::to_vec_pretty(&best)?,
        )?;
    }
    Ok(())
}

/// Whether the last `patience` judged epochs were no better than the best before them.
pub(crate) fn has_stalled(progress: &Progress, patience: Option<usize>) -> bool {
    let quality: Vec<f64> = (progress.history.iter())
        .filter_map(|record| record.metrics.get("cmap").copied())
        .collect();
    let best = quality.iter().copied().reduce(f64::max);
    let first_best = quality.iter().position(|&now| Some(now) == best);
    patience
        .zip(first_best)
        .is_some_and(|(patience, best)| quality.len() - 1 - best >= patience)
}

/// Writes the tables of all epochs and of the steps in them.
pub(crate) fn write_tables(run: &Path, progress: &Progress) -> anyhow::Result<()> {
    write_epochs(run, progress)?;
    write_steps(run, progress)
}

fn write_epochs(run: &Path, progress: &Progress) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(
        ["epoch", "learning_rate", "loss"]
            .into_iter()
            .chain(Metrics::SUMMARY)
            .chain(["seconds", "data_share"]),
    )?;
    for record in &progress.history {
        let figures = Metrics::SUMMARY.map(|name| {
            record
                .metrics
                .get(name)
                .map_or(String::new(), f64::to_string)
        });
        let row = [
            record.epoch.to_string(),
            rate(record.learning_rate),
            loss(record.loss),
        ];
        table.write_record(row.into_iter().chain(figures).chain([
            format!("{:.1}", record.seconds),
            format!("{:.3}", record.data_share),
        ]))?;
    }
    files::write_atomically(&run.join(METRICS_FILE), &table.into_inner()?)
}

fn write_steps(run: &Path, progress: &Progress) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["step", "epoch", "learning_rate", "loss"])?;
    for epoch in &progress.history {
        for record in &epoch.steps {
            table.write_record([
                record.step.to_string(),
                epoch.epoch.to_string(),
                rate(record.learning_rate),
                loss(record.loss),
            ])?;
        }
    }
    files::write_atomically(&run.join(STEPS_FILE), &table.into_inner()?)
}

// A checkpoint's JSON does not keep the last bit of a number, which a table must not show: a resumed
// run writes the same one.

fn rate(rate: f64) -> String {
    format!("{rate:.6e}")
}

fn loss(loss: f64) -> String {
    format!("{loss:.6}")
}

/// An epoch in a line.
pub(crate) fn describe(record: &EpochRecord, epochs: usize) -> String {
    let figures: Vec<String> = record
        .metrics
        .iter()
        .map(|(name, value)| format!("  {name} {value:.3}"))
        .collect();
    let figures = figures.concat();
    format!(
        "epoch {}/{epochs}  loss {:.4}{figures}  {:.0} s, {:.0} % of training waiting for data",
        record.epoch,
        record.loss,
        record.seconds,
        100.0 * record.data_share
    )
}

/// How far a run has come, in words.
pub(crate) fn place(progress: &Progress) -> String {
    let epochs = progress.history.len();
    match &progress.begun {
        Some(begun) => format!("after batch {} of epoch {}", begun.batches, epochs + 1),
        None => format!("after epoch {epochs}"),
    }
}

/// Says what the run has come to, and what it had to leave out.
pub(crate) fn report(
    request: &Request<'_>,
    unreadable: &[(String, String)],
    progress: &Progress,
) -> anyhow::Result<()> {
    let best = BestEpoch::read(request.out)?;
    if has_stalled(progress, request.settings.options.patience) {
        println!("stopped early: --patience judged epochs were no better than the best");
    }
    println!(
        "{} of {} epochs done; {} is epoch {}, kept in {}",
        progress.history.len(),
        request.settings.options.epochs,
        if best.metrics.is_empty() {
            "last"
        } else {
            "best"
        },
        best.epoch,
        request.out.join(BEST_WEIGHTS_FILE).display()
    );
    if !unreadable.is_empty() {
        println!(
            "{} recordings could not be read and were skipped:",
            unreadable.len()
        );
        for (name, _) in unreadable {
            println!("  {name}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn patience_counts_judged_epochs_since_the_best() {
        let progress = |cmap: &[Option<f64>]| Progress {
            begun: None,
            history: (cmap.iter())
                .map(|cmap| EpochRecord {
                    epoch: 1,
                    learning_rate: 0.0,
                    loss: 0.0,
                    metrics: BTreeMap::from_iter(cmap.map(|cmap| ("cmap".to_owned(), cmap))),
                    seconds: 0.0,
                    data_share: 0.0,
                    steps: Vec::new(),
                })
                .collect(),
        };
        let history = [Some(0.2), Some(0.5), None, Some(0.4), None, Some(0.5)];

        assert!(has_stalled(&progress(&history), Some(2)));
        assert!(!has_stalled(&progress(&history[..5]), Some(2)));
        assert!(!has_stalled(&progress(&history), Some(3)));
        assert!(!has_stalled(&progress(&history), None));
        assert!(!has_stalled(&progress(&[None, None]), Some(1)));
        assert!(!has_stalled(&progress(&[]), Some(1)));
    }
}
