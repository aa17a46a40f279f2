//! Painting spectrograms.

use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// Paints all of a canvas, which gets the size of the picture: pixels of red, green, blue and
/// opacity, row by row from the top.
///
/// # Errors
/// If the browser has no room for the picture.
pub fn paint(canvas: &HtmlCanvasElement, pixels: &[u8], width_px: u32) -> Result<(), JsValue> {
    if width_px == 0 || pixels.is_empty() {
        return Ok(());
    }
    let image = ImageData::new_with_u8_clamped_array(Clamped(pixels), width_px)?;
    // Setting a size clears the canvas, even if it is the same.
    if (canvas.width(), canvas.height()) != (width_px, image.height()) {
        canvas.set_width(width_px);
        canvas.set_height(image.height());
    }
    let context: CanvasRenderingContext2d = canvas
        .get_context("2d")?
        .ok_or("no 2d context")?
        .unchecked_into();
    context.put_image_data(&image, 0.0, 0.0)
}
