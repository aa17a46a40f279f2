//! Every export beside the files that other programs have read (`tests/readers`).

use super::fixture::export;
use super::{OutputFile, archive, audacity, clips, csv, json, raven};
use std::path::Path;
use std::{env, fs};

/// So few samples a second keep the files small.
const CLIP_RATE_HZ: u32 = 200;

/// All formats, the ZIPs unpacked.
fn outputs() -> Vec<OutputFile> {
    let export = export();
    let whole = |name: &str, bytes| OutputFile {
        name: name.to_owned(),
        bytes,
    };
    let within = |folder: &str, file: OutputFile| OutputFile {
        name: format!("{folder}/{}", file.name),
        ..file
    };
    let mut outputs = vec![
        whole("detections.csv", csv::detections(&export).expect("writes")),
        whole("files.csv", csv::files(&export).expect("writes")),
        whole("detections.json", json::document(&export).expect("writes")),
        whole(
            "selections.txt",
            raven::selection_table(&export).expect("writes"),
        ),
    ];
    let tables = raven::selection_tables(&export).expect("writes");
    outputs.extend(tables.into_iter().map(|file| within("raven", file)));
    let tracks = audacity::label_tracks(&export).expect("writes");
    outputs.extend(tracks.into_iter().map(|file| within("audacity", file)));
    outputs.extend(clip_files().into_iter().map(|file| within("clips", file)));
    outputs
}

fn clip_files() -> Vec<OutputFile> {
    let export = export();
    let plan = clips::plan(&export, 1.0);
    let sound: Vec<f32> = (0..60 * CLIP_RATE_HZ)
        .map(|i| (i as f32 * 0.9).sin() / 2.0)
        .collect();
    let cut = |clip| clips::cut(&sound, CLIP_RATE_HZ, clip).expect("writes");
    let index = clips::index(&export, &plan).expect("writes");
    plan.iter().map(cut).chain(index).collect()
}

/// With `PIPIT_GOLDEN=write` in the environment the files are written anew.
#[test]
fn exports_are_the_files_that_other_programs_have_read() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/readers/golden");
    let writes = env::var("PIPIT_GOLDEN").is_ok_and(|value| value == "write");
    for output in outputs() {
        let path = golden.join(&output.name);
        if writes {
            fs::create_dir_all(path.parent().expect("in a folder")).expect("makes the folder");
            fs::write(&path, &output.bytes).expect("writes");
        }
        let read = fs::read(&path).expect("the golden file is there");
        assert!(read == output.bytes, "{} has changed", output.name);
    }
    if writes {
        let zip = archive::archive(&clip_files()).expect("writes");
        fs::write(golden.join("clips.zip"), zip).expect("writes");
    }
}
