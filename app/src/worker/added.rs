//! Models that the user brings: checked, kept in this browser, and found again.

use super::model::{download, post_stage};
use crate::browser::blob_source::BlobSource;
use crate::browser::error::describe;
use crate::browser::fetch::{self, FetchError, HttpCache};
use crate::browser::{scope, storage};
use crate::model_package::{self, NamedFile, OpenError, PackageAddress};
use crate::protocol::{AddedModel, Failure, FailureKind, JobId, LoadStage, ModelOrigin, Response};
use pipit_core::ModelPackage;
use pipit_core::package::MANIFEST_FILE;
use std::io::Cursor;
use wasm_bindgen::JsValue;
use web_sys::Blob;

/// Where added models seem to lie; no such folder exists.
const ADDED: &str = "added-models/";
/// Ending of the address of a package.
const PACKAGE: &str = ".zip";
/// Ending of the address of its entry in the menu.
const ENTRY: &str = ".json";

/// Where a model is kept, a network that answers nothing is no network.
const PATIENCE_S: f64 = 4.0;

/// A package that is to be a model.
enum Found {
    /// It has just come.
    New(Box<ModelPackage>),
    /// It was kept before; this is its entry.
    Kept(AddedModel),
}

/// Checks a package and keeps it. Beside the answer go its bytes, where they could not be kept.
pub(super) async fn add(
    job: JobId,
    site: &str,
    origin: ModelOrigin,
    files: Vec<Blob>,
) -> Result<(Response, Option<Vec<u8>>), Failure> {
    let found = match &origin {
        ModelOrigin::Files(names) => Found::New(Box::new(from_files(names, files)?)),
        ModelOrigin::Address(address) => from_address(job, site, address).await?,
        ModelOrigin::Site => {
            let detail = "a model of the site is not added";
            return Err(Failure::internal(detail));
        }
    };
    let package = match found {
        Found::New(package) => package,
        Found::Kept(model) => return Ok((Response::ModelAdded { job, model }, None)),
    };
    let model = AddedModel::new(&package.manifest, origin);
    let packed = model_package::pack(&package)
        .map_err(|error| Failure::new(FailureKind::PackageInvalid, error))?;
    let kept = keep(site, &model, &packed).await;
    let answer = Response::ModelAdded { job, model };
    Ok(match kept {
        Ok(()) => (answer, None),
        Err(thrown) => {
            let detail = describe(&thrown);
            scope::post(&Response::ModelNotKept { job, detail }, None);
            (answer, Some(packed))
        }
    })
}

async fn keep(site: &str, model: &AddedModel, packed: &[u8]) -> Result<(), JsValue> {
    storage::put(&key(site, &model.id, PACKAGE), packed).await?;
    // Last, so that what is listed is there.
    list_as(site, model).await
}

async fn list_as(site: &str, model: &AddedModel) -> Result<(), JsValue> {
    let entry = serde_json::to_vec(model).map_err(|error| error.to_string())?;
    storage::put(&key(site, &model.id, ENTRY), &entry).await
}

/// All that are kept, in the order in which they came.
pub(super) async fn list(site: &str) -> Vec<AddedModel> {
    let mut models = Vec::new();
    for url in storage::list(&format!("{site}{ADDED}")).await {
        if url.ends_with(ENTRY)
            && let Some(json) = storage::get(&url).await
            // One that another version wrote may be unreadable, and is as good as absent.
            && let Ok(model) = serde_json::from_slice(&json)
        {
            models.push(model);
        }
    }
    models
}

/// A package that is kept under an id.
pub(super) async fn find(site: &str, id: &str) -> Option<Blob> {
    storage::get_blob(&key(site, id, PACKAGE)).await
}

/// Keeps a package no longer.
pub(super) async fn remove(site: &str, id: &str) {
    storage::remove(&key(site, id, ENTRY)).await;
    storage::remove(&key(site, id, PACKAGE)).await;
}

