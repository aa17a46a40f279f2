//! Pure drawing helpers: seconds, hertz and decibels to fractions, columns and colours.

pub mod colour;
pub mod frequency_axis;
pub mod picture;
pub mod time_axis;
