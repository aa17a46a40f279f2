use std::path::PathBuf;

use pipit_core::Label;

use super::*;
use crate::dataset::Recording;

fn item(recordist: &str, class: usize) -> SplitItem {
    SplitItem {
        recordist: (!recordist.is_empty()).then(|| recordist.to_owned()),
        publication: None,
        class: Some(class),
    }
}

#[test]
fn recordists_stay_on_one_side() {
    let people = ["a", "b", "c", "d", "e"];
    let items: Vec<_> = (0..50).map(|i| item(people[i % 5], i / 10)).collect();

    let split = hold_out(&items, 0.2, 7);

    assert_eq!(split.by, SplitBy::Recordist);
    assert_eq!(split.held_out.len(), 10);
    for &held in &split.held_out {
        for &trained in &split.training {
            assert_ne!(items[held].recordist, items[trained].recordist);
        }
    }
}

#[test]
fn every_class_keeps_training_recordings_and_gets_held_out_ones_where_possible() {
    // Class 0 has one recordist alone, class 1 has two, class 2 a single recording.
    let items = [
        item("a", 0),
        item("a", 0),
        item("a", 1),
        item("b", 1),
        item("c", 2),
    ];

    let split = hold_out(&items, 0.2, 1);

    assert_eq!(split.held_out, [3]);
}

#[test]
fn rows_of_one_file_stay_on_one_side_though_nothing_is_known_of_it() {
    let row = |index: usize| Recording {
        filename: format!("{}.wav", index / 2),
        primary_label: ["wren", "robin"][index % 2].to_owned(),
        ..Recording::default()
    };
    let label = |code: &str| {
        let code = code.to_owned();
        (
            code.clone(),
            Label {
                code,
                ..Label::default()
            },
        )
    };
    let dataset = Dataset {
        path: PathBuf::new(),
        recordings: (0..40).map(row).collect(),
        labels: BTreeMap::from(["wren", "robin"].map(label)),
        unrated: Vec::new(),
    };
    let items = items(&dataset, &classes::choose(&dataset, &[], 1).unwrap());

    let mut groups = groups(&items);

    groups.sort_unstable();
    let pairs: Vec<Vec<usize>> = (0..20).map(|file| vec![2 * file, 2 * file + 1]).collect();
    assert_eq!(groups, pairs);
}

#[test]
fn parts_of_a_recording_stay_on_one_side_though_nobody_is_named() {
    let mut items: Vec<_> = (0..40).map(|i| item("", i % 4)).collect();
    for (index, item) in items.iter_mut().enumerate() {
        item.publication = Some(format!("XC{}", index / 8));
    }
    items[0].recordist = Some("a".to_owned());

    let split = hold_out(&items, 0.2, 3);

    assert_eq!(split.by, SplitBy::KnownRecordist);
    assert!(!split.held_out.is_empty());
    for &held in &split.held_out {
        let others = (split.training.iter()).filter(|&&trained| trained != 0);
        for &trained in others {
            assert_ne!(items[held].publication, items[trained].publication);
        }
    }
}

#[test]
fn without_names_each_recording_stands_alone() {
    let items: Vec<_> = (0..20).map(|i| item("", i % 4)).collect();

    let split = hold_out(&items, 0.2, 3);

    assert_eq!(split.by, SplitBy::Recording);
    let classes: std::collections::BTreeSet<_> = split
        .held_out
        .iter()
        .map(|&index| items[index].class)
        .collect();
    assert_eq!(classes.len(), 4);
}

#[test]
fn a_seed_gives_one_split_and_zero_holds_nothing_out() {
    let items: Vec<_> = (0..30).map(|i| item("", i % 3)).collect();

    assert_eq!(hold_out(&items, 0.3, 5), hold_out(&items, 0.3, 5));
    assert_ne!(hold_out(&items, 0.3, 5), hold_out(&items, 0.3, 6));
    assert_eq!(hold_out(&items, 0.0, 5).held_out, Vec::<usize>::new());
}

#[test]
fn folds_hold_every_recordist_out_once_and_leave_every_class_something() {
    // Ten people record four species each; one species is known from a single person.
    const PEOPLE: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut items: Vec<_> = (0..40)
        .map(|i| item(PEOPLE[i % 10], (i / 10 + i) % 5))
        .collect();
    items.extend([item("hermit", 5), item("hermit", 0)]);

    let splits: Vec<Split> = (0..5)
        .map(|fold| hold_out_fold(&items, fold, 5, 3))
        .collect();

    let mut held_out: Vec<usize> = splits
        .iter()
        .flat_map(|split| split.held_out.clone())
        .collect();
    held_out.sort_unstable();
    assert_eq!(held_out, (0..40).collect::<Vec<_>>(), "the hermit stays");
    for split in &splits {
        assert_eq!(split.held_out.len(), 8);
        for &held in &split.held_out {
            assert!(
                split
                    .training
                    .iter()
                    .all(|&i| items[i].recordist != items[held].recordist)
            );
        }
        for class in 0..6 {
            assert!(
                split
                    .training
                    .iter()
                    .any(|&i| items[i].class == Some(class))
            );
        }
    }
    assert_ne!(splits[0], hold_out_fold(&items, 0, 5, 4));
    assert_eq!(splits[0], hold_out_fold(&items, 0, 5, 3));
}
