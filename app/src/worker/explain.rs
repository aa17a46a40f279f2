//! Why a window got its score.

use super::{Loaded, samples};
use crate::browser::clock::breathe;
use crate::protocol::{Failure, JobId, Response};
use pipit_core::evidence::evidence;
use pipit_core::{LabelId, MelFrontend, Waveform, window};
use web_sys::Blob;

/// Cuts the window out of the recording as identification did, and asks the network about it.
pub(super) async fn run(
    loaded: &Loaded,
    job: JobId,
    file: Blob,
    label: LabelId,
    start_s: f64,
) -> Result<Response, Failure> {
    let manifest = loaded.classifier.manifest();
    let length_s = f64::from(manifest.audio.window.length_s);
    let (samples, sample_rate_hz) = samples::read(file, start_s, start_s + length_s)?;
    let waveform = Waveform {
        samples,
        sample_rate_hz,
    };
    let windows = window::windows(&waveform, &manifest.audio).map_err(Failure::internal)?;
    let Some(window) = windows.first() else {
        return Err(Failure::internal("there is no such window"));
    };
    let mut frontend = MelFrontend::new(manifest.audio.sample_rate_hz, &manifest.mel)
        .map_err(Failure::internal)?;
    let mut image = frontend.decibels(&window.samples);
    manifest.normalization.apply(&mut image);
    let batch_size = loaded.device.batch_size;
    let evidence = evidence(&loaded.classifier, &image, label, batch_size, breathe)
        .await
        .map_err(|error| loaded.failure(&error.into()))?;
    Ok(Response::Explained {
        job,
        n_bands: evidence.n_bands,
        n_slices: evidence.n_slices,
        band_hz: evidence.band_hz(&manifest.mel),
        values: evidence.values,
    })
}
