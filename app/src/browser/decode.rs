//! Decoding by Web Audio, at the recording's own sample rate: for the formats that only the
//! browser knows. All of the recording is then in memory.

use super::clock::breathe;
use super::error::describe;
use super::files::SourceFile;
use super::samples::Samples;
use super::wav;
use crate::audio_header::{self, AudioHeader, Probe};
use crate::protocol::{Failure, FailureKind};
use js_sys::{Array, ArrayBuffer, Float32Array, Function, Reflect};
use pipit_core::waveform::mixdown;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioBuffer, HtmlAudioElement, OfflineAudioContext};

/// Bytes looked at to recognise a file.
const PROBE_BYTES: u64 = 65_536;
/// Jumps within a file to find its description.
const MAX_PROBES: usize = 64;
/// Rate of recordings whose header says none.
const DEFAULT_RATE_HZ: u32 = 48_000;
/// Rates that every Web Audio must take.
const RATES_HZ: std::ops::RangeInclusive<u32> = 8000..=96_000;
/// Rates that browsers take today.
const WIDE_RATES_HZ: std::ops::RangeInclusive<u32> = 3000..=768_000;
/// Frames mixed down before the page may answer the user.
const BLOCK: u32 = 1 << 18;
/// Decoded sizes that browsers are known to refuse.
const HUGE_BYTES: u64 = 1 << 30;
/// Decoded bytes for each byte of a file: speech at 6 kbit/s, decoded at 48 kHz, stays below half.
const MAX_COMPRESSION: u64 = 500;

/// Decodes a file to a mono WAV of 32-bit floats.
///
/// # Errors
/// Why it is not a recording, or not one that this browser can decode.
pub async fn convert(file: &SourceFile) -> Result<SourceFile, Failure> {
    if file.size() == 0 {
        return Err(Failure::new(FailureKind::Empty, "the file has no bytes"));
    }
    let header = recognise(file).await?;
    if header
        .as_ref()
        .is_some_and(|header| header.n_frames == Some(0))
    {
        return Err(Failure::new(
            FailureKind::Empty,
            "its header announces no samples",
        ));
    }
    let audio = match decode_whole(file, header.as_ref()).await {
        Ok(audio) => audio,
        Err(thrown) => return Err(explain(file, header.as_ref(), &thrown)),
    };
    if audio.length() == 0 {
        return Err(Failure::new(FailureKind::Empty, "it decodes to no samples"));
    }
    let wav = async {
        let samples = mono(&audio).await?;
        wav::of_samples(audio.sample_rate().round() as u32, &samples)
    };
    match wav.await {
        Ok(blob) => Ok(SourceFile {
            blob,
            ..file.clone()
        }),
        Err(thrown) => Err(Failure::new(FailureKind::OutOfMemory, describe(&thrown))),
    }
}

/// Looks for the header of a known format.
async fn recognise(file: &SourceFile) -> Result<Option<AudioHeader>, Failure> {
    let mut offset = 0;
    for _ in 0..MAX_PROBES {
        let bytes = file
            .read(offset, offset + PROBE_BYTES)
            .await
            .map_err(|thrown| Failure::new(FailureKind::Unreadable, describe(&thrown)))?;
        match audio_header::probe(&bytes, offset) {
            Probe::Found(header) => return Ok(Some(header)),
            Probe::Unknown => return Ok(None),
            Probe::ReadAt(next) if next > file.size() => {
                let detail = format!(
                    "it should go on at byte {next} but has only {}",
                    file.size()
                );
                return Err(Failure::new(FailureKind::Damaged, detail));
            }
            Probe::ReadAt(next) => offset = next,
        }
    }
    Ok(None)
}

async fn decode_whole(
    file: &SourceFile,
    header: Option<&AudioHeader>,
) -> Result<AudioBuffer, JsValue> {
    let rate = header.and_then(|header| header.sample_rate_hz);
    let rate = rate
        .filter(|rate| WIDE_RATES_HZ.contains(rate))
        .unwrap_or(DEFAULT_RATE_HZ);
    let context = |rate: u32| {
        OfflineAudioContext::new_with_number_of_channels_and_length_and_sample_rate(
            1,
            1,
            rate as f32,
        )
    };
    let nearest = rate.clamp(*RATES_HZ.start(), *RATES_HZ.end());
    let context = context(rate).or_else(|_| context(nearest))?;
    let bytes: ArrayBuffer = JsFuture::from(file.blob.array_buffer())
        .await?
        .unchecked_into();
    let audio = JsFuture::from(context.decode_audio_data(&bytes)?).await?;
    audio.dyn_into()
}

/// Says why the browser refused a file.
fn explain(file: &SourceFile, header: Option<&AudioHeader>, thrown: &JsValue) -> Failure {
    let detail = describe(thrown);
    let announced = header
        .and_then(|header| header.n_frames)
        .unwrap_or(0)
        .saturating_mul(4);
    // A damaged header announces anything; no codec shrinks sound further than this.
    let decoded_bytes = announced.min(file.size().saturating_mul(MAX_COMPRESSION));
    if file.size().max(decoded_bytes) > HUGE_BYTES || thrown.is_instance_of::<js_sys::RangeError>()
    {
        return Failure::new(FailureKind::OutOfMemory, detail);
    }
    let Some(header) = header else {
        return Failure::new(FailureKind::NotAudio, detail);
    };
    let kind = if can_play(&header.mime) {
        FailureKind::Damaged
    } else {
        FailureKind::UnsupportedFormat
    };
    Failure::new(kind, format_args!("{}: {detail}", header.mime))
}

fn can_play(mime: &str) -> bool {
    HtmlAudioElement::new().is_ok_and(|audio| !audio.can_play_type(mime).is_empty())
}

/// Mixes down block by block, so that neither the page's memory nor its patience is strained.
async fn mono(audio: &AudioBuffer) -> Result<Samples, JsValue> {
    let n_channels = audio.number_of_channels();
    let n_frames = audio.length();
    let samples = allocate(n_frames)?;
    let mut channels = vec![Vec::new(); n_channels as usize];
    for start in (0..n_frames).step_by(BLOCK as usize) {
        let length = BLOCK.min(n_frames - start);
        for (index, channel) in channels.iter_mut().enumerate() {
            channel.resize(length as usize, 0.0);
            audio.copy_from_channel_with_start_in_channel(channel, index as i32, start)?;
        }
        let slices: Vec<&[f32]> = channels.iter().map(Vec::as_slice).collect();
        samples
            .subarray(start, start + length)
            .copy_from(&mixdown(&slices));
        breathe().await;
    }
    Ok(Samples(samples))
}

/// An array in the browser's memory; unlike the plain constructor it can fail without ending the page.
fn allocate(length: u32) -> Result<Float32Array, JsValue> {
    let constructor: Function =
        Reflect::get(&js_sys::global(), &"Float32Array".into())?.dyn_into()?;
    Ok(Reflect::construct(&constructor, &Array::of1(&length.into()))?.unchecked_into())
}
