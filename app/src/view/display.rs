//! How spectrograms look: a matter of taste, the same for all recordings.

use super::frequency_axis::Band;

/// The user's taste, besides the colours.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Display {
    /// −1 to 1; 0 suits most recordings.
    pub brightness: f64,
    /// −1 to 1; 0 suits most recordings.
    pub contrast: f64,
    /// Frequencies shown; all that the model hears if none.
    pub band: Option<Band>,
}

/// A choice of frequencies to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Frequencies {
    /// All that the model hears.
    #[default]
    All,
    /// Up to 2 kHz: doves, owls.
    Low,
    /// 1 to 6 kHz.
    Middle,
    /// 2 to 9 kHz: most songs.
    Song,
    /// 5 kHz and above.
    High,
}

impl Frequencies {
    /// All choices.
    pub const ALL: [Self; 5] = [Self::All, Self::Low, Self::Middle, Self::Song, Self::High];

    /// The name in the menu's values and in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Low => "low",
            Self::Middle => "middle",
            Self::Song => "song",
            Self::High => "high",
        }
    }

    /// The choice of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }

    /// The frequencies themselves; none stands for all.
    #[must_use]
    pub fn band(self) -> Option<Band> {
        let (low_hz, high_hz) = match self {
            Self::All => return None,
            Self::Low => (0.0, 2000.0),
            Self::Middle => (1000.0, 6000.0),
            Self::Song => (2000.0, 9000.0),
            Self::High => (5000.0, 96_000.0),
        };
        Some(Band { low_hz, high_hz })
    }
}
