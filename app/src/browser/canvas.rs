//! Painting spectrograms.

use crate::view::colour::ColourMap;
use crate::view::picture::{Levels, Picture};
use std::ops::Range;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// Paints some columns of a picture, one pixel each; gives the canvas the picture's size first.
///
/// # Errors
/// If the browser has no room for the canvas.
pub fn paint(
    canvas: &HtmlCanvasElement,
    picture: &Picture,
    columns: Range<usize>,
    levels: Levels,
    colours: &ColourMap,
) -> Result<(), JsValue> {
    let (width, height) = (picture.n_columns() as u32, picture.n_rows() as u32);
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    if columns.is_empty() || height == 0 {
        return Ok(());
    }
    let pixels = picture.pixels(columns.clone(), levels, colours);
    let image = ImageData::new_with_u8_clamped_array_and_sh(
        Clamped(&pixels),
        columns.len() as u32,
        height,
    )?;
    let context: CanvasRenderingContext2d = canvas
        .get_context("2d")?
        .ok_or("no 2d context")?
        .unchecked_into();
    context.put_image_data(&image, columns.start as f64, 0.0)
}
