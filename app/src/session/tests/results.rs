//! What becomes of detections: answers and exports.

use super::*;
use crate::review::Answer;

#[test]
fn answers_are_kept_undone_and_taken_from_a_file() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.9, 0.8]), &[]);
    let detection = session.recording(id).expect("kept").detections[0];
    let effects = session.answer(id, &detection, Some(Answer::Yes));
    let [Effect::KeepReview(json)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(session.answer_to(id, &detection), Some(&Answer::Yes));
    assert_eq!(session.review_progress(detection.label).answered(), 1);
    let (place, _) = session.undo_answer();
    assert_eq!(place, Some((id, detection)));
    assert_eq!(session.answer_to(id, &detection), None);
    let (place, effects) = session.redo_answer();
    assert_eq!(place, Some((id, detection)));
    assert_eq!(session.answer_to(id, &detection), Some(&Answer::Yes));
    assert_eq!(effects, [Effect::KeepReview(json.clone())]);
    session.undo_answer();
    assert!(session.load_review(b"no review").is_err());
    session.load_review(json).expect("a review");
    assert_eq!(session.answer_to(id, &detection), Some(&Answer::Yes));
}

#[test]
fn a_loaded_review_comes_beside_the_answers_that_are_there_and_can_be_undone() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.9, 0.8]), &[]);
    let [first, second] = session.recording(id).expect("kept").detections[..] else {
        panic!("two detections");
    };
    let effects = session.answer(id, &first, Some(Answer::No));
    let [Effect::KeepReview(saved)] = &effects[..] else {
        panic!("{effects:?}");
    };
    session.answer(id, &first, Some(Answer::Unsure));
    session.answer(id, &second, Some(Answer::Yes));
    let answers = |session: &Session| {
        [&first, &second].map(|detection| session.answer_to(id, detection).cloned())
    };
    let before = answers(&session);
    session.load_review(saved).expect("a review");
    assert_eq!(answers(&session), [Some(Answer::No), Some(Answer::Yes)]);
    let (place, effects) = session.undo_answer();
    assert_eq!(place, None);
    assert!(matches!(effects[..], [Effect::KeepReview(_)]));
    assert_eq!(answers(&session), before);
    session.redo_answer();
    assert_eq!(answers(&session), [Some(Answer::No), Some(Answer::Yes)]);
}

#[test]
fn a_file_that_is_looked_at_writes_no_answers() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, _) = run(&mut session, "a");
    session.recognised(id, Some("ab".into()));
    let restarted = session.choose_device(DeviceChoice::Cpu);
    assert!(restarted.contains(&Effect::StartWorker(DeviceChoice::Cpu)));
    let effects = session.apply(ready(), &[]);
    let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
    // Another tab may have kept newer ones meanwhile.
    let keeps = |effect: &Effect| matches!(effect, Effect::KeepReview(_));
    assert!(!effects.iter().any(keeps), "{effects:?}");
}

#[test]
fn a_model_that_has_changed_on_the_server_hears_all_again() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.1, 0.9]), &[]);
    session.apply(finished(job), &[]);
    session.choose_device(DeviceChoice::Cpu);
    let effects = session.apply(ready(), &[]);
    let (job, _) = load_request(&effects);
    let mut manifest = fixture::manifest();
    let first = manifest.classes.iter().next().expect("a class").1.clone();
    manifest.classes = pipit_core::Taxonomy::new(vec![first]).expect("unique codes");
    let response = Response::Loaded {
        job,
        manifest: Box::new(manifest),
        device: device(DeviceKind::Cpu),
    };

    let effects = session.apply(response, &[]);

    assert!(session.recording(id).expect("kept").detections.is_empty());
    let recalled = |effect: &Effect| matches!(effect, Effect::Recall(again, _) if *again == id);
    assert!(effects.iter().any(recalled), "{effects:?}");
    assert_eq!(session.code(LabelId(1)), "");
}

#[test]
fn answers_are_kept_while_the_model_moves_to_another_device() {
    let found = || {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (id, job) = run(&mut session, "a");
        session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
        session.apply(finished(job), &[]);
        let detection = session.recording(id).expect("kept").detections[0];
        (session, id, detection)
    };
    let (mut session, id, detection) = found();
    session.choose_device(DeviceChoice::Cpu);
    assert_eq!(session.name(detection.label), "Bananaquit");
    let effects = session.answer(id, &detection, Some(Answer::Yes));
    let [Effect::KeepReview(kept)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let (mut later, id, detection) = found();
    later.recall_review(kept);
    assert_eq!(later.answer_to(id, &detection), Some(&Answer::Yes));
}

#[test]
fn answers_that_come_before_any_model_are_kept_once_there_is_one() {
    let mut earlier = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut earlier, "a");
    earlier.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
    let detection = earlier.recording(id).expect("kept").detections[0];
    let effects = earlier.answer(id, &detection, Some(Answer::Yes));
    let [Effect::KeepReview(json)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let (mut session, _) = Session::start(Settings::default());
    assert!(session.load_review(json).expect("a review").is_empty());
    let effects = session.apply(ready(), &[]);
    let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
    assert!(effects.contains(&Effect::KeepReview(json.clone())));
}

#[test]
fn an_export_holds_what_was_found_and_how() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "SITE_20240512_051500.wav");
    session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
    let detection = session.recording(id).expect("kept").detections[0];
    session.answer(id, &detection, Some(Answer::No));
    session.set_threshold(0.6);
    let export = session.export().expect("there is a model");
    assert!((export.settings.threshold - 0.6).abs() < 1e-6);
    assert_eq!(export.files.len(), 1);
    assert!(export.files[0].recorded_at.is_some());
    let exported = &export.files[0].detections[0];
    assert_eq!(
        (exported.code.as_str(), &exported.review),
        ("banana", &Some(Answer::No))
    );
}
