//! Where tensors live: the CPU always, a GPU where the build has a backend for it.

use std::collections::BTreeSet;

use anyhow::{bail, ensure};
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
            Self::Vulkan => vulkan(None),
            Self::Cuda => cuda(None),
        }
    }

    /// Opens the cards with these numbers, without autodiff; the device itself where none is named.
    pub(crate) fn open_all(self, cards: &[usize]) -> anyhow::Result<Vec<Device>> {
        if cards.is_empty() {
            return Ok(vec![self.open()?]);
        }
        let mut named = BTreeSet::new();
        for card in cards {
            ensure!(named.insert(card), "--devices names card {card} twice");
        }
        cards.iter().map(|&card| self.open_card(card)).collect()
    }

    fn open_card(self, card: usize) -> anyhow::Result<Device> {
        match self {
            Self::Cpu => {
                bail!(
                    "--devices takes graphics cards, with --device cuda or vulkan; the CPU is one device"
                )
            }
            Self::Vulkan => vulkan(Some(card)),
            Self::Cuda => cuda(Some(card)),
        }
    }

    /// Name for reports and model cards.
    pub(crate) fn describe(self, cards: usize) -> String {
        match cards {
            0 | 1 => self.describe_one(),
            cards => format!("{cards} × {}", self.describe_one()),
        }
    }

    fn describe_one(self) -> String {
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
fn vulkan(card: Option<usize>) -> anyhow::Result<Device> {
    use anyhow::Context;
    use burn::tensor::DeviceKind;
    use burn::tensor::wgpu::WgpuBackend;

    let options = Device::wgpu_options().graphics_api(WgpuBackend::Vulkan);
    // Initialising here turns a missing driver into a sentence; later it would be a panic.
    match card {
        None => options.init().context("no usable Vulkan device"),
        Some(card) => (options.device_kind(DeviceKind::DiscreteGpu(card)).init())
            .with_context(|| format!("no usable Vulkan card {card}")),
    }
}

#[cfg(not(feature = "vulkan"))]
fn vulkan(_card: Option<usize>) -> anyhow::Result<Device> {
    bail!("this build of pipit has no Vulkan; rebuild it with --features vulkan")
}

#[cfg(feature = "cuda")]
fn cuda(card: Option<usize>) -> anyhow::Result<Device> {
    use burn::tensor::DeviceType;

    // Asking here turns a missing driver into a sentence; later it would be a panic.
    let cards = Device::enumerate(DeviceType::Cuda).len();
    ensure!(cards > 0, "no CUDA card is found: it takes NVIDIA's driver");
    let card = card.unwrap_or(0);
    ensure!(card < cards, "no CUDA card {card} among {cards}");
    Ok(Device::cuda(card))
}

#[cfg(not(feature = "cuda"))]
fn cuda(_card: Option<usize>) -> anyhow::Result<Device> {
    bail!("this build of pipit has no CUDA; rebuild it with --features cuda")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_named_once_and_the_cpu_has_none() {
        let error = |cards: &[usize]| DeviceChoice::Cpu.open_all(cards).unwrap_err().to_string();

        assert!(error(&[0, 1, 0]).contains("card 0 twice"));
        assert!(error(&[0, 1]).contains("the CPU is one device"));
        assert_eq!(DeviceChoice::Cpu.open_all(&[]).unwrap().len(), 1);
    }
}
