//! A tiny data set of chirps, a trained and published model of it, and the program itself.

use std::f32::consts::TAU;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Rate of all made-up recordings and of the models trained on them.
pub(crate) const RATE_HZ: u32 = 8_000;

/// Pitches of the three species, in Hz.
const SPECIES: [(&str, f32); 3] = [("low", 500.0), ("mid", 1_300.0), ("high", 2_800.0)];

/// Settings with which a training run takes seconds.
pub(crate) const TINY: &[&str] = &[
    "--sample-rate=8000",
    "--window=1",
    "--n-fft=256",
    "--hop-length=128",
    "--n-mels=32",
    "--f-max=3900",
    "--batch-size=4",
    "--epochs=2",
    "--min-recordings=3",
    "--held-out=0.25",
];

/// Passes of the model that all tests share: enough for any seed to tell the species apart.
pub(crate) const EPOCHS: usize = 24;

/// Runs `pipit` and waits for it.
pub(crate) fn pipit<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pipit"))
        .args(args)
        .output()
        .unwrap()
}

/// Runs `pipit`, which must succeed, and returns what it prints.
pub(crate) fn succeed<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> String {
    let output = pipit(args);
    assert!(output.status.success(), "{}", error_text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What the program wrote to the error stream.
pub(crate) fn error_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Trains on `data` with the tiny settings.
pub(crate) fn train(data: &Path, out: &Path, more: &[&str]) -> Output {
    train_command(data, out, more).output().unwrap()
}

/// Would train on `data` with the tiny settings.
pub(crate) fn train_command(data: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipit"));
    command
        .arg("train")
        .arg(format!("--data={}", data.display()))
        .arg(format!("--out={}", out.display()))
        .args(TINY)
        .args(more);
    command
}

/// A data set: four recordings of each of three species by four people, and one of a fourth species.
pub(crate) fn write_dataset(folder: &Path) {
    let mut table = String::from(
        "primary_label,secondary_labels,scientific_name,common_name,author,license,url,filename\n",
    );
    for (code, pitch_hz) in SPECIES {
        for (take, author) in ["Ann", "Bo", "Cy", "Di"].into_iter().enumerate() {
            let file = format!("{code}/{take}.wav");
            write_wav(
                &folder.join("audio").join(&file),
                &chirps(pitch_hz, 2.2, take),
            );
            writeln!(
                table,
                "{code},[],Avis {code},{code} bird,{author},CC BY-NC-SA 4.0,https://example.org/{code}{take},{file}"
            )
            .unwrap();
        }
    }
    write_wav(&folder.join("audio/rare/0.wav"), &chirps(2_000.0, 1.5, 0));
    table += "rare,['low'],Avis rara,rare bird,Ann,CC BY 4.0,,rare/0.wav\n";
    std::fs::write(folder.join("train_metadata.csv"), table).unwrap();
}

/// Two recordings without birds, in a plain folder.
pub(crate) fn write_backgrounds(folder: &Path) {
    for (name, pitch_hz, seconds) in [("hum.wav", 100.0, 1.7), ("fan/1.wav", 190.0, 0.4)] {
        write_wav(&folder.join(name), &chirps(pitch_hz, seconds, 0));
    }
}

/// Short rising notes at a pitch.
pub(crate) fn chirps(pitch_hz: f32, seconds: f32, take: usize) -> Vec<f32> {
    let count = (seconds * RATE_HZ as f32) as usize;
    let mut phase = 0.0f32;
    (0..count)
        .map(|index| {
            let time = index as f32 / RATE_HZ as f32 + 0.07 * take as f32;
            let note = (time * 4.0).fract();
            phase += pitch_hz * (1.0 + 0.2 * note) / RATE_HZ as f32;
            let loudness = if note < 0.6 { 0.4 } else { 0.01 };
            loudness * (TAU * phase).sin()
        })
        .collect()
}

/// What a JSON file holds.
pub(crate) fn read_json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Writes 16-bit mono.
pub(crate) fn write_wav(path: &Path, samples: &[f32]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in samples {
        writer.write_sample((sample * 32_767.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// A trained run and the package published from it.
pub(crate) struct Model {
    /// The data set.
    pub(crate) data: PathBuf,
    /// The run's folder.
    pub(crate) run: PathBuf,
    /// The package's folder.
    pub(crate) package: PathBuf,
    /// What `publish` printed.
    pub(crate) published: String,
}

/// The model that all tests share; it lies below cargo's folder for temporary test files.
pub(crate) fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shared-model");
        let _ = std::fs::remove_dir_all(&root);
        let model = Model {
            data: root.join("data"),
            run: root.join("run"),
            package: root.join("models/chirps"),
            published: String::new(),
        };
        write_dataset(&model.data);
        let output = train(
            &model.data,
            &model.run,
            &[
                &format!("--epochs={EPOCHS}"),
                &format!("--validate-every={EPOCHS}"),
                "--learning-rate=3e-3",
            ],
        );
        assert!(output.status.success(), "{}", error_text(&output));
        let published = succeed([
            "publish",
            &format!("--run={}", model.run.display()),
            "--name=chirps",
            "--title=Chirps",
            "--version=1.0.0",
            &format!("--out={}", model.package.display()),
        ]);
        Model { published, ..model }
    })
}

/// A column of a CSV file.
pub(crate) fn column(path: &Path, name: &str) -> Vec<String> {
    let mut table = csv::Reader::from_path(path).unwrap();
    let index = table
        .headers()
        .unwrap()
        .iter()
        .position(|n| n == name)
        .unwrap();
    table
        .records()
        .map(|row| row.unwrap()[index].to_owned())
        .collect()
}
