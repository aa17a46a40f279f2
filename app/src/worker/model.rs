//! Fetching a model package from the site or from the browser's cache.

use crate::browser::fetch::{self, HttpCache};
use crate::browser::storage;
use crate::protocol::{Failure, FailureKind, LoadStage};
use pipit_core::package::{CATALOGUE_FILE, MANIFEST_FILE, PackageError, WEIGHTS_FILE};
use pipit_core::{Catalogue, Manifest, ModelPackage};
use std::fmt::Display;

/// Folder of the models on a site.
const MODELS: &str = "models/";
/// Where kept weights seem to lie; no such folder exists.
const KEPT: &str = "kept-models/";

/// Fetches and checks a model of the site's catalogue.
///
/// Catalogue and manifest are small and always asked for anew. Weights are kept under their
/// digest, so that they are fetched once and never stale.
pub(super) async fn fetch(
    site: &str,
    name: Option<&str>,
    stage: impl Fn(LoadStage),
    listed: impl FnOnce(&Catalogue),
) -> Result<ModelPackage, Failure> {
    stage(LoadStage::Manifest);
    let models = format!("{site}{MODELS}");
    let catalogue = small_file(&format!("{models}{CATALOGUE_FILE}")).await?;
    let catalogue = Catalogue::from_json(&catalogue).map_err(invalid)?;
    listed(&catalogue);
    let mut entries = catalogue.models.iter();
    let entry = match name {
        Some(name) => entries.find(|entry| entry.name == name),
        None => entries.next(),
    };
    let entry = entry.ok_or_else(|| {
        let detail = format!(
            "{CATALOGUE_FILE} lists no model {:?}",
            name.unwrap_or("at all")
        );
        Failure::new(FailureKind::ModelUnreachable, detail)
    })?;
    let folder = format!("{models}{}", entry.path);
    let manifest_json = small_file(&format!("{folder}{MANIFEST_FILE}")).await?;
    let manifest = Manifest::from_json(&manifest_json).map_err(invalid)?;
    let digest = &manifest.weights_entry().map_err(invalid)?.sha256;

    let kept_under = format!("{site}{KEPT}{}/", manifest.name);
    let key = format!("{kept_under}{digest}");
    if let Some(weights) = storage::get(&key).await
        && let Ok(package) = ModelPackage::open(&manifest_json, weights)
    {
        return Ok(package);
    }
    let weights = download(&folder, &manifest, stage).await?;
    let package = ModelPackage::open(&manifest_json, weights).map_err(invalid)?;
    storage::put(&key, &package.weights).await;
    storage::remove_others(&kept_under, &key).await;
    Ok(package)
}

async fn download(
    folder: &str,
    manifest: &Manifest,
    stage: impl Fn(LoadStage),
) -> Result<Vec<u8>, Failure> {
    /// Bytes between two reports of progress.
    const STEP: u64 = 1 << 18;
    let total = manifest.weights_entry().map_err(invalid)?.bytes;
    let url = format!("{folder}{WEIGHTS_FILE}");
    let mut reported = 0;
    stage(LoadStage::Download { received: 0, total });
    fetch::bytes(&url, HttpCache::Bypass, |received| {
        if received >= reported + STEP || received == total {
            reported = received;
            stage(LoadStage::Download { received, total });
        }
    })
    .await
    .map_err(|error| unreachable(&url, error))
}

async fn small_file(url: &str) -> Result<Vec<u8>, Failure> {
    fetch::bytes(url, HttpCache::Revalidate, |_| ())
        .await
        .map_err(|error| unreachable(url, error))
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
