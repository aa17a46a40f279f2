//! What the page and the worker say to each other.
//!
//! Every message is one of these enums; a recording's file and spectrogram columns travel beside it. Every answer names the job it belongs to, so that an answer to an
//! old question is recognised and dropped.

mod device;
mod failure;
mod help;
mod model;

#[cfg(test)]
mod tests;

pub use device::{DeviceChoice, DeviceKind, DeviceReport, NoGpu};
pub use failure::{Failure, FailureKind};
pub use help::{Help, Helped};
pub use model::{AddedModel, ModelOrigin};

use pipit_core::{CatalogueEntry, LabelId, Manifest, WindowScores};
use serde::{Deserialize, Serialize};

/// One question and its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u32);

/// From the page to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Load a model on a device.
    Load {
        /// Names the answers.
        job: JobId,
        /// Address of the site's folder, ending in `/`: the worker has no address of its own.
        site: String,
        /// Name in the catalogue, or id of an added model; the first of the catalogue if none. A model
        /// that could not be kept travels beside this message, as a ZIP.
        model: Option<String>,
        /// Where to run it.
        device: DeviceChoice,
    },
    /// Check a model package and keep it in this browser; goes on beside everything else.
    AddModel {
        /// Names the answers.
        job: JobId,
        /// Address of the site's folder, ending in `/`.
        site: String,
        /// Where it comes from; files travel beside this message, in the order of their names.
        origin: ModelOrigin,
    },
    /// Keep an added model no longer, or the weights of a model of the site; nothing answers.
    RemoveModel {
        /// Which one of the page's requests.
        job: JobId,
        /// Address of the site's folder, ending in `/`.
        site: String,
        /// Id of the added model, or name in the catalogue.
        model: String,
    },
    /// Identify the file that travels beside this message.
    Identify {
        /// Names the answers.
        job: JobId,
    },
    /// Compute a piece of the spectrogram of the file that travels beside this message; answered
    /// at once, also while a recording is identified.
    Spectrogram {
        /// Names the answer.
        job: JobId,
        /// Samples at the model's rate from one column to the next.
        hop_length: usize,
        /// Columns before it.
        first_column: usize,
        /// Its width.
        n_columns: usize,
    },
    /// Hand out a stretch of the sound of the file that travels beside this message; answered at
    /// once, also while a recording is identified.
    Samples {
        /// Names the answer.
        job: JobId,
        /// Start in the recording.
        start_s: f64,
        /// End in the recording.
        end_s: f64,
    },
    /// Say why a window of the file that travels beside this message got its score for a species;
    /// goes on beside an identification.
    Explain {
        /// Names the answer.
        job: JobId,
        /// The species.
        label: LabelId,
        /// Start of the window in the recording.
        start_s: f64,
    },
    /// Identify what is heard from now on; it comes in [`Request::Heard`].
    Listen {
        /// Names the answers.
        job: JobId,
        /// Rate of what is heard.
        sample_rate_hz: u32,
    },
    /// The next block of mono samples, which travels beside this message.
    Heard {
        /// Of this [`Request::Listen`].
        job: JobId,
    },
    /// Nothing more is heard; the job ends with [`Response::Finished`].
    StopListening {
        /// Of this [`Request::Listen`].
        job: JobId,
    },
    /// From another worker, which wants help.
    Help(Help),
    /// Stop a job; it answers [`Response::Cancelled`] unless it has just ended.
    Cancel {
        /// Which one.
        job: JobId,
    },
}

impl Request {
    /// The job of a request that a recording's file travels beside.
    #[must_use]
    pub fn job_with_file(&self) -> Option<JobId> {
        match self {
            Self::Identify { job }
            | Self::Spectrogram { job, .. }
            | Self::Samples { job, .. }
            | Self::Explain { job, .. } => Some(*job),
            _ => None,
        }
    }
}

