//! The session's state, told by what the user, the browser and the worker do.

mod failures;
mod live;
mod meaning;
mod queue;
mod results;
mod settings;
mod sight;
mod wishes;

use super::*;
use crate::notice::Cause;
use crate::protocol::{DeviceKind, NoGpu, Response, Summary};
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
        passed_over: Some(NoGpu::NoAdapter),
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

pub(super) fn loaded(choice: DeviceChoice, kind: DeviceKind) -> Session {
    let settings = Settings {
        device: choice,
        ..Settings::default()
    };
    let (mut session, effects) = Session::start(settings);
    assert_eq!(effects, [Effect::StartWorker(choice), Effect::RecallReview]);
    let effects = session.apply(ready(), &[]);
    finish_loading(&mut session, &effects, kind);
    session
}

fn add(session: &mut Session, name: &str) -> RecordingId {
    session.add([(name.to_owned(), 100)])[0]
}

/// Adds a recording and has the worker open it.
pub(super) fn run(session: &mut Session, name: &str) -> (RecordingId, JobId) {
    let id = add(session, name);
    let job = start(session);
    session.apply(opened(job, Some(10.0)), &[]);
    (id, job)
}

pub(super) fn opened(job: JobId, duration_s: Option<f64>) -> Response {
    Response::Opened {
        job,
        sample_rate_hz: 44_100,
        duration_s,
    }
}

pub(super) fn finished(job: JobId) -> Response {
    Response::Finished {
        job,
        summary: SUMMARY,
    }
}

pub(super) fn failed(job: JobId, kind: FailureKind) -> Response {
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
pub(super) fn begin(session: &mut Session, effects: &[Effect]) -> JobId {
    match effects {
        [.., Effect::Recall(id, model)] => identify_job(&session.recalled(*id, model, None)),
        other => panic!("{other:?}"),
    }
}

fn identify_job(effects: &[Effect]) -> JobId {
    match effects {
        [Effect::SendWithFile(_, Request::Identify { job })] => *job,
        other => panic!("{other:?}"),
    }
}

pub(super) fn scored(job: JobId, start_s: f64, scores: [f32; 2]) -> Response {
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

/// Changes the loaded model.
pub(super) fn change_manifest(session: &mut Session, change: impl FnOnce(&mut Manifest)) {
    let ModelState::Loaded { manifest, .. } = &mut session.model else {
        panic!("no model is loaded");
    };
    change(Arc::make_mut(manifest));
    session.last_manifest = Some(manifest.clone());
}

fn state(session: &Session, id: RecordingId) -> RecordingState {
    session.recording(id).expect("kept").state
}
