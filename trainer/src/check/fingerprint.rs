//! Acoustic fingerprints: the same sound is found again at another gain, in another encoding or cut
//! to another length.
//!
//! One 32-bit word a frame says, band by band, whether the step to the next band has grown in the
//! last eighth of a second (after Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System",
//! ISMIR 2002), here over the band in which birds sing.

use std::collections::{BTreeMap, VecDeque};

use pipit_core::{
    AudioConfig, MelConfig, MelFrontend, MelNorm, MelScale, WindowConfig, WindowStream,
};

/// One word a frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fingerprint(Vec<u32>);

/// Two recordings that share a sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    /// Index of one recording.
    pub(super) first: usize,
    /// Index of the other, larger than `first`.
    pub(super) second: usize,
    /// How much they share, seconds.
    pub(super) shared_s: f64,
}

/// Takes a recording block by block; memory does not grow with its length beyond the words.
pub(super) struct FingerprintMaker {
    windows: WindowStream,
    words: Words,
}

/// Stretches of half a minute, a whole number of frames each.
const AUDIO: AudioConfig = AudioConfig {
    sample_rate_hz: 16_000,
    window: WindowConfig {
        length_s: HOP_LENGTH as f32 * 1_875.0 / 16_000.0,
        hop_s: HOP_LENGTH as f32 * 1_875.0 / 16_000.0,
    },
};
/// Frames overlap by fifteen sixteenths, so that a copy cut at another sample still fits.
const N_FFT: usize = 4_096;
const HOP_LENGTH: usize = 256;
const FRAME_S: f64 = HOP_LENGTH as f64 / 16_000.0;
const BITS: usize = 32;
/// A word compares frames so far apart, an eighth of a second, since noise and other cuts change small steps.
const LAG: usize = 8;
/// Steps that grow by less of the loudest band's power are rounding: above half of a low sample rate there is
/// nothing else.
const LEAST_GROWTH: f32 = 1e-8;

/// Equal words at one offset from which two recordings are compared at length.
const LEAST_VOTES: usize = 3;
/// Words that occur more often tell nothing.
const MOST_OCCURRENCES: usize = 100;
/// Frames that must overlap: two seconds.
const LEAST_FRAMES: usize = 125;
/// Chance alone gives half; the paper takes 0.35 over three seconds.
const MOST_BIT_ERRORS: f64 = 0.25;

impl FingerprintMaker {
    /// Begins a recording at `sample_rate_hz`.
    pub(super) fn new(sample_rate_hz: u32) -> anyhow::Result<Self> {
        let mel = MelConfig {
            n_fft: N_FFT,
            hop_length: HOP_LENGTH,
            n_mels: BITS + 1,
            f_min: 500.0,
            f_max: 7_500.0,
            power: 2.0,
            scale: MelScale::Htk,
            norm: MelNorm::None,
            top_db: None,
        };
        Ok(Self {
            windows: WindowStream::new(sample_rate_hz, &AUDIO)?,
            words: Words {
                frontend: MelFrontend::new(AUDIO.sample_rate_hz, &mel)?,
                before: VecDeque::new(),
                made: Vec::new(),
            },
        })
    }

    /// Takes a block of mono samples.
    pub(super) fn push(&mut self, samples: &[f32]) -> anyhow::Result<()> {
        for window in self.windows.push(samples)? {
            self.words.add(&window.samples);
        }
        Ok(())
    }

    /// Ends the recording.
    pub(super) fn finish(mut self) -> anyhow::Result<Fingerprint> {
        for window in self.windows.finish()? {
            let n_real =
                ((window.end_s - window.start_s) * f64::from(AUDIO.sample_rate_hz)).round();
            let samples = &window.samples[..(n_real as usize).min(window.samples.len())];
            self.words.add(samples);
        }
        Ok(Fingerprint(self.words.made))
    }
}

/// Words of a stretch of audio, made with the frames before it.
struct Words {
    frontend: MelFrontend,
    /// Steps from band to band of the last frames, oldest first.
    before: VecDeque<Vec<f32>>,
    made: Vec<u32>,
}

impl Words {
    fn add(&mut self, samples: &[f32]) {
        let mel = self.frontend.power(samples);
        let power = |band: usize, frame: usize| mel.values[band * mel.n_frames + frame];
        // The frame behind the end is the next stretch's first.
        for frame in 0..samples.len() / HOP_LENGTH {
            let loudest = (0..=BITS)
                .map(|band| power(band, frame))
                .fold(0.0, f32::max);
            let steps: Vec<f32> = (0..BITS)
                .map(|band| power(band, frame) - power(band + 1, frame))
                .collect();
            if self.before.len() == LAG {
                let before = self.before.pop_front().unwrap_or_default();
                let grown = steps
                    .iter()
                    .zip(&before)
                    .map(|(now, before)| now - before > LEAST_GROWTH * loudest);
                let word = grown.fold(0, |word, bit| (word << 1) | u32::from(bit));
                self.made.push(word);
            }
            self.before.push_back(steps);
        }
    }
}

