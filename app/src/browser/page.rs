//! The page's address and life.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, MouseEvent, UrlSearchParams};

/// A parameter of the page's address.
#[must_use]
pub fn parameter(name: &str) -> Option<String> {
    let query = web_sys::window()?.location().search().ok()?;
    UrlSearchParams::new_with_str(&query).ok()?.get(name)
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

/// Scrolls a wide element sideways where a part of it, 0 to 1, has gone out of sight.
pub fn keep_in_sight(element: &Element, fraction: f64) {
    let (left, width) = (
        f64::from(element.scroll_left()),
        f64::from(element.client_width()),
    );
    let wanted = fraction * f64::from(element.scroll_width());
    if wanted < left || wanted > left + width {
        element.set_scroll_left((wanted - width * 0.1) as i32);
    }
}
