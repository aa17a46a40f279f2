//! Painting spectrograms.

use crate::view::colour::ColourMap;
use crate::view::picture::{Levels, Picture};
use std::ops::Range;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// Whether the canvas has the picture's size. One that has not is new and shows nothing yet.
#[must_use]
pub fn fits(canvas: &HtmlCanvasElement, picture: &Picture) -> bool {
    (canvas.width(), canvas.height()) == size(picture)
}

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
    let (width, height) = size(picture);
    if !fits(canvas, picture) {
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

fn size(picture: &Picture) -> (u32, u32) {
    (picture.n_columns() as u32, picture.n_rows() as u32)
}
