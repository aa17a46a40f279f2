//! The worker: requests in, answers out, one piece of work at a time.

mod added;
mod crew;
mod device;
mod explain;
mod helper;
mod identify;
mod live;
mod live_picture;
mod model;
mod samples;
mod spectrogram;

use crate::browser::scope;
use crate::protocol::{
    DeviceKind, Failure, FailureKind, Help, JobId, LoadStage, ModelOrigin, Request, Response,
};
use crew::Crew;
use device::ChosenDevice;
use futures_channel::mpsc::{self, UnboundedSender};
use futures_channel::oneshot;
use futures_util::future::join;
use js_sys::{Array, Float32Array};
use pipit_core::{Classifier, Manifest, ModelPackage};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

/// Starts answering the page.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        scope::post(&Response::Panicked { message }, None);
    }));
    let worker = Rc::new(Worker::default());
    scope::on_request(move |request, beside| worker.clone().receive(request, beside));
    scope::post(
        &Response::Ready {
            build: crate::BUILD.into(),
        },
        None,
    );
}

/// Requests that wait, and the model that is loaded.
#[derive(Default)]
struct Worker {
    waiting: RefCell<VecDeque<(Request, Option<Blob>)>>,
    busy: Cell<bool>,
    cancelled: RefCell<BTreeSet<JobId>>,
    loaded: RefCell<Option<Rc<Loaded>>>,
    /// Where blocks of what is heard go.
    listening: RefCell<Option<(JobId, UnboundedSender<Vec<f32>>)>>,
}

/// A model on its device.
struct Loaded {
    classifier: Classifier,
    device: ChosenDevice,
    /// Who else scores windows, on the CPU.
    crew: Option<Crew>,
}

impl Worker {
    /// Queues a request; a cancel takes effect at once, also on the job that runs.
    fn receive(self: Rc<Self>, request: Request, beside: JsValue) {
        match request {
            Request::Cancel { job } => {
                self.cancelled.borrow_mut().insert(job);
                return;
            }
            Request::Listen {
                job,
                sample_rate_hz,
            } => return self.clone().listen(job, sample_rate_hz),
            Request::Heard { job } => return self.heard(job, &beside),
            Request::Help(Help::Begin { job, manifest }) => {
                return helper::begin(job, *manifest, beside);
            }
            Request::AddModel { job, site, origin } => {
                return add_model(job, site, origin, &beside);
            }
            Request::RemoveModel { site, model, .. } => {
                return spawn_local(async move { model::remove(&site, &model).await });
            }
            Request::StopListening { .. } => {
                // The receiver hears that the last sender has gone.
                self.listening.take();
                return;
            }
            _ => {}
        }
        let file: Option<Blob> = beside.dyn_into().ok();
        if let Request::Spectrogram { job, .. } | Request::Samples { job, .. } = request {
            match self.piece(&request, file) {
                Ok((response, bytes)) => scope::post(&response, Some(&bytes)),
                Err(failure) => scope::post(&Response::Failed { job, failure }, None),
            }
            return;
        }
        if let Request::Explain {
            job,
            label,
            start_s,
        } = request
        {
            let loaded = self.loaded.borrow().clone();
            return spawn_local(async move {
                let explained = match (loaded, file) {
                    (Some(loaded), Some(file)) => {
                        explain::run(&loaded, job, file, label, start_s).await
                    }
                    _ => Err(incomplete()),
                };
                let failed = |failure| Response::Failed { job, failure };
                scope::post(&explained.unwrap_or_else(failed), None);
            });
        }
        self.waiting.borrow_mut().push_back((request, file));
        if !self.busy.replace(true) {
            spawn_local(self.work());
        }
    }

    fn listen(self: Rc<Self>, job: JobId, sample_rate_hz: u32) {
        let (sender, blocks) = mpsc::unbounded();
        self.listening.replace(Some((job, sender)));
        let loaded = self.loaded.borrow().clone();
        spawn_local(async move {
            let is_cancelled = || self.cancelled.borrow().contains(&job);
            let ended = match loaded {
                Some(loaded) => live::run(&loaded, job, sample_rate_hz, blocks, is_cancelled).await,
                None => Err(incomplete()),
            };
            self.cancelled.borrow_mut().remove(&job);
            let failed = |failure| Response::Failed { job, failure };
            scope::post(&ended.unwrap_or_else(failed), None);
        });
    }

    fn heard(&self, job: JobId, block: &JsValue) {
        let Some(block) = block.dyn_ref::<Float32Array>() else {
            return;
        };
        if let Some((_, sender)) = self.listening.borrow().as_ref().filter(|l| l.0 == job) {
            // A job that has failed has said so already.
            let _ = sender.unbounded_send(block.to_vec());
        }
    }

