use super::fixture::manifest;
use super::*;
use crate::pooling::Pooling;
use serde_json::{Value, json};

fn open(manifest: &Value, weights: &[u8]) -> Result<ModelPackage, String> {
    ModelPackage::open(manifest.to_string().as_bytes(), weights.to_vec()).map_err(|e| e.to_string())
}

#[track_caller]
fn refused(manifest: &Value, weights: &[u8], words: &[&str]) {
    let error = open(manifest, weights).expect_err("must be refused");
    for word in words {
        assert!(error.contains(word), "{error:?} does not name {word:?}");
    }
}

#[test]
fn a_sound_package_opens_and_its_manifest_round_trips() {
    let package = open(&manifest(b"weights"), b"weights").expect("sound");
    let again = Manifest::from_json(&package.manifest.to_json()).expect("own output");
    assert_eq!(again, package.manifest);
    assert_eq!(package.manifest.classes.len(), 2);
}

#[test]
fn pooling_is_the_mean_unless_a_manifest_says_otherwise() {
    let mut json = manifest(b"");
    let plain = open(&json, b"").expect("sound").manifest;
    assert_eq!(plain.pooling, Pooling::Average);
    let written = String::from_utf8(plain.to_json()).expect("JSON");
    assert!(
        !written.contains("pooling"),
        "older readers know no such field"
    );

    json["pooling"] = json!("attention");
    let package = open(&json, b"").expect("sound");
    assert_eq!(package.manifest.pooling, Pooling::Attention);
    let again = Manifest::from_json(&package.manifest.to_json()).expect("own output");
    assert_eq!(again, package.manifest);

    json["pooling"] = json!("max");
    refused(&json, b"", &["manifest.json", "max"]);
}

