//! Networks of every family: trained, published, dropped on the page, and heard there as natively.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use pipit_tests::audio::{Recipe, Sound};
use pipit_tests::browser::{Browsers, Gpu};
use pipit_tests::cli;
use pipit_tests::page::Page;

use crate::models::{wait_for_origin, zip_of};
use crate::trial::{RUN_TIMEOUT, THRESHOLD, are_the_command_lines, on_page, recording, whistles};

pub(crate) fn trials(browsers: &Arc<Browsers>) -> Vec<Trial> {
    [
        ("efficientnet", "tf_efficientnet_b0", "attention"),
        ("se_resnext", "seresnext50_32x4d", "average"),
        ("nfnet", "eca_nfnet_l0", "gem"),
    ]
    .map(|(family, architecture, pooling)| {
        let name = format!("families::{family}");
        on_page(&name, browsers, Gpu::None, "", move |page, folder| {
            sounds_alike(page, folder, architecture, pooling)
        })
    })
    .into()
}

fn sounds_alike(page: &mut Page, folder: &Path, architecture: &str, pooling: &str) -> Result<()> {
    let model = published(folder, architecture, pooling)?;
    // One window each: nothing is merged, so that each confidence is compared.
    let files = [("long.wav", 5.0), ("short.wav", 2.0)]
        .map(|(name, length_s)| recording(folder, name, whistles(length_s)));
    let [long, short] = files;
    let files = [long?, short?];
    page.drop_files(&[zip_of(&model, &folder.join("net.zip"))?])?;
    wait_for_origin(page, "net.zip")?;
    page.drop_files(&files)?;

    let mut confidences = Vec::new();
    for (file, name) in files.iter().zip(["long.wav", "short.wav"]) {
        page.wait_for_state(name, &["done"], RUN_TIMEOUT)?;
        page.set_threshold(THRESHOLD)?;
        let seen = page.recording(name)?.detections;
        are_the_command_lines(&seen, file, &model, 1e-3)?;
        confidences.extend(seen.iter().map(|detection| detection.confidence));
    }
    let first = confidences.first().copied().unwrap_or_default();
    ensure!(
        confidences.iter().any(|other| (other - first).abs() > 0.01),
        "whatever it hears, the network says {first}"
    );
    Ok(())
}

/// A network after a few steps from random weights, as a package.
fn published(folder: &Path, architecture: &str, pooling: &str) -> Result<PathBuf> {
    let (data, run, model) = (
        folder.join("data"),
        folder.join("run"),
        folder.join("model"),
    );
    for (class, sound) in [("whistle", Sound::Whistles), ("silence", Sound::Silence)] {
        fs::create_dir_all(data.join(class))?;
        for length in [3.0, 4.0, 5.0] {
            let recipe = Recipe {
                sound,
                ..whistles(length)
            };
            recording(&data.join(class), &format!("{length}.wav"), recipe)?;
        }
    }
    let (architecture, pooling) = (
        format!("--architecture={architecture}"),
        format!("--pooling={pooling}"),
    );
    pipit(&[
        "train".as_ref(),
        "--data".as_ref(),
        data.as_os_str(),
        "--out".as_ref(),
        run.as_os_str(),
        architecture.as_ref(),
        pooling.as_ref(),
        "--epochs=2".as_ref(),
        "--batch-size=4".as_ref(),
        "--learning-rate=0.001".as_ref(),
        "--n-mels=32".as_ref(),
        "--hop-length=2000".as_ref(),
        "--held-out=0".as_ref(),
    ])?;
    pipit(&[
        "publish".as_ref(),
        "--run".as_ref(),
        run.as_os_str(),
        "--out".as_ref(),
        model.as_os_str(),
        "--name=net".as_ref(),
        "--title=Net".as_ref(),
        "--version=1.0.0".as_ref(),
        "--licence=CC0 1.0".as_ref(),
    ])?;
    Ok(model)
}

fn pipit(arguments: &[&OsStr]) -> Result<()> {
    cli::run(arguments).map(drop)
}
