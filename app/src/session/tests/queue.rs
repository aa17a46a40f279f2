//! The recordings' way through the page.

use super::*;
use crate::view::picture::Picture;
use crate::view::viewport::Viewport;

#[test]
fn a_recording_is_opened_scored_and_done() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::WebGpu);
    let (id, job) = run(&mut session, "a.wav");
    session.apply(scored(job, 0.0, [0.9, 0.1]), &vec![100; 400 * 128]);
    let recording = session.recording(id).expect("kept");
    assert_eq!(recording.detections.len(), 1);
    assert_eq!(recording.speed, Some(10.0));
    assert_eq!(recording.picture.as_ref().map(Picture::filled), Some(400));
    session.apply(scored(job, 5.0, [0.2, 0.6]), &[]);
    let effects = session.apply(finished(job), &[]);
    let [Effect::Keep(kept_id, _, results)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!((*kept_id, results.windows.len()), (id, 2));
    assert_eq!(state(&session, id), RecordingState::Done);
    assert_eq!(session.status(), "Done: 2 species in 1 recording.");
}

#[test]
fn recordings_wait_for_each_other_and_for_the_model() {
    let (mut session, _) = Session::start(Settings::default());
    let [a, b] = session.add([("a".into(), 1), ("b".into(), 2)])[..] else {
        panic!("two ids");
    };
    assert!(session.advance().is_empty());
    assert_eq!(session.status(), "a is ready; the model is still loading…");
    let effects = session.apply(ready(), &[]);
    let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
    let job = begin(&mut session, &effects);
    assert_eq!(state(&session, a), RecordingState::Running);
    assert_eq!(state(&session, b), RecordingState::Waiting);
    let effects = session.apply(finished(job), &[]);
    begin(&mut session, &effects);
    assert_eq!(state(&session, b), RecordingState::Running);
}

#[test]
fn what_was_found_before_is_not_computed_again() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (_, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
    let effects = session.apply(finished(job), &[]);
    let [Effect::Keep(_, key, results)] = &effects[..] else {
        panic!("{effects:?}");
    };

    let mut later = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let id = add(&mut later, "a");
    assert_eq!(later.advance(), [Effect::Recall(id, key.clone())]);
    assert!(later.recalled(id, key, Some(results.clone())).is_empty());
    let recording = later.recording(id).expect("kept");
    assert_eq!(recording.state, RecordingState::Done);
    assert_eq!(recording.detections.len(), 1);
    assert_eq!(recording.duration_s(), Some(10.0));
    // Its spectrogram comes piece by piece.
    assert!(!later.look(id, Viewport::whole(10.0), 500).is_empty());

    // Results with another number of classes are of no use.
    let id = add(&mut later, "b");
    later.advance();
    let mut other = results.clone();
    other.windows[0].scores.0.push(0.5);
    identify_job(&later.recalled(id, key, Some(other)));
}

#[test]
fn cancelling_keeps_results_and_starts_the_next() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (a, job) = run(&mut session, "a");
    let b = add(&mut session, "b");
    session.apply(scored(job, 0.0, [0.9, 0.0]), &[]);
    let effects = session.cancel(a);
    assert_eq!(effects[0], Effect::Send(Request::Cancel { job }));
    begin(&mut session, &effects);
    assert_eq!(state(&session, b), RecordingState::Running);
    assert_eq!(state(&session, a), RecordingState::Cancelled);
    // What the worker still had under way comes too late.
    session.apply(scored(job, 5.0, [0.9, 0.9]), &[]);
    session.apply(Response::Cancelled { job }, &[]);
    assert_eq!(session.recording(a).expect("kept").scores.len(), 1);
    assert!(session.recording(a).expect("kept").may_rerun());
    session.rerun(a);
    assert_eq!(state(&session, a), RecordingState::Waiting);
}

