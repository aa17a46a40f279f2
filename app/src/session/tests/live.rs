//! The microphone.

use super::*;
use crate::review::Answer;
use crate::words::Language;

#[test]
fn what_the_microphone_hears_grows_and_ends() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (heard, effects) = session.listen("Live".into(), 48_000);
    let (id, job) = heard.expect("there is a model");
    assert_eq!(
        effects,
        [Effect::Send(Request::Listen {
            job,
            sample_rate_hz: 48_000
        })]
    );
    assert_eq!(session.listening(), Some(id));
    assert!(session.has_unsaved_sound());
    session.apply(scored(job, 0.0, [0.9, 0.1]), &vec![100; 200 * 128]);
    let recording = session.recording(id).expect("kept");
    assert_eq!(
        (recording.duration_s(), recording.detections.len()),
        (Some(5.0), 1)
    );
    // Files wait until it ends.
    add(&mut session, "a");
    assert!(session.advance().is_empty());
    assert_eq!(
        session.stop_listening(),
        [Effect::Send(Request::StopListening { job })]
    );
    let effects = session.apply(finished(job), &[]);
    begin(&mut session, &effects);
    assert_eq!(session.listening(), None);
    assert_eq!(state(&session, id), RecordingState::Done);
    assert!(session.has_unsaved_sound());
    session.saved(id);
    assert!(!session.has_unsaved_sound());
}

#[test]
fn what_was_stopped_can_be_cancelled_while_it_is_still_identified() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (heard, _) = session.listen("Live".into(), 48_000);
    let (id, job) = heard.expect("there is a model");
    session.apply(scored(job, 0.0, [0.9, 0.1]), &vec![100; 200 * 128]);
    let is_stopped = |session: &Session| session.recording(id).expect("kept").is_stopped;
    assert!(!is_stopped(&session));
    session.stop_listening();
    assert!(is_stopped(&session));
    add(&mut session, "a");
    let effects = session.cancel(id);
    assert_eq!(effects[0], Effect::Send(Request::Cancel { job }));
    begin(&mut session, &effects[1..]);
    assert_eq!(state(&session, id), RecordingState::Cancelled);
    assert_eq!(
        (session.listening(), session.has_unsaved_sound()),
        (None, true)
    );
    // The worker's last words are about nothing that waits for them.
    assert!(session.apply(Response::Cancelled { job }, &[]).is_empty());
}

#[test]
fn the_microphone_is_opened_once_however_often_it_is_asked_for() {
    let (mut without_model, _) = Session::start(Settings::default());
    assert!(without_model.open_microphone().is_empty());

    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    assert_eq!(session.open_microphone(), [Effect::OpenMicrophone]);
    assert!(session.open_microphone().is_empty());
    // Refused: it may be asked for again.
    let refusal = Failure::new(FailureKind::MicrophoneRefused, "");
    session.microphone_failed(refusal.clone());
    assert_eq!(session.notices(), [refusal]);
    assert_eq!(session.open_microphone(), [Effect::OpenMicrophone]);
    let (heard, _) = session.listen("Live".into(), 48_000);
    assert!(session.open_microphone().is_empty());
    let (_, job) = heard.expect("there is a model");
    session.apply(finished(job), &[]);
    assert_eq!(session.open_microphone(), [Effect::OpenMicrophone]);
}

#[test]
fn what_is_heard_live_says_when_it_began_and_is_not_taken_for_another() {
    for language in Language::ALL {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let mut hear = |began| {
            let name = (language.words().intake.live_name)(began);
            let (heard, _) = session.listen(name, 48_000);
            let (id, job) = heard.expect("there is a model");
            session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
            session.apply(finished(job), &[]);
            let recording = session.recording(id).expect("kept");
            let began = recording.recorded_at.map(|moment| moment.to_string());
            (id, recording.detections[0], began)
        };
        let (first, detection, began) = hear("2026-11-23 14-03-22");
        assert_eq!(began.as_deref(), Some("2026-11-23T14:03:22.000"));
        let (second, same, _) = hear("2026-11-24 14-03-22");
        session.answer(first, &detection, Some(Answer::Yes));
        assert_eq!(session.answer_to(first, &detection), Some(&Answer::Yes));
        assert_eq!(session.answer_to(second, &same), None);
    }
}

#[test]
fn a_lost_worker_ends_what_is_heard_and_keeps_what_was() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::WebGpu);
    let (heard, _) = session.listen("Live".into(), 48_000);
    let (id, job) = heard.expect("there is a model");
    session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
    session.apply(failed(job, FailureKind::GpuLost), &[]);
    assert_eq!(state(&session, id), RecordingState::Cancelled);
    assert_eq!(session.recording(id).expect("kept").scores.len(), 1);
}
