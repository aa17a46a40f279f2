//! The page's link: it may give a model's address, and it leads whoever opens it to what is set.

use super::{Effect, Session};
use crate::protocol::ModelOrigin;

impl Session {
    /// The query of the link to what is set here. A model that came from an address goes by that:
    /// its id means something in this browser alone.
    #[must_use]
    pub fn query(&self) -> String {
        match self.model_origin() {
            ModelOrigin::Address(address) => {
                let mut settings = self.settings.clone();
                settings.set_model_address(&address);
                settings.to_query()
            }
            ModelOrigin::Site | ModelOrigin::Files(_) => self.settings.to_query(),
        }
    }

    /// Where the model comes from whose address the link gives, until it is added or given up.
    pub(super) fn linked_model(&self) -> Option<ModelOrigin> {
        let address = self.settings.model_address()?;
        Some(ModelOrigin::Address(address.to_owned()))
    }

    /// Adds the model whose address the link gives, as if it had been typed in.
    pub(super) fn follow_link(&mut self) {
        if let Some(origin) = self.linked_model() {
            // The worker is asked once there is one.
            let _ = self.add_model(origin);
        }
    }

    /// Loads the chosen model; nothing while the link's has not come, which is loaded instead.
    pub(super) fn load_unless_linked(&mut self) -> Vec<Effect> {
        match self.linked_model() {
            Some(_) => Vec::new(),
            None => vec![self.load()],
        }
    }

