//! Files of a description and of numbers behind it.

use crate::{checksum::Checksum, error::Error, magic::kind_of};

/// Bytes of a checksum as text.
const CHECKSUM: usize = 24;
/// Bytes of magic and version.
const START: usize = 8 + 4;

/// A format of files that are read as a whole: a description, as JSON or in any other form, and numbers behind it.
///
/// | bytes | what |
/// |---|---|
/// | 0..8 | the format's first bytes |
/// | 8..12 | version, `u32`, little-endian |
/// | 12..20 | length of the description, `u64`, little-endian; 12..16 and `u32` in a format with a short length |
/// | then | the description, and behind it the numbers |
/// | the last 24 | checksum of all that is before it, as text |
///
/// ```
/// use ess_files::{Envelope, Error};
///
/// const FORMAT: Envelope = Envelope::new(b"MYFORMAT", 1, "a file of my numbers");
/// let mut file = FORMAT.seal(b"{\"count\": 2}", |bytes| bytes.extend([7, 9]));
/// assert_eq!(FORMAT.open(&file)?, (&b"{\"count\": 2}"[..], &[7, 9][..]));
/// file[20] ^= 1;
/// assert!(matches!(FORMAT.open(&file), Err(Error::Altered { .. })));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Envelope {
    magic: &'static [u8; 8],
    version: u32,
    what: &'static str,
    length_bytes: usize,
}

impl Envelope {
    /// The format with these first bytes, of which this version is written and read. `what` says in an error what such a file
    /// is, such as "a set of relations".
    pub const fn new(magic: &'static [u8; 8], version: u32, what: &'static str) -> Self {
        Self { magic, version, what, length_bytes: 8 }
    }

    /// The same with the length of the description, below 4 GiB, in four bytes.
    #[must_use]
    pub const fn with_short_length(mut self) -> Self {
        self.length_bytes = 4;
        self
    }

    /// A file of this description, and of the numbers that are put behind it.
    pub fn seal(self, description: &[u8], numbers: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let length = (description.len() as u64).to_le_bytes();
        let (version, length) = (self.version.to_le_bytes(), &length[..self.length_bytes]);
        let mut bytes = [&self.magic[..], &version, length, description].concat();
        numbers(&mut bytes);
        let checksum = Checksum::of(&bytes).to_string();
        bytes.extend_from_slice(checksum.as_bytes());
        bytes
    }

    /// The description and the numbers of a file.
    ///
    /// # Errors
    /// [`Error::Bytes`] for a file of another format or version and for one that is too short, [`Error::Altered`] for one that
    /// is not as it was sealed.
    pub fn open(self, bytes: &[u8]) -> Result<(&[u8], &[u8]), Error> {
        let refuse = |expected: String, found: String| Err(Error::Bytes { expected, found });
        if !bytes.starts_with(self.magic) {
            return refuse(self.what.to_owned(), kind_of(bytes).unwrap_or("another file").to_owned());
        }
        let least = START + self.length_bytes + CHECKSUM;
        if bytes.len() < least {
            return refuse(format!("at least {least} bytes"), bytes.len().to_string());
        }
        let version = little_endian(&bytes[8..START]);
        if version != u64::from(self.version) {
            return refuse(format!("version {}", self.version), format!("version {version}"));
        }
        let (body, expected) = bytes.split_at(bytes.len() - CHECKSUM);
        let found = Checksum::of(body).to_string();
        if found.as_bytes() != expected {
            // What stands there may be any bytes, which are not to reach a terminal.
            return Err(Error::Altered { expected: expected.escape_ascii().to_string(), found });
        }
        let (length, behind) = body[START..].split_at(self.length_bytes);
        let length = little_endian(length);
        match usize::try_from(length).ok().and_then(|length| behind.split_at_checked(length)) {
            Some(parts) => Ok(parts),
            None => refuse(format!("a description of {length} bytes"), behind.len().to_string()),
        }
    }
}

/// The number of at most eight bytes.
fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| (number << 8) | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Envelope = Envelope::new(b"ANYBYTES", 258, "a file of a test");
    const SHORT: Envelope = LONG.with_short_length();

    fn sealed(format: Envelope) -> Vec<u8> {
        format.seal(b"{}", |bytes| bytes.extend([1, 2, 3]))
    }

    /// The bytes with the checksum that is right for them.
    fn with_checksum(body: &[u8]) -> Vec<u8> {
        [body, Checksum::of(body).to_string().as_bytes()].concat()
    }

    #[test]
    fn the_written_form_is_fixed() {
        assert_eq!(
            sealed(LONG),
            with_checksum(b"ANYBYTES\x02\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00{}\x01\x02\x03")
        );
        assert_eq!(sealed(SHORT), with_checksum(b"ANYBYTES\x02\x01\x00\x00\x02\x00\x00\x00{}\x01\x02\x03"));
        for format in [LONG, SHORT] {
            assert_eq!(format.open(&sealed(format)).unwrap(), (&b"{}"[..], &[1, 2, 3][..]));
        }
    }

    #[test]
    fn what_stands_in_the_place_of_a_checksum_is_said_without_control_characters() {
        let whole = sealed(LONG);
        let mut bytes = whole.clone();
        bytes[whole.len() - 3..].copy_from_slice(b"\x1b\n\xff");
        let error = LONG.open(&bytes).unwrap_err().to_string();
        assert!(error.contains(r"\x1b\n\xff") && !error.contains(char::is_control), "{error}");
    }

    #[test]
    fn no_changed_or_missing_byte_leaves_it_whole() {
        for format in [LONG, SHORT] {
            let whole = sealed(format);
            for at in 0..whole.len() {
                assert!(format.open(&whole[..at]).is_err(), "cut to {at}");
                for bit in 0..8 {
                    let mut bytes = whole.clone();
                    bytes[at] ^= 1 << bit;
                    assert!(format.open(&bytes).is_err(), "byte {at}, bit {bit}");
                }
            }
        }
    }

    #[test]
    fn what_it_is_not_is_said() {
        let said = |format: Envelope, bytes: &[u8]| format.open(bytes).unwrap_err().to_string();
        assert_eq!(said(LONG, b"PAR1 and more"), "expected a file of a test, found a Parquet file");
        assert_eq!(said(LONG, &[0; 60]), "expected a file of a test, found another file");
        assert_eq!(said(SHORT, b"ANYBYTES"), "expected at least 40 bytes, found 8");
        let later = Envelope { version: 259, ..LONG };
        assert_eq!(said(later, &sealed(LONG)), "expected version 259, found version 258");
        let endless = with_checksum(&[&b"ANYBYTES\x02\x01\x00\x00"[..], &[255; 8], b"{}"].concat());
        assert_eq!(said(LONG, &endless), format!("expected a description of {} bytes, found 2", u64::MAX));
    }
}
