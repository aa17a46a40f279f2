//! Identifying one recording, window by window.

use super::Loaded;
use crate::browser::clock::{breathe, now_s};
use crate::browser::{Samples, scope};
use crate::protocol::{DeviceKind, Failure, FailureKind, JobId, Response};
use crate::view::picture;
use pipit_core::identify::IdentifyError;
use pipit_core::window::WindowError;
use pipit_core::{Identification, Manifest, MelSpectrogram, ScoredWindow};

/// What the page sent.
pub(super) struct Recording {
    pub(super) job: JobId,
    pub(super) samples: Samples,
    pub(super) sample_rate_hz: u32,
    pub(super) columns_per_s: f64,
}

/// Posts scores and spectrogram columns as they come; returns the last answer.
pub(super) async fn run(
    loaded: &Loaded,
    recording: &Recording,
    is_cancelled: impl Fn() -> bool,
) -> Result<Response, Failure> {
    let job = recording.job;
    let manifest = loaded.classifier.manifest();
    let fail = |error: IdentifyError| loaded.failure(&error);
    let mut identification = Identification::new(
        &loaded.classifier,
        recording.sample_rate_hz,
        loaded.device.batch_size,
    )
    .map_err(fail)?;

    let start_s = now_s();
    let hop_s = f64::from(manifest.audio.window.hop_s);
    let block = ((hop_s * f64::from(recording.sample_rate_hz)) as u32).max(1);
    let mut buffer = Vec::new();
    for start in (0..recording.samples.length()).step_by(block as usize) {
        // The page's messages are heard only between blocks.
        breathe().await;
        if is_cancelled() {
            return Ok(Response::Cancelled { job });
        }
        let end = (start + block).min(recording.samples.length());
        buffer.resize((end - start) as usize, 0.0);
        recording.samples.subarray(start, end).copy_to(&mut buffer);
        let scored = identification.push(&buffer).await.map_err(fail)?;
        post(scored, recording, manifest, start_s);
    }
    let scored = identification.finish().await.map_err(fail)?;
    post(scored, recording, manifest, start_s);
    Ok(Response::Finished { job })
}

fn post(scored: Vec<ScoredWindow>, recording: &Recording, manifest: &Manifest, start_s: f64) {
    let frame_s = manifest.mel.hop_length as f64 / f64::from(manifest.audio.sample_rate_hz);
    for ScoredWindow { window, mel } in scored {
        let span = window.start_s..window.end_s;
        let (first_column, columns) =
            picture::columns(&mel, span, frame_s, recording.columns_per_s);
        let response = Response::Scored {
            job: recording.job,
            first_column,
            done_s: window.end_s,
            elapsed_s: now_s() - start_s,
            windows: vec![window],
        };
        scope::post(&response, Some(&columns));
    }
}

impl Loaded {
    /// Runs a silent window through a GPU: its shaders compile now rather than at the first
    /// recording, and a GPU that cannot run them is found out in time.
    pub(super) async fn warm_up(&self) -> Result<(), Failure> {
        // Where a window takes seconds, an extra one helps nobody.
        if self.device.report.kind == DeviceKind::Cpu || self.device.in_software {
            return Ok(());
        }
        let Manifest { audio, mel, .. } = self.classifier.manifest();
        let n_frames = 1 + audio.window_samples() / mel.hop_length;
        let silence = MelSpectrogram {
            n_mels: mel.n_mels,
            n_frames,
            values: vec![0.0; mel.n_mels * n_frames],
        };
        let warmed = self.classifier.classify(&[silence]).await;
        warmed
            .map(drop)
            .map_err(|error| self.failure(&error.into()))
    }

    fn failure(&self, error: &IdentifyError) -> Failure {
        let kind = match (error, self.device.report.kind) {
            (IdentifyError::Window(WindowError::EmptyRecording), _) => FailureKind::Empty,
            // A GPU that computes nonsense is as lost as one that answers no more.
            (IdentifyError::Classifier(_), DeviceKind::WebGpu) => FailureKind::GpuLost,
            _ => FailureKind::Internal,
        };
        Failure::new(kind, error)
    }
}
