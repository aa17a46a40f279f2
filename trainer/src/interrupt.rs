//! Ctrl-C as a wish that is looked at between steps, so that a run ends where it can go on.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_WISHED: AtomicBool = AtomicBool::new(false);

/// From now on the first Ctrl-C is a wish alone; the second ends the program at once. The same
/// holds for SIGTERM, with which schedulers announce that time is up.
pub(crate) fn listen() {
    signals::listen();
}

/// Whether somebody wishes to stop.
pub(crate) fn is_wished() -> bool {
    IS_WISHED.load(Ordering::Relaxed)
}

#[expect(
    unsafe_code,
    reason = "the standard library knows no signals, and setting one flag is worth no other"
)]
mod signals {
    use std::ffi::c_int;
    use std::sync::atomic::Ordering;

    type Handler = Option<extern "C" fn(c_int)>;

    // Of the C library, alike on Unix and on Windows.
    unsafe extern "C" {
        fn signal(number: c_int, handler: Handler) -> usize;
    }

    /// No handler is what there was at first: the program ends.
    const DEFAULT: Handler = None;
    const SIGINT: c_int = 2;
    const SIGTERM: c_int = 15;

    extern "C" fn note(number: c_int) {
        super::IS_WISHED.store(true, Ordering::Relaxed);
        // SAFETY: `signal` is one of the functions that POSIX lets a handler call.
        unsafe { signal(number, DEFAULT) };
    }

    pub(super) fn listen() {
        for number in [SIGINT, SIGTERM] {
            // SAFETY: `note` lives as long as the program and does only what a handler may do.
            unsafe { signal(number, Some(note)) };
        }
    }
}