/// Every pair of recordings that share a sound of two seconds or more.
pub(super) fn matches(fingerprints: &[(usize, &Fingerprint)]) -> Vec<Match> {
    let places = Places::new(fingerprints);
    let mut found: Vec<Match> = Vec::new();
    for (a, &(first, print)) in fingerprints.iter().enumerate() {
        // One recording after the other: votes for all pairs at once would not fit into memory.
        let mut votes: BTreeMap<(usize, isize), usize> = BTreeMap::new();
        for (frame, &word) in print.0.iter().enumerate() {
            for &(_, b, other) in places.of(word).iter().filter(|(_, b, _)| *b as usize > a) {
                let offset = other as isize - frame as isize;
                *votes.entry((b as usize, offset)).or_insert(0) += 1;
            }
        }
        let mut matched = None;
        for ((b, offset), _) in votes.into_iter().filter(|(_, n)| *n >= LEAST_VOTES) {
            if matched == Some(b) {
                continue;
            }
            let (second, other) = fingerprints[b];
            if let Some(frames) = shared_frames(print, other, offset) {
                matched = Some(b);
                found.push(Match {
                    first,
                    second,
                    shared_s: frames as f64 * FRAME_S,
                });
            }
        }
    }
    found
}

/// Where each word occurs, as word, fingerprint and frame, in this order: a dozen bytes for each frame.
struct Places(Vec<(u32, u32, u32)>);

impl Places {
    fn new(fingerprints: &[(usize, &Fingerprint)]) -> Self {
        let mut places: Vec<_> = (0u32..)
            .zip(fingerprints)
            .flat_map(|(which, (_, print))| {
                (0u32..)
                    .zip(&print.0)
                    .map(move |(frame, &word)| (word, which, frame))
            })
            // Digital silence has no steps that grow.
            .filter(|(word, _, _)| *word != 0)
            .collect();
        places.sort_unstable();
        Self(places)
    }

    /// Where a word occurs; nowhere if it occurs so often that it tells nothing.
    fn of(&self, word: u32) -> &[(u32, u32, u32)] {
        let start = self.0.partition_point(|place| place.0 < word);
        let places = &self.0[start..];
        let end = (places.iter().take(MOST_OCCURRENCES + 1))
            .take_while(|place| place.0 == word)
            .count();
        if end > MOST_OCCURRENCES {
            return &[];
        }
        &places[..end]
    }
}

/// Frames that overlap where `b` is `offset` frames later than `a`, if they sound alike.
fn shared_frames(a: &Fingerprint, b: &Fingerprint, offset: isize) -> Option<usize> {
    let (skip_a, skip_b) = (
        usize::try_from(-offset).unwrap_or(0),
        usize::try_from(offset).unwrap_or(0),
    );
    let overlap = a.0.iter().skip(skip_a).zip(b.0.iter().skip(skip_b));
    let heard: Vec<u32> = overlap
        .filter(|(a, b)| **a != 0 || **b != 0)
        .map(|(a, b)| (a ^ b).count_ones())
        .collect();
    let errors: u32 = heard.iter().sum();
    let bits = (heard.len() * BITS) as f64;
    (heard.len() >= LEAST_FRAMES && f64::from(errors) <= MOST_BIT_ERRORS * bits)
        .then_some(heard.len())
}

#[cfg(test)]
mod tests {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    const RATE_HZ: u32 = 22_050;

    /// Whistles that wander, over a soft hiss.
    fn song(seconds: f32, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut pitch_hz, mut goal_hz, mut phase) = (3_000.0f32, 3_000.0f32, 0.0f32);
        (0..(seconds * RATE_HZ as f32) as usize)
            .map(|i| {
                if i % 2_000 == 0 {
                    goal_hz = rng.random_range(1_500.0..6_000.0);
                }
                pitch_hz += (goal_hz - pitch_hz) * 0.001;
                phase = (phase + pitch_hz / RATE_HZ as f32).fract();
                0.3 * (std::f32::consts::TAU * phase).sin() + rng.random_range(-0.02..0.02)
            })
            .collect()
    }

    fn fingerprint(samples: &[f32]) -> Fingerprint {
        let mut maker = FingerprintMaker::new(RATE_HZ).unwrap();
        for block in samples.chunks(1_000) {
            maker.push(block).unwrap();
        }
        maker.finish().unwrap()
    }

    #[test]
    fn a_softer_noisier_shorter_copy_is_found_and_strangers_are_not() {
        let original = song(12.0, 1);
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let copy: Vec<f32> = original[50_123..200_000]
            .iter()
            .map(|sample| 0.2 * sample + rng.random_range(-0.0008..0.0008))
            .collect();
        let prints: Vec<Fingerprint> = [&original, &song(12.0, 2), &copy, &song(8.0, 3)]
            .map(|samples| fingerprint(samples))
            .into();

        let prints: Vec<(usize, &Fingerprint)> = prints.iter().enumerate().collect();
        let found = matches(&prints);

        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].first, found[0].second), (0, 2));
        assert!((6.0..6.9).contains(&found[0].shared_s), "{found:?}");
    }

    #[test]
    fn silence_is_like_nothing() {
        let silence = fingerprint(&vec![0.0; 100_000]);

        assert_eq!(matches(&[(0, &silence), (1, &silence)]), []);
    }
}
