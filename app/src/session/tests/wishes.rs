//! What a user sets.

use super::*;
use crate::session::wishes::ListUse;

#[test]
fn the_threshold_acts_on_kept_scores() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.4, 0.8]), &[]);
    let codes = |session: &Session| -> Vec<usize> {
        let species = Species::of(&session.recording(id).expect("kept").detections);
        species.iter().map(|s| s.label.0).collect()
    };
    assert_eq!(codes(&session), [1]);
    session.set_threshold(0.3);
    assert_eq!(codes(&session), [1, 0]);
    // Colours follow the order of first appearance and stay.
    assert_eq!(
        (session.colour(LabelId(1)), session.colour(LabelId(0))),
        (0, 1)
    );
    session.set_threshold(0.9);
    assert!(codes(&session).is_empty());
    assert_eq!(session.colour(LabelId(0)), 1);
}

#[test]
fn species_keep_their_own_thresholds_until_the_user_chooses_one() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    assert!(!session.has_class_thresholds());
    change_manifest(&mut session, |manifest| {
        manifest.detection.class_thresholds = vec![0.3, 0.9];
    });
    assert!(session.has_class_thresholds());
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.4, 0.8]), &[]);
    let codes = |session: &Session| -> Vec<usize> {
        let species = Species::of(&session.recording(id).expect("kept").detections);
        species.iter().map(|s| s.label.0).collect()
    };
    assert_eq!(codes(&session), [0]);
    session.set_threshold(0.5);
    assert_eq!(codes(&session), [1]);
    assert!(!session.has_class_thresholds());
    session.reset_threshold();
    assert_eq!(codes(&session), [0]);
    assert!(session.has_class_thresholds());
    assert_eq!(session.settings().to_query(), "");
}

#[test]
fn thresholds_of_species_that_are_not_shown_can_be_taken_back() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.9, 0.8]), &[]);
    session.set_threshold_of(LabelId(1), Some(0.95));
    session.set(|settings| {
        settings.species_thresholds.insert("dodo".into(), 0.3);
    });
    let n_shown = |session: &Session| session.recording(id).map(|r| r.detections.len());
    assert_eq!(n_shown(&session), Some(1));
    assert_eq!(session.own_thresholds(), [(LabelId(1), 0.95)]);
    session.set_threshold_of(LabelId(1), None);
    assert_eq!(n_shown(&session), Some(2));
    assert!(session.own_thresholds().is_empty());
}

#[test]
fn wishes_act_on_kept_scores_and_return() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.9, 0.8]), &[]);
    session.apply(scored(job, 5.0, [0.1, 0.8]), &[]);
    let found = |session: &Session| -> Vec<(usize, f64)> {
        let detections = &session.recording(id).expect("kept").detections;
        detections.iter().map(|d| (d.label.0, d.end_s)).collect()
    };
    assert_eq!(found(&session), [(0, 5.0), (1, 10.0)]);
    session.set(|settings| settings.min_duration_s = 6.0);
    assert_eq!(found(&session), [(1, 10.0)]);
    session.set(|settings| settings.min_duration_s = 0.0);
    session.set_hidden("prtody1".into(), true);
    assert_eq!(found(&session), [(0, 5.0)]);
    session.set_hidden("prtody1".into(), false);
    session.set_threshold_of(LabelId(0), Some(0.95));
    assert_eq!(found(&session), [(1, 10.0)]);
    session.set_threshold_of(LabelId(0), None);
    let unknown = session.set_species("Bananaquit\nDodo", ListUse::Include);
    assert_eq!(
        (found(&session), unknown),
        (vec![(0, 5.0)], vec!["Dodo".to_owned()])
    );
    session.clear_species();
    assert_eq!(found(&session).len(), 2);
}
