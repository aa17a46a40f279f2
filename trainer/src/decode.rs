//! Audio files → mono samples, block by block.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, bail};
use pipit_core::Waveform;
use pipit_core::decode::AudioStream;
use pipit_core::resample::Resampler;

/// Opens a recording, whatever its name says it is.
pub(crate) fn open(path: &Path) -> anyhow::Result<AudioStream> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let metadata = file
        .metadata()
        .with_context(|| format!("cannot read {}", path.display()))?;
    if metadata.is_dir() {
        bail!("this is a folder, not an audio file: {}", path.display());
    }
    AudioStream::open(file).with_context(|| format!("cannot decode {}", path.display()))
}

/// A recording in memory.
pub(crate) struct Decoded {
    /// All of it.
    pub(crate) waveform: Waveform,
    /// Damaged pieces, which are left out or silenced in part.
    pub(crate) damaged_packets: usize,
}

/// A whole recording at a rate of one's choice.
pub(crate) fn waveform(path: &Path, sample_rate_hz: u32) -> anyhow::Result<Decoded> {
    let context = || format!("cannot decode {}", path.display());
    let mut audio = open(path)?;
    let mut resampler =
        Resampler::new(audio.sample_rate_hz(), sample_rate_hz).with_context(context)?;
    let mut samples = Vec::new();
    while let Some(block) = audio.next_block().with_context(context)? {
        resampler.push(&block, &mut samples).with_context(context)?;
    }
    resampler.finish(&mut samples).with_context(context)?;
    Ok(Decoded {
        waveform: Waveform {
            samples,
            sample_rate_hz,
        },
        damaged_packets: audio.damaged_packets(),
    })
}

/// Says that a recording was read in part, if it was.
pub(crate) fn tell_of_damage(path: &Path, damaged_packets: usize) {
    if damaged_packets > 0 {
        eprintln!(
            "{damaged_packets} damaged pieces are missing or silent in {}",
            path.display()
        );
    }
}