    /// A model cannot be added. If it is the link's, the site's first one listens.
    pub(super) fn give_up(&mut self, origin: &ModelOrigin) -> Vec<Effect> {
        if self.linked_model().as_ref() != Some(origin) {
            return Vec::new();
        }
        self.settings.model = None;
        vec![self.load()]
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use crate::protocol::{
        AddedModel, DeviceChoice, DeviceKind, DeviceReport, Failure, FailureKind, JobId,
        ModelOrigin, Request, Response,
    };
    use crate::session::{Effect, Session};
    use crate::settings::Settings;
    use pipit_core::CatalogueEntry;

    const ADDRESS: &str = "./birds/manifest.json";
    const LINK: &str = "model=.%2Fbirds%2Fmanifest.json";

    fn opened_with(query: &str) -> Session {
        let (settings, warnings) = Settings::from_query(String::new(), query);
        assert_eq!(warnings, []);
        Session::start(settings).0
    }

    fn worker_starts(session: &mut Session) -> Vec<Effect> {
        let build = crate::BUILD.into();
        session.apply(Response::Ready { build }, &[])
    }

    /// The session has asked for this package, and for no model.
    fn asked_to_add(effects: &[Effect], address: &str) -> JobId {
        match effects {
            [Effect::Send(Request::AddModel { job, origin, .. })] => {
                assert_eq!(*origin, ModelOrigin::Address(address.into()));
                *job
            }
            _ => panic!("not asked for {address} alone: {effects:?}"),
        }
    }

    /// The session has asked for this model, and for nothing else.
    fn asked_to_load(effects: &[Effect]) -> (JobId, Option<String>) {
        match effects {
            [Effect::Send(Request::Load { job, model, .. })] => (*job, model.clone()),
            _ => panic!("not asked for a model alone: {effects:?}"),
        }
    }

    fn added(address: &str) -> AddedModel {
        AddedModel {
            origin: ModelOrigin::Address(address.into()),
            ..fixture::added_model()
        }
    }

    fn comes(session: &mut Session, job: JobId, model: AddedModel) -> Vec<Effect> {
        session.apply(Response::ModelAdded { job, model }, &[])
    }

    fn fails(session: &mut Session, job: JobId) -> Vec<Effect> {
        let failure = Failure::new(FailureKind::AddressUnreachable, "404");
        session.apply(Response::Failed { job, failure }, &[])
    }

    fn loads(session: &mut Session, job: JobId, kept: Vec<AddedModel>) {
        let models = vec![CatalogueEntry {
            name: "puerto-rico".into(),
            title: "Birds of Puerto Rico".into(),
            version: "1.0.0".into(),
            path: "puerto-rico/".into(),
            bytes: 1,
            classes: 2,
        }];
        let added = kept;
        session.apply(Response::Catalogue { job, models, added }, &[]);
        let manifest = Box::new(fixture::manifest());
        let device = DeviceReport {
            kind: DeviceKind::Cpu,
            adapter: String::new(),
            passed_over: None,
        };
        let loaded = Response::Loaded {
            job,
            manifest,
            device,
        };
        session.apply(loaded, &[]);
        assert!(session.manifest().is_some());
    }

    #[test]
    fn the_links_model_is_added_and_loaded_in_place_of_the_sites() {
        let mut session = opened_with(LINK);
        let job = asked_to_add(&worker_starts(&mut session), ADDRESS);
        assert_eq!(session.query(), LINK);
        assert!(session.status().contains("package"), "{}", session.status());
        let effects = comes(&mut session, job, added(ADDRESS));
        let (job, model) = asked_to_load(&effects);
        assert_eq!(model.as_deref(), Some("my-birds.0123456789ab"));
        loads(&mut session, job, Vec::new());
        assert_eq!(session.query(), LINK);
        // Another model has another link, and this one is still to be had.
        session.choose_model("puerto-rico");
        assert_eq!(session.query(), "");
        assert_eq!(session.added_models(), [added(ADDRESS)]);
        session.choose_model(&added(ADDRESS).id);
        assert_eq!(session.query(), LINK);
    }

    #[test]
    fn the_sites_model_listens_where_the_links_cannot_be_had() {
        let mut session = opened_with(LINK);
        let job = asked_to_add(&worker_starts(&mut session), ADDRESS);
        let effects = fails(&mut session, job);
        let (job, model) = asked_to_load(&effects);
        assert_eq!(model, None);
        loads(&mut session, job, Vec::new());
        let kinds: Vec<_> = session
            .notices()
            .iter()
            .map(|failure| failure.kind)
            .collect();
        assert_eq!(kinds, [FailureKind::AddressUnreachable]);
        assert_eq!(session.query(), "");
    }

    #[test]
    fn the_links_model_outlives_a_change_of_the_device() {
        let mut session = opened_with(LINK);
        asked_to_add(&worker_starts(&mut session), ADDRESS);
        session.choose_device(DeviceChoice::Cpu);
        let job = asked_to_add(&worker_starts(&mut session), ADDRESS);
        comes(&mut session, job, added(ADDRESS));
        assert_eq!(session.query(), format!("device=cpu&{LINK}"));
    }

    #[test]
    fn what_the_user_adds_meanwhile_is_not_lost_with_the_link() {
        let mut session = opened_with(LINK);
        let linked = asked_to_add(&worker_starts(&mut session), ADDRESS);
        let (typed, _) = session.add_model(ModelOrigin::Address("birds.zip".into()));
        let effects = comes(&mut session, typed, added("birds.zip"));
        let (job, _) = asked_to_load(&effects);
        assert!(fails(&mut session, linked).is_empty());
        loads(&mut session, job, Vec::new());
        assert_eq!(session.query(), "model=.%2Fbirds.zip");
    }

    #[test]
    fn a_worker_that_dies_of_the_links_model_is_not_asked_again() {
        let mut session = opened_with(LINK);
        // One that never came to life has not died of it.
        session.worker_died("the worker could not be loaded");
        session.retry();
        asked_to_add(&worker_starts(&mut session), ADDRESS);
        session.worker_died("out of memory");
        assert_eq!(asked_to_load(&worker_starts(&mut session)).1, None);
    }

    #[test]
    fn a_model_of_an_earlier_visit_goes_by_its_address_too() {
        let mut session = opened_with("model=my-birds.0123456789ab");
        let (job, _) = asked_to_load(&worker_starts(&mut session));
        loads(&mut session, job, vec![added("models/birds")]);
        assert_eq!(session.query(), "model=models%2Fbirds");
    }
}
