use super::*;
use crate::protocol::{DeviceKind, Response, Summary};
use crate::review::Answer;
use crate::session::wishes::ListUse;
use crate::view::picture::Picture;
use crate::view::tiles::TILE_COLUMNS;
use crate::view::viewport::Viewport;
use pipit_core::{Scores, WindowScores};

const SUMMARY: Summary = Summary {
    duration_s: 10.0,
    peak: 0.5,
    damaged_packets: 0,
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
    assert_eq!(effects, [Effect::StartWorker, Effect::RecallReview]);
    let effects = session.apply(ready(), &[]);
    finish_loading(&mut session, &effects, kind);
    session
}

fn add(session: &mut Session, name: &str) -> RecordingId {
    session.add([(name.to_owned(), 100)])[0]
}

/// Adds a recording and has the worker open it.
fn run(session: &mut Session, name: &str) -> (RecordingId, JobId) {
    let id = add(session, name);
    let job = start(session);
    session.apply(opened(job, Some(10.0)), &[]);
    (id, job)
}

fn opened(job: JobId, duration_s: Option<f64>) -> Response {
    Response::Opened {
        job,
        sample_rate_hz: 44_100,
        duration_s,
    }
}

fn finished(job: JobId) -> Response {
    Response::Finished {
        job,
        summary: SUMMARY,
    }
}

fn failed(job: JobId, kind: FailureKind) -> Response {
    Response::Failed {
        job,
        failure: Failure::new(kind, "why"),
    }
}

/// Starts whatever can start, with nothing kept from earlier runs.
fn start(session: &mut Session) -> JobId {
    let effects = session.advance();
    begin(session, &effects)
}

/// Nothing is kept of the recording that these effects look for.
fn begin(session: &mut Session, effects: &[Effect]) -> JobId {
    match effects {
        [.., Effect::Recall(id, _)] => identify_job(&session.recalled(*id, None)),
        other => panic!("{other:?}"),
    }
}

fn identify_job(effects: &[Effect]) -> JobId {
    match effects {
        [Effect::SendWithFile(_, Request::Identify { job })] => *job,
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
    assert!(later.recalled(id, Some(results.clone())).is_empty());
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
    identify_job(&later.recalled(id, Some(other)));
}

#[test]
fn folded_recordings_keep_no_pictures() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let names = ["a", "b", "c", "d"].map(|name| (name.to_owned(), 1));
    let ids = session.add(names);
    let unfolded = |session: &Session, id| session.recording(id).expect("kept").is_unfolded;
    assert!(unfolded(&session, ids[2]) && !unfolded(&session, ids[3]));
    let job = start(&mut session);
    session.apply(opened(job, Some(10.0)), &[]);
    session.unfold(ids[0], false);
    session.apply(scored(job, 0.0, [0.9, 0.1]), &vec![100; 400 * 128]);
    let recording = session.recording(ids[0]).expect("kept");
    assert!(recording.picture.is_none() && recording.scores.len() == 1);
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
fn what_is_in_sight_is_asked_for_once_and_kept() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let (id, job) = run(&mut session, "a");
    // The overview does for a wide view.
    assert!(session.look(id, Viewport::whole(10.0), 500).is_empty());
    let close = Viewport {
        start_s: 2.0,
        span_s: 4.0,
    };
    let effects = session.look(id, close, 1000);
    let asked: Vec<(JobId, usize)> = effects
        .iter()
        .map(|effect| match effect {
            Effect::SendWithFile(
                _,
                Request::Spectrogram {
                    job, first_column, ..
                },
            ) => (*job, *first_column),
            other => panic!("{other:?}"),
        })
        .collect();
    // 400 columns a second, 1.28 s a tile.
    let columns: Vec<usize> = asked
        .iter()
        .map(|(_, column)| column / TILE_COLUMNS)
        .collect();
    assert_eq!(columns, [1, 2, 3, 4]);
    assert!(session.look(id, close, 1000).is_empty());
    let before = session.recording(id).expect("kept").revision;
    let columns = vec![9; TILE_COLUMNS * 128];
    session.apply(Response::Spectrogram { job: asked[0].0 }, &columns);
    session.apply(failed(asked[1].0, FailureKind::Internal), &[]);
    assert_eq!(session.recording(id).expect("kept").revision, before + 2);
    assert!(session.look(id, close, 1000).is_empty());
    // The recording itself goes on.
    session.apply(finished(job), &[]);
    assert_eq!(state(&session, id), RecordingState::Done);
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
        assert_eq!(session.apply(lost(job), &[]), [Effect::StartWorker]);
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
        begin(&mut session, &effects);
        assert_eq!(state(&session, b), RecordingState::Running);
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
    let effects = session.apply(ready(), &[]);
    let (job, _) = load_request(&effects);
    let failure = Failure::new(FailureKind::ModelInvalid, "digest");
    session.apply(Response::Failed { job, failure }, &[]);
    assert_eq!(session.notices()[0].kind, FailureKind::ModelInvalid);
    assert_eq!(state(&session, id).name(), "waiting");
    assert_eq!(session.retry(), [Effect::StartWorker]);
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
