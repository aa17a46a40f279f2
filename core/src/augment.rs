//! Variations of training windows: what another microphone, distance, neighbour or wind would have
//! changed.
//!
//! Everything is a function of a window's seed, and every augmentation draws from a stream of its
//! own: turning one off leaves what the others do as it was.

mod config;
mod filter;
mod pitch;
pub mod spectrogram;
pub mod waveform;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Beta, Distribution};

use crate::mel::MelSpectrogram;
use crate::resample::ResampleError;

pub use config::{
    AugmentConfig, AugmentError, Background, ColouredNoise, Counterexample, CutMix, Gain, LowPass,
    Mask, MixStyle, Mixup, NoCall, OrMixup, Pitch, RandomFilter, Range, Speed, TimeShift,
};

/// A window with what is to be learned from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Example<T> {
    /// Samples, or a spectrogram.
    pub input: T,
    /// What the network should answer, one number a class.
    pub targets: Vec<f32>,
    /// How much it counts in the loss; 1 is usual.
    pub weight: f32,
}

/// Where the windows come from that are mixed in or shown instead.
pub trait Sources {
    /// Another window to learn from, as long as all are.
    fn other(&self, rng: &mut ChaCha8Rng) -> Example<Vec<f32>>;

    /// A window without any bird, as long as all are, if there is one.
    fn background(&self, rng: &mut ChaCha8Rng) -> Option<Vec<f32>>;

    /// A window of birds that are none of the classes, as long as all are, if there is one.
    fn counterexample(&self, rng: &mut ChaCha8Rng) -> Option<Vec<f32>>;
}

/// Varies the samples of a window, in the order in which sound travels: source, neighbours, air,
/// microphone.
///
/// # Errors
/// Only if the resampler fails, which [`AugmentConfig::check`] rules out.
pub fn augment_waveform(
    example: &mut Example<Vec<f32>>,
    sample_rate_hz: u32,
    config: &AugmentConfig,
    sources: &impl Sources,
    seed: u64,
) -> Result<(), ResampleError> {
    let roll = |stream: Stream, probability| roll(seed, stream, probability);
    let no_call = roll(Stream::NoCall, config.no_call.probability)
        .and_then(|mut rng| sources.background(&mut rng));
    let is_call = no_call.is_none();
    let of_no_class = no_call.or_else(|| {
        roll(Stream::Counterexample, config.counterexample.probability)
            .and_then(|mut rng| sources.counterexample(&mut rng))
    });
    let is_of_a_class = of_no_class.is_none();
    if let Some(window) = of_no_class {
        example.input = window;
        example.targets.fill(0.0);
        example.weight = 1.0;
    }
    if let Some(mut rng) = roll(Stream::TimeShift, config.time_shift.probability) {
        let fraction = within(config.time_shift.fraction, &mut rng);
        waveform::time_shift(&mut example.input, fraction);
    }
    if let Some(mut rng) = roll(Stream::Speed, config.speed.probability) {
        let factor = within(config.speed.factor, &mut rng);
        example.input = waveform::speed(&example.input, factor)?;
    }
    if let Some(mut rng) = roll(Stream::Pitch, config.pitch.probability) {
        let semitones = within(config.pitch.semitones, &mut rng);
        example.input = waveform::pitch(&example.input, semitones)?;
    }
    // What is of no class stays so, but for what blends spectrograms.
    if is_of_a_class {
        mix_in(example, config, sources, roll);
    }
    // A background is its own.
    if is_call && let Some(mut rng) = roll(Stream::Background, config.background.probability) {
        let snr_db = within(config.background.snr_db, &mut rng);
        if let Some(background) = sources.background(&mut rng) {
            waveform::add_at_snr(&mut example.input, &background, snr_db);
        }
    }
    if let Some(mut rng) = roll(Stream::ColouredNoise, config.coloured_noise.probability) {
        let exponent = within(config.coloured_noise.exponent, &mut rng);
        let snr_db = within(config.coloured_noise.snr_db, &mut rng);
        let length = example.input.len();
        let noise = waveform::coloured_noise(length, sample_rate_hz, exponent, &mut rng);
        waveform::add_at_snr(&mut example.input, &noise, snr_db);
    }
    if let Some(mut rng) = roll(Stream::LowPass, config.low_pass.probability) {
        let cutoff_hz = within(config.low_pass.cutoff_hz, &mut rng);
        waveform::low_pass(&mut example.input, sample_rate_hz, cutoff_hz);
    }
    if let Some(mut rng) = roll(Stream::RandomFilter, config.random_filter.probability) {
        let gains_db: Vec<f32> = (0..config.random_filter.points)
            .map(|_| within(config.random_filter.decibels, &mut rng))
            .collect();
        waveform::equalize(&mut example.input, sample_rate_hz, &gains_db);
    }
    if let Some(mut rng) = roll(Stream::Gain, config.gain.probability) {
        waveform::gain(&mut example.input, within(config.gain.decibels, &mut rng));
    }
    Ok(())
}

