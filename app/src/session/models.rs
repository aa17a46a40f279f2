//! Which model listens: one of the site's or one that the user has added.

use super::{Effect, ModelState, RecordingState, Session};
use crate::protocol::{
    AddedModel, Failure, FailureKind, JobId, LoadStage, ModelOrigin, Request, Response,
};
use pipit_core::CatalogueEntry;

/// A package on its way to being a model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Adding {
    job: JobId,
    origin: ModelOrigin,
    stage: LoadStage,
}

impl Session {
    /// The site's models; the first is the default.
    #[must_use]
    pub fn catalogue(&self) -> &[CatalogueEntry] {
        &self.catalogue
    }

    /// The models that the user has added, in this visit or an earlier one.
    #[must_use]
    pub fn added_models(&self) -> &[AddedModel] {
        &self.added
    }

    /// Name or id of the model that listens, or will, or its address while it is fetched from the
    /// link's; none before the catalogue is known.
    #[must_use]
    pub fn chosen_model(&self) -> Option<&str> {
        let first = self.catalogue.first().map(|entry| entry.name.as_str());
        self.settings.model.as_deref().or(first)
    }

    /// Where the chosen model comes from.
    #[must_use]
    pub fn model_origin(&self) -> ModelOrigin {
        let chosen = self.chosen_model();
        let added = self.added.iter().find(|m| Some(m.id.as_str()) == chosen);
        added.map_or(ModelOrigin::Site, |model| model.origin.clone())
    }

    /// Whether the kept weights of a site's model were removed since they were fetched.
    #[must_use]
    pub fn is_model_removed(&self, model: &str) -> bool {
        self.removed.contains(model)
    }

    /// What is being downloaded: bytes so far, and in all.
    #[must_use]
    pub fn download(&self) -> Option<(u64, u64)> {
        let of_model = match &self.model {
            ModelState::Loading(stage) => Some(stage),
            _ => None,
        };
        let stages = self.adding.iter().map(|adding| &adding.stage);
        stages.chain(of_model).find_map(|stage| match stage {
            LoadStage::Download { received, total } => Some((*received, *total)),
            _ => None,
        })
    }

    /// One line on the package that is being added, if one is.
    pub(super) fn adding_status(&self) -> Option<String> {
        let adding = self.adding.first()?;
        let words = &self.settings.spoken().words().status;
        let text = match adding.stage {
            LoadStage::Download { .. } => words.downloading_package,
            _ => words.checking_package,
        };
        Some(text.into())
    }

    /// The user gives a model package; once it is checked, it is chosen.
    pub fn add_model(&mut self, origin: ModelOrigin) -> (JobId, Vec<Effect>) {
        let job = self.new_job();
        let adding = Adding {
            job,
            origin,
            stage: LoadStage::Manifest,
        };
        let effects = if self.worker_ready {
            vec![self.request_of(&adding)]
        } else {
            self.revive()
        };
        self.adding.push(adding);
        (job, effects)
    }

    /// What a worker that has just started is asked besides its model.
    pub(super) fn unanswered_about_models(&mut self) -> Vec<Effect> {
        let removals = std::mem::take(&mut self.unsent).into_iter();
        let additions = self.adding.iter().map(|adding| self.request_of(adding));
        removals.map(Effect::Send).chain(additions).collect()
    }

    fn request_of(&self, adding: &Adding) -> Effect {
        Effect::Send(Request::AddModel {
            job: adding.job,
            site: self.settings.site.clone(),
            origin: adding.origin.clone(),
        })
    }

    /// The worker has looked up which models there are.
    pub(super) fn models_came(&mut self, models: Vec<CatalogueEntry>, added: Vec<AddedModel>) {
        // A site that does not answer has not lost its models.
        if !models.is_empty() {
            self.catalogue = models;
        }
        for model in added {
            let is_known = self.added.iter().any(|known| known.id == model.id);
            if !is_known && !self.removed.contains(&model.id) {
                self.added.push(model);
            }
        }
    }

    /// How far a package has come.
    pub(super) fn adding_advanced(&mut self, job: JobId, stage: LoadStage) {
        if let Some(adding) = self.adding.iter_mut().find(|adding| adding.job == job) {
            adding.stage = stage;
        }
    }

