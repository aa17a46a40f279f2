//! Encoded recordings → mono samples, block by block (symphonia).
//!
//! The content decides how a recording is read, never its name: wrong extensions are common.
//! Memory does not grow with the length of the recording.

mod lead_in;

use crate::waveform::mixdown;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::{Error, SeekErrorKind};
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::{Duration, Time, TimeBase};
use thiserror::Error as ThisError;

pub use symphonia::core::io::MediaSource;

/// What can be read, for messages.
pub const SUPPORTED_FORMATS: &str = "WAV, AIFF, FLAC, Ogg Vorbis, MP3, and AAC or ALAC in MP4";

/// Seconds decoded and thrown away before the target of a seek: lossy codecs carry state from
/// packet to packet.
const RUN_UP_S: f64 = 0.25;

/// No recorder writes samples beyond this, the largest of 32 bits left as they are; their squares are still numbers.
const LARGEST_SAMPLE: f32 = 2_147_483_648.0;

/// A recording that is being decoded.
pub struct AudioStream {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    time_base: Option<TimeBase>,
    sample_rate_hz: u32,
    duration_s: Option<f64>,
    /// No encoder tells what to leave out at the end, though the decoder would cut at a length that it guessed.
    ends_with_its_data: bool,
    planes: Vec<Vec<f32>>,
    /// The first block, which `open` had to decode to learn the sample rate.
    pending: Option<Vec<f32>>,
    damaged_packets: usize,
    finished: bool,
    /// At the start of the track, not part of the recording.
    lead_in_s: f64,
    /// Of the lead-in, what the next blocks still hold.
    lead_in_left_s: f64,
    /// After a seek: samples before this time of the track are thrown away.
    wanted_from_s: Option<f64>,
}

/// Why a recording cannot be decoded.
#[derive(Debug, ThisError)]
pub enum DecodeError {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// A known format that is not decoded here.
    #[error("{0} is not supported; convert it to one of {SUPPORTED_FORMATS}")]
    Unsupported(&'static str),
    /// Not recognised.
    #[error("not an audio file that can be read here, which are {SUPPORTED_FORMATS}")]
    NotAudio,
    /// A known container with an unknown codec.
    #[error("its codec is not supported; readable are {SUPPORTED_FORMATS}")]
    UnsupportedCodec,
    /// A header, and no sound behind it.
    #[error("the recording holds no audio that can be decoded")]
    NoAudio,
    /// Not one rate throughout.
    #[error("the sample rate changes within the recording, to {0} Hz")]
    RateChanged(u32),
    /// The bytes cannot be had.
    #[error("the file cannot be read: {0}")]
    Io(io::Error),
    /// The bytes make no sense.
    #[error("the recording is damaged: {0}")]
    Damaged(Error),
}

impl AudioStream {
    /// Opens a recording and decodes its first block.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn open(mut source: impl MediaSource + 'static) -> Result<Self, DecodeError> {
        match sniff(&mut source).map_err(DecodeError::Io)? {
            Content::Empty => return Err(DecodeError::Empty),
            Content::Unsupported(name) => return Err(DecodeError::Unsupported(name)),
            Content::MaybeAudio => {}
        }
        let mut stream = Self::probe(source)?;
        stream.pending = stream.decode_block()?;
        if stream.pending.is_none() {
            return Err(DecodeError::NoAudio);
        }
        Ok(stream)
    }

    /// Rate of the samples that [`AudioStream::next_block`] gives, in hertz.
    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// Length in seconds by the header, which may be an estimate or absent.
    #[must_use]
    pub fn duration_s(&self) -> Option<f64> {
        self.duration_s
    }

    /// Whether that length is announced rather than guessed from the first frames.
    #[must_use]
    pub fn announces_duration(&self) -> bool {
        !is_guessed(self.format.as_ref())
    }

    /// The next block of mono samples; `None` at the end.
    ///
    /// # Errors
    /// Bytes that cannot be read or make no sense. A damaged packet is left out and counted, and samples that are
    /// no numbers are silence in one that is counted, too.
    pub fn next_block(&mut self) -> Result<Option<Vec<f32>>, DecodeError> {
        match self.pending.take() {
            Some(block) => Ok(Some(block)),
            None => self.decode_block(),
        }
    }

    /// Packets so far that were damaged: left out, or silenced in part.
    #[must_use]
    pub fn damaged_packets(&self) -> usize {
        self.damaged_packets
    }

