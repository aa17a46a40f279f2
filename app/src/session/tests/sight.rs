//! What is in memory because it is in sight.

use super::*;
use crate::view::tiles::TILE_COLUMNS;
use crate::view::viewport::Viewport;

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
fn a_card_that_was_unfolded_to_lead_there_is_folded_by_the_next() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let ids = session.add(["a", "b", "c", "d", "e", "f"].map(|name| (name.to_owned(), 1)));
    let unfolded = |session: &Session| -> Vec<usize> {
        let is_unfolded = |place: &usize| session.recordings()[*place].is_unfolded;
        (0..ids.len()).filter(is_unfolded).collect()
    };
    session.visit(ids[3]);
    session.visit(ids[3]);
    assert_eq!(unfolded(&session), [0, 1, 2, 3]);
    session.visit(ids[4]);
    assert_eq!(unfolded(&session), [0, 1, 2, 4]);
    // What the user unfolds stays so, and so does what was unfolded before.
    session.unfold(ids[5], true);
    session.visit(ids[5]);
    session.visit(ids[1]);
    session.visit(ids[0]);
    assert_eq!(unfolded(&session), [0, 1, 2, 5]);
}

#[test]
fn all_of_a_recording_without_an_overview_comes_piece_by_piece() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    let [a, b] = ["a", "b"].map(|name| {
        let (id, job) = run(&mut session, name);
        session.apply(finished(job), &[]);
        // Unfolded anew it has no overview.
        session.unfold(id, false);
        session.unfold(id, true);
        id
    });
    let asked = |effects: &[Effect]| -> Vec<JobId> {
        let job = |effect: &Effect| match effect {
            Effect::SendWithFile(_, Request::Spectrogram { job, .. }) => *job,
            other => panic!("{other:?}"),
        };
        effects.iter().map(job).collect()
    };
    let close = Viewport {
        start_s: 0.0,
        span_s: 4.0,
    };
    let strip = asked(&session.look_over(a, 600));
    assert_eq!(strip.len(), 1);
    // What is looked at closely has the rest of the way for itself.
    assert_eq!(asked(&session.look(a, close, 1000)).len(), 3);
    assert!(session.look_over(a, 600).is_empty() && session.look_over(b, 600).is_empty());
    let revisions = |session: &Session| [a, b].map(|id| session.recording(id).map(|r| r.revision));
    let before = revisions(&session);
    let columns = vec![9; TILE_COLUMNS * 128];
    session.apply(Response::Spectrogram { job: strip[0] }, &columns);
    let after = revisions(&session);
    // Both are painted again, and ask for what they were refused.
    assert!(before[0] < after[0] && before[1] < after[1]);
    assert_eq!(asked(&session.look(b, close, 1000)).len(), 1);
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
