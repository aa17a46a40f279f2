//! The page's end of the line to the worker, or a worker's to its helper.

use super::error::describe;
use super::samples::Samples;
use crate::protocol::{Request, Response};
use js_sys::{Array, Reflect, Uint8Array};
use serde::Serialize as _;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobPropertyBag, ErrorEvent, Event, MessageEvent, Url, Worker, WorkerOptions, WorkerType,
};

/// A running worker; it ends when this is dropped.
pub struct WorkerPort {
    worker: Worker,
    url: String,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
}

impl WorkerPort {
    /// Starts a worker of the site, on demand one that knows WebGPU, four times as large.
    ///
    /// `answered` gets each answer with the bytes beside it, `died` the last words of a worker
    /// that has ended by itself.
    ///
    /// # Errors
    /// If the browser starts no worker at all.
    pub fn start(
        site: &str,
        with_gpu: bool,
        answered: impl Fn(Response, Vec<u8>) + 'static,
        died: impl Fn(String) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let worker = worker_name(with_gpu);
        let build = crate::BUILD;
        let script = format!(
            r#"import("{site}{worker}.js?{build}")
  .then((worker) => worker.default({{ module_or_path: "{site}{worker}_bg.wasm?{build}" }}))
  .catch(fail);
"#
        );
        Self::run(&script, answered, died)
    }

    /// Starts a worker like this one from its code, which is compiled already, with a first request
    /// and the file that belongs to it.
    ///
    /// # Errors
    /// If the browser starts no worker, as some do not within a worker.
    #[cfg(feature = "worker")]
    pub fn start_alike(
        site: &str,
        request: &Request,
        file: &Blob,
        answered: impl Fn(Response, Vec<u8>) + 'static,
        died: impl Fn(String) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let worker = worker_name(cfg!(feature = "webgpu"));
        let build = crate::BUILD;
        let script = format!(
            r#"const start = async ({{ data: [module, request] }}) => {{
  const worker = await import("{site}{worker}.js?{build}");
  await worker.default({{ module_or_path: module }});
  dispatchEvent(new MessageEvent("message", {{ data: request }}));
}};
addEventListener("message", (event) => start(event).catch(fail), {{ once: true }});
"#
        );
        let port = Self::run(&script, answered, died)?;
        let request = Array::of2(&request.serialize(&serializer())?, file);
        let code = wasm_bindgen::module();
        port.worker.post_message(&Array::of2(&code, &request))?;
        Ok(port)
    }

    fn run(
        script: &str,
        answered: impl Fn(Response, Vec<u8>) + 'static,
        died: impl Fn(String) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let url = script_url(script)?;
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&url, &options)?;
        let dying = died.clone();
        let on_message = Closure::new(move |event: MessageEvent| match open(&event.data()) {
            Ok((response, bytes)) => answered(response, bytes),
            Err(last_words) => dying(last_words),
        });
        let on_error = Closure::new(move |event: Event| {
            // A helper's end would else be taken for that of its worker, too.
            event.prevent_default();
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            died(message.unwrap_or_else(|| "the worker could not be loaded".into()));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self {
            worker,
            url,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Sends a request, and the file that belongs to it: the browser passes on where it lies, not
    /// its bytes.
    ///
    /// # Errors
    /// If the browser has no room for the message.
    pub fn send(&self, request: &Request, file: Option<&Blob>) -> Result<(), JsValue> {
        let message = request.serialize(&serializer())?;
        self.worker
            .post_message(&Array::of2(&message, &file.into()))
    }

    /// Sends a request with several files.
    ///
    /// # Errors
    /// If the browser has no room for the message.
    pub fn send_files<'a>(
        &self,
        request: &Request,
        files: impl IntoIterator<Item = &'a Blob>,
    ) -> Result<(), JsValue> {
        let message = request.serialize(&serializer())?;
        let files: Array = files.into_iter().collect();
        self.worker.post_message(&Array::of2(&message, &files))
    }

    /// Sends a request with samples, which move to the worker.
    ///
    /// # Errors
    /// If the browser has no room for the message.
    pub fn send_samples(
        &self,
        request: &Request,
        Samples(samples): &Samples,
    ) -> Result<(), JsValue> {
        let message = request.serialize(&serializer())?;
        let envelope = Array::of2(&message, samples);
        let moved = Array::of1(&samples.buffer());
        self.worker.post_message_with_transfer(&envelope, &moved)
    }
}

impl Drop for WorkerPort {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        let _ = Url::revoke_object_url(&self.url);
    }
}

/// Numbers of 64 bits need big integers to survive.
pub(super) fn serializer() -> Serializer {
    Serializer::new().serialize_large_number_types_as_bigints(true)
}

fn worker_name(with_gpu: bool) -> &'static str {
    if with_gpu { "worker" } else { "worker_cpu" }
}

/// The worker starts from an address that the page makes up, because such a worker inherits the
/// page's content security policy; one loaded from the server would have none on a plain host.
/// The build in the addresses keeps a cache from pairing the page with an older worker.
fn script_url(script: &str) -> Result<String, JsValue> {
    const LAST_WORDS: &str = r#"const fail = (error) => postMessage({ crashed: String(error?.message ?? error) });
addEventListener("unhandledrejection", (event) => fail(event.reason));
"#;
    let parts = Array::of2(&LAST_WORDS.into(), &script.into());
    let kind = BlobPropertyBag::new();
    kind.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&parts, &kind)?;
    Url::create_object_url_with_blob(&blob)
}

/// Takes a message apart; the error is a worker's last words.
fn open(data: &JsValue) -> Result<(Response, Vec<u8>), String> {
    if let Some(words) = Reflect::get(data, &"crashed".into())
        .ok()
        .and_then(|w| w.as_string())
    {
        return Err(words);
    }
    let envelope: &Array = data.dyn_ref().ok_or_else(|| describe(data))?;
    let bytes = envelope
        .get(1)
        .dyn_ref::<Uint8Array>()
        .map(Uint8Array::to_vec);
    let response = serde_wasm_bindgen::from_value(envelope.get(0)).map_err(|e| e.to_string())?;
    Ok((response, bytes.unwrap_or_default()))
}