/// Reads and checks the package in a ZIP that was kept.
pub(super) fn open(id: &str, zip: Blob) -> Result<ModelPackage, Failure> {
    from_files(&[format!("{id}{PACKAGE}")], vec![zip])
}

fn key(site: &str, id: &str, ending: &str) -> String {
    format!("{site}{ADDED}{id}{ending}")
}

fn from_files(names: &[String], files: Vec<Blob>) -> Result<ModelPackage, Failure> {
    let files = names.iter().zip(files).map(|(name, blob)| {
        Ok(NamedFile {
            name: name.clone(),
            content: BlobSource::new(blob)?,
        })
    });
    let files: Vec<_> = files
        .collect::<Result<_, JsValue>>()
        .map_err(|thrown| Failure::internal(describe(&thrown)))?;
    model_package::open(files).map_err(|error| error.failure())
}

/// What an address leads to. Weights that are kept are not fetched again, and without a network
/// the package is the one that was last kept under the address.
async fn from_address(job: JobId, site: &str, address: &str) -> Result<Found, Failure> {
    let place = place(address, site).ok_or_else(|| {
        let detail = format!("{address:?} is no address on the web");
        Failure::new(FailureKind::AddressUnreachable, detail)
    })?;
    post_stage(job, LoadStage::Manifest);
    let kept = kept_under(site, &place).await;
    let first = match kept {
        Some(_) => fetch::bytes_within(PATIENCE_S, place.first(), HttpCache::Revalidate).await,
        None => fetch::bytes(place.first(), HttpCache::Revalidate, |_| ()).await,
    };
    let first = match (first, kept) {
        (Ok(bytes), _) => bytes,
        (Err(FetchError::Network(_)), Some(model)) => return Ok(Found::Kept(model)),
        (Err(error), _) => return Err(failure(place.first(), &error)),
    };
    let refuse = |error: OpenError| error.failure();
    match place {
        PackageAddress::Zip(url) => {
            // A query is no part of the file's name.
            let name = url.split('?').next().unwrap_or_default().to_owned();
            let content = Cursor::new(first);
            let opened = model_package::open(vec![NamedFile { name, content }]);
            opened.map(Box::new).map(Found::New).map_err(refuse)
        }
        PackageAddress::Folder { manifest, weights } => {
            let folder = manifest.replace(MANIFEST_FILE, "");
            let checked = model_package::check_manifest(&first, &folder).map_err(refuse)?;
            let model = AddedModel::new(&checked, ModelOrigin::Address(address.to_owned()));
            if find(site, &model.id).await.is_some() && list_as(site, &model).await.is_ok() {
                return Ok(Found::Kept(model));
            }
            let bytes = download(job, &weights, &checked).await;
            let bytes = bytes.map_err(|error| failure(&weights, &error))?;
            let opened = model_package::check(&first, bytes, &folder);
            opened.map(Box::new).map(Found::New).map_err(refuse)
        }
    }
}

/// Where the files of the package at an address lie; none if it is no address on the web.
fn place(address: &str, site: &str) -> Option<PackageAddress> {
    let url = fetch::absolute(address, site)?;
    let is_on_web = url.starts_with("https://") || url.starts_with("http://");
    is_on_web.then(|| PackageAddress::of(&url))
}

/// The newest of the models that came from this address and are kept.
async fn kept_under(site: &str, wanted: &PackageAddress) -> Option<AddedModel> {
    let is_wanted = |model: &AddedModel| match &model.origin {
        ModelOrigin::Address(address) => place(address, site).as_ref() == Some(wanted),
        ModelOrigin::Site | ModelOrigin::Files(_) => false,
    };
    list(site).await.into_iter().rev().find(is_wanted)
}

fn failure(url: &str, error: &FetchError) -> Failure {
    let kind = match error {
        FetchError::Policy => FailureKind::AddressRefused,
        FetchError::NotShared => FailureKind::AddressNotShared,
        FetchError::Network(_) | FetchError::Status(_) => FailureKind::AddressUnreachable,
    };
    Failure::new(kind, format_args!("{url}: {error}"))
}
