//! Where tensors live: the CPU always, a GPU where the build has a backend for it.

use anyhow::bail;
use burn::prelude::Device;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A compute device that a person can name on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DeviceChoice {
    /// All cores of the processor.
    #[default]
    Cpu,
    /// A graphics card through Vulkan (build with `--features vulkan`).
    Vulkan,
    /// An NVIDIA card through CUDA (build with `--features cuda`).
    Cuda,
}

impl DeviceChoice {
    /// Opens the device, without autodiff.
    pub(crate) fn open(self) -> anyhow::Result<Device> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            Self::Vulkan => vulkan(),
            Self::Cuda => cuda(),
        }
    }

    /// Name for reports and model cards.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Cpu => {
                let threads = std::thread::available_parallelism().map_or(1, usize::from);
                format!("CPU, {threads} threads")
            }
            Self::Vulkan => "GPU (Vulkan)".to_owned(),
            Self::Cuda => "GPU (CUDA)".to_owned(),
        }
    }
}

#[cfg(feature = "vulkan")]
fn vulkan() -> anyhow::Result<Device> {
    use anyhow::Context;
    use burn::tensor::wgpu::WgpuBackend;

    // Initialising here turns a missing driver into a sentence; later it would be a panic.
    Device::wgpu_options()
        .graphics_api(WgpuBackend::Vulkan)
        .init()
        .context("no usable Vulkan device")
}

#[cfg(not(feature = "vulkan"))]
fn vulkan() -> anyhow::Result<Device> {
    bail!("this build of pipit has no Vulkan; rebuild it with --features vulkan")
}

#[cfg(feature = "cuda")]
#[expect(clippy::unnecessary_wraps, reason = "builds without CUDA do fail")]
fn cuda() -> anyhow::Result<Device> {
    Ok(Device::cuda(0))
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> anyhow::Result<Device> {
    bail!("this build of pipit has no CUDA; rebuild it with --features cuda")
}
