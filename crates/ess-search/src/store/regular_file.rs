//! Reading a file of unknown size and type.

use std::{fs::File, io::Read, path::Path};

use crate::error::Error;

/// The bytes of a regular file of at most `max_bytes`. Other types are refused, because reading a pipe may block for
/// ever, and a device may have no end.
///
/// # Errors
/// [`Error::Io`] for a file that is missing or cannot be read; [`Error::Format`] for another type and for a larger file.
pub(super) fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, Error> {
    let io = |cause| Error::Io { path: path.to_owned(), cause };
    let metadata = std::fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        return Err(Error::format(path, "a regular file", format_args!("{:?}", metadata.file_type())));
    }
    if metadata.len() > max_bytes {
        return Err(Error::format(path, &format!("at most {max_bytes} bytes"), metadata.len()));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(max_bytes).read_to_end(&mut bytes)).map_err(io)?;
    Ok(bytes)
}