    /// Answers what takes no more than a moment.
    fn piece(&self, request: &Request, file: Option<Blob>) -> Result<(Response, Vec<u8>), Failure> {
        let file = file.ok_or_else(incomplete)?;
        match *request {
            Request::Spectrogram {
                job,
                hop_length,
                first_column,
                n_columns,
            } => {
                let loaded = self.loaded.borrow().clone().ok_or_else(incomplete)?;
                let piece = spectrogram::Piece {
                    hop_length,
                    first_column,
                    n_columns,
                };
                let columns = spectrogram::compute(loaded.classifier.manifest(), file, &piece)?;
                Ok((Response::Spectrogram { job }, columns))
            }
            Request::Samples {
                job,
                start_s,
                end_s,
            } => {
                let (samples, sample_rate_hz) = samples::read(file, start_s, end_s)?;
                let bytes = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
                let response = Response::Samples {
                    job,
                    sample_rate_hz,
                };
                Ok((response, bytes))
            }
            _ => Err(incomplete()),
        }
    }

    async fn work(self: Rc<Self>) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some((request, file)) = next else {
                break;
            };
            let (job, outcome) = self.handle(request, file).await;
            let response = match outcome {
                Ok(response) => response,
                Err(failure) => Response::Failed { job, failure },
            };
            self.cancelled.borrow_mut().remove(&job);
            scope::post(&response, None);
        }
        self.busy.set(false);
    }

    async fn handle(
        &self,
        request: Request,
        file: Option<Blob>,
    ) -> (JobId, Result<Response, Failure>) {
        match request {
            Request::Load {
                job,
                site,
                model,
                device,
            } => {
                // Free the old model first: two need twice the memory.
                self.loaded.take();
                let (announce, announced) = oneshot::channel();
                let package = async {
                    let model = model.as_deref();
                    let package = model::find(job, &site, model, file, announce).await;
                    if package.is_ok() {
                        model::post_stage(job, LoadStage::Device);
                    }
                    package
                };
                // While the weights are on their way the device is opened, which needs nothing of a
                // model, and its shaders compile, which need the model's shape alone.
                let device = async {
                    let device = device::choose(device).await;
                    match announced.await {
                        Ok(manifest) => Box::pin(rehearse(manifest, device)).await,
                        // There is nothing to wait for.
                        Err(_) => device,
                    }
                };
                let (package, device) = join(package, device).await;
                let outcome = async {
                    let package = package?;
                    let loaded = Rc::new(load(&site, &package, device).await?);
                    self.loaded.replace(Some(loaded.clone()));
                    Ok(Response::Loaded {
                        job,
                        manifest: Box::new(package.manifest),
                        device: loaded.device.report.clone(),
                    })
                };
                (job, outcome.await)
            }
            Request::Identify { job } => {
                let loaded = self.loaded.borrow().clone();
                let (Some(loaded), Some(file)) = (loaded, file) else {
                    return (job, Err(incomplete()));
                };
                let is_cancelled = || self.cancelled.borrow().contains(&job);
                (job, identify::run(&loaded, job, file, is_cancelled).await)
            }
            // Handled on arrival.
            Request::Help(Help::Begin { job, .. } | Help::Score { job })
            | Request::Cancel { job }
            | Request::AddModel { job, .. }
            | Request::RemoveModel { job, .. }
            | Request::Listen { job, .. }
            | Request::Heard { job }
            | Request::StopListening { job }
            | Request::Explain { job, .. }
            | Request::Spectrogram { job, .. }
            | Request::Samples { job, .. } => (job, Ok(Response::Cancelled { job })),
        }
    }
}

fn add_model(job: JobId, site: String, origin: ModelOrigin, files: &JsValue) {
    let files = files.dyn_ref::<Array>().map(Array::to_vec);
    let files = files.unwrap_or_default().into_iter();
    let files = files.filter_map(|file| file.dyn_into().ok()).collect();
    spawn_local(async move {
        match added::add(job, &site, origin, files).await {
            Ok((response, packed)) => scope::post(&response, packed.as_deref()),
            Err(failure) => scope::post(&Response::Failed { job, failure }, None),
        }
    });
}

fn incomplete() -> Failure {
    let detail = "a recording came without its file or before its model";
    Failure::internal(detail)
}

/// Runs a network of the same shape, whose weights mean nothing, through a GPU.
async fn rehearse(manifest: Manifest, device: ChosenDevice) -> ChosenDevice {
    if !device.compiles_first() {
        return device;
    }
    let classifier = Classifier::untrained(manifest, &device.device);
    let rehearsal = Loaded {
        classifier,
        device,
        crew: None,
    };
    // What fails here fails again with the real weights, and is told then.
    let _ = rehearsal.warm_up().await;
    rehearsal.device
}

/// Builds the network on its device.
async fn load(site: &str, package: &ModelPackage, device: ChosenDevice) -> Result<Loaded, Failure> {
    let classifier = Classifier::new(package, &device.device)
        .map_err(|error| Failure::new(FailureKind::ModelInvalid, error))?;
    let on_cpu = device.report.kind == DeviceKind::Cpu;
    let loaded = Loaded {
        classifier,
        device,
        crew: on_cpu.then(|| Crew::new(site, package)).flatten(),
    };
    loaded.warm_up().await?;
    Ok(loaded)
}
