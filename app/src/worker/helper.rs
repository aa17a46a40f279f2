//! A worker that scores windows for another one, which has the recording.

use crate::browser::blob_source::BlobSource;
use crate::browser::error::describe;
use crate::browser::scope;
use crate::protocol::{Failure, Help, Helped, JobId, Request, Response};
use burn::prelude::Device;
use futures_channel::mpsc::{self, UnboundedReceiver};
use futures_util::StreamExt as _;
use js_sys::Float32Array;
use pipit_core::identify::WindowScorer;
use pipit_core::{Classifier, Manifest, ModelPackage, ScoredWindow, Window};
use std::io::Read as _;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

type Job = (JobId, Vec<f32>);

/// From now on this worker does nothing else; it ends when the other one drops it.
pub(super) fn begin(job: JobId, manifest: Manifest, weights: JsValue) {
    let (sender, jobs) = mpsc::unbounded();
    scope::on_request(move |request, samples| {
        if let (Request::Help(Help::Score { job }), Some(samples)) =
            (request, samples.dyn_ref::<Float32Array>())
        {
            // A helper that has failed has said so already.
            let _ = sender.unbounded_send((job, samples.to_vec()));
        }
    });
    spawn_local(async move {
        if let Err(detail) = work(job, manifest, weights, jobs).await {
            let failure = Failure::internal(detail);
            scope::post(&Response::Failed { job, failure }, None);
        }
    });
}

async fn work(
    job: JobId,
    manifest: Manifest,
    weights: JsValue,
    mut jobs: UnboundedReceiver<Job>,
) -> Result<(), String> {
    // The other worker has checked the weights.
    let weights = weights.dyn_into().map_err(|_| "no weights came")?;
    let weights = read(weights)?;
    let package = ModelPackage { manifest, weights };
    let classifier = Classifier::new(&package, &Device::flex()).map_err(|e| e.to_string())?;
    drop(package);
    let mut scorer = WindowScorer::new(&classifier).map_err(|e| e.to_string())?;
    scope::post(&Response::Helped(Helped::Begun { job }), None);
    while let Some((job, samples)) = jobs.next().await {
        // Where it lies in the recording the other worker knows.
        let window = Window {
            start_s: 0.0,
            end_s: 0.0,
            samples,
        };
        let scored = scorer.score(&[window]).await.map_err(|e| e.to_string())?;
        for ScoredWindow { window, mel, .. } in scored {
            let bytes: Vec<u8> = mel.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            let response = Response::Helped(Helped::Scored {
                job,
                scores: window.scores,
                n_mels: mel.n_mels,
                n_frames: mel.n_frames,
            });
            scope::post(&response, Some(&bytes));
        }
    }
    Ok(())
}

fn read(weights: Blob) -> Result<Vec<u8>, String> {
    let mut source = BlobSource::new(weights).map_err(|thrown| describe(&thrown))?;
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}
