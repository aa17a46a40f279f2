use super::*;
use crate::protocol::{DeviceKind, Response};
use crate::view::picture::Picture;
use pipit_core::{Scores, WindowScores};

const DECODED: Decoded = Decoded {
    duration_s: 10.0,
    sample_rate_hz: 44_100,
    peak: 0.5,
};

fn device(kind: DeviceKind) -> DeviceReport {
    DeviceReport {
        kind,
        adapter: String::new(),
        passed_over: Some("there is no adapter".into()),
    }
}

fn load_request(effects: &[Effect]) -> (JobId, DeviceChoice) {
    let load = effects.iter().find_map(|effect| match effect {
        Effect::Send(Request::Load { job, device, .. }) => Some((*job, *device)),
        _ => None,
    });
    load.expect("a model is asked for")
}

fn ready() -> Response {
    Response::Ready {
        build: crate::BUILD.into(),
    }
}

fn finish_loading(session: &mut Session, effects: &[Effect], kind: DeviceKind) -> Vec<Effect> {
    let (job, _) = load_request(effects);
    let manifest = Box::new(fixture::manifest());
    let device = device(kind);
    session.apply(
        Response::Loaded {
            job,
            manifest,
            device,
        },
        &[],
    )
}

fn loaded(choice: DeviceChoice, kind: DeviceKind) -> Session {
    let settings = Settings {
        device: choice,
        ..Settings::default()
    };
    let (mut session, effects) = Session::start(settings);
    assert_eq!(effects, [Effect::StartWorker]);
    let effects = session.apply(ready(), &[]);
    finish_loading(&mut session, &effects, kind);
    session
}

fn add(session: &mut Session, name: &str) -> RecordingId {
    session.add([name.to_owned()])[0]
}

/// Adds a recording and brings it to the worker.
fn run(session: &mut Session, name: &str) -> (RecordingId, JobId) {
    let id = add(session, name);
    assert_eq!(session.advance(), [Effect::Decode(id)]);
    let effects = session.decoded(id, DECODED);
    (id, identify_job(&effects))
}

fn identify_job(effects: &[Effect]) -> JobId {
    match effects {
        [Effect::Identify(_, Request::Identify { job, .. })] => *job,
        other => panic!("{other:?}"),
    }
}

fn scored(job: JobId, start_s: f64, scores: [f32; 2]) -> Response {
    Response::Scored {
        job,
        windows: vec![WindowScores {
            start_s,
            end_s: start_s + 5.0,
            scores: Scores(scores.to_vec()),
        }],
        first_column: (start_s * 80.0) as usize,
        done_s: start_s + 5.0,
        elapsed_s: 0.5,
    }
}

fn state(session: &Session, id: RecordingId) -> RecordingState {
    session.recording(id).expect("kept").state
}

#[test]
fn a_recording_goes_through_decoding_and_scoring_to_done() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::WebGpu);
    let (id, job) = run(&mut session, "a.wav");
    session.apply(scored(job, 0.0, [0.9, 0.1]), &vec![100; 400 * 128]);
    let recording = session.recording(id).expect("kept");
    assert_eq!(recording.detections.len(), 1);
    assert_eq!(recording.speed, Some(10.0));
    assert_eq!(recording.picture.as_ref().map(Picture::filled), Some(400));
    session.apply(scored(job, 5.0, [0.2, 0.6]), &[]);
    assert!(session.apply(Response::Finished { job }, &[]).is_empty());
    assert_eq!(state(&session, id), RecordingState::Done);
    assert_eq!(session.status(), "Done: 2 species in 1 recording.");
}

#[test]
fn recordings_wait_for_each_other_and_for_the_model() {
    let (mut session, _) = Session::start(Settings::default());
    let [a, b] = session.add(["a".into(), "b".into()])[..] else {
        panic!("two ids");
    };
    assert_eq!(session.advance(), [Effect::Decode(a)]);
    assert!(session.decoded(a, DECODED).is_empty());
    let effects = session.apply(ready(), &[]);
    let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
    let job = identify_job(&effects);
    assert_eq!(state(&session, b), RecordingState::Waiting);
    assert_eq!(
        session.apply(Response::Finished { job }, &[]),
        [Effect::Decode(b)]
    );
}

#[test]
fn the_threshold_acts_on_kept_scores() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.4, 0.8]), &[]);
    let codes = |session: &Session| -> Vec<usize> {
        let species = session.recording(id).expect("kept").species();
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
    let ModelState::Loaded { manifest, .. } = &mut session.model else {
        panic!("no model is loaded");
    };
    manifest.detection.class_thresholds = vec![0.3, 0.9];
    assert!(session.has_class_thresholds());
    let (id, job) = run(&mut session, "a");
    session.apply(scored(job, 0.0, [0.4, 0.8]), &[]);
    let codes = |session: &Session| -> Vec<usize> {
        let species = session.recording(id).expect("kept").species();
        species.iter().map(|s| s.label.0).collect()
    };
    assert_eq!(codes(&session), [0]);
    session.set_threshold(0.5);
    assert_eq!(codes(&session), [1]);
    assert!(!session.has_class_thresholds());
}

