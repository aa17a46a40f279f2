use super::super::{RecordingId, fixture};
use super::*;
use crate::protocol::{DeviceChoice, DeviceKind, DeviceReport, Summary};
use crate::session::KeptResults;
use crate::settings::Settings;
use pipit_core::{Label, Scores, Taxonomy, WindowScores};

const SUMMARY: Summary = Summary {
    duration_s: 5.0,
    peak: 0.5,
    damaged_packets: 0,
};

fn entry(name: &str) -> CatalogueEntry {
    CatalogueEntry {
        name: name.into(),
        title: name.into(),
        version: "1.0.0".into(),
        path: format!("{name}/"),
        bytes: 1,
        classes: 2,
    }
}

/// The model that the session asked for last.
fn asked(session: &Session) -> JobId {
    session.load_job.expect("a model is asked for")
}

fn load(session: &mut Session, n_classes: usize, added: Vec<AddedModel>) -> Vec<Effect> {
    load_weights(session, n_classes, added, &format!("{n_classes:064}"))
}

fn load_weights(
    session: &mut Session,
    n_classes: usize,
    added: Vec<AddedModel>,
    sha256: &str,
) -> Vec<Effect> {
    let job = asked(session);
    let models = vec![entry("puerto-rico"), entry("panama")];
    session.apply(Response::Catalogue { job, models, added }, &[]);
    let mut manifest = fixture::manifest();
    let labels = (0..n_classes).map(|index| Label {
        code: format!("{index}"),
        ..Label::default()
    });
    manifest.classes = Taxonomy::new(labels.collect()).expect("some classes");
    manifest.version = format!("{n_classes}");
    if let Some(weights) = manifest.files.values_mut().next() {
        weights.sha256 = sha256.to_owned();
    }
    let response = Response::Loaded {
        job,
        manifest: Box::new(manifest),
        device: DeviceReport {
            kind: DeviceKind::Cpu,
            adapter: String::new(),
            passed_over: None,
        },
    };
    session.apply(response, &[])
}

fn ready() -> Response {
    Response::Ready {
        build: crate::BUILD.into(),
    }
}

fn loaded() -> Session {
    let (mut session, _) = Session::start(Settings::default());
    session.apply(ready(), &[]);
    load(&mut session, 2, Vec::new());
    session
}

fn files() -> ModelOrigin {
    ModelOrigin::Files(vec!["my-birds.zip".into()])
}

fn asked_to_add(effects: &[Effect]) -> Vec<JobId> {
    let job = |effect: &Effect| match effect {
        Effect::Send(Request::AddModel { job, .. }) => Some(*job),
        _ => None,
    };
    effects.iter().filter_map(job).collect()
}

fn asked_to_load(effects: &[Effect]) -> Vec<Option<String>> {
    let model = |effect: &Effect| match effect {
        Effect::Send(Request::Load { model, .. }) => Some(model.clone()),
        _ => None,
    };
    effects.iter().filter_map(model).collect()
}

fn add(session: &mut Session) -> Vec<Effect> {
    let (job, _) = session.add_model(files());
    let model = fixture::added_model();
    session.apply(Response::ModelAdded { job, model }, &[])
}

fn window(scores: &[f32]) -> WindowScores {
    WindowScores {
        start_s: 0.0,
        end_s: 5.0,
        scores: Scores(scores.to_vec()),
    }
}

/// What the browser keeps of a recording with one window.
fn kept(scores: &[f32]) -> KeptResults {
    KeptResults {
        format_version: KeptResults::VERSION,
        sample_rate_hz: 44_100,
        is_converted: false,
        summary: SUMMARY,
        windows: vec![window(scores)],
    }
}

