//! Objects as files.

use std::{
    io::{self, Read, Write},
    path::Path,
};

use ess_files::Checksum;

use super::{failure::Failure, folder::ObjectFolder, info::ObjectInfo};
use crate::{atomic::write_atomically, error::Error};

impl ObjectFolder {
    /// Writes an object to a file, whole or not at all, and gives its checksum. Length and tag of the object are as they were.
    ///
    /// # Errors
    /// Those of [`info`](Self::info); [`ObjectError::Changed`](crate::ObjectError::Changed) for an object that was replaced;
    /// [`Error::Files`] and [`Error::Io`] for the file. What is there before stays after an error.
    pub fn fetch(&self, object: &ObjectInfo, path: &Path) -> Result<Checksum, Error> {
        self.fetch_if(object, path, |_| Ok(()))
    }

    /// As [`fetch`](Self::fetch), for content that is known.
    pub(super) fn fetch_checked(
        &self,
        object: &ObjectInfo,
        path: &Path,
        expected: &str,
    ) -> Result<(), Error> {
        let check = |found: Checksum| match found.to_string() {
            found if found == expected => Ok(()),
            found => Err(Failure::Changed { expected: expected.to_owned(), found }),
        };
        self.fetch_if(object, path, check).map(drop)
    }

    /// Keeps what came where its checksum is right.
    fn fetch_if(
        &self,
        object: &ObjectInfo,
        path: &Path,
        check: impl FnOnce(Checksum) -> Result<(), Failure>,
    ) -> Result<Checksum, Error> {
        let mut checksum = Checksum::of(b"");
        write_atomically(path, |file| {
            let copied = Copied { from: self.read(object), to: file };
            checksum = Checksum::of_reader(copied).map_err(Error::io(path))?;
            check(checksum).map_err(|failure| failure.at(&self.url_of(&object.name)))
        })?;
        Ok(checksum)
    }
}

/// Writes what is read.
struct Copied<'a, R> {
    from: R,
    to: &'a mut dyn Write,
}

impl<R: Read> Read for Copied<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.to.write_all(&buffer[..count])?;
        Ok(count)
    }
}
