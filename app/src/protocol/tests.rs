use super::*;
use pipit_core::Scores;
use std::fmt;

fn round_trip<T: Serialize + for<'a> Deserialize<'a> + PartialEq + fmt::Debug>(value: &T) {
    let json = serde_json::to_string(value).expect("serialises");
    assert_eq!(&serde_json::from_str::<T>(&json).expect("parses"), value);
}

#[test]
fn requests_round_trip() {
    let job = JobId(7);
    for device in DeviceChoice::ALL {
        round_trip(&Request::Load {
            job,
            site: "https://example.org/birds/".into(),
            model: Some("puerto-rico".into()),
            device,
        });
    }
    for origin in [
        ModelOrigin::Site,
        ModelOrigin::Files(vec!["birds.zip".into()]),
        ModelOrigin::Address("https://example.org/birds/".into()),
    ] {
        round_trip(&Request::AddModel {
            job,
            site: "https://example.org/".into(),
            origin,
        });
    }
    round_trip(&Request::RemoveModel {
        job,
        site: "https://example.org/".into(),
        model: "puerto-rico".into(),
    });
    round_trip(&Request::Identify { job });
    round_trip(&Request::Spectrogram {
        job,
        hop_length: 320,
        first_column: 1024,
        n_columns: 512,
    });
    round_trip(&Request::Samples {
        job,
        start_s: 1.5,
        end_s: 7.0,
    });
    round_trip(&Request::Explain {
        job,
        label: LabelId(3),
        start_s: 25.0,
    });
    round_trip(&Request::Listen {
        job,
        sample_rate_hz: 48_000,
    });
    round_trip(&Request::Heard { job });
    round_trip(&Request::StopListening { job });
    round_trip(&Request::Help(Help::Begin {
        job,
        manifest: Box::new(crate::session::fixture::manifest()),
    }));
    round_trip(&Request::Help(Help::Score { job }));
    round_trip(&Request::Cancel { job });
}

#[test]
fn responses_round_trip() {
    let job = JobId(7);
    round_trip(&Response::Ready {
        build: "abc".into(),
    });
    round_trip(&Response::ModelAdded {
        job,
        model: crate::session::fixture::added_model(),
    });
    round_trip(&Response::ModelNotKept {
        job,
        detail: "full".into(),
    });
    for stage in [
        LoadStage::Manifest,
        LoadStage::Download {
            received: 5,
            total: 10,
        },
        LoadStage::Device,
    ] {
        round_trip(&Response::Loading { job, stage });
    }
    round_trip(&Response::Loaded {
        job,
        manifest: Box::new(crate::session::fixture::manifest()),
        device: DeviceReport {
            kind: DeviceKind::WebGpu,
            adapter: "a card".into(),
            passed_over: None,
        },
    });
    round_trip(&Response::Scored {
        job,
        windows: vec![WindowScores {
            start_s: 0.0,
            end_s: 5.0,
            scores: Scores(vec![0.1, 0.734_123_4]),
        }],
        first_column: 3,
        done_s: 5.0,
        elapsed_s: 0.25,
    });
    round_trip(&Response::Opened {
        job,
        sample_rate_hz: 44_100,
        duration_s: Some(62.5),
    });
    round_trip(&Response::Finished {
        job,
        summary: Summary {
            duration_s: 62.5,
            peak: 0.5,
            damaged_packets: 1,
        },
    });
    round_trip(&Response::Explained {
        job,
        n_bands: 1,
        n_slices: 2,
        values: vec![0.5, -0.25],
        band_hz: Some((1000.0, 4000.0)),
    });
    round_trip(&Response::Spectrogram { job });
    round_trip(&Response::Samples {
        job,
        sample_rate_hz: 48_000,
    });
    round_trip(&Response::Helped(Helped::Begun { job }));
    round_trip(&Response::Helped(Helped::Scored {
        job,
        scores: Scores(vec![0.25, 0.734_123_4]),
        n_mels: 128,
        n_frames: 313,
    }));
    round_trip(&Response::Cancelled { job });
    round_trip(&Response::Panicked {
        message: "oh".into(),
    });
    for kind in FailureKind::ALL {
        let failure = Failure::new(kind, "why");
        round_trip(&Response::Failed { job, failure });
    }
}

#[test]
fn names_in_markup_are_the_serialised_names() {
    for kind in FailureKind::ALL {
        let json = serde_json::to_string(&kind).expect("serialises");
        assert_eq!(json, format!("{:?}", kind.name()));
    }
    for choice in DeviceChoice::ALL {
        assert_eq!(DeviceChoice::from_name(choice.name()), Some(choice));
    }
    assert_eq!(DeviceChoice::from_name("gpu"), None);
}