/// Has a recording scored by the model that is loaded.
fn score(session: &mut Session, id: RecordingId, scores: &[f32]) -> JobId {
    session.advance();
    let model = session.results_key();
    session.recalled(id, &model, None);
    let job = session.recording(id).and_then(|r| r.job).expect("it runs");
    let scored = Response::Scored {
        job,
        windows: vec![window(scores)],
        first_column: 0,
        done_s: 5.0,
        elapsed_s: 1.0,
    };
    session.apply(scored, &[]);
    job
}

fn finish(session: &mut Session, job: JobId) -> Vec<Effect> {
    let summary = SUMMARY;
    session.apply(Response::Finished { job, summary }, &[])
}

#[test]
fn an_added_model_is_chosen_and_listed_once() {
    let mut session = loaded();
    let effects = add(&mut session);
    let id = fixture::added_model().id;
    assert_eq!(asked_to_load(&effects), [Some(id.clone())]);
    assert_eq!(session.settings().model, Some(id.clone()));
    assert_eq!(session.chosen_model(), Some(id.as_str()));
    assert_eq!(session.model_origin(), files());
    // The worker lists it too, as it is kept.
    load(&mut session, 2, vec![fixture::added_model()]);
    assert_eq!(session.added_models(), [fixture::added_model()]);
    // Once more the same: nothing is to be done.
    assert!(add(&mut session).is_empty());
    assert_eq!(session.added_models().len(), 1);
}

#[test]
fn models_of_earlier_visits_are_listed_and_stay_without_the_site() {
    let mut session = loaded();
    session.choose_model("panama");
    load(&mut session, 2, vec![fixture::added_model()]);
    assert_eq!(session.added_models(), [fixture::added_model()]);
    session.choose_model(&fixture::added_model().id);
    let job = asked(&session);
    let nothing = Response::Catalogue {
        job,
        models: Vec::new(),
        added: vec![fixture::added_model()],
    };
    session.apply(nothing, &[]);
    assert_eq!(session.catalogue().len(), 2);
    assert_eq!(session.added_models().len(), 1);
}

#[test]
fn a_package_that_does_not_hold_leaves_the_model_as_it_is() {
    let mut session = loaded();
    let (job, effects) = session.add_model(files());
    assert_eq!(asked_to_add(&effects), [job]);
    assert!(session.status().contains("package"));
    let failure = Failure::new(FailureKind::PackageVersion, "99");
    session.apply(
        Response::Failed {
            job,
            failure: failure.clone(),
        },
        &[],
    );
    assert_eq!(session.notices(), [failure]);
    assert!(session.manifest().is_some());
    assert!(session.added_models().is_empty());
    assert!(session.status().starts_with("Ready"));
    // One that holds takes the notice away.
    add(&mut session);
    assert!(session.notices().is_empty());
}

#[test]
fn a_package_waits_for_a_worker_and_outlives_one() {
    let (mut session, _) = Session::start(Settings::default());
    let (job, effects) = session.add_model(files());
    assert!(effects.is_empty());
    let effects = session.apply(ready(), &[]);
    assert_eq!(asked_to_add(&effects), [job]);
    // The GPU takes the worker with it, and the next one is asked.
    load(&mut session, 2, Vec::new());
    session.retry();
    let effects = session.apply(ready(), &[]);
    assert_eq!(asked_to_add(&effects), [job]);
    // One that dies of it is not asked again.
    assert_eq!(
        session.worker_died("out of memory"),
        [Effect::StartWorker(DeviceChoice::Auto)]
    );
    assert_eq!(session.notices()[0].kind, FailureKind::PackageInvalid);
    let effects = session.apply(ready(), &[]);
    assert!(asked_to_add(&effects).is_empty());
    load(&mut session, 2, Vec::new());
    // Where nothing is to blame, one is started for another choice.
    assert_eq!(session.worker_died("out of memory"), [Effect::EndWorker]);
    assert_eq!(
        session.choose_model("panama"),
        [Effect::StartWorker(DeviceChoice::Auto)]
    );
    let effects = session.apply(ready(), &[]);
    assert_eq!(asked_to_load(&effects), [Some("panama".into())]);
}

