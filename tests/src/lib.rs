//! What the end-to-end tests drive Pipit with: a real Chromium through its DevTools protocol,
//! the built site, and the `pipit` program.
//!
//! Nothing here knows the inside of the page: a test sees what a person or a program sees.
//! [`browser`] starts Chromium, [`page`] is one tab with Pipit in it, [`devtools`] the protocol
//! beneath; [`site`] finds and serves the built site, [`cli`] runs `pipit`; [`detection`] is what
//! both report and how they are compared; [`audio`] makes recordings and [`case`] reads the
//! folders below `cases/`.

pub mod audio;
pub mod browser;
pub mod case;
pub mod cli;
pub mod detection;
pub mod devtools;
pub mod page;
pub mod site;
