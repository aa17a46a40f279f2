//! How spectrograms look: a matter of taste, the same for all recordings.

use super::colour::Colours;
use super::frequency_axis::Band;

/// The user's taste.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Display {
    /// Colours from quiet to loud.
    pub colours: Colours,
    /// −1 to 1; 0 suits most recordings.
    pub brightness: f64,
    /// −1 to 1; 0 suits most recordings.
    pub contrast: f64,
    /// Frequencies shown; all that the model hears if none.
    pub band: Option<Band>,
}
