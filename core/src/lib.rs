//! From samples to detections: everything that Pipit's page and its trainer must do alike.
//!
//! ```text
//! samples ─ resample ─ window ─ mel ─ normalise ─ classifier ─ scores ─ detect ─ detections
//! ```
//!
//! The crate knows no file, clock, thread or browser. Feature `model` adds the networks (Burn);
//! without it the crate is small enough for the page itself. Every number that shapes a result
//! comes from the model package's [`Manifest`].

pub mod waveform;

pub mod resample;

pub mod window;

pub mod mel;

pub mod label;

pub mod calibration;

pub mod detection;

pub mod architecture;

pub mod package;

#[cfg(feature = "model")]
pub mod model;

#[cfg(feature = "model")]
pub mod classifier;

#[cfg(feature = "model")]
pub mod identify;

pub use architecture::Architecture;
pub use calibration::Calibration;
pub use detection::{Detection, DetectionConfig, Scores, WindowScores, detect};
pub use label::{Label, LabelId, Taxonomy};
pub use mel::{
    MelConfig, MelFrontend, MelNorm, MelScale, MelSpectrogram, Normalization, Reference,
};
pub use package::{Catalogue, CatalogueEntry, Manifest, ModelPackage};
pub use waveform::Waveform;
pub use window::{AudioConfig, Window, WindowConfig, WindowStream};

#[cfg(feature = "model")]
pub use classifier::Classifier;
#[cfg(feature = "model")]
pub use identify::{Identification, ScoredWindow, identify};
#[cfg(feature = "model")]
pub use model::Model;
