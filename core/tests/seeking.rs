//! Going to a place in a recording gives what lies there, to the sample. Needs `../shared/data/originals`; says so when it skips.
#![cfg(feature = "decode")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use pipit_core::decode::AudioStream;

/// Far above what lossy decoders differ by where they begin, far below what a sample's delay makes of a song.
const TOLERANCE: f32 = 1e-3;

#[test]
fn what_comes_after_seeking_is_what_lies_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/originals");
    if !folder.is_dir() {
        println!("skipped: no recordings at {}", folder.display());
        return;
    }
    let mut files: Vec<PathBuf> = (fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut judged = 0;
    for file in files {
        // What is no audio, and what only a browser reads.
        let Ok(mut stream) = AudioStream::open(File::open(&file).unwrap()) else {
            continue;
        };
        let all = rest(&mut stream, usize::MAX);
        let rate = f64::from(stream.sample_rate_hz());
        for time_s in [0.0, 0.01, 1.2345, 7.7] {
            stream.seek(time_s).unwrap();
            let found = rest(&mut stream, 4000);
            let first = (time_s * rate).round() as usize;
            let expected = &all[first.min(all.len())..];
            let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
            let worst = differences.fold(0.0_f32, f32::max);
            assert!(
                worst < TOLERANCE,
                "{} from {time_s} s differs by {worst}",
                file.display()
            );
            judged += usize::from(found.iter().any(|sample| sample.abs() > 10.0 * TOLERANCE));
        }
    }
    assert!(judged > 20, "only {judged} places had any sound");
}

/// What comes next, as many samples at the most.
fn rest(stream: &mut AudioStream, most: usize) -> Vec<f32> {
    let mut samples = Vec::new();
    while samples.len() < most {
        let Some(block) = stream.next_block().expect("what was opened is read") else {
            break;
        };
        samples.extend(block);
    }
    samples.truncate(most);
    samples
}
