use super::*;
use crate::session::fixture;
use pipit_core::package::{FileEntry, sha256_hex};

const WEIGHTS: &[u8] = b"as good as weights for all that a package knows of them";

fn manifest() -> Manifest {
    let entry = FileEntry {
        sha256: sha256_hex(WEIGHTS),
        bytes: WEIGHTS.len() as u64,
    };
    Manifest {
        files: [(WEIGHTS_FILE.to_owned(), entry)].into(),
        ..fixture::manifest()
    }
}

fn file(name: &str, bytes: &[u8]) -> NamedFile<Cursor<Vec<u8>>> {
    NamedFile {
        name: name.into(),
        content: Cursor::new(bytes.to_vec()),
    }
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default();
        zip.start_file(*name, options).expect("a new name");
        zip.write_all(bytes).expect("fits");
    }
    zip.finish().expect("is written").into_inner()
}

#[track_caller]
fn refused(files: Vec<NamedFile<Cursor<Vec<u8>>>>, kind: FailureKind, words: &[&str]) {
    let failure = open(files).expect_err("must be refused").failure();
    assert_eq!(failure.kind, kind, "{}", failure.detail);
    for word in words {
        let detail = &failure.detail;
        assert!(detail.contains(word), "{detail:?} does not name {word:?}");
    }
}

#[test]
fn loose_files_open_in_any_order() {
    let json = manifest().to_json();
    let package = open(vec![
        file("my.safetensors", WEIGHTS),
        file("birds/manifest.json", &json),
    ])
    .expect("sound");
    assert_eq!(package.manifest, manifest());
    assert_eq!(package.weights, WEIGHTS);
}

#[test]
fn a_zip_opens_with_its_files_at_the_root_or_in_a_folder() {
    let json = manifest().to_json();
    for folder in ["", "birds/"] {
        let bytes = zip(&[
            ("__MACOSX/manifest.json", b"resource fork"),
            ("README.md", b"My birds"),
            (&format!("{folder}{WEIGHTS_FILE}"), WEIGHTS),
            (&format!("{folder}{MANIFEST_FILE}"), &json),
        ]);
        let package = open(vec![file("birds.zip", &bytes)]).expect("sound");
        assert_eq!(package.manifest, manifest());
        assert_eq!(package.weights, WEIGHTS);
    }
}

#[test]
fn what_is_packed_opens_again() {
    let package = check(&manifest().to_json(), WEIGHTS.to_vec(), "here").expect("sound");
    let bytes = pack(&package).expect("packs");
    let again = open(vec![file("kept.zip", &bytes)]).expect("sound");
    assert_eq!(again.manifest, package.manifest);
    assert_eq!(again.weights, package.weights);
}

#[test]
fn what_is_no_package_is_named() {
    let none = FailureKind::NoPackage;
    refused(vec![file("birds.zip", b"PK, or so")], none, &["birds.zip"]);
    let bytes = zip(&[("dawn.wav", b"RIFF"), ("a/b/manifest.json", b"{}")]);
    refused(
        vec![file("dawn.zip", &bytes)],
        none,
        &["dawn.zip", MANIFEST_FILE],
    );
    let json = manifest().to_json();
    let bytes = zip(&[("a/manifest.json", &json), ("weights.safetensors", WEIGHTS)]);
    refused(vec![file("a.zip", &bytes)], none, &["a.zip", WEIGHTS_FILE]);
    refused(vec![file(MANIFEST_FILE, &json)], none, &[WEIGHTS_FILE]);
    refused(vec![file("a.safetensors", WEIGHTS)], none, &[MANIFEST_FILE]);
    refused(vec![file("notes.txt", b"")], none, &["notes.txt"]);
}

#[test]
fn a_newer_format_is_named_before_its_weights_are_looked_for() {
    let json = String::from_utf8(manifest().to_json()).expect("JSON");
    let newer = json.replace("\"format_version\": 1", "\"format_version\": 99");
    refused(
        vec![file(MANIFEST_FILE, newer.as_bytes())],
        FailureKind::PackageVersion,
        &["99", MANIFEST_FILE],
    );
}

#[test]
fn damaged_weights_are_named() {
    let json = manifest().to_json();
    let mut flipped = WEIGHTS.to_vec();
    flipped[7] ^= 1;
    let files = |weights: &[u8]| {
        vec![
            file(MANIFEST_FILE, &json),
            file("weights.safetensors", weights),
        ]
    };
    let invalid = FailureKind::PackageInvalid;
    refused(files(&flipped), invalid, &["sha-256", WEIGHTS_FILE]);
    refused(files(&WEIGHTS[1..]), invalid, &["bytes", WEIGHTS_FILE]);
    let bytes = zip(&[(MANIFEST_FILE, &json), (WEIGHTS_FILE, &flipped)]);
    refused(vec![file("a.zip", &bytes)], invalid, &["a.zip", "sha-256"]);
}
