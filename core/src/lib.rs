//! From samples to detections: everything that Pipit's page and its trainer must do alike.
//!
//! ```text
//! samples ─ resample ─ window ─ mel ─ normalise ─ classifier ─ scores ─ detect ─ detections
//! ```
//!
//! The crate knows no file, clock, thread or browser. Feature `model` adds the networks (Burn),
//! `decode` the reading of audio formats, `augment` the variations of training windows; without
//! them the crate is small enough for the page itself. Every number that shapes a result
//! comes from the model package's [`Manifest`].

#[cfg(feature = "decode")]
pub mod decode;

pub mod waveform;

pub mod resample;

pub mod window;

pub mod mel;

#[cfg(feature = "augment")]
pub mod augment;

pub mod label;

pub mod calibration;

pub mod detection;

pub mod architecture;

pub mod pooling;

pub mod package;

#[cfg(feature = "model")]
pub mod model;

#[cfg(feature = "model")]
pub mod classifier;

#[cfg(feature = "model")]
pub mod evidence;

#[cfg(feature = "model")]
pub mod identify;

pub use architecture::Architecture;
#[cfg(feature = "augment")]
pub use augment::AugmentConfig;
pub use calibration::Calibration;
pub use detection::{
    Detection, DetectionConfig, DetectionFilter, Scores, SpeciesFilter, WindowScores, detect,
    detect_filtered,
};
pub use label::{Label, LabelId, Taxonomy, is_language_tag};
pub use mel::{
    MelConfig, MelFrontend, MelNorm, MelScale, MelSpectrogram, Normalization, Reference,
};
pub use package::{Catalogue, CatalogueEntry, Manifest, ModelPackage};
pub use pooling::Pooling;
pub use waveform::Waveform;
pub use window::{AudioConfig, Window, WindowConfig, WindowStream};

#[cfg(feature = "model")]
pub use classifier::Classifier;
#[cfg(feature = "model")]
pub use identify::{Identification, ScoredWindow, identify};
#[cfg(feature = "model")]
pub use model::Model;
