//! What the page and the worker say to each other.
//!
//! Every message is one of these enums; a recording's file and spectrogram columns travel beside it. Every answer names the job it belongs to, so that an answer to an
//! old question is recognised and dropped.

mod failure;
mod model;

pub use failure::{Failure, FailureKind};
pub use model::{AddedModel, ModelOrigin};

use pipit_core::{CatalogueEntry, LabelId, Manifest, WindowScores};
use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// Stop a job; it answers [`Response::Cancelled`] unless it has just ended.
    Cancel {
        /// Which one.
        job: JobId,
    },
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
    /// Starting the device and building the network on it.
    Device,
}

/// Where the user wants the network to run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// WebGPU on a real GPU, else the CPU.
    #[default]
    Auto,
    /// WebGPU, also in software.
    WebGpu,
    /// The CPU.
    Cpu,
}

/// Where the network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    /// A GPU through WebGPU.
    WebGpu,
    /// The CPU with SIMD.
    Cpu,
}

/// The device that a model was loaded on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// What it is.
    pub kind: DeviceKind,
    /// The adapter's own description; empty where the browser tells nothing.
    pub adapter: String,
    /// Why WebGPU was passed over, where it was not ruled out by the user.
    pub passed_over: Option<String>,
}

impl DeviceChoice {
    /// The name in the menu's values and the page's address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::WebGpu => "webgpu",
            Self::Cpu => "cpu",
        }
    }

    /// The choice of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::WebGpu, Self::Cpu]
            .into_iter()
            .find(|choice| choice.name() == name)
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WebGpu => "WebGPU",
            Self::Cpu => "CPU",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipit_core::Scores;

    fn round_trip<T: Serialize + for<'a> Deserialize<'a> + PartialEq + fmt::Debug>(value: &T) {
        let json = serde_json::to_string(value).expect("serialises");
        assert_eq!(&serde_json::from_str::<T>(&json).expect("parses"), value);
    }

    #[test]
    fn requests_round_trip() {
        let job = JobId(7);
        for device in [DeviceChoice::Auto, DeviceChoice::WebGpu, DeviceChoice::Cpu] {
            round_trip(&Request::Load {
                job,
                site: "https://example.org/birds/".into(),
                model: Some("puerto-rico".into()),
                device,
            });
        }
        for origin in [
            ModelOrigin::Site,
            ModelOrigin::Files(vec!["birds.zip".into()]),
            ModelOrigin::Address("https://example.org/birds/".into()),
        ] {
            round_trip(&Request::AddModel {
                job,
                site: "https://example.org/".into(),
                origin,
            });
        }
        round_trip(&Request::RemoveModel {
            job,
            site: "https://example.org/".into(),
            model: "puerto-rico".into(),
        });
        round_trip(&Request::Identify { job });
        round_trip(&Request::Spectrogram {
            job,
            hop_length: 320,
            first_column: 1024,
            n_columns: 512,
        });
        round_trip(&Request::Samples {
            job,
            start_s: 1.5,
            end_s: 7.0,
        });
        round_trip(&Request::Explain {
            job,
            label: LabelId(3),
            start_s: 25.0,
        });
        round_trip(&Request::Listen {
            job,
            sample_rate_hz: 48_000,
        });
        round_trip(&Request::Heard { job });
        round_trip(&Request::StopListening { job });
        round_trip(&Request::Cancel { job });
    }

    #[test]
    fn responses_round_trip() {
        let job = JobId(7);
        round_trip(&Response::Ready {
            build: "abc".into(),
        });
        round_trip(&Response::ModelAdded {
            job,
            model: crate::session::fixture::added_model(),
        });
        round_trip(&Response::ModelNotKept {
            job,
            detail: "full".into(),
        });
        for stage in [
            LoadStage::Manifest,
            LoadStage::Download {
                received: 5,
                total: 10,
            },
            LoadStage::Device,
        ] {
            round_trip(&Response::Loading { job, stage });
        }
        round_trip(&Response::Loaded {
            job,
            manifest: Box::new(crate::session::fixture::manifest()),
            device: DeviceReport {
                kind: DeviceKind::WebGpu,
                adapter: "a card".into(),
                passed_over: None,
            },
        });
        round_trip(&Response::Scored {
            job,
            windows: vec![WindowScores {
                start_s: 0.0,
                end_s: 5.0,
                scores: Scores(vec![0.1, 0.734_123_4]),
            }],
            first_column: 3,
            done_s: 5.0,
            elapsed_s: 0.25,
        });
        round_trip(&Response::Opened {
            job,
            sample_rate_hz: 44_100,
            duration_s: Some(62.5),
        });
        round_trip(&Response::Finished {
            job,
            summary: Summary {
                duration_s: 62.5,
                peak: 0.5,
                damaged_packets: 1,
            },
        });
        round_trip(&Response::Explained {
            job,
            n_bands: 1,
            n_slices: 2,
            values: vec![0.5, -0.25],
            band_hz: Some((1000.0, 4000.0)),
        });
        round_trip(&Response::Spectrogram { job });
        round_trip(&Response::Samples {
            job,
            sample_rate_hz: 48_000,
        });
        round_trip(&Response::Cancelled { job });
        round_trip(&Response::Panicked {
            message: "oh".into(),
        });
        for kind in FailureKind::ALL {
            let failure = Failure::new(kind, "why");
            round_trip(&Response::Failed { job, failure });
        }
    }

    #[test]
    fn names_in_markup_are_the_serialised_names() {
        for kind in FailureKind::ALL {
            let json = serde_json::to_string(&kind).expect("serialises");
            assert_eq!(json, format!("{:?}", kind.name()));
        }
        for choice in [DeviceChoice::Auto, DeviceChoice::WebGpu, DeviceChoice::Cpu] {
            assert_eq!(DeviceChoice::from_name(choice.name()), Some(choice));
        }
        assert_eq!(DeviceChoice::from_name("gpu"), None);
    }
}
