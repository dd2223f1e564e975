//! Telling a good file from a torn one.

use std::{fmt, io, str::FromStr};

use crate::error::Error;

/// An XXH3 64-bit checksum, written as `xxh3-64:` and 16 hexadecimal digits.
///
/// It finds damage; it does not resist forgery.
///
/// ```
/// use ess_files::Checksum;
///
/// let checksum = Checksum::of(b"some bytes");
/// assert_eq!(checksum.to_string().parse::<Checksum>()?, checksum);
/// assert_ne!(Checksum::of(b"some bytez"), checksum);
/// # Ok::<(), ess_files::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum(u64);

const PREFIX: &str = "xxh3-64:";

impl Checksum {
    /// The checksum of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(bytes))
    }

    /// The checksum of some bytes that come in parts.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        parts.into_iter().for_each(|part| hasher.update(part));
        Self(hasher.digest())
    }

    /// The checksum of all that a reader gives, which is read in parts.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(mut reader: impl io::Read) -> io::Result<Self> {
        let (mut hasher, mut part) = (xxhash_rust::xxh3::Xxh3::new(), vec![0; 1 << 18]);
        loop {
            match reader.read(&mut part) {
                Ok(0) => return Ok(Self(hasher.digest())),
                Ok(read) => hasher.update(&part[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:016x}", self.0)
    }
}

impl FromStr for Checksum {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits =
            text.strip_prefix(PREFIX).filter(|d| d.len() == 16 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        digits
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| Error::MalformedChecksum { found: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "xxh3-64:",
            "xxh3-64:00",
            "0123456789abcdef",
            "xxh3-64:+123456789abcdef",
            "crc:0123456789abcdef",
        ] {
            assert!(matches!(text.parse::<Checksum>(), Err(Error::MalformedChecksum { .. })), "{text}");
        }
    }

    #[test]
    fn parts_have_the_checksum_of_the_whole() {
        let bytes: Vec<u8> = (0..2000).map(|i| i as u8).collect();
        let parts = [&bytes[..1], &bytes[1..900], &[], &bytes[900..]];
        assert_eq!(Checksum::of_parts(parts), Checksum::of(&bytes));
        let long = bytes.repeat(1000);
        assert_eq!(Checksum::of_reader(long.as_slice()).unwrap(), Checksum::of(&long));
    }

    #[test]
    fn the_written_form_is_fixed() {
        assert_eq!(Checksum::of(b"").to_string(), "xxh3-64:2d06800538d394c2");
    }
}
