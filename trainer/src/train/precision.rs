//! In which precision a network computes while it is trained.

use anyhow::{bail, ensure};
use burn::prelude::Device;
use burn::tensor::{FloatDType, Tensor};
use clap::ValueEnum;
use pipit_core::model::Model;
use serde::{Deserialize, Serialize};

use crate::device::DeviceChoice;

/// The precision of convolutions; all else, and the weights that are kept, is `f32` in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// Half precision with the range of single precision, so that no loss needs scaling.
    Bf16,
}

impl Precision {
    /// Refuses devices that do not compute in it.
    pub(crate) fn check(self, choice: DeviceChoice, devices: &[Device]) -> anyhow::Result<()> {
        let dtype = match self {
            Self::F32 => return Ok(()),
            Self::Bf16 => FloatDType::BF16,
        };
        if choice == DeviceChoice::Cpu {
            bail!(
                "--precision bf16 takes a graphics card, such as --device cuda; the CPU trains in f32"
            );
        }
        ensure!(
            devices.iter().all(|device| device.supports_dtype(dtype)),
            "--precision bf16: this {} does not compute in it; leave it at f32",
            choice.describe(devices.len())
        );
        Ok(())
    }

    /// Logits of windows and, where the pooling looks at frames, of their frames, as
    /// [`Model::forward_with_frames`] has them.
    pub(super) fn forward(
        self,
        model: &Model,
        images: Tensor<4>,
    ) -> (Tensor<2>, Option<Tensor<3>>) {
        match self {
            Self::F32 => model.forward_with_frames(images),
            Self::Bf16 => (model.with_convolutions_in(FloatDType::BF16))
                .forward_with_frames(images.cast(FloatDType::BF16)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_trains_in_single_precision() {
        let check = |precision: Precision| precision.check(DeviceChoice::Cpu, &[Device::flex()]);

        assert!(check(Precision::F32).is_ok());
        let error = check(Precision::Bf16).unwrap_err().to_string();
        assert!(error.contains("the CPU trains in f32"), "{error}");
    }
}
