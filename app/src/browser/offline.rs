//! The service worker that keeps the site in the browser.
//!
//! A browser that has none, or a page that was not loaded over HTTPS, works as before, with a network.

use super::page::reload;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Event, ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState,
};

/// Keeps the site for later visits; `updated` hears when another version has come and waits.
pub fn keep_site(site: &str, updated: impl Fn() + Clone + 'static) {
    let Some(container) = container() else { return };
    let script = format!("{site}service-worker.js");
    spawn_local(async move {
        let Ok(registration) = JsFuture::from(container.register(&script)).await else {
            return;
        };
        // Some browsers answer with nothing where they keep no site.
        let Ok(registration) = registration.dyn_into::<ServiceWorkerRegistration>() else {
            return;
        };
        if registration.waiting().is_some() {
            updated();
        }
        // The browser may have looked for another version on its own before.
        if let Some(new) = registration.installing() {
            tell_when_installed(&new, updated.clone());
        }
        let found = registration.clone();
        listen(&registration, "updatefound", move || {
            if let Some(new) = found.installing() {
                tell_when_installed(&new, updated.clone());
            }
        });
    });
}

/// Lets the waiting version take over, and loads the page from it.
pub fn update_site() {
    let Some(container) = container() else {
        return reload();
    };
    spawn_local(async move {
        let registration = JsFuture::from(container.get_registration()).await;
        let waiting = registration
            .ok()
            .and_then(|found| found.dyn_into::<ServiceWorkerRegistration>().ok())
            .and_then(|registration| registration.waiting());
        match waiting {
            Some(waiting) => {
                listen(&container, "controllerchange", reload);
                let _ = waiting.post_message(&"take-over".into());
            }
            None => reload(),
        }
    });
}

/// The first version ever takes over by itself, and is no news.
fn tell_when_installed(new: &ServiceWorker, updated: impl Fn() + 'static) {
    let worker = new.clone();
    listen(new, "statechange", move || {
        let is_first = container().is_none_or(|container| container.controller().is_none());
        if worker.state() == ServiceWorkerState::Installed && !is_first {
            updated();
        }
    });
}

fn listen(target: &web_sys::EventTarget, event: &str, handle: impl Fn() + 'static) {
    let closure = Closure::<dyn Fn(Event)>::new(move |_| handle());
    let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

fn container() -> Option<ServiceWorkerContainer> {
    let container = web_sys::window()?.navigator().service_worker();
    (!container.is_undefined()).then_some(container)
}
