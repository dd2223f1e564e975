//! Where the parts of a file lie.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use super::tensor::TensorView;
use crate::error::Error;

/// The largest program: a state of a hundred thousand tensors takes a few MB.
pub(super) const MAX_PICKLE_BYTES: u64 = 64 << 20;

/// Tensors by their names, and where each storage lies.
pub(super) type Content = (HashMap<String, TensorView>, HashMap<String, Span>);

/// Bytes of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) length: u64,
}

/// Bytes that were found to lie in the file, at most so many of them.
pub(super) fn read_span(path: &Path, file: &mut File, span: Span, most: u64) -> Result<Vec<u8>, Error> {
    if span.length > most {
        let reason = format!("it has {} bytes where at most {most} are read", span.length);
        return Err(Error::MalformedWeights { path: path.to_owned(), reason });
    }
    file.seek(SeekFrom::Start(span.start)).map_err(Error::io(path))?;
    let mut bytes = vec![0; span.length as usize];
    file.read_exact(&mut bytes).map_err(Error::io(path))?;
    Ok(bytes)
}
