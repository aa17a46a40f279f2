//! Recordings as they are published, in every format.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{error_text, model, pipit};

/// Real recordings lie beside the workspace where they are at hand.
fn originals() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/originals");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recordings at {}", folder.display());
    None
}

#[test]
fn every_supported_format_is_read_to_its_end() {
    let Some(folder) = originals() else { return };
    let mut table = csv::Reader::from_path(folder.join("SOURCES.csv")).unwrap();
    let rows: Vec<(PathBuf, f64)> = table
        .deserialize::<std::collections::HashMap<String, String>>()
        .map(|row| row.unwrap())
        .map(|row| {
            (
                folder.join(&row["file"]),
                row["duration_s"].parse().unwrap(),
            )
        })
        .filter(|(file, _)| {
            let extension = file.extension().unwrap();
            extension != "opus" && extension != "webm"
        })
        .collect();
    let mut args = vec!["identify".into(), "--format=json".into()];
    args.push(format!("--model={}", model().package.display()));
    args.extend(rows.iter().map(|(file, _)| file.display().to_string()));

    let output = pipit(args);

    assert!(output.status.success(), "{}", error_text(&output));
    let files: Value = serde_json::from_slice(&output.stdout).unwrap();
    for ((file, expected_s), found) in rows.iter().zip(files.as_array().unwrap()) {
        let found_s = found["duration_s"].as_f64().unwrap();
        // Lossy formats pad their ends, and the table is rounded.
        assert!(
            (found_s - expected_s).abs() < 0.2,
            "{} has {found_s} s, not {expected_s} s",
            file.display()
        );
    }
}

#[test]
fn unsupported_formats_are_named() {
    let Some(folder) = originals() else { return };
    for (file, format) in [
        ("converted_puerto_rico_xc_781752.opus", "Opus"),
        ("converted_puerto_rico_xc_781752.webm", "WebM"),
    ] {
        let output = pipit([
            "identify".to_owned(),
            folder.join(file).display().to_string(),
            format!("--model={}", model().package.display()),
        ]);
        assert_eq!(output.status.code(), Some(1));
        let error = error_text(&output);
        assert!(
            error.contains(format) && error.contains("not supported"),
            "{error}"
        );
    }
}
