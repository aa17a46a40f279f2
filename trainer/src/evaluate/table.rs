//! An evaluation on the terminal.

use comfy_table::{CellAlignment, Table, presets};
use pipit_core::Taxonomy;

use super::evaluation::Evaluation;
use crate::metrics::{Metrics, exact};

/// Prints the classes, then the figures of all together.
pub(super) fn print(classes: &Taxonomy, evaluation: &Evaluation) {
    println!("{}", by_class(classes, evaluation));
    let metrics = &evaluation.metrics;
    println!(
        "{} recordings, {} of them with a species that is a class",
        evaluation.recordings, metrics.recordings
    );
    println!(
        "cmAP {}   padded cmAP {}   macro ROC-AUC {}   top-1 {}   top-3 {}",
        exact(metrics.cmap),
        exact(metrics.padded_cmap),
        exact(metrics.macro_roc_auc),
        exact(metrics.top_1),
        exact(metrics.top_3)
    );
    print!(
        "macro F1 {} at {}",
        exact(metrics.macro_f1),
        evaluation.threshold
    );
    if let Some(found) = evaluation.f1_at_package_thresholds {
        print!("; {found:.4} at the model's own by class");
    }
    match &evaluation.f1_at_fitted_thresholds {
        Some(found) => println!(
            "; at thresholds fitted on other recordists {} (one for all), {} (by class)",
            exact(found.macro_f1_common),
            exact(found.macro_f1_by_class)
        ),
        None => println!("; to fit thresholds takes a second recordist"),
    }
    println!(
        "calibration error {:.4}, of the best class {:.4}   Brier {:.4}",
        evaluation.reliability.expected_calibration_error,
        evaluation.top_reliability.expected_calibration_error,
        evaluation.reliability.brier,
    );
    if !evaluation.by_training_count.is_empty() {
        println!(
            "\nby number of training recordings of a class\n{}",
            by_training_count(evaluation)
        );
    }
    if !evaluation.noisy.is_empty() {
        println!("\nwith other sounds mixed in\n{}", by_noise(evaluation));
    }
    if let Some(birds) = &evaluation.other_birds {
        println!(
            "\n{} recordings of other birds: a class is detected in {} of them; its own in {} of recordings of the \
             classes; ROC-AUC between the two {}",
            birds.recordings,
            percent(birds.detected),
            percent(birds.own_detected),
            figure(birds.roc_auc)
        );
        if !birds.unreadable.is_empty() {
            println!(
                "{} more recordings of other birds could not be read",
                birds.unreadable.len()
            );
        }
    }
    if !evaluation.unreadable.is_empty() {
        println!(
            "{} recordings could not be read and were skipped",
            evaluation.unreadable.len()
        );
    }
}

/// A range of counts for people.
pub(super) fn range(from: usize, to: Option<usize>) -> String {
    match to {
        Some(to) if to == from => from.to_string(),
        Some(to) => format!("{from}–{to}"),
        None => format!("{from} and more"),
    }
}

fn by_class(classes: &Taxonomy, evaluation: &Evaluation) -> Table {
    let mut table = table(&[
        "code",
        "species",
        "trained on",
        "recordings",
        "AP",
        "ROC-AUC",
        "F1",
        "F1, own threshold",
        "top-1",
    ]);
    for ((id, label), class) in classes.iter().zip(&evaluation.metrics.per_class) {
        let trained_on = evaluation
            .training_counts
            .as_ref()
            .map(|counts| counts[id.0].to_string());
        let own = evaluation
            .f1_at_fitted_thresholds
            .as_ref()
            .and_then(|found| found.per_class[id.0]);
        table.add_row([
            label.code.clone(),
            label.common_name.clone(),
            trained_on.unwrap_or("–".to_owned()),
            class.present.to_string(),
            figure(class.average_precision),
            figure(class.roc_auc),
            figure(class.f1),
            figure(own),
            figure(class.top_1),
        ]);
    }
    align(&mut table, 2);
    table
}

fn by_training_count(evaluation: &Evaluation) -> Table {
    let mut table = table(&["trained on", "classes", "recordings", "top-1", "cmAP"]);
    for row in &evaluation.by_training_count {
        table.add_row([
            range(row.from, row.to),
            row.classes.to_string(),
            row.recordings.to_string(),
            figure(Some(row.top_1)),
            figure(row.cmap),
        ]);
    }
    align(&mut table, 1);
    table
}

fn by_noise(evaluation: &Evaluation) -> Table {
    let mut table = table(&[
        "SNR",
        "cmAP",
        "padded cmAP",
        "ROC-AUC",
        "F1",
        "top-1",
        "top-3",
    ]);
    let mut add = |name: String, metrics: &Metrics| {
        let figures = [
            metrics.cmap,
            metrics.padded_cmap,
            metrics.macro_roc_auc,
            metrics.macro_f1,
            metrics.top_1,
            metrics.top_3,
        ];
        table.add_row(std::iter::once(name).chain(figures.map(figure)));
    };
    add("clean".to_owned(), &evaluation.metrics);
    for noisy in &evaluation.noisy {
        add(format!("{} dB", noisy.snr_db), &noisy.metrics);
    }
    align(&mut table, 1);
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(header.iter().copied());
    table
}

fn align(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// A share with one decimal of its percents.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Three decimals, or a dash.
pub(super) fn figure(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}"))
}
