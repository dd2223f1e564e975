//! PNG.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError, Info, Limits, Transformations};

use super::{
    decoded::{Decoded, check_size},
    refusal::Refusal,
};

// What the decoder may take beside the image itself: a few lines.
const MAX_BYTES: usize = 64 << 20;

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Refusal> {
    let torn = |error: DecodingError| Refusal::torn("PNG", error);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MAX_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(torn)?;
    let size = [header.width as usize, header.height as usize];
    check_size(size)?;
    let mut reader = decoder.read_info().map_err(torn)?;
    check_kind(reader.info())?;
    let is_rgb = reader.info().color_type == ColorType::Rgb && reader.info().trns.is_none();
    let mut samples = vec![0; reader.output_buffer_size().unwrap_or_default()];
    reader.next_frame(&mut samples).map_err(torn)?;
    // To the end, where a torn file has none.
    reader.finish().map_err(torn)?;
    let exif = reader.info().exif_metadata.as_deref();
    Ok(Decoded::new(size, samples, is_rgb).upright(exif))
}

/// Refuses what has several images, and what Pillow does not turn into three colours of 8 bits by the highest bits of each.
fn check_kind(info: &Info<'_>) -> Result<(), Refusal> {
    if info.animation_control.is_some() {
        return Err(Refusal::new("one image", "an animation"));
    }
    let grey = matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    if grey && info.bit_depth == BitDepth::Sixteen {
        return Err(Refusal::new("grey of at most 8 bits", "16 bits"));
    }
    let one_colour = info.trns.is_some() && info.color_type != ColorType::Indexed;
    if one_colour && info.bit_depth != BitDepth::Eight {
        let found = format!("{} bits with one", info.bit_depth as u8);
        return Err(Refusal::new("8 bits where a colour is transparent", found));
    }
    Ok(())
}
