//! What can go wrong with files of sparse indexes.

/// An error of a sparse index's file. Encoding and searching fail with [`ess_core::Error`]; `?` converts this error into it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of `ess-core`.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
    /// A file that cannot be read or written, is of another format, or was altered.
    #[error(transparent)]
    Files(#[from] ess_files::Error),
}

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            Error::Files(error) => Self::external(error),
        }
    }
}