/// From the worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// The first message of a worker.
    Ready {
        /// Its [`crate::BUILD`].
        build: String,
    },
    /// The models that there are.
    Catalogue {
        /// Of this [`Request::Load`].
        job: JobId,
        /// Those of the site, the first of which is the default; empty if the site does not answer.
        models: Vec<CatalogueEntry>,
        /// Those that were added and kept.
        added: Vec<AddedModel>,
    },
    /// A model package holds. Where it could not be kept, it travels beside this message, as a ZIP.
    ModelAdded {
        /// Of this [`Request::AddModel`].
        job: JobId,
        /// All about it that a menu needs.
        model: AddedModel,
    },
    /// A model is there but will not be at the next visit.
    ModelNotKept {
        /// Of this [`Request::Load`] or [`Request::AddModel`].
        job: JobId,
        /// Why.
        detail: String,
    },
    /// How far loading has come.
    Loading {
        /// Of this [`Request::Load`] or [`Request::AddModel`].
        job: JobId,
        /// What is going on.
        stage: LoadStage,
    },
    /// The model is ready.
    Loaded {
        /// Of this [`Request::Load`].
        job: JobId,
        /// All about the model.
        manifest: Box<Manifest>,
        /// Where it runs.
        device: DeviceReport,
    },
    /// The file of a recording is open, and what follows comes from it.
    Opened {
        /// Of this [`Request::Identify`].
        job: JobId,
        /// The recording's own rate.
        sample_rate_hz: u32,
        /// Its length by its header, which may be an estimate or absent.
        duration_s: Option<f64>,
    },
    /// The next windows of a recording; their columns travel beside this message, column by
    /// column, low frequencies first, quantised by [`crate::view::picture`].
    Scored {
        /// Of this [`Request::Identify`].
        job: JobId,
        /// The windows in order.
        windows: Vec<WindowScores>,
        /// Index of the first column in the recording's picture.
        first_column: usize,
        /// Seconds of the recording that are done.
        done_s: f64,
        /// Seconds of work that took.
        elapsed_s: f64,
    },
    /// A piece of spectrogram, whose columns travel beside this message as those of
    /// [`Response::Scored`] do.
    Spectrogram {
        /// Of this [`Request::Spectrogram`].
        job: JobId,
    },
    /// A stretch of sound; its mono samples travel beside this message, as 32-bit floats, least
    /// significant byte first.
    Samples {
        /// Of this [`Request::Samples`].
        job: JobId,
        /// Their rate.
        sample_rate_hz: u32,
    },
    /// What speaks for a species in a window.
    Explained {
        /// Of this [`Request::Explain`].
        job: JobId,
        /// Patches of `[n_bands, n_slices]`, low bands first: the fall of the logit when a patch is
        /// hidden.
        n_bands: usize,
        /// Patches side by side.
        n_slices: usize,
        /// All patches, band by band.
        values: Vec<f32>,
        /// Lowest and highest frequency of what was heard, in hertz.
        band_hz: Option<(f32, f32)>,
    },
    /// The recording is done.
    Finished {
        /// Of this [`Request::Identify`].
        job: JobId,
        /// What all of it turned out to be.
        summary: Summary,
    },
    /// The recording was stopped as asked.
    Cancelled {
        /// Of this [`Request::Identify`].
        job: JobId,
    },
    /// To another worker, which wanted help.
    Helped(Helped),
    /// The job ended in failure; the worker lives on.
    Failed {
        /// Which job.
        job: JobId,
        /// Why.
        failure: Failure,
    },
    /// The worker has panicked and answers no more.
    Panicked {
        /// The panic's message.
        message: String,
    },
}

/// What is known of a recording at its end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Length of what was decoded.
    pub duration_s: f64,
    /// Largest magnitude of the mono samples.
    pub peak: f32,
    /// Pieces that were damaged and left out.
    pub damaged_packets: usize,
}

/// What a loading worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadStage {
    /// Reading the catalogue and the manifest.
    Manifest,
    /// Fetching weights from the network.
    Download {
        /// Bytes so far.
        received: u64,
        /// Bytes in all, by the manifest.
        total: u64,
    },
    /// Building the network on its device, which has been started meanwhile.
    Device,
}
