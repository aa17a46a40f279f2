//! One network of several runs.

use std::path::{Path, PathBuf};
use std::process::Output;

use safetensors::SafeTensors;

use crate::support::{error_text, model, pipit, read_json, succeed, train};

fn weight(run: &Path) -> Vec<f32> {
    let bytes = std::fs::read(run.join("best.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let data = tensors.tensor("classifier.weight").unwrap().data().to_vec();
    (data.chunks_exact(4))
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

/// A run of one epoch.
fn trained(folder: &Path, name: &str, more: &[&str]) -> PathBuf {
    let run = folder.join(name);
    let settings = [&["--epochs=1", "--freeze=7"], more].concat();
    let output = train(&model().data, &run, &settings);
    assert!(output.status.success(), "{}", error_text(&output));
    run
}

fn average(runs: [&Path; 2], out: &Path) -> Output {
    let runs = runs.map(|run| run.display().to_string());
    let out = format!("--out={}", out.display());
    let command = ["average", "--runs"].map(str::to_owned);
    pipit(command.into_iter().chain(runs).chain([out]))
}

#[test]
fn the_mean_of_two_runs_is_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &[&str]| trained(folder.path(), name, more);
    let begun = |run: &Path| format!("--weights={}", run.join("best.safetensors").display());
    let weights = begun(&model().run);
    let slow = run("slow", &["--learning-rate=1e-4", &weights]);
    let other_seed = ["--seed=4", "--split-seed=0"];
    let fast = run(
        "fast",
        &[&["--learning-rate=1e-2", &weights], &other_seed[..]].concat(),
    );
    let average = |runs: [&Path; 2], out: &str| average(runs, &folder.path().join(out));

    let output = average([&slow, &fast], "both");

    assert!(output.status.success(), "{}", error_text(&output));
    let both = folder.path().join("both");
    let (slow_weight, fast_weight) = (weight(&slow), weight(&fast));
    assert_ne!(slow_weight, fast_weight);
    for ((slow, fast), mean) in slow_weight.iter().zip(&fast_weight).zip(weight(&both)) {
        assert!((0.5 * (slow + fast) - mean).abs() < 1e-6, "{mean}");
    }
    let command = read_json(&both.join("config.json"))["command"].clone();
    for part in ["learning-rate=1e-4", "learning-rate=1e-2", "pipit average"] {
        assert!(command.as_str().unwrap().contains(part), "{command}");
    }
    let data = format!("--data={}", model().data.display());
    let judged = succeed([
        "evaluate".to_owned(),
        format!("--model={}", both.display()),
        data,
    ]);
    let package = folder.path().join("models/both");
    succeed([
        "publish".to_owned(),
        format!("--run={}", both.display()),
        "--name=both".to_owned(),
        "--title=Both".to_owned(),
        "--version=1.0.0".to_owned(),
        format!("--out={}", package.display()),
    ]);
    let training = read_json(&package.join("manifest.json"))["training"].clone();
    let cmap = training["metrics"]["cmap"].as_f64().unwrap();
    assert!(
        judged.contains(&format!("cmAP {cmap:.4}")),
        "{cmap} in {judged}"
    );
    assert!(training["folds"].is_null(), "{training}");

    let refused = average([&slow, &fast], "both");
    assert!(
        error_text(&refused).contains("there is a run already"),
        "{}",
        error_text(&refused)
    );
    let settings = [
        "--epochs=2",
        "--validate-every=2",
        "--stop-after=1",
        &weights,
    ];
    let stopped = run("stopped", &settings);
    let text = error_text(&average([&slow, &stopped], "never"));
    assert!(
        text.contains("is not finished, after epoch 1 of 2"),
        "{text}"
    );
    let other = run("other", &["--held-out=0", &weights]);
    let [random, other_random] =
        ["1", "2"].map(|seed| run(seed, &["--split-seed=0", &format!("--seed={seed}")]));
    let [from_slow, from_fast] =
        [("from-slow", &slow), ("from-fast", &fast)].map(|(name, from)| run(name, &[&begun(from)]));
    let output = average([&slow, &from_slow], "followed");
    assert!(output.status.success(), "{}", error_text(&output));
    for (one, other, why) in [
        (&slow, &other, "hold out different recordings"),
        (&from_slow, &from_fast, "begin with the same weights"),
        (&slow, &random, "begin with the same weights"),
        (&random, &other_random, "begin with the same weights"),
    ] {
        let refused = average([one, other], "never");
        let text = error_text(&refused);
        assert!(
            !refused.status.success() && text.contains("cannot average") && text.contains(why),
            "{text}"
        );
    }
    assert!(!folder.path().join("never").exists());
}

#[test]
fn averages_are_judged_by_averages_alone() {
    let folder = tempfile::tempdir().unwrap();
    let averaged = |name: &str, more: &[&str]| {
        let runs = ["1e-4", "1e-2"].map(|rate| {
            let flag = format!("--learning-rate={rate}");
            let name = format!("{name}-{rate}");
            trained(folder.path(), &name, &[more, &[&flag]].concat())
        });
        let out = folder.path().join(name);
        let output = average([&runs[0], &runs[1]], &out);
        assert!(output.status.success(), "{}", error_text(&output));
        (out, runs)
    };
    let (all, _) = averaged("all", &["--held-out=0"]);
    let (first, _) = averaged("first", &["--fold=1", "--folds=2"]);
    let (second, parts) = averaged("second", &["--fold=2", "--folds=2"]);
    let publish = |second: &Path| {
        let (all, first, second) = (all.display(), first.display(), second.display());
        pipit([
            "publish".to_owned(),
            format!("--run={all}"),
            "--name=all".to_owned(),
            "--title=All".to_owned(),
            "--version=1.0.0".to_owned(),
            format!("--out={}", folder.path().join("models/all").display()),
            "--folds".to_owned(),
            first.to_string(),
            second.to_string(),
        ])
    };

    let refused = publish(&parts[0]);
    let text = error_text(&refused);
    assert!(
        !refused.status.success() && text.contains("averaged-with-0"),
        "{text}"
    );
    let published = publish(&second);
    assert!(published.status.success(), "{}", error_text(&published));
}
