//! Detections as clips of sound, 16-bit WAV.
//!
//! [`plan`] names the clips of all recordings, [`cut`] writes one from its recording's samples,
//! and [`index`] is the table that belongs to them: with it and [`PROVENANCE_FILE`] in the ZIP, a
//! clip's model and settings are known.

use super::file_name::{UniqueNames, safe, stem};
use super::{Export, ExportError, OutputFile, PROVENANCE_FILE, csv, json, number};
use hound::{SampleFormat, WavSpec, WavWriter};
use std::io::Cursor;

/// Name of the table of clips.
pub const INDEX_FILE: &str = "clips.csv";

/// Longest clip in samples: eleven minutes at 48 kHz. On their way to the ZIP they lie in memory
/// more than once.
const MAX_SAMPLES: f64 = 32e6;

/// A clip to be cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Its recording's place in [`Export::files`].
    pub file: usize,
    /// Its detection's place among the recording's.
    pub detection: usize,
    /// `CODE/RECORDING_START-ENDs_CONFIDENCE.wav`: safe on every system, and unique in the plan.
    pub name: String,
    /// Start in the recording.
    pub start_s: f64,
    /// End in the recording.
    pub end_s: f64,
}

impl Clip {
    /// Length in seconds.
    #[must_use]
    pub fn length_s(&self) -> f64 {
        self.end_s - self.start_s
    }

    /// Whether it can be cut at this rate at all.
    ///
    /// # Errors
    /// A clip that is too long.
    pub fn check(&self, sample_rate_hz: u32) -> Result<(), ExportError> {
        let most_s = (MAX_SAMPLES / f64::from(sample_rate_hz.max(1))).floor();
        if self.length_s() > most_s {
            return Err(ExportError::TooLong {
                length_s: self.length_s(),
                most_s,
            });
        }
        Ok(())
    }
}

/// A clip for every detection, with up to `margin_s` before and behind it.
#[must_use]
pub fn plan(export: &Export, margin_s: f64) -> Vec<Clip> {
    let mut names = UniqueNames::default();
    let mut clips = Vec::new();
    for (file, recording) in export.files.iter().enumerate() {
        let recording_stem = stem(&recording.name);
        for (detection, d) in recording.detections.iter().enumerate() {
            let folder = safe(&d.code);
            let span = format!("{:.1}-{:.1}s", d.start_s, d.end_s);
            let stem = format!("{folder}/{recording_stem}_{span}_{:.2}", d.confidence);
            clips.push(Clip {
                file,
                detection,
                name: names.take(&stem, "wav"),
                start_s: (d.start_s - margin_s).max(0.0),
                end_s: (d.end_s + margin_s).min(recording.duration_s),
            });
        }
    }
    clips
}

