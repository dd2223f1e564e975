//! A file of an image, read and decoded.

use std::{fs::File, io::Read, panic::catch_unwind, path::Path};

use super::{decoded::Decoded, jpeg, png, refusal::Refusal, webp};
use crate::error::Error;

const MAX_BYTES: u64 = 256 << 20;

type Decode = fn(&[u8]) -> Result<Decoded, Refusal>;

/// The image of a file. Of which format it is its content says, as in Pillow.
pub(super) fn read(path: &Path) -> Result<Decoded, Error> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Error::io(path))?;
    // A pipe has no length that could be asked for.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    let decoded = match bytes.len() as u64 {
        0..=MAX_BYTES => decoder(&bytes).and_then(|decode| guarded(decode, &bytes)),
        _ => Err(Refusal::new(format!("a file of at most {MAX_BYTES} bytes"), "more")),
    };
    decoded.map_err(|refusal| refusal.of(path))
}

/// Runs a decoder, whose panic becomes an error: files come from anywhere.
fn guarded(decode: Decode, bytes: &[u8]) -> Result<Decoded, Refusal> {
    catch_unwind(|| decode(bytes))
        .unwrap_or_else(|_| Err(Refusal::new("a whole file", "one at which its decoder panics")))
}

fn decoder(bytes: &[u8]) -> Result<Decode, Refusal> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Ok(jpeg::decode),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(png::decode),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(webp::decode),
        _ => Err(Refusal::new("a file of JPEG, PNG or WebP", other(bytes))),
    }
}

/// What else a file is.
fn other(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "an empty file",
        [b'G', b'I', b'F', b'8', ..] => "GIF",
        [b'B', b'M', ..] => "BMP",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "TIFF",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "AVIF, HEIF or a film",
        _ => "a file that begins as none of them does",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_gives_an_error() {
        let refusal = guarded(|bytes| panic!("of {} bytes", bytes.len()), &[1, 2]).unwrap_err();
        let error = refusal.of(Path::new("torn.png")).to_string();
        assert!(error.contains("torn.png") && error.contains("its decoder panics"), "{error}");
    }
}
