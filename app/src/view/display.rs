//! How spectrograms look: a matter of taste, the same for all recordings.

use super::frequency_axis::Band;

/// The user's taste, besides the colours, which the page's address carries.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Display {
    /// −1 to 1; 0 suits most recordings.
    pub brightness: f64,
    /// −1 to 1; 0 suits most recordings.
    pub contrast: f64,
    /// Frequencies shown; all that the model hears if none.
    pub band: Option<Band>,
}
