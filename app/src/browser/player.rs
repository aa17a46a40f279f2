//! Playing a recording.

use super::files::SourceFile;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Event, HtmlAudioElement, Url};

/// An audio element over a file, which it frees when dropped.
#[derive(Clone)]
pub struct Player(Rc<Inner>);

struct Inner {
    audio: HtmlAudioElement,
    url: String,
    on_change: Closure<dyn Fn(Event)>,
}

/// Events after which a player may have started or stopped.
const CHANGES: [&str; 3] = ["play", "pause", "ended"];

impl Player {
    /// A player that is paused at the start; `changed` hears whether it plays.
    ///
    /// # Errors
    /// If the browser gives no address for the file.
    pub fn new(file: &SourceFile, changed: impl Fn(bool) + 'static) -> Result<Self, JsValue> {
        let url = Url::create_object_url_with_blob(&file.blob)?;
        let audio = HtmlAudioElement::new_with_src(&url)?;
        audio.set_preload("metadata");
        let element = audio.clone();
        let on_change = Closure::new(move |_| changed(!element.paused()));
        for event in CHANGES {
            audio.add_event_listener_with_callback(event, on_change.as_ref().unchecked_ref())?;
        }
        Ok(Self(Rc::new(Inner {
            audio,
            url,
            on_change,
        })))
    }

    /// Plays on from where it stands.
    pub fn play(&self) {
        if let Ok(started) = self.0.audio.play() {
            // Refused where the browser cannot play what it can decode: then it stays paused.
            spawn_local(async move {
                let _ = JsFuture::from(started).await;
            });
        }
    }

    /// Stops where it stands.
    pub fn pause(&self) {
        let _ = self.0.audio.pause();
    }

    /// Moves to a time.
    pub fn seek(&self, position_s: f64) {
        self.0.audio.set_current_time(position_s.max(0.0));
    }

    /// The time where it stands.
    #[must_use]
    pub fn position_s(&self) -> f64 {
        self.0.audio.current_time()
    }

    /// Whether it stands still.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.0.audio.paused()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for event in CHANGES {
            let callback = self.on_change.as_ref().unchecked_ref();
            let _ = self
                .audio
                .remove_event_listener_with_callback(event, callback);
        }
        let _ = self.audio.pause();
        self.audio.set_src("");
        let _ = Url::revoke_object_url(&self.url);
    }
}
