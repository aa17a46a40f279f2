//! Model packages on their way between the user and the worker.

use super::Shell;
use crate::browser::files::{SourceFile, Taken};
use crate::protocol::{ModelOrigin, Request, Response};
use leptos::prelude::{UpdateValue, WithValue};

impl Shell {
    /// Takes model packages from the user; files that are none are refused.
    pub fn add_models(self, taken: Taken) {
        for package in taken.packages {
            self.add_package(package);
        }
        if !taken.files.is_empty() {
            self.add_package(taken.files);
        }
    }

    pub(super) fn add_package(self, files: Vec<SourceFile>) {
        let names = files.iter().map(|file| file.name.clone()).collect();
        self.update(|session| {
            let (job, effects) = session.add_model(ModelOrigin::Files(names));
            self.kept.update_value(|kept| {
                kept.packages.insert(job, files);
            });
            effects
        });
    }

    /// Takes the model package at an address.
    pub fn add_model_from(self, address: String) {
        self.update(|session| session.add_model(ModelOrigin::Address(address)).1);
    }

    /// Frees a package that has been checked; keeps one that the browser would not keep.
    pub(super) fn take_package(self, response: &Response, packed: &[u8]) {
        let (Response::ModelAdded { job, .. } | Response::Failed { job, .. }) = response else {
            return;
        };
        self.kept.update_value(|kept| {
            kept.packages.remove(job);
        });
        if let Response::ModelAdded { model, .. } = response
            && !packed.is_empty()
            && let Ok(file) = SourceFile::from_bytes(model.id.as_str(), packed)
        {
            self.kept.update_value(|kept| {
                kept.unkept_models.insert(model.id.clone(), file);
            });
        }
    }

    /// Sends a request with whatever belongs beside it.
    pub(super) fn send_beside(self, request: &Request) {
        match request {
            Request::AddModel { job, .. } => {
                let sent = self.kept.with_value(|kept| {
                    let files = kept.packages.get(job).into_iter().flatten();
                    let port = kept.port.as_ref();
                    port.map_or(Ok(()), |port| {
                        port.send_files(request, files.map(SourceFile::blob))
                    })
                });
                self.survive(sent);
            }
            Request::Load { model, .. } => {
                // What it hears belongs to the model that goes.
                if self.kept.with_value(|kept| kept.live.is_some()) {
                    self.stop_listening();
                }
                let unkept = self.kept.with_value(|kept| {
                    let model = model.as_ref()?;
                    kept.unkept_models.get(model).cloned()
                });
                self.send(request, unkept.as_ref());
            }
            Request::RemoveModel { model, .. } => {
                self.kept.update_value(|kept| {
                    kept.unkept_models.remove(model);
                });
                self.send(request, None);
            }
            _ => self.send(request, None),
        }
    }
}
