//! Playing a recording.

use super::files::SourceFile;
use super::wav;
use crate::view::frequency_axis::Band;
use js_sys::Reflect;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioContext, AudioNode, BiquadFilterNode, BiquadFilterType, Event, HtmlAudioElement, Url,
};

/// An audio element over a file or a piece of sound, which it frees when dropped.
#[derive(Clone)]
pub struct Player(Rc<Inner>);

struct Inner {
    audio: HtmlAudioElement,
    url: RefCell<String>,
    /// When what it holds begins.
    start_s: Cell<f64>,
    on_change: Closure<dyn Fn(Event)>,
    on_error: Closure<dyn Fn(Event)>,
    filter: RefCell<Option<BandPass>>,
}

/// What lies between the element and the loudspeaker once a band was chosen.
struct BandPass {
    context: AudioContext,
    source: AudioNode,
    high_pass: BiquadFilterNode,
    low_pass: BiquadFilterNode,
}

/// Events after which a player may have started or stopped.
const CHANGES: [&str; 3] = ["play", "pause", "ended"];

impl Player {
    /// A player that is paused at the start; `changed` hears whether it plays, `refused` why the
    /// browser cannot play what it holds.
    ///
    /// # Errors
    /// If the browser gives no address for the file.
    pub fn new(
        file: &SourceFile,
        changed: impl Fn(bool) + 'static,
        refused: impl Fn(String) + 'static,
    ) -> Result<Self, JsValue> {
        let url = Url::create_object_url_with_blob(file.blob())?;
        let audio = HtmlAudioElement::new_with_src(&url)?;
        audio.set_preload("metadata");
        let element = audio.clone();
        let on_change = Closure::new(move |_| changed(!element.paused()));
        for event in CHANGES {
            audio.add_event_listener_with_callback(event, on_change.as_ref().unchecked_ref())?;
        }
        let element = audio.clone();
        let on_error = Closure::new(move |_| {
            refused(
                element
                    .error()
                    .map(|error| error.message())
                    .unwrap_or_default(),
            );
        });
        audio.add_event_listener_with_callback("error", on_error.as_ref().unchecked_ref())?;
        Ok(Self(Rc::new(Inner {
            audio,
            url: RefCell::new(url),
            start_s: Cell::new(0.0),
            on_change,
            on_error,
            filter: RefCell::new(None),
        })))
    }

    /// Takes mono samples that begin at this time in place of what it holds, and stands at their start.
    ///
    /// # Errors
    /// If the browser has no room for them.
    pub fn load(&self, samples: &[f32], sample_rate_hz: u32, start_s: f64) -> Result<(), JsValue> {
        let wav = wav::of_samples(sample_rate_hz, &samples.into())?;
        let url = Url::create_object_url_with_blob(&wav)?;
        self.0.audio.set_src(&url);
        // A time that was sought in what could not be played would hold here too.
        self.0.audio.set_current_time(0.0);
        self.0.start_s.set(start_s);
        let _ = Url::revoke_object_url(&self.0.url.replace(url));
        Ok(())
    }

    /// Plays on from where it stands.
    pub fn play(&self) {
        if let Some(filter) = &*self.0.filter.borrow() {
            // Contexts made before the first click sleep.
            let _ = filter.context.resume();
        }
        if let Ok(started) = self.0.audio.play() {
            // Refused, or paused before it began: then it stays paused.
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
        let position_s = position_s - self.0.start_s.get();
        self.0.audio.set_current_time(position_s.max(0.0));
    }

    /// Plays slower or faster than recorded, and as high as recorded or not.
    pub fn set_rate(&self, rate: f64, keeps_pitch: bool) {
        // Browsers without this keep the pitch always.
        let _ = Reflect::set(&self.0.audio, &"preservesPitch".into(), &keeps_pitch.into());
        // Whatever it holds next begins with the default.
        self.0.audio.set_default_playback_rate(rate);
        self.0.audio.set_playback_rate(rate);
    }

    /// Lets only a band be heard, or everything.
    ///
    /// # Errors
    /// If the browser has no such filters.
    pub fn set_band(&self, band: Option<Band>) -> Result<(), JsValue> {
        let mut filter = self.0.filter.borrow_mut();
        if filter.is_none() {
            // An element that was once led through filters never finds its way back, so the
            // direct way is kept for as long as nobody asks for a band.
            if band.is_none() {
                return Ok(());
            }
            *filter = Some(BandPass::new(&self.0.audio)?);
        }
        match &*filter {
            Some(filter) => filter.set(band),
            None => Ok(()),
        }
    }

    /// The time where it stands.
    #[must_use]
    pub fn position_s(&self) -> f64 {
        self.0.start_s.get() + self.0.audio.current_time()
    }

    /// Whether it stands at the end.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.audio.ended()
    }

    /// Seconds from where it stands to the end of what it holds; not a number before that is known.
    #[must_use]
    pub fn remains_s(&self) -> f64 {
        self.0.audio.duration() - self.0.audio.current_time()
    }

    /// Whether it stands still.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.0.audio.paused()
    }
}

impl BandPass {
    fn new(audio: &HtmlAudioElement) -> Result<Self, JsValue> {
        let context = AudioContext::new()?;
        let source = context.create_media_element_source(audio)?;
        let filter = |kind| -> Result<BiquadFilterNode, JsValue> {
            let filter = context.create_biquad_filter()?;
            filter.set_type(kind);
            Ok(filter)
        };
        let high_pass = filter(BiquadFilterType::Highpass)?;
        let low_pass = filter(BiquadFilterType::Lowpass)?;
        high_pass.connect_with_audio_node(&low_pass)?;
        low_pass.connect_with_audio_node(&context.destination())?;
        Ok(Self {
            source: source.into(),
            high_pass,
            low_pass,
            context,
        })
    }

    fn set(&self, band: Option<Band>) -> Result<(), JsValue> {
        self.source.disconnect()?;
        match band {
            Some(band) => {
                self.high_pass.frequency().set_value(band.low_hz);
                self.low_pass.frequency().set_value(band.high_hz);
                self.source.connect_with_audio_node(&self.high_pass)?;
            }
            None => {
                self.source
                    .connect_with_audio_node(&self.context.destination())?;
            }
        }
        Ok(())
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
        let callback = self.on_error.as_ref().unchecked_ref();
        let _ = self
            .audio
            .remove_event_listener_with_callback("error", callback);
        let _ = self.audio.pause();
        self.audio.set_src("");
        let _ = Url::revoke_object_url(self.url.get_mut());
        if let Some(filter) = self.filter.get_mut() {
            let _ = filter.context.close();
        }
    }
}
