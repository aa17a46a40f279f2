//! The worker: requests in, answers out, one piece of work at a time.

mod device;
mod identify;
mod model;

use crate::browser::{Samples, scope};
use crate::protocol::{DeviceChoice, Failure, FailureKind, JobId, LoadStage, Request, Response};
use device::ChosenDevice;
use pipit_core::{Classifier, ModelPackage};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Starts answering the page.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        scope::post(&Response::Panicked { message }, None);
    }));
    let worker = Rc::new(Worker::default());
    scope::on_request(move |request, samples| worker.clone().receive(request, samples));
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
    waiting: RefCell<VecDeque<(Request, Option<Samples>)>>,
    busy: Cell<bool>,
    cancelled: RefCell<BTreeSet<JobId>>,
    loaded: RefCell<Option<Rc<Loaded>>>,
}

/// A model on its device.
struct Loaded {
    classifier: Classifier,
    device: ChosenDevice,
}

impl Worker {
    /// Queues a request; a cancel takes effect at once, also on the job that runs.
    fn receive(self: Rc<Self>, request: Request, samples: Option<Samples>) {
        if let Request::Cancel { job } = request {
            self.cancelled.borrow_mut().insert(job);
            return;
        }
        self.waiting.borrow_mut().push_back((request, samples));
        if !self.busy.replace(true) {
            spawn_local(self.work());
        }
    }

    async fn work(self: Rc<Self>) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some((request, samples)) = next else {
                break;
            };
            let (job, outcome) = self.handle(request, samples).await;
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
        samples: Option<Samples>,
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
                let stage = |stage| scope::post(&Response::Loading { job, stage }, None);
                let outcome = async {
                    let package = model::fetch(&site, model.as_deref(), stage).await?;
                    stage(LoadStage::Device);
                    let loaded = Rc::new(load(&package, device).await?);
                    self.loaded.replace(Some(loaded.clone()));
                    Ok(Response::Loaded {
                        job,
                        manifest: Box::new(package.manifest),
                        device: loaded.device.report.clone(),
                    })
                };
                (job, outcome.await)
            }
            Request::Identify {
                job,
                sample_rate_hz,
                columns_per_s,
            } => {
                let loaded = self.loaded.borrow().clone();
                let (Some(loaded), Some(samples)) = (loaded, samples) else {
                    let detail = "a recording came without samples or before its model";
                    return (job, Err(Failure::new(FailureKind::Internal, detail)));
                };
                let recording = identify::Recording {
                    job,
                    samples,
                    sample_rate_hz,
                    columns_per_s,
                };
                let is_cancelled = || self.cancelled.borrow().contains(&job);
                (job, identify::run(&loaded, &recording, is_cancelled).await)
            }
            // Handled on arrival.
            Request::Cancel { job } => (job, Ok(Response::Cancelled { job })),
        }
    }
}

/// Builds the network on the chosen device.
async fn load(package: &ModelPackage, choice: DeviceChoice) -> Result<Loaded, Failure> {
    let device = device::choose(choice).await;
    let classifier = Classifier::new(package, &device.device)
        .map_err(|error| Failure::new(FailureKind::ModelInvalid, error))?;
    let loaded = Loaded { classifier, device };
    loaded.warm_up().await?;
    Ok(loaded)
}
