//! The page's address and life.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent, MouseEvent, ResizeObserver,
    ResizeObserverEntry, ScrollIntoViewOptions, ScrollLogicalPosition,
};

/// The query of the page's address, with its question mark; may be empty.
#[must_use]
pub fn query() -> String {
    web_sys::window()
        .and_then(|window| window.location().search().ok())
        .unwrap_or_default()
}

/// Changes the query of the page's address; the page stays, and so does its history.
pub fn set_query(query: &str) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let path = window.location().pathname().unwrap_or_default();
    let url = if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    };
    if let Ok(history) = window.history() {
        // Refused only for pages that were opened from a file.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
    }
}

/// The language that the browser asks for, as a tag such as `es-PR`; may be empty.
#[must_use]
pub fn language() -> String {
    web_sys::window()
        .and_then(|window| window.navigator().language())
        .unwrap_or_default()
}

/// Tells the browser and its readers what the page speaks, and names the page in it.
pub fn set_language(tag: &str, title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(title);
        if let Some(root) = document.document_element() {
            let _ = root.set_attribute("lang", tag);
        }
    }
}

/// What a language is called in another, both by their tags; the tag itself where the browser
/// knows no name.
#[must_use]
pub fn language_name(tag: &str, spoken: &str) -> String {
    let name = || -> Result<JsValue, JsValue> {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into())?;
        let display_names: Function = Reflect::get(&intl, &"DisplayNames".into())?.dyn_into()?;
        let options = Object::new();
        Reflect::set(&options, &"type".into(), &"language".into())?;
        let arguments = Array::of2(&spoken.into(), &options);
        let names = Reflect::construct(&display_names, &arguments)?;
        let of: Function = Reflect::get(&names, &"of".into())?.dyn_into()?;
        of.call1(&names, &tag.into())
    };
    let name = name().ok().and_then(|name| name.as_string());
    name.unwrap_or_else(|| tag.to_owned())
}

/// The folder that the page was loaded from, ending in `/`: the site may lie under any path.
#[must_use]
pub fn site() -> String {
    let base = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.base_uri().ok().flatten())
        .unwrap_or_default();
    let path = base.split(['?', '#']).next().unwrap_or_default();
    let end = path.rfind('/').map_or(path.len(), |slash| slash + 1);
    path[..end].to_owned()
}

/// Loads the page anew.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}

/// Tells whenever the user comes back to the page, for as long as it lives.
pub fn on_focus(handle: impl Fn() + 'static) {
    listen("focus", move |_| handle());
}

/// Has the browser ask before the page is left, for as long as the page lives, whenever something
/// would be lost.
pub fn ask_before_leaving(is_unsaved: impl Fn() -> bool + 'static) {
    listen("beforeunload", move |event| {
        if is_unsaved() {
            event.prevent_default();
        }
    });
}

fn listen(event: &str, handle: impl Fn(Event) + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let closure = Closure::<dyn Fn(Event)>::new(handle);
    let _ = window.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// The element that the page is put into, empty.
#[must_use]
pub fn mount_point() -> Option<HtmlElement> {
    let place = web_sys::window()?.document()?.get_element_by_id("pipit")?;
    place.set_inner_html("");
    place.dyn_into().ok()
}

/// The part, 0 to 1, of an element's width at which it was clicked.
#[must_use]
pub fn clicked_fraction(element: &Element, event: &MouseEvent) -> f64 {
    let bounds = element.get_bounding_client_rect();
    ((f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0)).clamp(0.0, 1.0)
}

/// Tells an element's width in pixels now and whenever it changes, for as long as the element lives.
pub fn on_resize(element: &Element, changed: impl Fn(f64) + 'static) {
    let closure = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
        let entry: ResizeObserverEntry = entries.get(0).unchecked_into();
        changed(entry.content_rect().width());
    });
    if let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) {
        observer.observe(element);
    }
    // The browser drops observer and closure with the element.
    closure.forget();
}

/// Listens for keys wherever the focus is, for as long as the page lives.
pub fn on_key(handle: impl Fn(KeyboardEvent) + 'static) {
    listen("keydown", move |event| handle(event.unchecked_into()));
}

/// What the focus is on, as far as keys are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// Something that takes text: keys belong to it.
    Text,
    /// Something that a space presses.
    Button,
    /// Anything else.
    Elsewhere,
}

/// What the focus is on.
#[must_use]
pub fn focus() -> Focus {
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.active_element());
    let Some(element) = element else {
        return Focus::Elsewhere;
    };
    let takes_text = match element.dyn_ref::<HtmlInputElement>() {
        Some(input) => !["range", "checkbox", "radio", "file"].contains(&input.type_().as_str()),
        None => ["SELECT", "TEXTAREA"].contains(&element.tag_name().as_str()),
    };
    if takes_text {
        Focus::Text
    } else if ["BUTTON", "SUMMARY", "A", "INPUT"].contains(&element.tag_name().as_str()) {
        Focus::Button
    } else {
        Focus::Elsewhere
    }
}

/// Scrolls as little as brings an element into sight.
pub fn reveal(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}
