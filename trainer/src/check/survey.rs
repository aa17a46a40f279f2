//! What a table and single files show by themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Finding, Kind};
use super::inspect::{Inspection, Limits};
use super::sides::PlannedArgs;
use crate::dataset::{Dataset, Recording};

/// What the rows show without the audio, where classes are made as they are `planned`.
pub(super) fn table(dataset: &Dataset, planned: &PlannedArgs) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for recording in &dataset.recordings {
        *rows.entry(&recording.filename).or_insert(0) += 1;
        let missing = |kind| Finding::of_file(kind, &recording.filename, "");
        if recording.recordist().is_none() {
            findings.push(missing(Kind::MissingAuthor));
        }
        if recording.licence.is_none() {
            findings.push(missing(Kind::MissingLicence));
        }
    }
    for file in &dataset.unrated {
        findings.push(Finding::of_file(Kind::UnusableRating, file, ""));
    }
    for (file, rows) in rows.into_iter().filter(|(_, rows)| *rows > 1) {
        findings.push(Finding::of_file(
            Kind::RepeatedRow,
            file,
            format!("{rows} rows"),
        ));
    }
    let counts = dataset.recordings_per_code();
    for (&code, _) in counts.iter().filter(|(_, count)| **count == 1) {
        let file = dataset
            .recordings
            .iter()
            .find(|recording| recording.primary_label == code);
        findings.push(Finding {
            kind: Kind::SingleRecording,
            files: file
                .map(|recording| recording.filename.clone())
                .into_iter()
                .collect(),
            detail: code.to_owned(),
        });
    }
    if let Err(error) = planned.choose(dataset) {
        findings.push(Finding {
            kind: Kind::NoClass,
            files: Vec::new(),
            detail: error.to_string(),
        });
    }
    let least = planned.min_recordings;
    let go_by_number = planned.classes.is_empty();
    for (code, count) in (counts.into_iter()).filter(|(_, count)| go_by_number && *count < least) {
        findings.push(Finding {
            kind: Kind::TooFewForAClass,
            files: files_of(dataset, |recording| recording.primary_label == code),
            detail: format!("{code} has {count}, and --min-recordings is {least}"),
        });
    }
    findings.extend(unknown_secondary_labels(dataset));
    for file in dataset.unlisted_files()? {
        findings.push(Finding::of_file(Kind::UnlistedFile, &file, ""));
    }
    Ok(findings)
}

/// What each file's audio shows.
pub(super) fn audio(
    dataset: &Dataset,
    inspected: &[anyhow::Result<Inspection>],
    limits: &Limits,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut readable: BTreeSet<&str> = BTreeSet::new();
    for (recording, inspection) in dataset.recordings.iter().zip(inspected) {
        let mut add = |kind, detail: String| {
            findings.push(Finding::of_file(kind, &recording.filename, detail));
        };
        let inspection = match inspection {
            Ok(inspection) => inspection,
            Err(error) => {
                add(Kind::Unreadable, format!("{error:#}"));
                continue;
            }
        };
        readable.insert(&recording.primary_label);
        if inspection.damaged_packets > 0 {
            add(
                Kind::Damaged,
                format!(
                    "{} pieces are missing or silent",
                    inspection.damaged_packets
                ),
            );
        }
        if let Some(announced_s) = inspection.announced_s {
            add(
                Kind::Damaged,
                format!(
                    "{:.1} s can be read of the {announced_s:.1} s that its header tells",
                    inspection.duration_s
                ),
            );
        }
        if inspection.silent_share >= 1.0 {
            add(
                Kind::Silent,
                format!("nothing above {} dB", limits.silence_db),
            );
        } else if inspection.silent_share > 0.5 {
            add(Kind::MostlySilent, percent(inspection.silent_share));
        }
        if inspection.clipped_share > limits.clipped {
            add(Kind::Clipped, percent(inspection.clipped_share));
        }
        if inspection.duration_s < limits.shortest {
            add(Kind::Short, format!("{:.2} s", inspection.duration_s));
        }
    }
    for code in dataset.recordings_per_code().into_keys() {
        if !readable.contains(code) {
            findings.push(Finding {
                kind: Kind::LabelWithoutAudio,
                files: files_of(dataset, |recording| recording.primary_label == code),
                detail: code.to_owned(),
            });
        }
    }
    findings
}

fn unknown_secondary_labels(dataset: &Dataset) -> Vec<Finding> {
    let codes: BTreeSet<&String> = dataset
        .recordings
        .iter()
        .flat_map(|recording| &recording.secondary_labels)
        .filter(|code| !dataset.labels.contains_key(*code))
        .collect();
    codes
        .into_iter()
        .map(|code| Finding {
            kind: Kind::UnknownSecondaryLabel,
            files: files_of(dataset, |recording| {
                recording.secondary_labels.contains(code)
            }),
            detail: code.clone(),
        })
        .collect()
}

fn files_of(dataset: &Dataset, is_meant: impl Fn(&Recording) -> bool) -> Vec<String> {
    dataset
        .recordings
        .iter()
        .filter(|recording| is_meant(recording))
        .map(|recording| recording.filename.clone())
        .collect()
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}