/// Writes a clip from its recording's mono samples, as a WAV with 16 bits a sample.
///
/// Samples beyond full scale are clipped; those of a 16-bit recording come out unchanged.
///
/// # Errors
/// If the clip begins behind the last sample.
pub fn cut(samples: &[f32], sample_rate_hz: u32, clip: &Clip) -> Result<OutputFile, ExportError> {
    let index = |time_s: f64| (time_s * f64::from(sample_rate_hz)).round() as usize;
    let end = index(clip.end_s).min(samples.len());
    let sound = samples.get(index(clip.start_s)..end).unwrap_or_default();
    if sound.is_empty() {
        return Err(ExportError::PastTheEnd(clip.start_s));
    }
    let spec = WavSpec {
        channels: 1,
        sample_rate: sample_rate_hz,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut wav = WavWriter::new(&mut bytes, spec)?;
    for sample in sound {
        // The cast saturates.
        wav.write_sample((sample * 32_768.0).round() as i16)?;
    }
    wav.finalize()?;
    Ok(OutputFile {
        name: clip.name.clone(),
        bytes: bytes.into_inner(),
    })
}

/// What goes into the ZIP besides the clips: the table that says what they hold, and the whole
/// export as JSON.
///
/// # Errors
/// If one of them cannot be written.
pub fn index(export: &Export, clips: &[Clip]) -> Result<[OutputFile; 2], ExportError> {
    let columns = ["clip", "clip_start_s", "clip_end_s"];
    let rows = clips.iter().filter_map(|clip| {
        let file = export.files.get(clip.file)?;
        let detection = file.detections.get(clip.detection)?;
        let place = [number(clip.start_s), number(clip.end_s)];
        let more = [vec![clip.name.clone()], place.into()].concat();
        Some((more, file, detection))
    });
    Ok([
        OutputFile {
            name: INDEX_FILE.to_owned(),
            bytes: csv::detections_with(export, &columns, rows)?,
        },
        OutputFile {
            name: PROVENANCE_FILE.to_owned(),
            bytes: json::document(export)?,
        },
    ])
}

#[cfg(test)]
mod tests {
    use super::super::fixture::export;
    use super::*;
    use std::collections::HashSet;

    fn clip(start_s: f64, end_s: f64) -> Clip {
        Clip {
            file: 0,
            detection: 0,
            name: "a.wav".into(),
            start_s,
            end_s,
        }
    }

    #[test]
    fn clips_have_a_margin_within_the_recording() {
        let clips = plan(&export(), 6.0);
        let spans: Vec<_> = clips.iter().map(|c| (c.start_s, c.end_s)).collect();
        assert_eq!(spans, [(0.0, 18.5), (49.0, 60.0), (0.0, 10.0)]);
        assert_eq!(clips[0].name, "banana/20240512_051500_5.0-12.5s_0.87.wav");
        assert_eq!(clips[2].name, "prtody1/tody_ _two__0.0-5.0s_0.50.wav");
    }

    #[test]
    fn clips_of_recordings_with_one_name_have_different_names() {
        let mut twins = export();
        twins.files.push(twins.files[0].clone());
        twins.files[3].name = "other card/20240512_051500.wav".into();
        let clips = plan(&twins, 0.0);
        let names: HashSet<String> = clips.iter().map(|c| c.name.to_lowercase()).collect();
        assert_eq!((clips.len(), names.len()), (5, 5));
    }

    #[test]
    fn a_clip_holds_its_samples_and_no_others() {
        let ramp: Vec<f32> = (0_i16..8_000).map(|i| f32::from(i) / 32_768.0).collect();
        let wav = cut(&ramp, 1_000, &clip(1.0, 2.5)).expect("writes");
        let mut read = hound::WavReader::new(wav.bytes.as_slice()).expect("a WAV");
        assert_eq!(read.spec().sample_rate, 1_000);
        let samples: Vec<i16> = read.samples().map(|s| s.expect("a sample")).collect();
        assert_eq!(samples, (1_000..2_500).collect::<Vec<i16>>());
    }

    #[test]
    fn loud_samples_are_clipped() {
        let wav = cut(&[1.5, -1.5], 2, &clip(0.0, 1.0)).expect("writes");
        let read = hound::WavReader::new(wav.bytes.as_slice()).expect("a WAV");
        let samples: Vec<i16> = read.into_samples().map(|s| s.expect("a sample")).collect();
        assert_eq!(samples, [i16::MAX, i16::MIN]);
    }

    #[test]
    fn a_clip_past_the_end_is_refused() {
        let error = cut(&[0.0; 10], 10, &clip(1.0, 2.0)).expect_err("no such sound");
        assert!(error.to_string().ends_with("at 1 s"));
        let last = cut(&[0.0; 10], 10, &clip(0.5, 2.0)).expect("half a second");
        assert_eq!(last.bytes.len(), 44 + 5 * 2);
    }

    #[test]
    fn a_clip_of_a_whole_night_is_refused() {
        assert!(clip(0.0, 600.0).check(48_000).is_ok());
        assert!(clip(0.0, 600.0).check(0).is_ok());
        let error = clip(10.0, 3610.0).check(48_000).expect_err("too long");
        let sentence = error.to_string();
        assert!(
            sentence.contains("3600 s") && sentence.contains("666 s"),
            "{sentence}"
        );
        assert!(clip(0.0, 100.0).check(384_000).is_err());
    }

    #[test]
    fn the_index_says_what_each_clip_holds() {
        let clips = plan(&export(), 1.0);
        let [table, settings] = index(&export(), &clips).expect("writes");
        let text = String::from_utf8(table.bytes).expect("UTF-8");
        assert!(text.starts_with("clip,clip_start_s,clip_end_s,file,start_s,"));
        assert!(text.contains("banana/20240512_051500_5.0-12.5s_0.87.wav,4,13.5,20240512_051500"));
        assert_eq!(settings.name, PROVENANCE_FILE);
    }
}
