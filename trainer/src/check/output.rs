//! Findings as a table with lists, and as JSON.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Write, stdout};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::findings::{Finding, Kind, Severity};
use super::inspect::Inspection;
use crate::dataset::{Dataset, Recording};

/// The size of what was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Totals {
    recordings: usize,
    species: usize,
    recordists: usize,
    duration_s: f64,
}

/// Files that a list for people shows of one kind.
const MOST_LISTED: usize = 20;

impl Totals {
    /// Counts.
    pub(super) fn new(dataset: &Dataset, inspected: &[anyhow::Result<Inspection>]) -> Self {
        let recordists: BTreeSet<String> = (dataset.recordings.iter())
            .filter_map(Recording::recordist)
            .collect();
        Self {
            recordings: dataset.recordings.len(),
            species: dataset.labels.len(),
            recordists: recordists.len(),
            duration_s: inspected
                .iter()
                .flatten()
                .map(|inspection| inspection.duration_s)
                .sum(),
        }
    }
}

/// Prints counts in a table and the files below it.
pub(super) fn print_table(totals: &Totals, findings: &[Finding]) {
    println!(
        "{} recordings of {} species by {} named recordists, {:.1} minutes",
        totals.recordings,
        totals.species,
        totals.recordists,
        totals.duration_s / 60.0
    );
    if findings.is_empty() {
        println!("nothing to mend");
        return;
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(["", "finding", "count"]);
    for group in by_kind(findings) {
        table.add_row([
            word(group[0].kind.severity()),
            group[0].kind.title(),
            &group.len().to_string(),
        ]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    for group in by_kind(findings) {
        println!(
            "\n{}: {}",
            word(group[0].kind.severity()),
            group[0].kind.title()
        );
        for finding in group.iter().take(MOST_LISTED) {
            println!("  {}", line(finding));
        }
        if group.len() > MOST_LISTED {
            println!(
                "  … and {} more (--format json lists all)",
                group.len() - MOST_LISTED
            );
        }
    }
    let errors = count(findings, Severity::Error);
    println!(
        "\n{errors} to mend, {} worth a look",
        count(findings, Severity::Warning)
    );
}

/// Prints one object.
pub(super) fn print_json(totals: &Totals, findings: &[Finding]) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Report<'a> {
        #[serde(flatten)]
        totals: &'a Totals,
        errors: usize,
        warnings: usize,
        findings: Vec<Entry<'a>>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        severity: Severity,
        #[serde(flatten)]
        finding: &'a Finding,
    }
    let report = Report {
        totals,
        errors: count(findings, Severity::Error),
        warnings: count(findings, Severity::Warning),
        findings: findings
            .iter()
            .map(|finding| Entry {
                severity: finding.kind.severity(),
                finding,
            })
            .collect(),
    };
    let mut text = serde_json::to_vec_pretty(&report)?;
    text.push(b'\n');
    match stdout().write_all(&text) {
        // The reader has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Runs of one kind; findings come sorted.
fn by_kind(findings: &[Finding]) -> impl Iterator<Item = &[Finding]> {
    findings.chunk_by(|a, b| a.kind == b.kind)
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings
        .iter()
        .filter(|finding| finding.kind.severity() == severity)
        .count()
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn line(finding: &Finding) -> String {
    // An error already names its file, and what concerns none has none to name.
    if finding.kind == Kind::Unreadable || finding.files.is_empty() {
        return finding.detail.clone();
    }
    let files = finding.files.join(", ");
    if finding.detail.is_empty() {
        files
    } else {
        format!("{files}: {}", finding.detail)
    }
}
