//! Vectors of words, as GloVe, word2vec and fastText write them.

mod fast_text;
mod reading;
mod text;
pub(crate) mod vectors;
mod word2vec;

use std::path::Path;

use self::{reading::Source, vectors::WordVectors};
use crate::error::Error;

impl WordVectors {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::WordVectors`] for a file of another kind, one that is torn or whose counts do not fit it, and
    /// a component that is no finite number.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_first(path, usize::MAX)
    }

    /// Reads the first words of a file alone, at least one. What follows them is not read, but for fastText's `.bin`, whose
    /// n-grams stand behind all words: its whole matrix is in memory until the first words are made of it.
    ///
    /// # Errors
    /// As [`open`](Self::open), for what is read.
    pub fn open_first(path: impl AsRef<Path>, words: usize) -> Result<Self, Error> {
        let (most, mut source) = (words.max(1), Source::open(path.as_ref())?);
        let start = source.start()?;
        if start.starts_with(&fast_text::MAGIC) {
            return fast_text::read(&mut source, most);
        }
        match text::header(start) {
            Some(header) if word2vec::is_binary(start) => word2vec::read(&mut source, header, most),
            header => text::read(&mut source, header, most),
        }
    }
}
