//! What answers come to.

use super::*;
use crate::review::Answer;
use crate::session::Meaning;
use pipit_core::Detection;

#[test]
fn the_threshold_follows_the_precision_that_is_wanted() {
    let mut session = loaded(DeviceChoice::Auto, DeviceKind::Cpu);
    session.set_threshold(0.0);
    let (id, job) = run(&mut session, "a");
    // Forty detections of one species, between others; the surer ones are right.
    for n in 0..40_u8 {
        let confidence = f32::from(n) / 40.0;
        session.apply(scored(job, 10.0 * f64::from(n), [confidence, 0.0]), &[]);
    }
    let detections = session.recording(id).expect("kept").detections.clone();
    let of_first = |d: &&Detection| d.label == LabelId(0);
    for detection in detections.iter().filter(of_first).take(29) {
        let answer = if detection.confidence < 0.4 {
            Answer::No
        } else {
            Answer::Yes
        };
        session.answer(id, detection, Some(answer));
    }
    assert_eq!(session.meaning(LabelId(0)), Meaning::TooFew(29));
    for detection in detections.iter().filter(of_first).skip(29) {
        session.answer(id, detection, Some(Answer::Yes));
    }
    let least = |session: &Session| match session.meaning(LabelId(0)) {
        Meaning::From(threshold) => threshold.confidence,
        other => panic!("{other:?}"),
    };
    let usual = least(&session);
    session.set_wanted_precision(0.6);
    assert!(least(&session) < usual);
    assert_eq!(session.settings().to_query(), "threshold=0&precision=0.6");
    session.set_wanted_precision(1.0);
    assert_eq!(session.meaning(LabelId(0)), Meaning::Nowhere);
    session.set_wanted_precision(0.9);
    assert_eq!(session.settings().to_query(), "threshold=0");
    assert_eq!(session.meaning(LabelId(1)), Meaning::TooFew(0));
}
