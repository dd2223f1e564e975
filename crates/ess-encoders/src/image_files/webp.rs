//! WebP, with losses and without.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::{
    decoded::{Decoded, check_size},
    refusal::Refusal,
};

// Before the bytes are there: what a chunk says of its length.
const MAX_EXIF: usize = 16 << 20;

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Refusal> {
    let torn = |error: DecodingError| Refusal::torn("WebP", error);
    // The decoder takes what is missing for zeros.
    let said = bytes.get(4..8).and_then(|length| length.try_into().ok()).map_or(0, u32::from_le_bytes);
    if (bytes.len() as u64) < 8 + u64::from(said) {
        return Err(Refusal::torn(
            "WebP",
            format!("{} bytes, where it says {said} behind the first 8", bytes.len()),
        ));
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(torn)?;
    if decoder.is_animated() {
        return Err(Refusal::new("one image", "an animation"));
    }
    let (width, height) = decoder.dimensions();
    let size = [width as usize, height as usize];
    check_size(size)?;
    let is_rgb = !decoder.has_alpha();
    let mut samples = vec![0; decoder.output_buffer_size().unwrap_or_default()];
    decoder.read_image(&mut samples).map_err(torn)?;
    // What cannot be read says nothing of the pixels.
    decoder.set_memory_limit(MAX_EXIF);
    let exif = decoder.exif_metadata().ok().flatten();
    Ok(Decoded::new(size, samples, is_rgb).upright(exif.as_deref()))
}
