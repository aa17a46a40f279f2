//! Spectrograms as pictures: viridis, low frequencies at the bottom.

use pipit_core::MelSpectrogram;

/// Pixels to a side of one value.
const ZOOM: usize = 2;
/// Pixels between the two spectrograms.
const GAP: usize = 8;
/// Entries of the palette that are viridis; the next one is the gap's white.
const COLOURS: usize = 255;

/// Two spectrograms on one scale of colours, as a PNG.
pub(super) fn side_by_side(
    left: &MelSpectrogram,
    right: &MelSpectrogram,
) -> anyhow::Result<Vec<u8>> {
    let values = || left.values.iter().chain(&right.values).copied();
    let low = values().fold(f32::INFINITY, f32::min);
    let high = values().fold(f32::NEG_INFINITY, f32::max);
    let colour = |value: f32| {
        let position = (value - low) / (high - low).max(f32::MIN_POSITIVE);
        (position * (COLOURS - 1) as f32).round() as u8
    };
    let height = left.n_mels * ZOOM;
    let width = (left.n_frames + right.n_frames) * ZOOM + GAP;
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let mel = left.n_mels - 1 - y / ZOOM;
        let row = |spectrogram: &MelSpectrogram| {
            let start = mel * spectrogram.n_frames;
            let row = &spectrogram.values[start..start + spectrogram.n_frames];
            let pixels = row.iter().flat_map(|&value| [colour(value); ZOOM]);
            pixels.collect::<Vec<u8>>()
        };
        pixels.extend(row(left));
        pixels.extend([COLOURS as u8; GAP]);
        pixels.extend(row(right));
    }
    encode(&pixels, width, height)
}

fn encode(pixels: &[u8], width: usize, height: usize) -> anyhow::Result<Vec<u8>> {
    let viridis = (0..COLOURS).flat_map(|index| {
        let colour = colorous::VIRIDIS.eval_rational(index, COLOURS);
        [colour.r, colour.g, colour.b]
    });
    let palette: Vec<u8> = viridis.chain([255; 3]).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_compression(png::Compression::High);
    // Unlike most palettes, this one is in order: differences between neighbours are small.
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_frequencies_are_at_the_bottom_and_loud_is_yellow() {
        let mel = |values: [f32; 6]| MelSpectrogram {
            n_mels: 2,
            n_frames: 3,
            values: values.to_vec(),
        };
        // Low row first: the lower left corner is loudest, the upper right one softest.
        let left = mel([2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let right = mel([0.0, 0.0, 0.0, 0.0, 0.0, -2.0]);

        let bytes = side_by_side(&left, &right).unwrap();

        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.height), (12 + 8, 4));
        let pixel = |x: usize, y: usize| {
            let start = 3 * (y * 20 + x);
            [pixels[start], pixels[start + 1], pixels[start + 2]]
        };
        let ([r, g, b], [r2, g2, b2]) = (pixel(0, 3), pixel(19, 0));
        assert!(r > 200 && g > 200 && b < 80, "loud is yellow: {r} {g} {b}");
        assert!(
            r2 < 90 && g2 < 20 && b2 > 60,
            "soft is violet: {r2} {g2} {b2}"
        );
        assert_eq!(pixel(9, 1), [255; 3], "white between them");
        assert_eq!(pixel(0, 0), pixel(2, 2), "one scale for both");
        assert_eq!(pixel(2, 2), pixel(14, 3));
    }
}