#[test]
fn a_package_that_kills_the_worker_is_blamed_before_the_recording_beside_it() {
    let mut session = loaded();
    let ids = session.add([("a.wav".into(), 1)]);
    score(&mut session, ids[0], &[0.1, 0.9]);
    session.add_model(files());
    session.worker_died("RangeError: Array buffer allocation failed");
    assert_eq!(session.notices()[0].kind, FailureKind::PackageInvalid);
    assert_eq!(session.recordings()[0].state, RecordingState::Waiting);
    let effects = session.apply(ready(), &[]);
    assert!(asked_to_add(&effects).is_empty());
    load(&mut session, 2, Vec::new());
    score(&mut session, ids[0], &[0.1, 0.9]);
    // Without a package it was the recording.
    session.worker_died("unreachable");
    assert_eq!(session.recordings()[0].state, RecordingState::Failed);
}

#[test]
fn a_download_says_how_far_it_has_come() {
    let mut session = loaded();
    let origin = ModelOrigin::Address("birds/".into());
    let (job, _) = session.add_model(origin);
    let stage = LoadStage::Download {
        received: 5,
        total: 10,
    };
    session.apply(Response::Loading { job, stage }, &[]);
    assert_eq!(session.download(), Some((5, 10)));
    assert!(session.status().starts_with("Downloading"));
    assert!(session.manifest().is_some());
}

#[test]
fn what_is_not_kept_is_said_of_each_package_and_once_of_the_site() {
    let mut session = loaded();
    let detail = || "QuotaExceededError".to_owned();
    let (job, _) = session.add_model(files());
    for _ in 0..2 {
        session.apply(
            Response::ModelNotKept {
                job,
                detail: detail(),
            },
            &[],
        );
        assert_eq!(session.notices()[0].kind, FailureKind::ModelNotKept);
        session.dismiss(FailureKind::ModelNotKept);
    }
    let job = asked(&session);
    for n_notices in [1, 0] {
        session.apply(
            Response::ModelNotKept {
                job,
                detail: detail(),
            },
            &[],
        );
        assert_eq!(session.notices().len(), n_notices);
        session.dismiss(FailureKind::ModelNotKept);
    }
}

#[test]
fn a_removed_model_gives_way_to_the_sites_first() {
    let mut session = loaded();
    add(&mut session);
    load(&mut session, 2, Vec::new());
    let id = fixture::added_model().id;
    let effects = session.remove_model(&id);
    assert!(matches!(
        &effects[0],
        Effect::Send(Request::RemoveModel { model, .. }) if *model == id
    ));
    assert_eq!(asked_to_load(&effects), [None]);
    // The worker may have looked before it was gone.
    load(&mut session, 2, vec![fixture::added_model()]);
    assert!(session.added_models().is_empty());
    // But it can come again.
    add(&mut session);
    assert_eq!(session.added_models().len(), 1);
}

#[test]
fn an_added_model_that_cannot_be_built_goes_again() {
    let mut session = loaded();
    add(&mut session);
    let job = asked(&session);
    let failure = Failure::new(FailureKind::ModelInvalid, "blocks.0.conv.weight is missing");
    let effects = session.apply(Response::Failed { job, failure }, &[]);
    assert_eq!(session.notices()[0].kind, FailureKind::PackageInvalid);
    assert!(session.added_models().is_empty());
    assert_eq!(asked_to_load(&effects), [None]);
}

#[test]
fn a_model_of_the_site_stays_when_its_copy_is_removed() {
    let mut session = loaded();
    let effects = session.remove_model("puerto-rico");
    assert_eq!(effects.len(), 1);
    assert!(session.manifest().is_some());
    assert!(session.is_model_removed("puerto-rico"));
    session.choose_model("panama");
    load(&mut session, 2, Vec::new());
    session.choose_model("puerto-rico");
    load(&mut session, 2, Vec::new());
    assert!(!session.is_model_removed("puerto-rico"));
}

