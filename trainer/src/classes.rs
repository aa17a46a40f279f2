//! Which species become classes, and what a recording says about each.

use std::collections::BTreeSet;

use anyhow::ensure;
use pipit_core::{Label, LabelId, Taxonomy};

use crate::dataset::{Dataset, Recording};
use crate::listing::some_of;
use crate::metrics::Truth;

/// The `wanted` codes, or else every code with enough recordings, in alphabetical order.
pub(crate) fn choose(
    dataset: &Dataset,
    wanted: &[String],
    min_recordings: usize,
) -> anyhow::Result<Taxonomy> {
    if !wanted.is_empty() {
        return choose_wanted(dataset, wanted);
    }
    let labels: Vec<Label> = dataset
        .recordings_per_code()
        .into_iter()
        .filter(|&(_, recordings)| recordings >= min_recordings)
        .filter_map(|(code, _)| dataset.labels.get(code).cloned())
        .collect();
    ensure!(
        !labels.is_empty(),
        "no class has {min_recordings} or more recordings in {}",
        dataset.path.display()
    );
    Ok(Taxonomy::new(labels)?)
}

fn choose_wanted(dataset: &Dataset, wanted: &[String]) -> anyhow::Result<Taxonomy> {
    let wanted: BTreeSet<&str> = (wanted.iter().map(|code| code.trim()))
        .filter(|code| !code.is_empty())
        .collect();
    let unknown: Vec<&str> = (wanted.iter().copied())
        .filter(|code| !dataset.labels.contains_key(*code))
        .collect();
    ensure!(
        unknown.is_empty(),
        "--classes names species of which there is no recording in {}: {}",
        dataset.path.display(),
        some_of(&unknown)
    );
    let labels = wanted.iter().filter_map(|code| dataset.labels.get(*code));
    Ok(Taxonomy::new(labels.cloned().collect())?)
}

/// The class of a recording's primary label, if it is one.
pub(crate) fn primary(classes: &Taxonomy, recording: &Recording) -> Option<usize> {
    classes
        .id(&recording.primary_label)
        .map(|LabelId(index)| index)
}

/// How many recordings have each class as their primary label.
pub(crate) fn count<'a>(
    classes: &Taxonomy,
    recordings: impl IntoIterator<Item = &'a Recording>,
) -> Vec<usize> {
    let mut counts = vec![0; classes.len()];
    for class in recordings
        .into_iter()
        .filter_map(|recording| primary(classes, recording))
    {
        counts[class] += 1;
    }
    counts
}

/// Codes of the classes for which `counts` has nothing.
pub(crate) fn without_recordings<'a>(classes: &'a Taxonomy, counts: &[usize]) -> Vec<&'a str> {
    classes
        .iter()
        .filter(|(id, _)| counts.get(id.0) == Some(&0))
        .map(|(_, label)| label.code.as_str())
        .collect()
}

/// What the network should answer, one number a class.
pub(crate) fn targets(
    classes: &Taxonomy,
    recording: &Recording,
    secondary_weight: f32,
) -> Vec<f32> {
    let mut targets = vec![0.0; classes.len()];
    for code in &recording.secondary_labels {
        if let Some(LabelId(index)) = classes.id(code) {
            targets[index] = secondary_weight;
        }
    }
    if let Some(index) = primary(classes, recording) {
        targets[index] = 1.0;
    }
    targets
}

/// What counts as right, one entry a class.
pub(crate) fn truth(classes: &Taxonomy, recording: &Recording) -> Vec<Truth> {
    let mut truth = vec![Truth::Absent; classes.len()];
    for code in &recording.secondary_labels {
        if let Some(LabelId(index)) = classes.id(code) {
            truth[index] = Truth::Unclear;
        }
    }
    if let Some(index) = primary(classes, recording) {
        truth[index] = Truth::Present;
    }
    truth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> Dataset {
        let recording = |primary: &str, secondary: &[&str]| Recording {
            primary_label: primary.to_owned(),
            secondary_labels: secondary.iter().map(|&code| code.to_owned()).collect(),
            ..Recording::default()
        };
        let label = |code: &str| {
            let label = Label {
                code: code.to_owned(),
                scientific_name: code.to_owned(),
                common_name: code.to_owned(),
                ..Label::default()
            };
            (code.to_owned(), label)
        };
        Dataset {
            path: "somewhere".into(),
            recordings: vec![
                recording("b", &["a", "rare"]),
                recording("a", &[]),
                recording("b", &[]),
                recording("a", &[]),
                recording("rare", &["b"]),
            ],
            labels: ["a", "b", "rare"].map(label).into(),
            unrated: Vec::new(),
        }
    }

    #[test]
    fn rare_species_are_no_classes_but_their_recordings_still_count() {
        let dataset = dataset();
        let classes = choose(&dataset, &[], 2).unwrap();

        assert_eq!(classes.len(), 2);
        assert_eq!(targets(&classes, &dataset.recordings[0], 0.3), [0.3, 1.0]);
        assert_eq!(targets(&classes, &dataset.recordings[4], 0.3), [0.0, 0.3]);
        assert_eq!(primary(&classes, &dataset.recordings[4]), None);
        assert_eq!(count(&classes, &dataset.recordings), [2, 2]);
        assert_eq!(
            truth(&classes, &dataset.recordings[0]),
            [Truth::Unclear, Truth::Present]
        );
    }

    #[test]
    fn too_high_a_bar_is_refused() {
        assert!(choose(&dataset(), &[], 3).is_err());
    }

    #[test]
    fn wanted_species_become_classes_and_no_others() {
        let wanted = |codes: &[&str]| {
            let codes: Vec<String> = codes.iter().map(|&code| code.to_owned()).collect();
            choose(&dataset(), &codes, 3)
        };

        let classes = wanted(&["rare", " a", "rare", ""]).unwrap();

        let codes: Vec<&str> = (classes.iter().map(|(_, label)| &*label.code)).collect();
        assert_eq!(codes, ["a", "rare"]);
        let error = wanted(&["a", "auk"]).unwrap_err().to_string();
        assert!(
            error.contains("--classes") && error.ends_with(": auk"),
            "{error}"
        );
    }
}