    /// Goes to a time in seconds: the next block begins there, to the sample. Behind the end there
    /// are no more blocks.
    ///
    /// # Errors
    /// A source that cannot be read.
    pub fn seek(&mut self, time_s: f64) -> Result<(), DecodeError> {
        let wanted_s = time_s.max(0.0) + self.lead_in_s;
        self.pending = None;
        self.lead_in_left_s = 0.0;
        self.wanted_from_s = Some(wanted_s);
        let is_there = self.try_seek((wanted_s - RUN_UP_S).max(0.0))?;
        // Behind a length that was guessed there may be more, which is reached from the start.
        let is_reached = is_there || (!self.announces_duration() && self.try_seek(0.0)?);
        self.finished = !is_reached;
        Ok(())
    }

    /// Goes to a time of the track; `false` if that lies outside.
    fn try_seek(&mut self, time_s: f64) -> Result<bool, DecodeError> {
        let to = SeekTo::Time {
            time: Time::try_from_secs_f64(time_s).unwrap_or_default(),
            track_id: Some(self.track_id),
        };
        match self.format.seek(SeekMode::Accurate, to) {
            Ok(_) => {
                self.decoder.reset();
                Ok(true)
            }
            Err(Error::SeekError(SeekErrorKind::OutOfRange)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn probe(mut source: impl MediaSource + 'static) -> Result<Self, DecodeError> {
        let lead_in_s = lead_in::seconds(&mut source).unwrap_or(0.0);
        source.rewind().map_err(DecodeError::Io)?;
        let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
        let format = symphonia::default::get_probe()
            .probe(
                &Hint::new(),
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| match error {
                Error::Unsupported(_) | Error::LimitError(_) => DecodeError::NotAudio,
                Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    DecodeError::NotAudio
                }
                error => error.into(),
            })?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or(DecodeError::NotAudio)?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|parameters| parameters.audio())
            .ok_or(DecodeError::NotAudio)?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| match error {
                Error::Unsupported(_) => DecodeError::UnsupportedCodec,
                error => error.into(),
            })?;
        Ok(Self {
            track_id: track.id,
            time_base: track.time_base,
            sample_rate_hz: 0,
            ends_with_its_data: is_guessed(format.as_ref()) && track.delay.is_none(),
            duration_s: duration_s(track).map(|duration_s| (duration_s - lead_in_s).max(0.0)),
            planes: Vec::new(),
            pending: None,
            damaged_packets: 0,
            finished: false,
            lead_in_s,
            lead_in_left_s: lead_in_s,
            wanted_from_s: None,
            format,
            decoder,
        })
    }

