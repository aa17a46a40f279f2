//! What WebGPU offers, asked before anything is started on it.

use super::error::describe;
use crate::protocol::{DeviceChoice, NoGpu};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The adapter that the browser would give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// In its own words; may be empty.
    pub description: String,
    /// Computes in software.
    pub is_fallback: bool,
    /// Can measure its own time.
    has_timestamp_query: bool,
}

/// The adapter to compute on with this choice of a device, which is not the CPU.
///
/// # Errors
/// Why there is none.
pub async fn usable(choice: DeviceChoice) -> Result<Adapter, NoGpu> {
    let adapter = adapter().await?;
    if !adapter.has_timestamp_query {
        // Burn's runtime would measure with a clock that browsers lack, and panic.
        return Err(NoGpu::NoClock);
    }
    if adapter.is_fallback && choice == DeviceChoice::Auto {
        return Err(NoGpu::OnlySoftware);
    }
    Ok(adapter)
}

/// The fastest adapter.
async fn adapter() -> Result<Adapter, NoGpu> {
    let failed = |thrown: JsValue| NoGpu::Failed(describe(&thrown));
    let gpu = get(&js_sys::global(), "navigator")
        .and_then(|navigator| get(&navigator, "gpu"))
        .ok_or(NoGpu::NotOffered)?;
    let options = Object::new();
    let _ = Reflect::set(
        &options,
        &"powerPreference".into(),
        &"high-performance".into(),
    );
    let request: Function = get(&gpu, "requestAdapter")
        .and_then(|request| request.dyn_into().ok())
        .ok_or(NoGpu::NotOffered)?;
    let promise: Promise = request
        .call1(&gpu, &options)
        .map_err(failed)?
        .unchecked_into();
    let adapter = JsFuture::from(promise).await.map_err(failed)?;
    if adapter.is_null() || adapter.is_undefined() {
        return Err(NoGpu::NoAdapter);
    }
    let info = get(&adapter, "info").unwrap_or(JsValue::UNDEFINED);
    let is_fallback = [&info, &adapter]
        .iter()
        .any(|object| get(object, "isFallbackAdapter").is_some_and(|flag| flag.is_truthy()));
    Ok(Adapter {
        description: description(&info),
        is_fallback,
        has_timestamp_query: has_feature(&adapter, "timestamp-query"),
    })
}

fn description(info: &JsValue) -> String {
    let text = |key| {
        get(info, key)
            .and_then(|value| value.as_string())
            .unwrap_or_default()
    };
    let whole = text("description");
    if !whole.is_empty() {
        return whole;
    }
    [text("vendor"), text("architecture")]
        .join(" ")
        .trim()
        .to_owned()
}

fn has_feature(adapter: &JsValue, feature: &str) -> bool {
    let ask = || {
        let features = get(adapter, "features")?;
        let has: Function = get(&features, "has")?.dyn_into().ok()?;
        has.call1(&features, &feature.into()).ok()?.as_bool()
    };
    ask().unwrap_or(false)
}

fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &key.into()).ok()?;
    (!value.is_undefined()).then_some(value)
}
