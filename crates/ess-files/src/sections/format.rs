//! Formats of files of sections.

use std::{fs::File, io::Read, path::Path};

use crate::error::Error;

/// A format of files that hold arrays of values, little-endian, to be read into memory or mapped.
///
/// | bytes | what |
/// |---|---|
/// | 0..8 | the format's first bytes |
/// | 8..12 | version, `u32` |
/// | 12..16 | length of the header, `u32` |
/// | 16..40 | checksum of the header, as text |
/// | 40.. | header, JSON: the kind of what the file has, what the kind says about itself, the sections |
/// | then | sections, each at a multiple of 64 bytes, zeros between |
///
/// Each section has a name, an offset from the first one, a length and a checksum. The file ends with the last section.
///
/// ```
/// use ess_files::{Format, Opening, Section, SectionFile, write_sections};
///
/// const FORMAT: Format = Format { magic: b"MYFORMAT", version: 1, what: "a file of my numbers" };
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("numbers");
/// write_sections(FORMAT, &path, "primes", &"below 8", &[Section::new("primes", &[&[2_u32, 3, 5, 7]])])?;
/// let file = SectionFile::open(FORMAT, &path, Opening::Mapped)?;
/// assert_eq!(file.about::<String>("primes")?, "below 8");
/// assert_eq!(&file.values::<u32>("primes", Some(4))?[..], [2, 3, 5, 7]);
/// # Ok::<(), ess_files::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The first bytes of a file.
    pub magic: &'static [u8; 8],
    /// The version that is written and read.
    pub version: u32,
    /// What such a file is, in words for errors, such as "an index file".
    pub what: &'static str,
}

impl Format {
    /// Whether a file begins as those of this format do.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read.
    pub fn begins(self, path: &Path) -> Result<bool, Error> {
        let mut start = Vec::new();
        let mut file = File::open(path).map_err(Error::io(path))?.take(self.magic.len() as u64);
        file.read_to_end(&mut start).map_err(Error::io(path))?;
        Ok(start == self.magic)
    }
}
