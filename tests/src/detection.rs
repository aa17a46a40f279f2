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

/// What the command line found with the threshold a little lower and a little higher than the
/// page's: between the two lies what the page may show.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// At the threshold minus the tolerance.
    pub low: Vec<Detection>,
    /// At the threshold plus the tolerance.
    pub high: Vec<Detection>,
}

/// Checks that the page's scores differ from the command line's by no more than `tolerance`.
///
/// If every score of a window does, then the windows above the page's threshold are among those
/// of [`Bounds::low`] and include those of [`Bounds::high`], whatever falls to either side of the
/// threshold itself. So each stretch of `high` must lie within one of the page, and each stretch of
/// the page within one of `low`; where `low` and `high` agree, the page is left no choice at all.
///
/// # Errors
/// The first difference, in words.
pub fn compare(page: &[Detection], cli: &Bounds, tolerance: f64) -> Result<()> {
    for seen in page {
        let Some(low) = cli.low.iter().find(|low| lies_within(seen, low)) else {
            bail!(
                "only the page has {seen:?}; the command line has {:#?}",
                cli.low
            );
        };
        if !(seen.confidence <= low.confidence + tolerance) {
            bail!("more than {tolerance} above the command line: {seen:?}, there {low:?}");
        }
    }
    for high in &cli.high {
        let Some(seen) = page.iter().find(|seen| lies_within(high, seen)) else {
            bail!("only the command line has {high:?}; the page has {page:#?}");
        };
        if !(seen.confidence >= high.confidence - tolerance) {
            bail!("more than {tolerance} below the command line: {seen:?}, there {high:?}");
        }
    }
    Ok(())
}

/// The largest difference in confidence between equal stretches.
#[must_use]
pub fn largest_difference(page: &[Detection], cli: &Bounds) -> f64 {
    page.iter()
        .flat_map(|seen| {
            cli.low
                .iter()
                .filter(|low| lies_within(seen, low) && lies_within(low, seen))
                .map(|low| (seen.confidence - low.confidence).abs())
        })
        .fold(0.0, f64::max)
}

fn lies_within(inner: &Detection, outer: &Detection) -> bool {
    // Decoders differ by some milliseconds in how long a lossy recording is; windows are seconds.
    const SLACK_S: f64 = 0.06;
    inner.code == outer.code
        && inner.start_s >= outer.start_s - SLACK_S
        && inner.end_s <= outer.end_s + SLACK_S
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(code: &str, start_s: f64, end_s: f64, confidence: f64) -> Detection {
        Detection {
            start_s,
            end_s,
            code: code.to_owned(),
            confidence,
        }
    }

    fn exactly(detections: &[Detection]) -> Bounds {
        Bounds {
            low: detections.to_vec(),
            high: detections.to_vec(),
        }
    }

    #[test]
    fn order_does_not_matter_but_everything_else_does() {
        let a = detection("a", 5.0, 10.0, 0.9);
        let b = detection("b", 0.0, 5.0, 0.5);
        let page = [b.clone(), a.clone()];
        let near = Detection {
            confidence: 0.9004,
            ..a.clone()
        };
        let cli = exactly(&[near, b.clone()]);
        assert!(compare(&page, &cli, 1e-3).is_ok());
        assert!(compare(&page, &cli, 1e-4).is_err());
        assert!(compare(&page, &exactly(std::slice::from_ref(&a)), 1e-3).is_err());
        assert!(compare(&page[..1], &cli, 1e-3).is_err());
        let longer = Detection {
            end_s: 15.0,
            ..a.clone()
        };
        assert!(compare(&page, &exactly(&[longer, b.clone()]), 1e-3).is_err());
        let unknown = Detection {
            confidence: f64::NAN,
            ..a.clone()
        };
        assert!(compare(&[unknown, b], &cli, 1e-3).is_err());
    }

    #[test]
    fn a_score_on_the_threshold_may_fall_to_either_side() {
        let whole = detection("a", 0.0, 10.0, 0.8);
        let part = detection("a", 0.0, 5.0, 0.8);
        let cli = Bounds {
            low: vec![whole.clone()],
            high: vec![part.clone()],
        };
        assert!(compare(std::slice::from_ref(&whole), &cli, 1e-3).is_ok());
        assert!(compare(std::slice::from_ref(&part), &cli, 1e-3).is_ok());
        let elsewhere = detection("a", 5.0, 10.0, 0.8);
        assert!(compare(&[elsewhere], &cli, 1e-3).is_err());
    }
}
