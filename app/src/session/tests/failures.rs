//! Devices, workers and models that fail.

use super::*;

#[test]
fn a_lost_gpu_moves_the_work_to_the_cpu() {
    for lost in [
        |job| Response::Failed {
            job,
            failure: Failure::new(FailureKind::GpuLost, "reset"),
        },
        |_| Response::Panicked {
            message: "wgpu error".into(),
        },
    ] {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::WebGpu);
        let (id, job) = run(&mut session, "a");
        session.apply(scored(job, 0.0, [0.9, 0.0]), &[]);
        assert_eq!(
            session.apply(lost(job), &[]),
            [Effect::StartWorker(DeviceChoice::Cpu)]
        );
        assert_eq!(session.notices()[0].kind, FailureKind::GpuLost);
        assert!(session.recording(id).expect("kept").scores.is_empty());
        let effects = session.apply(ready(), &[]);
        assert_eq!(load_request(&effects).1, DeviceChoice::Cpu);
        let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
        let job = begin(&mut session, &effects);
        session.apply(finished(job), &[]);
        assert_eq!(state(&session, id), RecordingState::Done);
        // A new choice is a new chance for the GPU.
        let effects = session.choose_device(DeviceChoice::WebGpu);
        assert_eq!(effects, [Effect::StartWorker(DeviceChoice::WebGpu)]);
        let effects = session.apply(ready(), &[]);
        assert_eq!(load_request(&effects).1, DeviceChoice::WebGpu);
        assert!(session.notices().is_empty());
    }
}

#[test]
fn a_gpu_that_cannot_be_started_gives_way_to_the_cpu_at_every_stage() {
    let download = LoadStage::Download {
        received: 1,
        total: 2,
    };
    for stage in [LoadStage::Manifest, download, LoadStage::Device] {
        let (mut session, _) = Session::start(Settings::default());
        let effects = session.apply(ready(), &[]);
        let (job, _) = load_request(&effects);
        session.apply(Response::Loading { job, stage }, &[]);
        assert_eq!(
            session.worker_died("wgpu error"),
            [Effect::StartWorker(DeviceChoice::Cpu)]
        );
        // Without a GPU to blame it would only happen again.
        session.apply(ready(), &[]);
        assert_eq!(session.worker_died("why"), [Effect::EndWorker]);
    }
    let (mut session, _) = Session::start(Settings::default());
    session.apply(ready(), &[]);
    assert_eq!(session.worker_died("out of memory"), [Effect::EndWorker]);
    assert_eq!(session.notices()[0].kind, FailureKind::OutOfMemory);
}

#[test]
fn a_missing_gpu_is_only_mentioned_when_it_was_asked_for() {
    let session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    assert!(session.notices().is_empty());
    let session = loaded(DeviceChoice::WebGpu, DeviceKind::Cpu);
    assert_eq!(
        session.notices(),
        [Failure::because(
            FailureKind::NoWebgpu,
            Cause::NoGpu(NoGpu::NoAdapter)
        )]
    );
}

#[test]
fn another_device_restarts_what_is_running() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::WebGpu);
    let (id, job) = run(&mut session, "a");
    let effects = session.choose_device(DeviceChoice::Cpu);
    assert_eq!(effects[0], Effect::Send(Request::Cancel { job }));
    assert_eq!(effects[1], Effect::StartWorker(DeviceChoice::Cpu));
    let effects = session.apply(ready(), &[]);
    assert_eq!(load_request(&effects).1, DeviceChoice::Cpu);
    assert_eq!(state(&session, id), RecordingState::Waiting);
}

#[test]
fn a_recording_that_kills_the_worker_fails_and_the_next_goes_on() {
    for (message, kind) in [
        ("RuntimeError: unreachable", FailureKind::OutOfMemory),
        ("RangeError: Out of memory", FailureKind::OutOfMemory),
        ("index out of bounds", FailureKind::Internal),
    ] {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (a, _) = run(&mut session, "a");
        let b = add(&mut session, "b");
        assert_eq!(
            session.worker_died(message),
            [Effect::StartWorker(DeviceChoice::Auto)]
        );
        let failure = session.recording(a).and_then(|r| r.failure.clone());
        assert_eq!(failure.map(|f| f.kind), Some(kind));
        let effects = session.apply(ready(), &[]);
        let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
        begin(&mut session, &effects);
        assert_eq!(state(&session, b), RecordingState::Running);
    }
}

#[test]
fn a_worker_that_dies_while_loading_is_not_started_for_ever() {
    let (mut session, _) = Session::start(Settings::default());
    assert_eq!(
        session.worker_died("could not load worker.js"),
        [Effect::EndWorker]
    );
    assert_eq!(session.model(), &ModelState::Failed);
    assert_eq!(session.notices()[0].kind, FailureKind::Internal);
    assert_eq!(session.retry(), [Effect::StartWorker(DeviceChoice::Auto)]);
    assert!(session.notices().is_empty());
}

#[test]
fn a_model_that_fails_leaves_recordings_waiting() {
    let (mut session, _) = Session::start(Settings::default());
    let id = add(&mut session, "a");
    session.advance();
    let effects = session.apply(ready(), &[]);
    let (job, _) = load_request(&effects);
    let failure = Failure::new(FailureKind::ModelInvalid, "digest");
    session.apply(Response::Failed { job, failure }, &[]);
    assert_eq!(session.notices()[0].kind, FailureKind::ModelInvalid);
    assert_eq!(state(&session, id).name(), "waiting");
    assert_eq!(session.retry(), [Effect::StartWorker(DeviceChoice::Auto)]);
    let effects = session.apply(ready(), &[]);
    let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
    begin(&mut session, &effects);
}

