//! `cargo xtask example`: the soundscape behind "Try an example", synthesised from tables.
//!
//! Five phrases modelled on birds of the Caribbean over a quiet pink background. It is made of
//! sine waves and seeded noise, so that it belongs to nobody and comes out the same every time.

use std::f64::consts::TAU;
use std::fs;

use anyhow::{Context, Result};

use crate::workspace;

const RATE_HZ: u32 = 32_000;
const LENGTH_S: f64 = 12.0;
const SEED: u64 = 20_261_123;

/// One note: a tone that glides from one frequency to another, with overtones, and that may
/// tremble in loudness (a rattle or a buzz) and in pitch (a trill).
#[derive(Debug, Clone, Copy)]
struct Note {
    start_s: f64,
    length_s: f64,
    from_hz: f64,
    to_hz: f64,
    gain: f64,
    /// Gains of the second, third and fourth harmonic.
    overtones: [f64; 3],
    /// How often a second, and how deeply (0 to 1), the loudness dips.
    rattle: (f64, f64),
    /// How often a second, and by how many hertz, the pitch swings.
    trill: (f64, f64),
}

const NOTE: Note = Note {
    start_s: 0.0,
    length_s: 0.1,
    from_hz: 3000.0,
    to_hz: 3000.0,
    gain: 0.2,
    overtones: [0.0; 3],
    rattle: (0.0, 0.0),
    trill: (0.0, 0.0),
};

/// Writes `app/assets/example.wav`.
///
/// # Errors
/// If the file cannot be written.
pub fn run() -> Result<()> {
    let path = workspace::root()
        .join("app")
        .join("assets")
        .join("example.wav");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let samples = soundscape();
    let write = || -> Result<(), hound::Error> {
        let mut file = hound::WavWriter::create(&path, spec)?;
        for &sample in &samples {
            file.write_sample(sample)?;
        }
        file.finalize()
    };
    write().with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {} ({LENGTH_S} s)", path.display());
    Ok(())
}

/// All samples, in 16 bits.
fn soundscape() -> Vec<i16> {
    let mut samples = background();
    for note in phrases() {
        render(&note, &mut samples);
    }
    echo(&mut samples);
    samples.into_iter().map(quantised).collect()
}

fn quantised(sample: f64) -> i16 {
    (sample.clamp(-1.0, 1.0) * f64::from(i16::MAX)).round() as i16
}

/// The five phrases, one after the other.
fn phrases() -> Vec<Note> {
    [
        scaly_naped_pigeon(0.5),
        puerto_rican_tody(3.0),
        bananaquit(5.3),
        adelaides_warbler(7.6),
    ]
    .into_iter()
    .flatten()
    .chain(pearly_eyed_thrasher(9.6))
    .collect()
}

/// A deep, breathy coo: one long and three that rise and fall.
fn scaly_naped_pigeon(at_s: f64) -> Vec<Note> {
    [
        (0.0, 0.75, 390.0, 430.0),
        (1.0, 0.22, 410.0, 450.0),
        (1.3, 0.22, 410.0, 450.0),
        (1.6, 0.5, 450.0, 370.0),
    ]
    .into_iter()
    .map(|(start_s, length_s, from_hz, to_hz)| Note {
        start_s: at_s + start_s,
        length_s,
        from_hz,
        to_hz,
        gain: 0.28,
        overtones: [0.12, 0.04, 0.0],
        trill: (24.0, 6.0),
        ..NOTE
    })
    .collect()
}

/// Thin ticks that quicken into a buzz, high up.
fn bananaquit(at_s: f64) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut time_s = at_s;
    let mut gap_s = 0.19;
    while gap_s > 0.06 {
        notes.push(Note {
            start_s: time_s,
            length_s: 0.05,
            from_hz: 8200.0,
            to_hz: 6100.0,
            gain: 0.17,
            ..NOTE
        });
        time_s += gap_s;
        gap_s *= 0.87;
    }
    notes.push(Note {
        start_s: time_s,
        length_s: 0.75,
        from_hz: 6900.0,
        to_hz: 5600.0,
        gain: 0.16,
        rattle: (72.0, 0.9),
        trill: (72.0, 650.0),
        ..NOTE
    });
    notes
}

/// A trill of falling sweeps that climbs and sinks again.
fn adelaides_warbler(at_s: f64) -> Vec<Note> {
    const NOTES: u32 = 18;
    (0..NOTES)
        .map(|index| {
            let place = f64::from(index) / f64::from(NOTES - 1);
            let height = 0.85 + 0.3 * (place * TAU / 2.0).sin();
            Note {
                start_s: at_s + 0.1 * f64::from(index),
                length_s: 0.06,
                from_hz: 6500.0 * height,
                to_hz: 3500.0 * height,
                gain: 0.2 * (0.5 + 2.0 * place).min(1.0),
                ..NOTE
            }
        })
        .collect()
}

/// A nasal, rasping "beep-beep".
fn puerto_rican_tody(at_s: f64) -> Vec<Note> {
    [0.0, 0.28, 0.75, 1.03]
        .into_iter()
        .map(|start_s| Note {
            start_s: at_s + start_s,
            length_s: 0.17,
            from_hz: 3100.0,
            to_hz: 2900.0,
            gain: 0.2,
            overtones: [0.45, 0.18, 0.08],
            rattle: (118.0, 0.85),
            ..NOTE
        })
        .collect()
}

