//! Pure drawing helpers: seconds, hertz and decibels to fractions, columns and colours.

pub mod colour;
pub mod display;
pub mod frequency_axis;
pub mod listening;
pub mod picture;
pub mod render;
pub mod summary;
pub mod tiles;
pub mod time_axis;
pub mod times;
pub mod viewport;