#[test]
fn another_model_scores_everything_anew() {
    let mut session = loaded();
    let ids = session.add(["done.wav", "stopped.wav", "waiting.wav"].map(|n| (n.into(), 1)));
    let job = score(&mut session, ids[0], &[0.1, 0.9]);
    finish(&mut session, job);
    score(&mut session, ids[1], &[0.2, 0.8]);
    session.cancel(ids[1]);
    assert_eq!(session.recordings()[1].detections.len(), 1);
    let shown = session.recordings()[1].findings;
    // The third is being looked up while the model changes to one with a single class.
    let old_key = session.results_key();
    session.choose_model("panama");
    assert!(session.recordings()[1].findings > shown);
    for recording in session.recordings() {
        assert!(recording.scores.is_empty() && recording.detections.is_empty());
    }
    assert_eq!(session.recordings()[1].state, RecordingState::Cancelled);
    // What was kept of the old model comes too late.
    session.recalled(ids[2], &old_key, Some(kept(&[0.1, 0.9])));
    assert_eq!(session.recordings()[2].state, RecordingState::Waiting);

    let effects = load(&mut session, 1, Vec::new());
    let recalls: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Recall(id, key) => Some((*id, key.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(recalls, [(ids[0], session.results_key())]);
    let new_key = session.results_key();
    assert_ne!(new_key, old_key);
    // What this model found before is taken as it is.
    session.recalled(ids[0], &new_key, Some(kept(&[0.7])));
    assert_eq!(session.recordings()[0].state, RecordingState::Done);
    assert_eq!(session.recordings()[0].detections.len(), 1);
}

/// Their scores are alike in form, so nothing but the model they are of tells them apart.
#[test]
fn what_one_model_found_is_never_taken_for_what_another_finds() {
    let mut session = loaded();
    let id = session.add([("a.wav".into(), 1)])[0];
    let old_key = session.results_key();
    session.advance();
    session.choose_model("panama");
    let effects = load_weights(&mut session, 2, Vec::new(), &"f".repeat(64));
    let new_key = session.results_key();
    assert_eq!(effects.last(), Some(&Effect::Recall(id, new_key.clone())));
    // The browser was slow with what the first model found: it looks for the second's instead.
    let effects = session.recalled(id, &old_key, Some(kept(&[0.1, 0.9])));
    assert_eq!(effects, [Effect::Recall(id, new_key.clone())]);
    assert!(session.recordings()[0].scores.is_empty());
    assert!(matches!(
        session.recalled(id, &new_key, None)[..],
        [Effect::SendWithFile(_, Request::Identify { .. })]
    ));
    // The second look's answer comes after the first's.
    assert!(session.recalled(id, &new_key, None).is_empty());
    assert_eq!(session.recordings()[0].state, RecordingState::Running);
}

#[test]
fn what_was_heard_live_is_scored_anew_from_its_file() {
    let mut session = loaded();
    let (heard, _) = session.listen("Live".into(), 48_000);
    let (id, job) = heard.expect("a model is loaded");
    finish(&mut session, job);
    session.choose_model("panama");
    let effects = load(&mut session, 1, Vec::new());
    assert!(matches!(effects[..], [Effect::Recall(live, _)] if live == id));
    assert!(matches!(
        session.recalled(id, &session.results_key(), None)[..],
        [Effect::SendWithFile(live, Request::Identify { .. })] if live == id
    ));
    assert_eq!(session.listening(), None);
}

#[test]
fn a_model_that_changes_ends_what_is_being_heard() {
    let mut session = loaded();
    let (heard, _) = session.listen("Live".into(), 48_000);
    let (_, job) = heard.expect("a model is loaded");
    let effects = session.choose_model("panama");
    assert_eq!(effects[0], Effect::Send(Request::StopListening { job }));
    assert_eq!(session.recordings()[0].state, RecordingState::Cancelled);
}