#[test]
fn another_build_of_the_worker_is_not_used() {
    let (mut session, _) = Session::start(Settings::default());
    let build = "another".into();
    assert!(session.apply(Response::Ready { build }, &[]).is_empty());
    assert_eq!(session.notices()[0].kind, FailureKind::StaleBuild);
}

#[test]
fn a_recording_that_was_looked_up_while_its_model_went_waits_for_the_next() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let id = add(&mut session, "a");
    let effects = session.advance();
    let [Effect::Recall(_, model)] = &effects[..] else {
        panic!("{effects:?}");
    };
    session.choose_device(DeviceChoice::Cpu);
    assert!(session.recalled(id, model, None).is_empty());
    assert_eq!(state(&session, id), RecordingState::Waiting);
    let effects = session.apply(ready(), &[]);
    let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
    begin(&mut session, &effects);
    assert_eq!(state(&session, id), RecordingState::Running);
}

#[test]
fn a_recording_that_kills_the_worker_ends_what_is_heard_beside_it() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (a, _) = run(&mut session, "a");
    let (heard, _) = session.listen("Live".into(), 48_000);
    let (live, job) = heard.expect("there is a model");
    session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
    session.worker_died("index out of bounds");
    assert_eq!(state(&session, a), RecordingState::Failed);
    assert_eq!(state(&session, live), RecordingState::Cancelled);
    assert_eq!(session.listening(), None);
    let b = add(&mut session, "b");
    let effects = session.apply(ready(), &[]);
    let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
    begin(&mut session, &effects);
    assert_eq!(state(&session, b), RecordingState::Running);
}

#[test]
fn a_page_that_cannot_read_the_model_still_hears_of_a_newer_page() {
    let (mut session, _) = Session::start(Settings::default());
    let effects = session.apply(ready(), &[]);
    let (job, _) = load_request(&effects);
    let effects = session.apply(failed(job, FailureKind::ModelInvalid), &[]);
    assert_eq!(effects, [Effect::KeepSite]);
    session.retry();
    let effects = session.apply(ready(), &[]);
    let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
    assert_eq!(effects, [Effect::KeepSite]);
}

#[test]
fn sound_is_asked_for_only_where_a_worker_can_answer() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let id = add(&mut session, "a");
    let asked = |session: &mut Session| session.ask_for_sound(id, 0.0, 5.0).is_some();
    assert!(asked(&mut session));
    session.choose_device(DeviceChoice::Cpu);
    assert!(!asked(&mut session));
    session.apply(ready(), &[]);
    assert!(asked(&mut session));
    // It died, and nothing was to blame: whoever waits for it must not wait for ever.
    assert_eq!(session.worker_died("gone"), [Effect::EndWorker]);
    assert!(!asked(&mut session));
}

#[test]
fn a_gpu_lost_while_it_explains_leaves_the_question_to_the_cpu() {
    let losses: [fn(JobId) -> Response; 2] = [
        |job| failed(job, FailureKind::GpuLost),
        |_| Response::Panicked {
            message: "wgpu error".into(),
        },
    ];
    for lost in losses {
        for is_done in [true, false] {
            let mut session = loaded(DeviceChoice::Auto, DeviceKind::WebGpu);
            let (id, running) = run(&mut session, "a");
            session.apply(scored(running, 0.0, [0.9, 0.1]), &[]);
            let detection = session.recording(id).expect("kept").detections[0];
            if is_done {
                session.apply(finished(running), &[]);
            }
            let job = explain_job(&session.explain(id, &detection));
            assert_eq!(
                session.apply(lost(job), &[]),
                [Effect::StartWorker(DeviceChoice::Cpu)]
            );
            assert_eq!(session.notices()[0].kind, FailureKind::GpuLost);
            let effects = session.apply(ready(), &[]);
            let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
            let job = explain_job(&effects[..1]);
            if !is_done {
                let running = begin(&mut session, &effects);
                session.apply(opened(running, Some(10.0)), &[]);
                session.apply(scored(running, 0.0, [0.9, 0.1]), &[]);
            }
            let explained = Response::Explained {
                job,
                n_bands: 1,
                n_slices: 1,
                values: vec![1.0],
                band_hz: None,
            };
            session.apply(explained, &[]);
            let recording = session.recording(id).expect("kept");
            let explanation = recording.explanation(&detection).expect("there is one");
            assert!(matches!(explanation.evidence, Evidence::Known { .. }));
        }
    }
}

#[test]
fn a_question_is_not_asked_again_where_it_killed_the_worker_or_the_user_went_on() {
    let end: [fn(&mut Session); 2] = [
        |session| {
            session.worker_died("out of memory");
            session.retry();
        },
        |session| {
            session.choose_device(DeviceChoice::Cpu);
        },
    ];
    for end in end {
        let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
        let (id, job) = run(&mut session, "a");
        session.apply(scored(job, 0.0, [0.9, 0.1]), &[]);
        session.apply(finished(job), &[]);
        let detection = session.recording(id).expect("kept").detections[0];
        session.explain(id, &detection);
        end(&mut session);
        let recording = session.recording(id).expect("kept");
        assert!(recording.explanation(&detection).is_none());
        let effects = session.apply(ready(), &[]);
        assert!(finish_loading(&mut session, &effects, DeviceKind::Cpu).is_empty());
    }
}

fn explain_job(effects: &[Effect]) -> JobId {
    match effects {
        [Effect::SendWithFile(_, Request::Explain { job, .. })] => *job,
        other => panic!("{other:?}"),
    }
}
