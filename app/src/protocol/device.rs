//! Where the network runs.

use serde::{Deserialize, Serialize};
use std::fmt;

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
    pub passed_over: Option<NoGpu>,
}

/// Why the network does not run on WebGPU.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoGpu {
    /// The browser offers none, at least not to a page whose address is not secure.
    NotOffered,
    /// The browser found no graphics adapter that it would use.
    NoAdapter,
    /// The adapter cannot measure its own time.
    NoClock,
    /// The only adapter computes in software, and the user has not asked for it.
    OnlySoftware,
    /// The adapter of this description was there only after the worker had started without it.
    TooLate(String),
    /// It failed to start, in the words of the browser.
    Failed(String),
}

impl DeviceChoice {
    /// All choices in the menu's order.
    pub const ALL: [Self; 3] = [Self::Auto, Self::WebGpu, Self::Cpu];

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
        Self::ALL.into_iter().find(|choice| choice.name() == name)
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
