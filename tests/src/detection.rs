//! What the page and the command line both report, and how the two are compared.

use anyhow::{Result, bail};
use serde::Deserialize;

/// One species heard in one stretch of a recording.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Detection {
    /// Seconds from the start of the recording.
    pub start_s: f64,
    /// Seconds from the start of the recording.
    pub end_s: f64,
    /// The class's code.
    pub code: String,
    /// The best probability within the stretch.
    pub confidence: f64,
}

/// Checks that both found the same species in the same stretches with confidences that differ by
/// no more than `tolerance`.
///
/// # Errors
/// The first difference, in words.
pub fn compare(page: &[Detection], cli: &[Detection], tolerance: f64) -> Result<()> {
    let page = sorted(page);
    let cli = sorted(cli);
    if let Some(only) = page
        .iter()
        .find(|seen| !cli.iter().any(|other| same_place(seen, other)))
    {
        bail!("only the page has {only:?}; the command line has {cli:#?}");
    }
    if let Some(only) = cli
        .iter()
        .find(|seen| !page.iter().any(|other| same_place(seen, other)))
    {
        bail!("only the command line has {only:?}; the page has {page:#?}");
    }
    for (page, cli) in page.iter().zip(&cli) {
        let difference = (page.confidence - cli.confidence).abs();
        if difference > tolerance || difference.is_nan() {
            bail!(
                "confidences differ by {difference:.6}, more than {tolerance}: page {page:?}, command line {cli:?}"
            );
        }
    }
    Ok(())
}

/// The largest difference in confidence between detections in the same place.
#[must_use]
pub fn largest_difference(page: &[Detection], cli: &[Detection]) -> f64 {
    page.iter()
        .flat_map(|page| {
            cli.iter()
                .filter(|cli| same_place(page, cli))
                .map(|cli| (page.confidence - cli.confidence).abs())
        })
        .fold(0.0, f64::max)
}

fn same_place(one: &Detection, other: &Detection) -> bool {
    // Windows start at whole samples of the model's rate: a millisecond is far below one hop, and
    // decoders differ by some milliseconds in how long a lossy recording is.
    let near = |a: f64, b: f64| (a - b).abs() < 0.06;
    one.code == other.code && near(one.start_s, other.start_s) && near(one.end_s, other.end_s)
}

fn sorted(detections: &[Detection]) -> Vec<Detection> {
    let mut sorted = detections.to_vec();
    sorted.sort_by(|a, b| a.code.cmp(&b.code).then(a.start_s.total_cmp(&b.start_s)));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(code: &str, start_s: f64, confidence: f64) -> Detection {
        Detection {
            start_s,
            end_s: start_s + 5.0,
            code: code.to_owned(),
            confidence,
        }
    }

    #[test]
    fn order_does_not_matter_but_everything_else_does() {
        let page = [detection("b", 0.0, 0.5), detection("a", 5.0, 0.9)];
        let cli = [detection("a", 5.0, 0.9004), detection("b", 0.0, 0.5)];
        assert!(compare(&page, &cli, 1e-3).is_ok());
        assert!(compare(&page, &cli, 1e-4).is_err());
        assert!(compare(&page, &cli[..1], 1e-3).is_err());
        assert!(compare(&page[..1], &cli, 1e-3).is_err());
        let moved = [detection("a", 5.1, 0.9), detection("b", 0.0, 0.5)];
        assert!(compare(&page, &moved, 1e-3).is_err());
        let unknown = [detection("a", 5.0, f64::NAN), detection("b", 0.0, 0.5)];
        assert!(compare(&page, &unknown, 1e-3).is_err());
    }
}
