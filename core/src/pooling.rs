//! The ways from a feature map to logits that a package can name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// How a network pools its feature map, written in lower case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// `average`: the mean over frequency and time, as in timm.
    #[default]
    Average,
    /// `gem`: the generalised mean with a learnt exponent (arXiv:1711.02512).
    Gem,
    /// `attention`: each class weighs the frames for itself, and has a score for every frame, as
    /// in the sound event detection of PANNs (arXiv:1912.10211).
    Attention,
}

/// A name that is no known pooling.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("unknown pooling; known are average, gem and attention: {0:?}")]
pub struct UnknownPooling(String);

impl Pooling {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Average, Self::Gem, Self::Attention];

    /// As in a manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Average => "average",
            Self::Gem => "gem",
            Self::Attention => "attention",
        }
    }

    /// Whether it is the one that needs no naming.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Pooling {
    type Err = UnknownPooling;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|pooling| pooling.name() == name)
            .ok_or_else(|| UnknownPooling(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_manifest() {
        for pooling in Pooling::ALL {
            assert_eq!(pooling.name().parse(), Ok(pooling));
            let json = serde_json::to_string(&pooling).expect("plain");
            assert_eq!(json, format!("\"{pooling}\""));
        }
        assert_eq!("max".parse::<Pooling>(), Err(UnknownPooling("max".into())));
    }
}