/// Varies normalised spectrograms that are shown together; those that are mixed in are others of
/// the same batch. `seeds` are those of the windows.
pub fn augment_spectrograms(
    batch: &mut [Example<MelSpectrogram>],
    config: &AugmentConfig,
    seeds: &[u64],
) {
    // Partners are what they were before anything was mixed into them.
    let mixed: Vec<_> = (0..batch.len())
        .map(|index| mixed_spectrogram(batch, index, config, seeds[index]))
        .collect();
    for ((example, mixed), &seed) in batch.iter_mut().zip(mixed).zip(seeds) {
        if let Some(mixed) = mixed {
            *example = mixed;
        }
        let mel = &mut example.input;
        let mask = &config.frequency_mask;
        if let Some(mut rng) = roll(seed, Stream::FrequencyMask, mask.probability) {
            for band in spans(mask, mel.n_mels, &mut rng) {
                spectrogram::mask_frequencies(mel, band);
            }
        }
        let mask = &config.time_mask;
        if let Some(mut rng) = roll(seed, Stream::TimeMask, mask.probability) {
            for stretch in spans(mask, mel.n_frames, &mut rng) {
                spectrogram::mask_time(mel, stretch);
            }
        }
    }
}

/// The augmentations' streams of random numbers. The order is part of what a seed means.
#[derive(Debug, Clone, Copy)]
enum Stream {
    NoCall,
    TimeShift,
    Speed,
    Pitch,
    OrMixup,
    Mixup,
    Background,
    ColouredNoise,
    LowPass,
    RandomFilter,
    Gain,
    SpectrogramMixup,
    CutMix,
    FrequencyMask,
    TimeMask,
    Counterexample,
    MixStyle,
}

/// Lets other windows to learn from sound, too.
fn mix_in(
    example: &mut Example<Vec<f32>>,
    config: &AugmentConfig,
    sources: &impl Sources,
    roll: impl Fn(Stream, f64) -> Option<ChaCha8Rng>,
) {
    if let Some(mut rng) = roll(Stream::OrMixup, config.or_mixup.probability) {
        let snr_db = within(config.or_mixup.snr_db, &mut rng);
        waveform::or_mixup(example, &sources.other(&mut rng), snr_db);
    }
    if let Some(mut rng) = roll(Stream::Mixup, config.mixup.probability) {
        let share = share(config.mixup.alpha, &mut rng);
        waveform::mixup(example, &sources.other(&mut rng), share);
    }
}

fn mixed_spectrogram(
    batch: &[Example<MelSpectrogram>],
    index: usize,
    config: &AugmentConfig,
    seed: u64,
) -> Option<Example<MelSpectrogram>> {
    if batch.len() < 2 {
        return None;
    }
    let partner = |rng: &mut ChaCha8Rng| {
        let step = rng.random_range(1..batch.len());
        &batch[(index + step) % batch.len()]
    };
    let mut mixed = None;
    let style = &config.mix_style;
    if let Some(mut rng) = roll(seed, Stream::MixStyle, style.probability) {
        let share = share(style.alpha, &mut rng);
        let example = mixed.get_or_insert_with(|| batch[index].clone());
        spectrogram::mix_style(&mut example.input, &partner(&mut rng).input, share);
    }
    let mixup = &config.spectrogram_mixup;
    if let Some(mut rng) = roll(seed, Stream::SpectrogramMixup, mixup.probability) {
        let share = share(mixup.alpha, &mut rng);
        let example = mixed.get_or_insert_with(|| batch[index].clone());
        spectrogram::mixup(example, partner(&mut rng), share);
    }
    if let Some(mut rng) = roll(seed, Stream::CutMix, config.cutmix.probability) {
        let share = share(config.cutmix.alpha, &mut rng);
        let frames = batch[index].input.n_frames;
        let width = ((1.0 - share) * frames as f32).round() as usize;
        let start = rng.random_range(0..=frames - width.min(frames));
        let example = mixed.get_or_insert_with(|| batch[index].clone());
        spectrogram::cutmix(example, partner(&mut rng), start..start + width);
    }
    mixed
}

/// The augmentation's own random numbers if it is its turn.
fn roll(seed: u64, stream: Stream, probability: f64) -> Option<ChaCha8Rng> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    (rng.random::<f64>() < probability).then_some(rng)
}

fn within([low, high]: Range, rng: &mut ChaCha8Rng) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// The first window's share in a mixture, from Beta(alpha, alpha).
fn share(alpha: f32, rng: &mut ChaCha8Rng) -> f32 {
    // A checked configuration has a positive alpha.
    Beta::new(alpha, alpha).map_or(1.0, |beta| beta.sample(rng))
}

/// Up to `max_masks` spans of up to `max_width` of `length`, anywhere.
fn spans(mask: &Mask, length: usize, rng: &mut ChaCha8Rng) -> Vec<std::ops::Range<usize>> {
    let widest = (mask.max_width * length as f32) as usize;
    (0..rng.random_range(0..=mask.max_masks))
        .map(|_| {
            let width = rng.random_range(0..=widest.min(length));
            let start = rng.random_range(0..=length - width);
            start..start + width
        })
        .collect()
}

#[cfg(test)]
mod tests;
