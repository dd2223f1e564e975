//! JPEG, by zune-jpeg.

use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{
    decoded::{Decoded, check_size},
    refusal::Refusal,
};

// The format's own; the number of pixels is bounded below.
const MAX_SIDE: usize = 65_535;

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Refusal> {
    let torn = |error: DecodeErrors| Refusal::torn("JPEG", error);
    if !has_end(bytes) {
        return Err(Refusal::torn("JPEG", "it has no end"));
    }
    // Strict: else what is missing is grey.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(torn)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    check_size([width, height])?;
    let is_rgb = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => false,
        Some(ColorSpace::YCbCr | ColorSpace::RGB) => true,
        other => {
            let found = other.map_or_else(String::new, |space| format!("{space:?}"));
            return Err(Refusal::new("JPEG of grey or of three colours", found));
        }
    };
    let mut samples = vec![0; 3 * width * height];
    decoder.decode_into(&mut samples).map_err(torn)?;
    let exif = decoder.exif().map(Vec::as_slice);
    Ok(Decoded::new([width, height], samples, is_rgb).upright(exif))
}

/// Whether the mark of the end follows the data: of the last lines the decoder makes up what is missing.
fn has_end(bytes: &[u8]) -> bool {
    // Segments have a length; data runs to the next mark. In data 0xff is followed by 0, by itself or by a number from 0xd0.
    let is_mark = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    let mut at = 2;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.windows(2).position(is_mark)) {
        at += found + 2;
        match (bytes[at - 1], bytes.get(at..at + 2)) {
            (0xd9, _) => return true,
            // Without a length.
            (0x01 | 0xd8, _) => {}
            (_, Some(&[high, low])) => at += usize::from(u16::from_be_bytes([high, low])),
            _ => return false,
        }
    }
    false
}