#[test]
fn cancelling_keeps_results_and_starts_the_next() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (a, job) = run(&mut session, "a");
    let b = add(&mut session, "b");
    session.apply(scored(job, 0.0, [0.9, 0.0]), &[]);
    assert_eq!(
        session.cancel(a),
        [
            Effect::DropSamples(a),
            Effect::Send(Request::Cancel { job }),
            Effect::Decode(b)
        ]
    );
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
fn cancelling_while_decoding_frees_the_samples() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let id = add(&mut session, "a");
    session.advance();
    session.cancel(id);
    assert_eq!(session.decoded(id, DECODED), [Effect::DropSamples(id)]);
    assert_eq!(session.remove(id), [Effect::Forget(id)]);
    assert!(session.recordings().is_empty());
}

#[test]
fn silence_is_said_and_not_run() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let id = add(&mut session, "a");
    session.advance();
    let silent = Decoded {
        peak: 0.0,
        ..DECODED
    };
    assert_eq!(session.decoded(id, silent), [Effect::DropSamples(id)]);
    let recording = session.recording(id).expect("kept");
    assert_eq!(recording.state, RecordingState::Done);
    assert_eq!(
        recording.failure.as_ref().map(|f| f.kind),
        Some(FailureKind::Silent)
    );
}

#[test]
fn a_bad_file_does_not_stop_the_next() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let [a, b] = session.add(["a".into(), "b".into()])[..] else {
        panic!("two ids");
    };
    session.advance();
    let failure = Failure::new(FailureKind::NotAudio, "");
    assert_eq!(session.decode_failed(a, failure), [Effect::Decode(b)]);
    assert_eq!(state(&session, a), RecordingState::Failed);
    assert!(!session.recording(a).expect("kept").may_rerun());
}

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
            [Effect::StartWorker, Effect::Decode(id)]
        );
        assert_eq!(session.notices()[0].kind, FailureKind::GpuLost);
        assert!(session.recording(id).expect("kept").scores.is_empty());
        let effects = session.apply(ready(), &[]);
        assert_eq!(load_request(&effects).1, DeviceChoice::Cpu);
        finish_loading(&mut session, &effects, DeviceKind::Cpu);
        let job = identify_job(&session.decoded(id, DECODED));
        session.apply(Response::Finished { job }, &[]);
        assert_eq!(state(&session, id), RecordingState::Done);
        // A new choice is a new chance for the GPU.
        let effects = session.choose_device(DeviceChoice::WebGpu);
        assert_eq!(load_request(&effects).1, DeviceChoice::WebGpu);
        assert!(session.notices().is_empty());
    }
}

#[test]
fn a_missing_gpu_is_only_mentioned_when_it_was_asked_for() {
    let session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    assert!(session.notices().is_empty());
    let session = loaded(DeviceChoice::WebGpu, DeviceKind::Cpu);
    assert_eq!(
        session.notices(),
        [Failure::new(FailureKind::NoWebgpu, "there is no adapter")]
    );
}

#[test]
fn another_device_restarts_what_is_running() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::WebGpu);
    let (id, job) = run(&mut session, "a");
    let effects = session.choose_device(DeviceChoice::Cpu);
    assert_eq!(effects[0], Effect::Send(Request::Cancel { job }));
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
        assert_eq!(session.worker_died(message), [Effect::StartWorker]);
        let failure = session.recording(a).and_then(|r| r.failure.clone());
        assert_eq!(failure.map(|f| f.kind), Some(kind));
        let effects = session.apply(ready(), &[]);
        let effects = finish_loading(&mut session, &effects, DeviceKind::Cpu);
        assert_eq!(effects, [Effect::Decode(b)]);
    }
}

#[test]
fn a_worker_that_dies_while_loading_is_not_started_for_ever() {
    let (mut session, _) = Session::start(Settings::default());
    assert!(session.worker_died("could not load worker.js").is_empty());
    assert_eq!(session.model(), &ModelState::Failed);
    assert_eq!(session.notices()[0].kind, FailureKind::Internal);
    assert_eq!(session.retry(), [Effect::StartWorker]);
    assert!(session.notices().is_empty());
}

#[test]
fn a_model_that_fails_leaves_recordings_waiting() {
    let (mut session, _) = Session::start(Settings::default());
    let id = add(&mut session, "a");
    session.advance();
    session.decoded(id, DECODED);
    let effects = session.apply(ready(), &[]);
    let (job, _) = load_request(&effects);
    let failure = Failure::new(FailureKind::ModelInvalid, "digest");
    session.apply(Response::Failed { job, failure }, &[]);
    assert_eq!(session.notices()[0].kind, FailureKind::ModelInvalid);
    assert_eq!(state(&session, id).name(), "waiting");
    assert_eq!(session.retry(), [Effect::StartWorker]);
    let effects = session.apply(ready(), &[]);
    identify_job(&finish_loading(&mut session, &effects, DeviceKind::Cpu));
}

#[test]
fn another_build_of_the_worker_is_not_used() {
    let (mut session, _) = Session::start(Settings::default());
    let build = "another".into();
    assert!(session.apply(Response::Ready { build }, &[]).is_empty());
    assert_eq!(session.notices()[0].kind, FailureKind::StaleBuild);
}

#[test]
fn long_recordings_get_coarser_pictures() {
    let mut recording = Recording::new(RecordingId(1), "a".into());
    let with = |duration_s| {
        Some(Decoded {
            duration_s,
            ..DECODED
        })
    };
    recording.decoded = with(10.0);
    assert!((recording.columns_per_s() - 80.0).abs() < 1e-9);
    recording.decoded = with(3600.0);
    assert!((recording.columns_per_s() * 3600.0 - 16_000.0).abs() < 1e-6);
}
