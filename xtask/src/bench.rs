//! `cargo xtask bench`: how fast and how large Pipit is, on this machine, in one run.

use anyhow::{Result, bail};

/// Measures and writes `docs/benchmarks.md`.
///
/// # Errors
/// Always, until the measurements are written.
pub fn run() -> Result<()> {
    bail!("the benchmarks are not written yet")
}
