//! The built site in a real Chromium.
//!
//! `cargo test -p pipit-tests --test end_to_end [FILTER]` after `cargo xtask build` and a release build of
//! `pipit`; `cargo xtask test` does all of it. Tests share one browser without WebGPU and one with a software adapter; each has a tab
//! with an empty cache. A test fails as well when anything was logged as an error or asked for
//! from another origin; a picture of its tab is then left in `end-to-end/` of the build folder.

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::Arguments;
use pipit_tests::browser::Browsers;

mod accessibility;
mod addresses;
mod cases;
mod clips;
mod controls;
mod crew;
mod failures;
mod families;
mod hosting;
mod keeping;
mod keyboard;
mod language;
mod links;
mod live;
mod looking;
mod models;
mod playing;
mod results;
mod reviewing;
mod starting;
mod storage;
mod summary;
mod trial;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let browsers = Arc::new(Browsers::default());
    let trials = [
        cases::trials(&browsers),
        controls::trials(&browsers),
        crew::trials(&browsers),
        failures::trials(&browsers),
        families::trials(&browsers),
        hosting::trials(&browsers),
        looking::trials(&browsers),
        results::trials(&browsers),
        reviewing::trials(&browsers),
        starting::trials(&browsers),
        summary::trials(&browsers),
        clips::trials(&browsers),
        live::trials(&browsers),
        playing::trials(&browsers),
        keyboard::trials(&browsers),
        models::trials(&browsers),
        addresses::trials(&browsers),
        keeping::trials(&browsers),
        storage::trials(&browsers),
        language::trials(&browsers),
        links::trials(&browsers),
        accessibility::trials(&browsers),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().flatten().collect());
    conclusion.exit_code()
}