    fn decode_block(&mut self) -> Result<Option<Vec<f32>>, DecodeError> {
        while !self.finished {
            let mut packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                // Chained streams start over with new parameters; the first stream is kept.
                Ok(None) | Err(Error::ResetRequired) => break,
                // A truncated file ends where its data end; what came before is still good.
                Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
                Err(Error::DecodeError(_)) if self.sample_rate_hz > 0 => {
                    self.damaged_packets += 1;
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            if packet.track_id != self.track_id {
                continue;
            }
            if self.ends_with_its_data {
                packet.trim_end = Duration::ZERO;
            }
            // What the encoder put before the sound is cut off by the decoder.
            let first = packet.pts.saturating_add(packet.trim_start);
            let packet_start_s = self
                .time_base
                .and_then(|time_base| time_base.calc_time(first))
                .map(|time| time.as_secs_f64());
            match self.decoder.decode(&packet) {
                Ok(buffer) => {
                    if buffer.frames() == 0 {
                        continue;
                    }
                    let rate = buffer.spec().rate();
                    if self.sample_rate_hz == 0 {
                        self.sample_rate_hz = rate;
                    }
                    if self.sample_rate_hz != rate {
                        return Err(DecodeError::RateChanged(rate));
                    }
                    buffer.copy_to_vecs_planar(&mut self.planes);
                    let channels: Vec<&[f32]> = self.planes.iter().map(Vec::as_slice).collect();
                    let mut block = mixdown(&channels);
                    self.damaged_packets += usize::from(silence_nonsense(&mut block));
                    self.leave_lead_in_out(&mut block);
                    self.leave_run_up_out(&mut block, packet_start_s);
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

    fn leave_lead_in_out(&mut self, block: &mut Vec<f32>) {
        let rate = f64::from(self.sample_rate_hz);
        let n = ((self.lead_in_left_s * rate).round() as usize).min(block.len());
        block.drain(..n);
        self.lead_in_left_s -= n as f64 / rate;
    }

    fn leave_run_up_out(&mut self, block: &mut Vec<f32>, block_start_s: Option<f64>) {
        let (Some(wanted_s), Some(start_s)) = (self.wanted_from_s, block_start_s) else {
            return;
        };
        let n = ((wanted_s - start_s) * f64::from(self.sample_rate_hz)).round();
        if n < block.len() as f64 {
            block.drain(..n.max(0.0) as usize);
            self.wanted_from_s = None;
        } else {
            block.clear();
        }
    }
}

impl From<Error> for DecodeError {
    fn from(error: Error) -> Self {
        match error {
            Error::IoError(error) => Self::Io(error),
            error => Self::Damaged(error),
        }
    }
}

/// Silences samples that are no numbers, or no sound; whether there were any.
fn silence_nonsense(block: &mut [f32]) -> bool {
    let mut found = false;
    for sample in block {
        // Not a number is in no range.
        if !(-LARGEST_SAMPLE..=LARGEST_SAMPLE).contains(sample) {
            *sample = 0.0;
            found = true;
        }
    }
    found
}

/// Whether files of this format need not tell their length.
fn is_guessed(format: &dyn FormatReader) -> bool {
    let name = format.format_info().short_name;
    matches!(name, "mp1" | "mp2" | "mp3" | "aac")
}

fn duration_s(track: &Track) -> Option<f64> {
    let rate = track.codec_params.as_ref()?.audio()?.sample_rate?;
    match (track.num_frames, track.duration, track.time_base) {
        (Some(frames), ..) => Some(frames as f64 / f64::from(rate)),
        (None, Some(duration), Some(time_base)) => time_base
            .calc_duration(duration)
            .map(|time| time.as_secs_f64()),
        _ => None,
    }
}

/// What the first bytes of a file say.
enum Content {
    Empty,
    Unsupported(&'static str),
    MaybeAudio,
}

/// Recognises what symphonia would reject with a sentence that helps nobody.
fn sniff(source: &mut (impl Read + Seek)) -> io::Result<Content> {
    let mut head = Vec::new();
    source.by_ref().take(64).read_to_end(&mut head)?;
    source.seek(SeekFrom::Start(0))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A WAV file of 32-bit floats.
    fn float_wav(samples: &[f32]) -> Vec<u8> {
        let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let length = u32::try_from(data.len()).unwrap();
        let rate = 8_000u32;
        let mut file = b"RIFF".to_vec();
        file.extend((36 + length).to_le_bytes());
        file.extend(b"WAVEfmt ");
        file.extend(16u32.to_le_bytes());
        file.extend([3, 0, 1, 0]); // IEEE floats, one channel.
        file.extend(rate.to_le_bytes());
        file.extend((4 * rate).to_le_bytes());
        file.extend([4, 0, 32, 0]);
        file.extend(b"data");
        file.extend(length.to_le_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn what_lies_behind_a_guessed_length_is_reached() {
        // Layer III, 44.1 kHz, mono: empty frames of 320 kbit/s, by which the length is guessed, then many of 32.
        let frame = |rate: u8, length: usize| {
            let mut frame = vec![0; length];
            frame[..4].copy_from_slice(&[0xFF, 0xFB, rate << 4, 0xC0]);
            frame
        };
        let mut file = frame(14, 1044).repeat(10);
        file.extend(frame(1, 104).repeat(2_000));
        let mut stream = AudioStream::open(io::Cursor::new(file)).unwrap();
        let guessed_s = stream.duration_s().unwrap();
        let count = |stream: &mut AudioStream| {
            let mut samples = 0;
            while let Some(block) = stream.next_block().unwrap() {
                samples += block.len();
            }
            samples
        };

        let all = count(&mut stream);

        assert_eq!(all, 2_010 * 1_152);
        let rest_s = 4.0;
        let near_end_s = all as f64 / 44_100.0 - rest_s;
        assert!(guessed_s < near_end_s, "{guessed_s} of {near_end_s}");
        for (from_s, samples) in [
            (near_end_s, 4 * 44_100),
            (near_end_s + 100.0, 0),
            (0.0, all),
        ] {
            stream.seek(from_s).unwrap();
            assert_eq!(count(&mut stream), samples, "{from_s}");
        }
    }

    #[test]
    fn samples_that_are_no_numbers_are_silent_and_counted() {
        let given = [0.5, f32::NAN, 40_000.0, f32::INFINITY, -0.25, -1e30];
        let mut stream = AudioStream::open(io::Cursor::new(float_wav(&given))).unwrap();

        let mut samples = Vec::new();
        while let Some(block) = stream.next_block().unwrap() {
            samples.extend(block);
        }

        assert_eq!(samples, [0.5, 0.0, 40_000.0, 0.0, -0.25, 0.0]);
        assert_eq!(stream.damaged_packets(), 1);
    }
}
