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
    check_frame(bytes, size)?;
    let is_rgb = !decoder.has_alpha();
    let mut samples = vec![0; decoder.output_buffer_size().unwrap_or_default()];
    decoder.read_image(&mut samples).map_err(torn)?;
    // What cannot be read says nothing of the pixels.
    decoder.set_memory_limit(MAX_EXIF);
    let exif = decoder.exif_metadata().ok().flatten();
    Ok(Decoded::new(size, samples, is_rgb).upright(exif.as_deref()))
}

/// Refuses a frame of another size than the image. The decoder has memory for all of a frame with losses before it compares the two,
/// which stand in different chunks.
fn check_frame(bytes: &[u8], [width, height]: [usize; 2]) -> Result<(), Refusal> {
    match size_of_frame(bytes) {
        Some(frame) if frame != [width, height] => {
            let expected = format!("a frame of {width} × {height}, as the file's header says");
            Err(Refusal::new(expected, format!("{} × {}", frame[0], frame[1])))
        }
        _ => Ok(()),
    }
}

/// Width and height of the first frame with losses, by its own header.
fn size_of_frame(bytes: &[u8]) -> Option<[usize; 2]> {
    // Behind the name of the format; a chunk has a name, its length and an even number of bytes.
    let mut at = 12;
    loop {
        let chunk = bytes.get(at..)?;
        if chunk.starts_with(b"VP8 ") {
            // 3 bytes of settings and 3 of a mark come first; the two highest bits are a scale.
            let side = |at: usize| {
                Some(usize::from(u16::from_le_bytes([*chunk.get(at)?, *chunk.get(at + 1)?]) & 0x3fff))
            };
            return Some([side(14)?, side(16)?]);
        }
        let length = u32::from_le_bytes(*chunk.get(4..)?.first_chunk()?) as usize;
        at = at.checked_add(8)?.checked_add(length)?.checked_add(length % 2)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame with losses, of 37 × 61 pixels.
    const PLAIN: &[u8] = include_bytes!("../../tests/golden/images/portrait.webp");

    /// The frame in a file of more chunks, of which the first says the size of the image.
    fn extended(frame: &[u8], [width, height]: [u32; 2]) -> Vec<u8> {
        let three = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
        let header = [b"VP8X\x0a\0\0\0\0\0\0\0".to_vec(), three(width), three(height)].concat();
        // A chunk that nobody knows, of an odd length.
        let other = b"ODD \x03\0\0\0abc\0";
        let chunks = [&b"WEBP"[..], &header, other, frame].concat();
        [&b"RIFF"[..], &(chunks.len() as u32).to_le_bytes(), &chunks].concat()
    }

    #[test]
    fn a_frame_of_another_size_than_the_image_is_refused_before_there_is_memory_for_it() {
        let frame = PLAIN[12..].to_vec();
        let plain = decode(PLAIN).unwrap().pixels;
        assert_eq!(decode(&extended(&frame, [37, 61])).unwrap().pixels, plain);
        assert_eq!(size_of_frame(PLAIN), Some([37, 61]));
        let refused = |bytes: &[u8]| decode(bytes).unwrap_err().of("a.webp".as_ref()).to_string();
        let error = refused(&extended(&frame, [37, 60]));
        assert!(error.contains("a frame of 37 × 60") && error.contains("found 37 × 61"), "{error}");
        // 0.4 GB.
        let mut large = frame;
        large[14..18].fill(0xff);
        let error = refused(&extended(&large, [37, 61]));
        assert!(error.contains("a frame of 37 × 61") && error.contains("found 16383 × 16383"), "{error}");
    }

    #[test]
    fn a_file_that_ends_before_its_frame_has_none() {
        let whole = extended(&PLAIN[12..], [37, 61]);
        let frame = whole.len() - PLAIN[12..].len();
        assert!((0..frame + 18).all(|end| size_of_frame(&whole[..end]).is_none()));
        assert_eq!(size_of_frame(&whole[..frame + 18]), Some([37, 61]));
    }
}
