//! What the network would be shown.

use std::path::Path;

use crate::support::{TINY, error_text, model, pipit, write_backgrounds};

fn preview(out: &Path, more: &[&str]) -> std::process::Output {
    let data = format!("--data={}", model().data.display());
    let out = format!("--out={}", out.display());
    pipit(
        ["preview", &data, &out]
            .into_iter()
            .chain(TINY.iter().copied())
            .chain(more.iter().copied()),
    )
}

#[test]
fn examples_are_pictures_and_sounds_with_their_targets() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("preview");

    let output = preview(
        &out,
        &["--examples=2", "--set=augment.or_mixup.probability=1"],
    );

    assert!(output.status.success(), "{}", error_text(&output));
    for example in ["01", "02"] {
        let png = std::fs::read(out.join(format!("{example}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        let [original, augmented] = ["original", "augmented"].map(|name| {
            let path = out.join(format!("{example}-{name}.wav"));
            let mut reader = hound::WavReader::open(path).unwrap();
            let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
            samples
        });
        assert_eq!(
            (original.len(), augmented.len()),
            (8_000, 8_000),
            "one second"
        );
        assert_ne!(original, augmented);
    }
    let table = std::fs::read_to_string(out.join("examples.csv")).unwrap();
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.contains(".wav") && table.contains("=1.00"), "{table}");
    assert!(!out.join("03.png").exists());

    // Fewer examples leave none of these.
    std::fs::write(out.join("mine.png"), "kept").unwrap();
    let output = preview(&out, &["--examples=1"]);
    assert!(output.status.success(), "{}", error_text(&output));
    let mut left: Vec<String> = (std::fs::read_dir(&out).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    let expected = [
        "01-augmented.wav",
        "01-original.wav",
        "01.png",
        "examples.csv",
        "mine.png",
    ];
    assert_eq!(left, expected);
}

#[test]
fn each_augmentation_has_a_picture_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (out, noise) = (folder.path().join("preview"), folder.path().join("noise"));
    write_backgrounds(&noise);
    let backgrounds = format!("--noise={}", noise.display());

    let counterexamples = format!("--counterexamples={}", noise.display());
    let output = preview(&out, &["--each", &backgrounds, &counterexamples]);

    assert!(output.status.success(), "{}", error_text(&output));
    for name in [
        "no_call",
        "counterexample",
        "time_shift",
        "speed",
        "pitch",
        "or_mixup",
        "mixup",
        "background",
        "coloured_noise",
        "low_pass",
        "random_filter",
        "mix_style",
        "spectrogram_mixup",
        "cutmix",
        "frequency_mask",
        "time_mask",
    ] {
        assert!(out.join(format!("{name}.png")).is_file(), "{name}");
    }
    // Gain does not show where the loudest point counts as 0 dB.
    assert!(String::from_utf8_lossy(&output.stdout).contains("gain changes nothing"));

    // What shows nothing now leaves no picture of before.
    let output = preview(&out, &["--each"]);
    assert!(output.status.success(), "{}", error_text(&output));
    for name in ["background", "counterexample"] {
        assert!(!out.join(format!("{name}.png")).exists(), "{name}");
        assert!(
            !out.join(format!("{name}-augmented.wav")).exists(),
            "{name}"
        );
    }
    assert!(out.join("original.wav").is_file() && out.join("speed.png").is_file());
}