/// Loud, unhurried whistles with pauses between.
fn pearly_eyed_thrasher(at_s: f64) -> Vec<Note> {
    [
        (0.0, 0.22, 2100.0, 2900.0),
        (0.27, 0.26, 2700.0, 1800.0),
        (0.85, 0.3, 1750.0, 2350.0),
        (1.2, 0.18, 2950.0, 2600.0),
        (1.42, 0.28, 2300.0, 1650.0),
    ]
    .into_iter()
    .map(|(start_s, length_s, from_hz, to_hz)| Note {
        start_s: at_s + start_s,
        length_s,
        from_hz,
        to_hz,
        gain: 0.24,
        overtones: [0.15, 0.03, 0.0],
        ..NOTE
    })
    .collect()
}

/// Adds the note to the samples.
fn render(note: &Note, samples: &mut [f64]) {
    let rate_hz = f64::from(RATE_HZ);
    let mut phase = 0.0;
    for (index, sample) in samples
        .iter_mut()
        .enumerate()
        .skip(sample_index(note.start_s))
    {
        let time_s = seconds_at(index) - note.start_s;
        if time_s >= note.length_s {
            break;
        }
        let place = time_s / note.length_s;
        let (trill_hz, swing_hz) = note.trill;
        let hz = note.from_hz
            + (note.to_hz - note.from_hz) * place
            + swing_hz * (TAU * trill_hz * time_s).sin();
        phase += TAU * hz / rate_hz;
        let (rattle_hz, depth) = note.rattle;
        let rattle = 1.0 - depth * (0.5 - 0.5 * (TAU * rattle_hz * time_s).cos());
        let mut tone = phase.sin();
        for (harmonic, gain) in (2_u32..).zip(note.overtones) {
            // An overtone beyond half the sampling rate would fold back as a false tone.
            if hz * f64::from(harmonic) < rate_hz * 0.48 {
                tone += gain * (phase * f64::from(harmonic)).sin();
            }
        }
        *sample += note.gain * envelope(time_s, note.length_s) * rattle * tone;
    }
}

/// Fades in over 15 ms and out over 30 ms, so that no note clicks.
fn envelope(time_s: f64, length_s: f64) -> f64 {
    let rise = (time_s / 0.015).min(1.0);
    let fall = ((length_s - time_s) / 0.030).clamp(0.0, 1.0);
    let ease = |x: f64| 0.5 - 0.5 * (x * TAU / 2.0).cos();
    ease(rise) * ease(fall)
}

/// Two quiet copies a moment later, as from the edge of a wood.
fn echo(samples: &mut [f64]) {
    let dry = samples.to_vec();
    for (delay_s, gain) in [(0.047, 0.16), (0.113, 0.09)] {
        let delay = sample_index(delay_s);
        for (sample, earlier) in samples.iter_mut().skip(delay).zip(&dry) {
            *sample += gain * earlier;
        }
    }
}

/// Pink noise that swells slowly like wind.
fn background() -> Vec<f64> {
    let mut random = SEED;
    let mut slow = [0.0; 3];
    (0..sample_index(LENGTH_S))
        .map(|index| {
            let white = noise(&mut random);
            // Three leaky sums of white noise, after Paul Kellet: within 1 dB of -3 dB an octave.
            slow[0] = 0.997_65 * slow[0] + white * 0.099_046;
            slow[1] = 0.963_00 * slow[1] + white * 0.296_516_4;
            slow[2] = 0.570_00 * slow[2] + white * 1.052_691_3;
            let pink = slow.iter().sum::<f64>() + white * 0.1848;
            let time_s = seconds_at(index);
            let swell = 1.0 + 0.35 * (TAU * time_s / 5.3).sin() + 0.15 * (TAU * time_s / 1.9).sin();
            0.0045 * swell * pink
        })
        .collect()
}

/// The next number between -1 and 1 (splitmix64).
fn noise(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    let upper = u32::try_from(bits >> 32).unwrap_or(u32::MAX);
    f64::from(upper) / f64::from(u32::MAX) * 2.0 - 1.0
}

fn sample_index(time_s: f64) -> usize {
    (time_s * f64::from(RATE_HZ)).ceil() as usize
}

fn seconds_at(index: usize) -> f64 {
    index as f64 / f64::from(RATE_HZ)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_each_time_and_neither_clips_nor_is_silent() {
        let samples = soundscape();
        assert_eq!(samples.len(), 384_000);
        assert_eq!(samples, soundscape());
        let peak = samples.iter().map(|sample| sample.unsigned_abs()).max();
        assert!(
            peak.is_some_and(|peak| (8_000..32_000).contains(&peak)),
            "{peak:?}"
        );
    }

    #[test]
    fn every_phrase_ends_before_the_recording_does() {
        for note in phrases() {
            assert!(note.start_s + note.length_s < LENGTH_S - 0.2, "{note:?}");
        }
    }
}
