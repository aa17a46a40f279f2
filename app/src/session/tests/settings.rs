//! Settings that were ignored.

use super::*;
use crate::notice;
use crate::words::Language;
use pipit_core::{Label, Taxonomy};

/// A page whose address has this query, and what its worker is asked.
fn opened_with(query: &str) -> (Session, Vec<Effect>) {
    let (settings, warnings) = Settings::from_query(String::new(), query);
    let (mut session, _) = Session::start(settings);
    session.ignored(warnings);
    let effects = session.apply(ready(), &[]);
    (session, effects)
}

fn details(session: &Session) -> Vec<String> {
    let notices = session.notices().iter();
    let bad = notices.filter(|failure| failure.kind == FailureKind::BadSettings);
    let spoken = session.settings().spoken();
    bad.map(|failure| notice::word(spoken, failure).detail)
        .collect()
}

#[test]
fn what_is_ignored_is_told_in_the_language_that_is_spoken() {
    let (mut session, _) = opened_with("colours=jet");
    let english = details(&session);
    session.set_language(Language::Spanish);
    let spanish = details(&session);
    assert_ne!(english, spanish);
    assert!(english[0].contains("jet") && spanish[0].contains("jet"));
}

#[test]
fn unknown_species_are_named_once_the_model_is_known() {
    let (mut session, effects) = opened_with("include=banana&exclude=dodo&threshold.dodo=0.3");
    assert!(details(&session).is_empty());
    finish_loading(&mut session, &effects, DeviceKind::Cpu);
    let told = details(&session);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].matches("dodo").count(), 1, "{told:?}");
    assert!(!told[0].contains("banana"), "{told:?}");
}

#[test]
fn one_notice_holds_what_address_and_model_do_not_know() {
    let (mut session, effects) = opened_with("colours=jet&include=dodo");
    assert!(matches!(&details(&session)[..], [told] if told.contains("jet")));
    finish_loading(&mut session, &effects, DeviceKind::Cpu);
    let told = details(&session);
    assert!(
        matches!(&told[..], [told] if told.contains("jet") && told.contains("dodo")),
        "{told:?}"
    );
}

#[test]
fn what_was_read_is_not_told_again_by_the_same_model() {
    let (mut session, effects) = opened_with("include=dodo");
    finish_loading(&mut session, &effects, DeviceKind::Cpu);
    session.dismiss(FailureKind::BadSettings);
    session.choose_device(DeviceChoice::Cpu);
    let effects = session.apply(ready(), &[]);
    finish_loading(&mut session, &effects, DeviceKind::Cpu);
    assert!(details(&session).is_empty());
    // Another model knows it, and a third one does not.
    for (code, n_notices) in [("dodo", 0), ("emu", 1)] {
        session.choose_device(DeviceChoice::Cpu);
        let effects = session.apply(ready(), &[]);
        let (job, _) = load_request(&effects);
        let mut manifest = fixture::manifest();
        manifest.classes = Taxonomy::new(vec![Label {
            code: code.into(),
            ..Label::default()
        }])
        .expect("one species");
        session.apply(
            Response::Loaded {
                job,
                manifest: Box::new(manifest),
                device: device(DeviceKind::Cpu),
            },
            &[],
        );
        assert_eq!(details(&session).len(), n_notices, "{code}");
    }
}