    /// A package holds, or does not; `None` if the answer is about something else.
    pub(super) fn adding_ended(&mut self, response: &Response) -> Option<Vec<Effect>> {
        let (Response::ModelAdded { job, .. } | Response::Failed { job, .. }) = response else {
            return None;
        };
        let place = self.adding.iter().position(|adding| adding.job == *job)?;
        let Adding { origin, .. } = self.adding.remove(place);
        match response {
            Response::ModelAdded { model, .. } => {
                for kind in [
                    FailureKind::NoPackage,
                    FailureKind::PackageInvalid,
                    FailureKind::PackageVersion,
                    FailureKind::AddressRefused,
                    FailureKind::AddressNotShared,
                    FailureKind::AddressUnreachable,
                ] {
                    self.dismiss(kind);
                }
                self.removed.remove(&model.id);
                self.added.retain(|known| known.id != model.id);
                self.added.push(model.clone());
                Some(self.choose_model(&model.id))
            }
            Response::Failed { failure, .. } => {
                self.notify(failure.clone());
                Some(self.give_up(&origin))
            }
            _ => None,
        }
    }

    /// No package is checked any more.
    pub(super) fn forget_adding(&mut self) {
        self.adding.clear();
        if self.linked_model().is_some() {
            self.settings.model = None;
        }
    }

    /// A model will not be there at the next visit; of the site's, that is said once.
    pub(super) fn model_not_kept(&mut self, job: JobId, detail: String) {
        let failure = Failure::new(FailureKind::ModelNotKept, detail);
        if self.adding.iter().any(|adding| adding.job == job) {
            self.notify(failure);
        } else {
            self.notify_once(failure);
        }
    }

    /// The chosen model cannot be loaded; one that was added and does not hold goes again, and the
    /// site's first takes its place.
    pub(super) fn loading_failed(&mut self, failure: Failure) -> Vec<Effect> {
        use FailureKind::{ModelInvalid, NoPackage, PackageInvalid};
        self.model = ModelState::Failed;
        let is_added = self.model_origin() != ModelOrigin::Site;
        let added = self.settings.model.clone().filter(|_| is_added);
        if let (Some(model), ModelInvalid | NoPackage | PackageInvalid) = (added, failure.kind) {
            self.notify(Failure::new(PackageInvalid, failure.detail));
            return self.remove_model(&model);
        }
        self.notify(failure);
        // What this page cannot read may be made for a newer one, which only then is looked for.
        // Once more when a model is there: now the network may be away.
        let keep_site = (!self.site_is_kept).then_some(Effect::KeepSite);
        Vec::from_iter(keep_site)
    }

    /// The user takes an added model away, or the kept weights of one of the site's.
    pub fn remove_model(&mut self, model: &str) -> Vec<Effect> {
        let n_added = self.added.len();
        self.added.retain(|added| added.id != model);
        self.removed.insert(model.to_owned());
        let request = Request::RemoveModel {
            job: self.new_job(),
            site: self.settings.site.clone(),
            model: model.to_owned(),
        };
        let mut effects = Vec::new();
        if self.worker_ready {
            effects.push(Effect::Send(request));
        } else {
            self.unsent.push(request);
        }
        let is_chosen = self.settings.model.as_deref() == Some(model);
        if is_chosen && self.added.len() < n_added {
            effects.extend(self.switch_to(None));
        }
        effects
    }

    /// The user chooses another model: all recordings are scored by it, or recalled if they were.
    pub fn choose_model(&mut self, model: &str) -> Vec<Effect> {
        if self.chosen_model() == Some(model) && self.manifest().is_some() {
            return Vec::new();
        }
        let first = self.catalogue.first();
        let is_default = first.is_some_and(|entry| entry.name == model);
        self.switch_to((!is_default).then(|| model.to_owned()))
    }

    fn switch_to(&mut self, model: Option<String>) -> Vec<Effect> {
        self.settings.model = model;
        self.dismiss(FailureKind::ModelInvalid);
        self.dismiss(FailureKind::ModelUnreachable);
        let mut effects = self.requeue_running();
        self.forget_all_findings();
        if self.worker_ready {
            effects.push(self.load());
        } else {
            effects.extend(self.revive());
        }
        effects
    }

    /// What another model found means nothing any more.
    pub(super) fn forget_all_findings(&mut self) {
        for recording in &mut self.recordings {
            match recording.state {
                RecordingState::Done | RecordingState::Recalling => recording.requeue(),
                // What was stopped stays so.
                _ => recording.forget_findings(),
            }
        }
        // Colours, and what was asked, speak of the old model's classes.
        self.seen.clear();
        self.awaited.clear();
        self.explained.clear();
    }

    /// Starts a worker where the last one has ended for good.
    fn revive(&mut self) -> Vec<Effect> {
        match self.model {
            ModelState::Failed => vec![self.restart()],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
