//! Identifying what is heard while it is heard.

use super::Loaded;
use super::identify::BREATH_S;
use super::live_picture::LivePicture;
use crate::browser::clock::{breathe, now_s};
use crate::browser::scope;
use crate::protocol::{Failure, JobId, Response, Summary};
use futures_channel::mpsc::UnboundedReceiver;
use futures_util::StreamExt as _;
use pipit_core::Identification;

/// Takes blocks as they come, and ends when no more can come.
pub(super) async fn run(
    loaded: &Loaded,
    job: JobId,
    sample_rate_hz: u32,
    mut blocks: UnboundedReceiver<Vec<f32>>,
    is_cancelled: impl Fn() -> bool,
) -> Result<Response, Failure> {
    // One window at a time: waiting for others would only make the answer late.
    let mut identification = Identification::new(&loaded.classifier, sample_rate_hz, 1)
        .map_err(|error| loaded.failure(&error))?;
    let manifest = loaded.classifier.manifest();
    let mut picture = LivePicture::new(manifest, sample_rate_hz)?;
    let start_s = now_s();
    let mut n_samples = 0_u64;
    let mut peak = 0.0_f32;
    let mut last_breath_s = start_s;
    while let Some(block) = blocks.next().await {
        // Where it falls behind, what the page sends meanwhile, such as the wish to cancel, must still arrive.
        if now_s() - last_breath_s > BREATH_S {
            breathe().await;
            last_breath_s = now_s();
        }
        if is_cancelled() {
            return Ok(Response::Cancelled { job });
        }
        n_samples += block.len() as u64;
        peak = block
            .iter()
            .fold(peak, |peak, sample| peak.max(sample.abs()));
        let (first_column, columns) = picture.push(&block)?;
        let scored = identification.push(&block).await;
        let scored = scored.map_err(|error| loaded.failure(&error))?;
        let response = Response::Scored {
            job,
            windows: scored.into_iter().map(|scored| scored.window).collect(),
            first_column,
            done_s: n_samples as f64 / f64::from(sample_rate_hz),
            elapsed_s: now_s() - start_s,
        };
        scope::post(&response, Some(&columns));
    }
    let scored = identification.finish().await;
    let scored = scored.map_err(|error| loaded.failure(&error))?;
    let response = Response::Scored {
        job,
        windows: scored.into_iter().map(|scored| scored.window).collect(),
        first_column: 0,
        done_s: n_samples as f64 / f64::from(sample_rate_hz),
        elapsed_s: now_s() - start_s,
    };
    scope::post(&response, None);
    let summary = Summary {
        duration_s: n_samples as f64 / f64::from(sample_rate_hz),
        peak,
        damaged_packets: 0,
    };
    Ok(Response::Finished { job, summary })
}