#[test]
fn what_the_worker_cannot_open_is_decoded_by_the_browser() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let id = add(&mut session, "a.opus");
    let job = start(&mut session);
    let effects = session.apply(failed(job, FailureKind::UnsupportedFormat), &[]);
    assert_eq!(effects, [Effect::Convert(id)]);
    assert_eq!(state(&session, id), RecordingState::Converting);
    let effects = session.converted(id);
    let job = begin(&mut session, &effects);
    // Once is enough.
    session.apply(failed(job, FailureKind::UnsupportedFormat), &[]);
    assert_eq!(state(&session, id), RecordingState::Failed);
    // And it need not be done again.
    session.rerun(id);
    assert!(session.recording(id).expect("kept").is_converted);
}

#[test]
fn cancelling_while_the_browser_decodes_keeps_what_comes_of_it() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let id = add(&mut session, "a");
    let job = start(&mut session);
    session.apply(failed(job, FailureKind::UnsupportedFormat), &[]);
    assert!(session.cancel(id).is_empty());
    assert!(session.converted(id).is_empty());
    assert_eq!(state(&session, id), RecordingState::Cancelled);
    assert_eq!(session.remove(id), [Effect::Forget(id)]);
    assert!(session.recordings().is_empty());
}

#[test]
fn silence_and_damage_are_said_at_the_end() {
    for (summary, kind, n_scores) in [
        (
            Summary {
                peak: 0.0,
                ..SUMMARY
            },
            FailureKind::Silent,
            0,
        ),
        (
            Summary {
                damaged_packets: 2,
                ..SUMMARY
            },
            FailureKind::PartlyDamaged,
            1,
        ),
    ] {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (id, job) = run(&mut session, "a");
        session.apply(scored(job, 0.0, [0.9, 0.9]), &[]);
        session.apply(Response::Finished { job, summary }, &[]);
        let recording = session.recording(id).expect("kept");
        assert_eq!(recording.state, RecordingState::Done);
        assert_eq!(recording.failure.as_ref().map(|f| f.kind), Some(kind));
        assert_eq!(recording.scores.len(), n_scores);
    }
}

#[test]
fn a_header_that_lies_about_the_length_is_corrected() {
    for announced in [None, Some(3.0), Some(1000.0)] {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let id = add(&mut session, "a");
        let job = start(&mut session);
        session.apply(opened(job, announced), &[]);
        session.apply(scored(job, 0.0, [0.9, 0.9]), &[]);
        let recording = session.recording(id).expect("kept");
        assert!(recording.duration_s() >= Some(5.0));
        session.apply(finished(job), &[]);
        let recording = session.recording(id).expect("kept");
        assert_eq!(recording.duration_s(), Some(10.0));
    }
}

#[test]
fn a_bad_file_does_not_stop_the_next() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let [a, b] = session.add([("a".into(), 1), ("b".into(), 2)])[..] else {
        panic!("two ids");
    };
    let job = start(&mut session);
    session.apply(failed(job, FailureKind::UnsupportedFormat), &[]);
    let failure = Failure::new(FailureKind::NotAudio, "");
    let effects = session.conversion_failed(a, failure);
    begin(&mut session, &effects);
    assert_eq!(state(&session, a), RecordingState::Failed);
    assert_eq!(state(&session, b), RecordingState::Running);
    assert!(!session.recording(a).expect("kept").may_rerun());
}

#[test]
fn findings_count_up_where_detections_change_and_nowhere_else() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    assert!(session.findings().is_empty(), "nothing was heard yet");
    session.apply(scored(job, 0.0, [0.1, 0.1]), &[]);
    let before = session.findings();
    assert_eq!(before.len(), 1);
    session.apply(scored(job, 5.0, [0.1, 0.1]), &[]);
    session.unfold(id, false);
    assert_eq!(session.findings(), before);
    session.apply(scored(job, 10.0, [0.9, 0.1]), &[]);
    let found = session.findings();
    assert_ne!(found, before);
    session.set_threshold(0.8);
    assert_eq!(session.findings(), found);
    session.set_threshold(0.95);
    assert_ne!(session.findings(), found);
    // A new run is no return to an earlier count.
    session.apply(finished(job), &[]);
    let effects = session.rerun(id);
    let job = begin(&mut session, &effects);
    session.apply(scored(job, 0.0, [0.1, 0.1]), &[]);
    let now = session.findings();
    assert!(now.len() == 1 && !now.iter().any(|now| found.contains(now)));
}
