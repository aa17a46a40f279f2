//! The networks that a package can name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A network, written as timm's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Architecture {
    /// `efficientnet_lite0`: symmetric padding, BatchNorm eps 1e-5.
    EfficientNetLite0,
    /// `tf_efficientnet_lite0`: TensorFlow SAME padding, BatchNorm eps 1e-3, as all `tf_` networks.
    TfEfficientNetLite0,
    /// `tf_efficientnet_lite1`.
    TfEfficientNetLite1,
    /// `tf_efficientnet_lite2`.
    TfEfficientNetLite2,
    /// `tf_efficientnet_b0`.
    TfEfficientNetB0,
    /// `tf_efficientnet_b1`.
    TfEfficientNetB1,
    /// `tf_efficientnet_b2`.
    TfEfficientNetB2,
    /// `tf_efficientnet_b3`.
    TfEfficientNetB3,
    /// `seresnext50_32x4d`.
    SeResNeXt50_32x4d,
    /// `seresnext101_32x4d`.
    SeResNeXt101_32x4d,
    /// `eca_nfnet_l0`.
    EcaNfNetL0,
    /// `eca_nfnet_l1`.
    EcaNfNetL1,
}

/// A name that is no known network.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("unknown architecture {name:?}; known are {known}")]
pub struct UnknownArchitecture {
    name: String,
    known: String,
}

impl Architecture {
    /// Every network.
    pub const ALL: [Self; 12] = [
        Self::EfficientNetLite0,
        Self::TfEfficientNetLite0,
        Self::TfEfficientNetLite1,
        Self::TfEfficientNetLite2,
        Self::TfEfficientNetB0,
        Self::TfEfficientNetB1,
        Self::TfEfficientNetB2,
        Self::TfEfficientNetB3,
        Self::SeResNeXt50_32x4d,
        Self::SeResNeXt101_32x4d,
        Self::EcaNfNetL0,
        Self::EcaNfNetL1,
    ];

    /// timm's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EfficientNetLite0 => "efficientnet_lite0",
            Self::TfEfficientNetLite0 => "tf_efficientnet_lite0",
            Self::TfEfficientNetLite1 => "tf_efficientnet_lite1",
            Self::TfEfficientNetLite2 => "tf_efficientnet_lite2",
            Self::TfEfficientNetB0 => "tf_efficientnet_b0",
            Self::TfEfficientNetB1 => "tf_efficientnet_b1",
            Self::TfEfficientNetB2 => "tf_efficientnet_b2",
            Self::TfEfficientNetB3 => "tf_efficientnet_b3",
            Self::SeResNeXt50_32x4d => "seresnext50_32x4d",
            Self::SeResNeXt101_32x4d => "seresnext101_32x4d",
            Self::EcaNfNetL0 => "eca_nfnet_l0",
            Self::EcaNfNetL1 => "eca_nfnet_l1",
        }
    }

    /// Groups of blocks between stem and head, which timm calls blocks, layers or stages.
    #[must_use]
    pub fn stages(self) -> usize {
        match self {
            Self::SeResNeXt50_32x4d
            | Self::SeResNeXt101_32x4d
            | Self::EcaNfNetL0
            | Self::EcaNfNetL1 => 4,
            _ => 7,
        }
    }

    /// timm's name for the convolution that the input goes through first.
    #[must_use]
    pub fn first_conv(self) -> &'static str {
        match self {
            Self::SeResNeXt50_32x4d | Self::SeResNeXt101_32x4d => "conv1",
            Self::EcaNfNetL0 | Self::EcaNfNetL1 => "stem.conv1",
            _ => "conv_stem",
        }
    }

    /// timm's name for the layer that makes logits of features.
    #[must_use]
    pub fn classifier(self) -> &'static str {
        match self {
            Self::SeResNeXt50_32x4d | Self::SeResNeXt101_32x4d => "fc",
            Self::EcaNfNetL0 | Self::EcaNfNetL1 => "head.fc",
            _ => "classifier",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = UnknownArchitecture;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|a| a.name() == name)
            .ok_or_else(|| UnknownArchitecture {
                name: name.into(),
                known: Self::ALL.map(Self::name).join(", "),
            })
    }
}

impl TryFrom<String> for Architecture {
    type Error = UnknownArchitecture;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Architecture> for String {
    fn from(architecture: Architecture) -> Self {
        architecture.name().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for architecture in Architecture::ALL {
            assert_eq!(architecture.name().parse(), Ok(architecture));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "resnet18"
            .parse::<Architecture>()
            .expect_err("unknown")
            .to_string();
        assert!(
            error.contains("resnet18") && error.contains("tf_efficientnet_lite0"),
            "{error}"
        );
    }
}