#[test]
fn the_digest_is_sha_256() {
    assert_eq!(
        sha256_hex(b"abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn damaged_or_foreign_weights_are_refused() {
    refused(
        &manifest(b"weights"),
        b"weighty",
        &["weights.safetensors", "sha-256"],
    );
    refused(
        &manifest(b"weights"),
        b"weight",
        &["weights.safetensors", "6 bytes", "lists 7"],
    );
}

#[test]
fn an_unknown_version_is_named_before_anything_else() {
    let mut newer = manifest(b"");
    newer["format_version"] = json!(2);
    newer["something_new"] = json!(true);
    refused(
        &newer,
        b"",
        &["manifest.json", "version 2", "reads version 1"],
    );
}

#[test]
fn values_out_of_range_are_named() {
    for (path, value, words) in [
        ("/name", json!("Bad Name"), "name"),
        ("/audio/window/hop_s", json!(6.0), "audio.window"),
        ("/audio/sample_rate_hz", json!(0), "audio.sample_rate_hz"),
        ("/mel/f_max", json!(17000.0), "mel: the band"),
        ("/mel/n_fft", json!(1_000_000), "mel.n_fft"),
        ("/mel/n_mels", json!(1_000_000_000), "mel: n_mels"),
        ("/normalization/std", json!(0.0), "normalization.std"),
        ("/detection/threshold", json!(1.5), "detection.threshold"),
        (
            "/detection/merge_gap_s",
            json!(1e39),
            "detection.merge_gap_s",
        ),
        ("/architecture", json!("resnet18"), "resnet18"),
        ("/classes/1/code", json!("banana"), "occurs twice"),
        ("/classes", json!([]), "classes is empty"),
        ("/files", json!({}), "weights.safetensors"),
    ] {
        let mut bad = manifest(b"");
        *bad.pointer_mut(path).expect("the field is there") = value;
        refused(&bad, b"", &["manifest.json", words]);
    }
}

#[test]
fn a_manifest_without_the_newer_fields_means_what_it_meant() {
    let package = open(&manifest(b""), b"").expect("sound");
    let manifest = package.manifest;
    assert_eq!(manifest.calibration, None);
    assert!(manifest.detection.class_thresholds.is_empty());
    // And it is written as it was read.
    let text = String::from_utf8(manifest.to_json()).expect("text");
    for field in ["calibration", "class_thresholds", "recordings_per_class"] {
        assert!(!text.contains(field), "{text}");
    }
}

#[test]
fn names_in_other_languages_round_trip_and_are_checked() {
    let mut json = manifest(b"");
    let plain = open(&json, b"").expect("sound").manifest;
    let written = String::from_utf8(plain.to_json()).expect("JSON");
    assert!(
        !written.contains("\"names\""),
        "older readers know no such field"
    );

    json["classes"][1]["names"] = json!({ "es": "San Pedrito" });
    let package = open(&json, b"").expect("sound");
    let tody = package.manifest.classes.get(crate::LabelId(1));
    assert_eq!(tody.name_in("es"), Some("San Pedrito"));
    let again = Manifest::from_json(&package.manifest.to_json()).expect("own output");
    assert_eq!(again, package.manifest);

    json["classes"][1]["names"] = json!({ "Spanish language": "San Pedrito" });
    refused(&json, b"", &["prtody1", "Spanish language"]);
}

#[test]
fn calibration_and_thresholds_by_class_round_trip_and_are_checked() {
    let mut with = manifest(b"");
    with["calibration"] = json!({ "slope": 0.5, "intercept": -1.0 });
    with["detection"]["class_thresholds"] = json!([0.25, 0.75]);
    let package = open(&with, b"").expect("sound");
    let again = Manifest::from_json(&package.manifest.to_json()).expect("own output");
    assert_eq!(again, package.manifest);
    assert_eq!(again.detection.class_thresholds, [0.25, 0.75]);

    for (path, value, words) in [
        ("/calibration/slope", json!(0.0), "calibration.slope"),
        ("/calibration", json!({ "slope": 1.0 }), "intercept"),
        (
            "/detection/class_thresholds",
            json!([0.5]),
            "detection.class_thresholds",
        ),
        ("/detection/class_thresholds", json!([0.5, 2.0]), "got 2"),
    ] {
        let mut bad = with.clone();
        *bad.pointer_mut(path).expect("the field is there") = value;
        refused(&bad, b"", &["manifest.json", words]);
    }
}

#[test]
fn pretraining_round_trips_and_need_not_be_told() {
    let mut with = manifest(b"");
    with["training"] = json!({
        "command": "pipit train", "data": "birds", "device": "CPU", "recordings": 8,
        "held_out_recordings": 2, "split": "by recordist", "epochs": 3, "seed": 0, "metrics": {}, "notes": ""
    });
    let plain = open(&with, b"").expect("sound").manifest;
    assert!(!String::from_utf8_lossy(&plain.to_json()).contains("pretraining"));

    with["training"]["pretraining"] =
        json!([{ "data": "more-birds", "recordings": 90, "classes": 7 }]);
    let package = open(&with, b"").expect("sound");
    let training = package.manifest.training.as_ref().expect("is told");
    assert_eq!(training.pretraining[0].data, "more-birds");
    let again = Manifest::from_json(&package.manifest.to_json()).expect("own output");
    assert_eq!(again, package.manifest);

    with["training"]["pretraining"][0]["species"] = json!(7);
    refused(&with, b"", &["manifest.json", "species"]);
}

#[test]
fn what_is_not_a_manifest_is_refused() {
    refused(&json!("hello"), b"", &["manifest.json cannot be read"]);
    let mut misspelt = manifest(b"");
    misspelt["treshold"] = json!(0.5);
    refused(&misspelt, b"", &["treshold"]);
}

#[test]
fn a_catalogue_round_trips_and_replaces_by_name() {
    let entry = |version: &str| CatalogueEntry {
        name: "test-birds".into(),
        title: "Test birds".into(),
        version: version.into(),
        path: "test-birds/".into(),
        bytes: 7,
        classes: 2,
    };
    let mut catalogue = Catalogue::default();
    catalogue.insert(entry("0.1.0"));
    catalogue.insert(entry("0.2.0"));
    assert_eq!(catalogue.models, [entry("0.2.0")]);
    assert_eq!(
        Catalogue::from_json(&catalogue.to_json()).expect("own output"),
        catalogue
    );
}
