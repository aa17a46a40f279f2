//! Audio files → mono samples, block by block.
//!
//! The content decides how a file is read, never its name: recordings with a wrong extension are
//! common. Memory does not grow with the length of the recording.

mod lead_in;

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, bail};
use pipit_core::Waveform;
use pipit_core::resample::Resampler;
use pipit_core::waveform::mixdown;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

/// What `pipit` can read, for messages.
pub(crate) const SUPPORTED_FORMATS: &str =
    "WAV, AIFF, FLAC, Ogg Vorbis, MP3, and AAC or ALAC in MP4";

/// A recording that is being decoded.
pub(crate) struct AudioFile {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    sample_rate_hz: Option<u32>,
    planes: Vec<Vec<f32>>,
    /// The first block, which `open` had to decode to learn the sample rate.
    pending: Option<Vec<f32>>,
    damaged_packets: usize,
    finished: bool,
    /// Still to be left out at the start.
    lead_in_s: f64,
}

impl AudioFile {
    /// Opens a recording and decodes its first block.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let mut file =
            File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let kind = sniff(&mut file).with_context(|| format!("cannot read {}", path.display()))?;
        let mut audio = match kind {
            Content::Empty => bail!("the file is empty: {}", path.display()),
            Content::Folder => bail!("this is a folder, not an audio file: {}", path.display()),
            Content::Unsupported(name) => bail!(
                "{name} is not supported (convert it to one of {SUPPORTED_FORMATS}): {}",
                path.display()
            ),
            Content::MaybeAudio => Self::from_file(file)
                .with_context(|| format!("cannot decode {}", path.display()))?,
        };
        audio.pending = audio
            .decode_block()
            .with_context(|| format!("cannot decode {}", path.display()))?;
        if audio.pending.is_none() {
            bail!(
                "the recording holds no audio that can be decoded: {}",
                path.display()
            );
        }
        Ok(audio)
    }

    /// Rate of the samples that [`AudioFile::next_block`] gives.
    pub(crate) fn sample_rate_hz(&self) -> u32 {
        // `open` has decoded a block, and a block brings a rate.
        self.sample_rate_hz.unwrap_or_default()
    }

    /// The next block of mono samples; `None` at the end.
    pub(crate) fn next_block(&mut self) -> anyhow::Result<Option<Vec<f32>>> {
        match self.pending.take() {
            Some(block) => Ok(Some(block)),
            None => self.decode_block(),
        }
    }

    /// Packets so far that were damaged and skipped.
    pub(crate) fn damaged_packets(&self) -> usize {
        self.damaged_packets
    }

    fn from_file(mut file: File) -> anyhow::Result<Self> {
        let lead_in_s = lead_in::seconds(&mut file).unwrap_or(0.0);
        file.rewind()?;
        let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
        let format = symphonia::default::get_probe()
            .probe(
                &Hint::new(),
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| match error {
                Error::Unsupported(_) | Error::LimitError(_) => not_audio(),
                Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => not_audio(),
                error => error.into(),
            })?;
        let track = format
            .default_track(TrackType::Audio)
            .with_context(not_audio)?;
        let track_id = track.id;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|parameters| parameters.audio())
            .with_context(not_audio)?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| match error {
                Error::Unsupported(_) => unsupported_codec(),
                error => error.into(),
            })?;
        Ok(Self {
            track_id,
            sample_rate_hz: None,
            planes: Vec::new(),
            pending: None,
            damaged_packets: 0,
            finished: false,
            lead_in_s,
            format,
            decoder,
        })
    }

    fn decode_block(&mut self) -> anyhow::Result<Option<Vec<f32>>> {
        while !self.finished {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                // Chained streams start over with new parameters; the first stream is kept.
                Ok(None) | Err(Error::ResetRequired) => break,
                // A truncated file ends where its data end; what came before is still good.
                Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
                Err(Error::DecodeError(_)) if self.sample_rate_hz.is_some() => {
                    self.damaged_packets += 1;
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            if packet.track_id != self.track_id {
                continue;
            }
            match self.decoder.decode(&packet) {
                Ok(buffer) => {
                    if buffer.frames() == 0 {
                        continue;
                    }
                    let rate = buffer.spec().rate();
                    if *self.sample_rate_hz.get_or_insert(rate) != rate {
                        bail!("the sample rate changes within the recording, to {rate} Hz");
                    }
                    buffer.copy_to_vecs_planar(&mut self.planes);
                    let channels: Vec<&[f32]> = self.planes.iter().map(Vec::as_slice).collect();
                    let mut block = mixdown(&channels);
                    self.leave_lead_in_out(&mut block, rate);
                    if block.is_empty() {
                        continue;
                    }
                    return Ok(Some(block));
                }
                Err(Error::DecodeError(_)) => self.damaged_packets += 1,
                Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                    self.damaged_packets += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.finished = true;
        Ok(None)
    }

    fn leave_lead_in_out(&mut self, block: &mut Vec<f32>, rate: u32) {
        let n = ((self.lead_in_s * f64::from(rate)).round() as usize).min(block.len());
        block.drain(..n);
        self.lead_in_s -= n as f64 / f64::from(rate);
    }
}

/// A whole recording at a rate of one's choice.
pub(crate) fn waveform(path: &Path, sample_rate_hz: u32) -> anyhow::Result<Waveform> {
    let mut audio = AudioFile::open(path)?;
    let mut resampler = Resampler::new(audio.sample_rate_hz(), sample_rate_hz)?;
    let mut samples = Vec::new();
    while let Some(block) = audio.next_block()? {
        resampler.push(&block, &mut samples)?;
    }
    resampler.finish(&mut samples)?;
    Ok(Waveform {
        samples,
        sample_rate_hz,
    })
}

/// What the first bytes of a file say.
enum Content {
    Empty,
    Folder,
    Unsupported(&'static str),
    MaybeAudio,
}

/// Recognises what symphonia would reject with a sentence that helps nobody.
fn sniff(file: &mut File) -> std::io::Result<Content> {
    if file.metadata()?.is_dir() {
        return Ok(Content::Folder);
    }
    let mut head = Vec::new();
    file.by_ref().take(64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(if head.is_empty() {
        Content::Empty
    } else if head.starts_with(b"OggS") && head.windows(8).any(|bytes| bytes == b"OpusHead") {
        Content::Unsupported("Opus")
    } else if head.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
        Content::Unsupported("WebM or Matroska")
    } else if head.starts_with(&[0x30, 0x26, 0xB2, 0x75]) {
        Content::Unsupported("Windows Media")
    } else {
        Content::MaybeAudio
    })
}

fn not_audio() -> anyhow::Error {
    anyhow::anyhow!("not an audio file that pipit can read, which are {SUPPORTED_FORMATS}")
}

fn unsupported_codec() -> anyhow::Error {
    anyhow::anyhow!("its codec is not supported; pipit reads {SUPPORTED_FORMATS}")
}
