//! Finding a model package: on the site, or in the browser's cache.

use super::added;
use crate::browser::error::describe;
use crate::browser::fetch::{self, FetchError, HttpCache};
use crate::browser::{scope, storage};
use crate::protocol::{Failure, FailureKind, JobId, LoadStage, Response};
use futures_channel::oneshot;
use pipit_core::package::{CATALOGUE_FILE, MANIFEST_FILE, PackageError, WEIGHTS_FILE};
use pipit_core::{Catalogue, CatalogueEntry, Manifest, ModelPackage};
use std::fmt::Display;
use web_sys::Blob;

/// Folder of the models on a site.
const MODELS: &str = "models/";
/// Where kept weights seem to lie; no such folder exists.
const KEPT: &str = "kept-models/";

/// Finds and checks a model: one that came beside the request, one of the site's catalogue, or one
/// that was added and kept. What weights are for is announced where they have to be waited for.
pub(super) async fn find(
    job: JobId,
    site: &str,
    name: Option<&str>,
    package: Option<Blob>,
    announce: oneshot::Sender<Manifest>,
) -> Result<ModelPackage, Failure> {
    post_stage(job, LoadStage::Manifest);
    let catalogue = catalogue(site).await;
    let response = Response::Catalogue {
        job,
        models: catalogue.as_ref().map_or(Vec::new(), |c| c.models.clone()),
        added: added::list(site).await,
    };
    scope::post(&response, None);
    if let (Some(name), Some(package)) = (name, package) {
        return added::open(name, package);
    }
    let entry = catalogue.as_ref().ok().and_then(|catalogue| {
        let mut entries = catalogue.models.iter();
        match name {
            Some(name) => entries.find(|entry| entry.name == name),
            None => entries.next(),
        }
    });
    if let Some(entry) = entry {
        return fetch(job, site, entry, announce).await;
    }
    if let Some(name) = name
        && let Some(package) = added::find(site, name).await
    {
        return added::open(name, package);
    }
    // Without an answer of the site nobody knows whether it has the model.
    catalogue?;
    let detail = match name {
        Some(name) => format!("{CATALOGUE_FILE} lists no model {name:?}, nor was one added here"),
        None => format!("{CATALOGUE_FILE} lists no model at all"),
    };
    Err(Failure::new(FailureKind::ModelUnreachable, detail))
}

async fn catalogue(site: &str) -> Result<Catalogue, Failure> {
    let url = format!("{site}{MODELS}{CATALOGUE_FILE}");
    let json = small_file(&url).await?;
    let catalogue = Catalogue::from_json(&json).map_err(invalid)?;
    keep_list(&url, &json).await;
    Ok(catalogue)
}

/// Fetches a model of the site.
///
/// Catalogue and manifest are small and always asked for anew. Weights are kept under their
/// digest, so that they are fetched once and never stale.
async fn fetch(
    job: JobId,
    site: &str,
    entry: &CatalogueEntry,
    announce: oneshot::Sender<Manifest>,
) -> Result<ModelPackage, Failure> {
    let folder = format!("{site}{MODELS}{}", entry.path);
    let manifest_url = format!("{folder}{MANIFEST_FILE}");
    let manifest_json = small_file(&manifest_url).await?;
    let manifest = Manifest::from_json(&manifest_json).map_err(invalid)?;
    keep_list(&manifest_url, &manifest_json).await;
    let digest = &manifest.weights_entry().map_err(invalid)?.sha256;

    let kept_under = kept_under(site, &manifest.name);
    let key = format!("{kept_under}{digest}");
    if let Some(weights) = storage::get(&key).await
        && let Ok(package) = ModelPackage::open(&manifest_json, weights)
    {
        return Ok(package);
    }
    // Whoever wanted to know may be gone.
    let _ = announce.send(manifest.clone());
    let url = format!("{folder}{WEIGHTS_FILE}");
    let weights = download(job, &url, &manifest)
        .await
        .map_err(|error| unreachable(&url, error))?;
    let package = ModelPackage::open(&manifest_json, weights).map_err(invalid)?;
    if let Err(thrown) = storage::put(&key, &package.weights).await {
        let detail = describe(&thrown);
        scope::post(&Response::ModelNotKept { job, detail }, None);
    }
    for older in storage::list(&kept_under).await {
        if older != key {
            storage::remove(&older).await;
        }
    }
    Ok(package)
}

/// Keeps a model no longer: neither one that was added, nor the weights of one of the site's.
pub(super) async fn remove(site: &str, model: &str) {
    added::remove(site, model).await;
    for weights in storage::list(&kept_under(site, model)).await {
        storage::remove(&weights).await;
    }
}

fn kept_under(site: &str, name: &str) -> String {
    format!("{site}{KEPT}{name}/")
}

/// Fetches the weights that a manifest lists.
pub(super) async fn download(
    job: JobId,
    url: &str,
    manifest: &Manifest,
) -> Result<Vec<u8>, FetchError> {
    /// Bytes between two reports of progress.
    const STEP: u64 = 1 << 18;
    let entry = manifest.weights_entry();
    let total = entry.map_or(0, |entry| entry.bytes);
    let mut reported = 0;
    post_stage(job, LoadStage::Download { received: 0, total });
    fetch::bytes(url, HttpCache::Bypass, |received| {
        if received >= reported + STEP || received == total {
            reported = received;
            post_stage(job, LoadStage::Download { received, total });
        }
    })
    .await
}

/// Tells how far a model has come.
pub(super) fn post_stage(job: JobId, stage: LoadStage) {
    scope::post(&Response::Loading { job, stage }, None);
}

async fn small_file(url: &str) -> Result<Vec<u8>, Failure> {
    fetch::bytes(url, HttpCache::Revalidate, |_| ())
        .await
        .map_err(|error| unreachable(url, error))
}

/// Keeps a catalogue or manifest under its own address, where the service worker finds it when there
/// is no network. It may not be running yet on the first visit, so it cannot keep them itself.
async fn keep_list(url: &str, json: &[u8]) {
    // Where nothing can be kept, Pipit goes on needing a network.
    let _ = storage::put(url, json).await;
}

fn unreachable(url: &str, error: impl Display) -> Failure {
    Failure::new(
        FailureKind::ModelUnreachable,
        format_args!("{url}: {error}"),
    )
}

#[allow(clippy::needless_pass_by_value, reason = "the form that map_err wants")]
fn invalid(error: PackageError) -> Failure {
    Failure::new(FailureKind::ModelInvalid, error)
}
