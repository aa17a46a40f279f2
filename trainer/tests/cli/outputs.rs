//! Nothing is written where it would be taken for recordings, or over what is no output.

use std::path::Path;

use crate::support::{
    chirps, error_text, model, pipit, train, write_backgrounds, write_dataset, write_wav,
};

/// Two species in folders, with no table.
fn write_folders(data: &Path) {
    for (species, pitch_hz) in [("low", 500.0), ("high", 2_800.0)] {
        for take in 0..4 {
            let file = data.join(species).join(format!("{take}.wav"));
            write_wav(&file, &chirps(pitch_hz, 1.2, take));
        }
    }
}

#[test]
fn what_is_written_is_no_recording() {
    let folder = tempfile::tempdir().unwrap();
    let (data, noise) = (folder.path().join("data"), folder.path().join("noise"));
    write_folders(&data);
    write_backgrounds(&noise);
    let before = folder.path().join("before");
    write_folders(&before);
    let flag = |name: &str, path: &Path| format!("--{name}={}", path.display());
    let settings = ["--epochs=1", "--freeze=7"];
    let backgrounds = flag("backgrounds", &noise);
    let of_noise = [&settings[..], &[&backgrounds]].concat();
    let pretraining = format!("--set=pretrain.data={}", before.display());

    for (out, more, name) in [
        (data.join("new/run"), &settings[..], "--data"),
        (data.clone(), &settings[..], "--data"),
        (data.join("low/../run"), &settings[..], "--data"),
        (noise.join("run"), &of_noise, "--backgrounds"),
        (before.join("run"), &[&pretraining], "--data"),
    ] {
        let output = train(&data, &out, more);
        let text = error_text(&output);
        assert!(!output.status.success() && text.contains(name), "{text}");
        assert!(!out.join("config.json").exists(), "{text}");
    }
    let [data_flag, out] = [flag("data", &data), flag("out", &data.join("preview"))];
    let output = pipit(["preview", &data_flag, &out]);
    let text = error_text(&output);
    assert!(
        !output.status.success() && text.contains("--data"),
        "{text}"
    );
    assert!(!data.join("preview").exists());

    // A table says which files are recordings.
    let listed = folder.path().join("listed");
    write_dataset(&listed);
    let output = train(&listed, &listed.join("run"), &settings);
    assert!(output.status.success(), "{}", error_text(&output));
}

#[test]
fn training_writes_over_no_weights_and_no_settings() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = out.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let settings = file("train.toml", b"epochs = 1\n");
    let config = format!("--config={}", settings.display());
    let refused = |more: &[&str], words: &str| {
        let output = train(&model().data, &out, more);
        let text = error_text(&output);
        assert!(!output.status.success() && text.contains(words), "{text}");
        assert_eq!(std::fs::read(&settings).unwrap(), b"epochs = 1\n");
        assert!(!out.join("config.json").exists());
    };

    refused(&[&config], "--config");

    let trained = std::fs::read(model().run.join("best.safetensors")).unwrap();
    let weights = file("best.safetensors", &trained);
    refused(
        &[&format!("--weights={}", weights.display())],
        "written over",
    );
    assert!(std::fs::read(weights).unwrap() == trained);
}

#[test]
fn an_evaluation_and_a_package_write_over_no_weights() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    std::fs::create_dir(&run).unwrap();
    for name in ["config.json", "best.json", "best.safetensors"] {
        std::fs::copy(model().run.join(name), run.join(name)).unwrap();
    }
    let data = format!("--data={}", model().data.display());
    let weights = run.join("best.safetensors");
    let [as_model, as_fold] = ["model", "folds"].map(|flag| format!("--{flag}={}", run.display()));
    for run in [as_model, as_fold] {
        for output in ["--json", "--scores", "--report"] {
            let output = format!("{output}={}", weights.display());
            let refused = pipit(["evaluate", &run, &data, &output]);
            let text = error_text(&refused);
            assert!(
                !refused.status.success() && text.contains("write over"),
                "{text}"
            );
        }
    }
    let before = std::fs::read(model().run.join("best.safetensors")).unwrap();
    assert!(std::fs::read(weights).unwrap() == before);

    // Somebody else's network, with notes.
    let theirs = folder.path().join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    for name in ["weights.safetensors", "README.md"] {
        std::fs::write(theirs.join(name), "theirs").unwrap();
    }
    let refused = pipit([
        "publish".to_owned(),
        format!("--run={}", run.display()),
        "--name=chirps".to_owned(),
        "--title=Chirps".to_owned(),
        "--version=1.0.0".to_owned(),
        format!("--out={}", theirs.display()),
    ]);
    let text = error_text(&refused);
    assert!(
        !refused.status.success() && text.contains("there are files"),
        "{text}"
    );
    for name in ["weights.safetensors", "README.md"] {
        assert_eq!(
            std::fs::read_to_string(theirs.join(name)).unwrap(),
            "theirs"
        );
    }
}
