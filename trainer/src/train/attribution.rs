//! Who is to be thanked for a model, recordist by recordist.

use std::collections::{BTreeMap, BTreeSet};

use pipit_core::package::Attribution;

use crate::dataset::Recording;

/// One entry a recordist, most recordings first: those of `recordings`, and of `others`, which stand for
/// the files with the names in `counted`. What is in both counts once.
pub(crate) fn attribution<'a>(
    recordings: impl IntoIterator<Item = &'a Recording>,
    counted: &BTreeSet<String>,
    others: Vec<Attribution>,
) -> Vec<Attribution> {
    let thanked: BTreeSet<String> = others.iter().map(|entry| entry.author.clone()).collect();
    let is_new = |recording: &&Recording| {
        !counted.contains(&recording.filename) || !thanked.contains(author(recording))
    };
    let new = by_recordist(recordings.into_iter().filter(is_new));
    together(new, others, |own, other| own + other)
}

/// The entries of two runs on the same recordings, which count once.
pub(crate) fn of_both(own: Vec<Attribution>, others: Vec<Attribution>) -> Vec<Attribution> {
    together(own, others, usize::max)
}

fn author(recording: &Recording) -> &str {
    recording.author.as_deref().unwrap_or("unknown")
}

fn by_recordist<'a>(recordings: impl IntoIterator<Item = &'a Recording>) -> Vec<Attribution> {
    let mut by_author: BTreeMap<&str, (usize, BTreeSet<&str>, Vec<&str>)> = BTreeMap::new();
    for recording in recordings {
        let entry = by_author.entry(author(recording)).or_default();
        entry.0 += 1;
        entry
            .1
            .insert(recording.licence.as_deref().unwrap_or("unknown"));
        entry.2.extend(recording.url.as_deref());
    }
    let mut attribution: Vec<Attribution> = by_author
        .into_iter()
        .map(|(author, (recordings, licences, urls))| Attribution {
            author: author.to_owned(),
            licence: Vec::from_iter(licences).join(", "),
            recordings,
            url: urls.first().map(|&url| url.to_owned()),
        })
        .collect();
    // The sort is stable: equals stay in alphabetical order.
    attribution.sort_by_key(|entry| std::cmp::Reverse(entry.recordings));
    attribution
}

/// The entries of two lists with one for each recordist, most recordings first; `count` says how many somebody
/// made who is in both.
fn together(
    own: Vec<Attribution>,
    others: Vec<Attribution>,
    count: impl Fn(usize, usize) -> usize,
) -> Vec<Attribution> {
    let mut all = own;
    for other in others {
        match all.iter_mut().find(|entry| entry.author == other.author) {
            Some(entry) => {
                let licences: BTreeSet<&str> = (entry.licence.split(", "))
                    .chain(other.licence.split(", "))
                    .collect();
                entry.licence = Vec::from_iter(licences).join(", ");
                entry.recordings = count(entry.recordings, other.recordings);
                entry.url = entry.url.take().or(other.url);
            }
            None => all.push(other),
        }
    }
    all.sort_by_key(|entry| std::cmp::Reverse(entry.recordings));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recordist_is_named_with_all_licences() {
        let recording = |author: Option<&str>, licence: &str| Recording {
            author: author.map(str::to_owned),
            licence: Some(licence.to_owned()),
            ..Recording::default()
        };
        let recordings = [
            recording(Some("Bo"), "CC BY 4.0"),
            recording(Some("Ann"), "CC BY-SA 4.0"),
            recording(Some("Ann"), "CC BY 4.0"),
            recording(None, "CC0"),
        ];

        let entries = attribution(&recordings, &BTreeSet::new(), Vec::new());

        let lines: Vec<_> = entries
            .iter()
            .map(|entry| {
                (
                    entry.author.as_str(),
                    entry.licence.as_str(),
                    entry.recordings,
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("Ann", "CC BY 4.0, CC BY-SA 4.0", 2),
                ("Bo", "CC BY 4.0", 1),
                ("unknown", "CC0", 1)
            ]
        );
    }

    #[test]
    fn a_recording_that_both_stages_hear_counts_once() {
        let recording = |filename: &str, author: &str| Recording {
            filename: filename.to_owned(),
            author: Some(author.to_owned()),
            licence: Some("CC0".to_owned()),
            ..Recording::default()
        };
        let rain = recording("rain.ogg", "Ann");
        let before = by_recordist([&rain, &recording("wind.ogg", "Ann")]);
        let counted = ["rain.ogg", "wind.ogg"].map(str::to_owned).into();

        // Another's file of the same name is another file.
        let own = [
            rain,
            recording("wind.ogg", "Bo"),
            recording("wren.ogg", "Ann"),
        ];
        let entries = attribution(&own, &counted, before);

        let counts: Vec<_> = (entries.iter())
            .map(|entry| (entry.author.as_str(), entry.recordings))
            .collect();
        assert_eq!(counts, [("Ann", 3), ("Bo", 1)]);
    }

    #[test]
    fn lists_of_two_runs_name_each_recordist_once() {
        let entry = |author: &str, licence: &str, recordings| Attribution {
            author: author.to_owned(),
            licence: licence.to_owned(),
            recordings,
            url: None,
        };
        let own = vec![entry("Ann", "CC BY 4.0", 3), entry("Bo", "CC0", 1)];
        let others = vec![entry("Cy", "CC0", 4), entry("Bo", "CC BY 4.0, CC0", 5)];
        let with_bo = |recordings| {
            [
                entry("Bo", "CC BY 4.0, CC0", recordings),
                entry("Cy", "CC0", 4),
                entry("Ann", "CC BY 4.0", 3),
            ]
        };

        assert_eq!(
            together(own.clone(), others.clone(), |own, other| own + other),
            with_bo(6)
        );
        // The shorter entry's licences stay.
        assert_eq!(of_both(others.clone(), own.clone()), with_bo(5));
        assert_eq!(of_both(own, others), with_bo(5));
    }
}
