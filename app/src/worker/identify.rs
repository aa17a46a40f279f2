//! Identifying one recording, window by window.

use super::Loaded;
use super::crew::CrewScoring;
use crate::browser::blob_source::BlobSource;
use crate::browser::clock::{breathe, now_s};
use crate::browser::error::describe;
use crate::browser::scope;
use crate::protocol::{DeviceKind, Failure, FailureKind, JobId, Response, Summary};
use crate::view::picture;
use pipit_core::decode::{AudioStream, DecodeError};
use pipit_core::identify::{IdentifyError, Scoring, WindowScorer};
use pipit_core::window::WindowError;
use pipit_core::{Identification, Manifest, MelSpectrogram, ScoredWindow};
use std::io::ErrorKind;
use web_sys::Blob;

/// Seconds of work after which the page's messages are heard.
pub(super) const BREATH_S: f64 = 0.02;

/// Posts scores and spectrogram columns as they come; returns the last answer.
pub(super) async fn run(
    loaded: &Loaded,
    job: JobId,
    file: Blob,
    is_cancelled: impl Fn() -> bool,
) -> Result<Response, Failure> {
    let fail = |error: IdentifyError| loaded.failure(&error);
    let stream = open(file)?;
    let duration_s = stream.duration_s();
    let sample_rate_hz = stream.sample_rate_hz();
    let opened = Response::Opened {
        job,
        sample_rate_hz,
        duration_s,
    };
    scope::post(&opened, None);
    let classifier = &loaded.classifier;
    if let Some(crew) = &loaded.crew {
        let manifest = classifier.manifest();
        let own = WindowScorer::new(classifier).map_err(fail)?;
        let shared = CrewScoring::new(own, manifest, crew);
        let identification =
            Identification::with(shared, sample_rate_hz, &manifest.audio).map_err(fail)?;
        return listen(loaded, job, stream, identification, is_cancelled).await;
    }
    let identification =
        Identification::new(classifier, sample_rate_hz, loaded.device.batch_size).map_err(fail)?;
    listen(loaded, job, stream, identification, is_cancelled).await
}

async fn listen(
    loaded: &Loaded,
    job: JobId,
    mut stream: AudioStream,
    mut identification: Identification<impl Scoring>,
    is_cancelled: impl Fn() -> bool,
) -> Result<Response, Failure> {
    let fail = |error: IdentifyError| loaded.failure(&error);
    let sample_rate_hz = stream.sample_rate_hz();
    let duration_s = stream.duration_s();
    let progress = Progress {
        job,
        columns_per_s: picture::columns_per_s(duration_s),
        start_s: now_s(),
    };
    let mut n_samples = 0_u64;
    let mut peak = 0.0_f32;
    let mut last_breath_s = progress.start_s;
    while let Some(block) = stream.next_block().map_err(|error| undecoded(&error))? {
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
        let scored = identification.push(&block).await.map_err(fail)?;
        progress.post(scored, loaded.classifier.manifest());
    }
    let scored = identification.finish().await.map_err(fail)?;
    progress.post(scored, loaded.classifier.manifest());
    let summary = Summary {
        duration_s: n_samples as f64 / f64::from(sample_rate_hz),
        peak,
        damaged_packets: stream.damaged_packets(),
    };
    Ok(Response::Finished { job, summary })
}

/// The page lets the browser decode what cannot be opened here.
pub(super) fn open(file: Blob) -> Result<AudioStream, Failure> {
    let source = BlobSource::new(file).map_err(|thrown| Failure::internal(describe(&thrown)))?;
    AudioStream::open(source).map_err(|error| {
        let failure = undecoded(&error);
        match failure.kind {
            FailureKind::Unreadable => failure,
            _ => Failure::new(FailureKind::UnsupportedFormat, error),
        }
    })
}

/// Why a recording gives no more sound.
pub(super) fn undecoded(error: &DecodeError) -> Failure {
    let kind = match error {
        DecodeError::Io(error) if error.kind() == ErrorKind::NotFound => FailureKind::Unreadable,
        _ => FailureKind::Damaged,
    };
    Failure::new(kind, error)
}

/// What the answers have in common.
struct Progress {
    job: JobId,
    columns_per_s: f64,
    start_s: f64,
}

impl Progress {
    fn post(&self, scored: Vec<ScoredWindow>, manifest: &Manifest) {
        let frame_s = manifest.mel.hop_length as f64 / f64::from(manifest.audio.sample_rate_hz);
        for ScoredWindow { window, mel, .. } in scored {
            let span = window.start_s..window.end_s;
            let (first_column, columns) = picture::columns(&mel, span, frame_s, self.columns_per_s);
            let response = Response::Scored {
                job: self.job,
                first_column,
                done_s: window.end_s,
                elapsed_s: now_s() - self.start_s,
                windows: vec![window],
            };
            scope::post(&response, Some(&columns));
        }
    }
}

impl Loaded {
    /// Runs a silent window through a GPU: its shaders compile now rather than at the first
    /// recording, and a GPU that cannot run them is found out in time.
    pub(super) async fn warm_up(&self) -> Result<(), Failure> {
        if !self.device.compiles_first() {
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

    pub(super) fn failure(&self, error: &IdentifyError) -> Failure {
        let kind = match (error, self.device.report.kind) {
            (IdentifyError::Window(WindowError::EmptyRecording), _) => FailureKind::Empty,
            // A GPU that computes nonsense is as lost as one that answers no more.
            (IdentifyError::Classifier(_), DeviceKind::WebGpu) => FailureKind::GpuLost,
            _ => FailureKind::Internal,
        };
        Failure::new(kind, error)
    }
}
