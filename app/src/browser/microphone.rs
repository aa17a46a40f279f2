//! What the microphone hears.

use super::error::describe;
use super::samples::Samples;
use crate::protocol::{Failure, FailureKind};
use js_sys::Reflect;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioContext, AudioWorkletNode, DomException, Event, MediaStream, MediaStreamConstraints,
    MediaStreamTrack, MessageEvent,
};

/// An open microphone; it closes when this is dropped.
pub struct Microphone {
    context: Context,
    _stream: Stream,
    node: AudioWorkletNode,
    _on_block: Closure<dyn Fn(MessageEvent)>,
    _on_end: Closure<dyn Fn(Event)>,
}

/// What the browser lets be heard; its light goes out when this is dropped.
struct Stream(MediaStream);

/// Runs until this is dropped.
struct Context(AudioContext);

impl Microphone {
    /// Asks the user for the microphone and listens: `heard` gets mono blocks, `lost` hears when the
    /// microphone goes away by itself.
    ///
    /// # Errors
    /// A refusal, or no microphone.
    pub async fn open(
        site: &str,
        heard: impl Fn(Samples) + 'static,
        lost: impl Fn() + 'static,
    ) -> Result<Self, Failure> {
        let stream = Stream(ask().await.map_err(|thrown| refusal(&thrown))?);
        Self::listen(site, stream, heard, lost)
            .await
            .map_err(|thrown| Failure::new(FailureKind::NoMicrophone, describe(&thrown)))
    }

    /// Rate of the blocks.
    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.context.0.sample_rate().round() as u32
    }

    async fn listen(
        site: &str,
        stream: Stream,
        heard: impl Fn(Samples) + 'static,
        lost: impl Fn() + 'static,
    ) -> Result<Self, JsValue> {
        let context = Context(AudioContext::new()?);
        let module = context
            .0
            .audio_worklet()?
            .add_module(&format!("{site}microphone.js"))?;
        JsFuture::from(module).await?;
        let on_block = Closure::new(move |event: MessageEvent| heard(Samples(event.data().into())));
        let node = AudioWorkletNode::new(&context.0, "microphone")?;
        node.port()?
            .set_onmessage(Some(on_block.as_ref().unchecked_ref()));
        context
            .0
            .create_media_stream_source(&stream.0)?
            .connect_with_audio_node(&node)?;
        let on_end = Closure::new(move |_| lost());
        for track in stream.tracks() {
            track.set_onended(Some(on_end.as_ref().unchecked_ref()));
        }
        Ok(Self {
            context,
            _stream: stream,
            node,
            _on_block: on_block,
            _on_end: on_end,
        })
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        // Blocks may still be on their way to a closure that is about to go.
        if let Ok(port) = self.node.port() {
            port.set_onmessage(None);
        }
    }
}

impl Stream {
    fn tracks(&self) -> Vec<MediaStreamTrack> {
        let tracks = self.0.get_audio_tracks();
        tracks.iter().map(JsCast::unchecked_into).collect()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        for track in self.tracks() {
            track.set_onended(None);
            track.stop();
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let _ = self.0.close();
    }
}

/// As it is: what makes speech clear takes birds for noise.
async fn ask() -> Result<MediaStream, JsValue> {
    let audio = js_sys::Object::new();
    for processing in ["echoCancellation", "noiseSuppression", "autoGainControl"] {
        Reflect::set(&audio, &processing.into(), &false.into())?;
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_audio(&audio);
    let devices = web_sys::window()
        .ok_or("no window")?
        .navigator()
        .media_devices()?;
    if devices.is_undefined() {
        return Err("this page may use no microphone: it was not loaded over HTTPS".into());
    }
    JsFuture::from(devices.get_user_media_with_constraints(&constraints)?)
        .await?
        .dyn_into()
}

fn refusal(thrown: &JsValue) -> Failure {
    let name = thrown.dyn_ref::<DomException>().map(DomException::name);
    let kind = match name.as_deref() {
        Some("NotAllowedError" | "SecurityError") => FailureKind::MicrophoneRefused,
        _ => FailureKind::NoMicrophone,
    };
    Failure::new(kind, describe(thrown))
}
