//! How recordings are played.

use super::frequency_axis::Band;

/// The user's choices for playing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listening {
    /// 1 is the speed at which it was recorded.
    pub rate: f64,
    /// Slower, but as high as it was recorded.
    pub keeps_pitch: bool,
    /// A detection that is played starts again at its end.
    pub loops: bool,
    /// Only the frequencies that the spectrogram shows are heard.
    pub filters: bool,
}

/// Speeds to choose from.
pub const RATES: [f64; 5] = [0.1, 0.25, 0.5, 1.0, 2.0];

impl Default for Listening {
    fn default() -> Self {
        Self {
            rate: 1.0,
            keeps_pitch: false,
            loops: false,
            filters: false,
        }
    }
}

impl Listening {
    /// The band that is heard, where not everything is.
    #[must_use]
    pub fn heard(self, shown: Option<Band>) -> Option<Band> {
        shown.filter(|_| self.filters)
    }
}
