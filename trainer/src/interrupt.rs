//! Ctrl-C as a wish that is looked at between steps, so that a run ends where it can go on.

use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

static IS_HEARD: AtomicBool = AtomicBool::new(false);
static IS_WISHED: AtomicBool = AtomicBool::new(false);

/// What shells take for an end by Ctrl-C.
pub(crate) const EXIT_CODE: u8 = 130;

/// From now on the first Ctrl-C is a wish alone; the second ends the program at once. The same
/// holds for SIGTERM, with which schedulers announce that time is up.
pub(crate) fn listen() -> anyhow::Result<()> {
    if IS_HEARD.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    ctrlc::set_handler(|| {
        if IS_WISHED.swap(true, Ordering::Relaxed) {
            exit(EXIT_CODE.into());
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether somebody wishes to stop.
pub(crate) fn is_wished() -> bool {
    IS_WISHED.load(Ordering::Relaxed)
}
