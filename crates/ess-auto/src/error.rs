//! What can go wrong in choosing automatically.

use std::path::PathBuf;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("auto config: {name} must be {expected}, found {found}")]
    Config {
        /// The setting.
        name: &'static str,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// Queries and items of different spaces, between which the frozen encoder has no ranking.
    #[error(
        "auto falls back to the frozen encoder, so queries and items must be of one space: queries have {queries} dimensions, items {items}"
    )]
    DifferentSpaces {
        /// The queries' dimension.
        queries: usize,
        /// The items' dimension.
        items: usize,
    },
    /// A file that could not be read.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file that is torn, altered, of another format or of a later version.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// A lexical search of a collection without texts, or with a choice that was made without them.
    #[error("{what} has no texts, so it cannot be searched by words")]
    NoTexts {
        /// What lacks them.
        what: &'static str,
    },
    /// A search of the collection of training, with a choice that weighs a feature for which the collection or the queries
    /// lack what it looks at.
    #[error("the choice weighs {feature:?}, and {what} lack what it looks at")]
    #[doc(alias = "NoSignal")]
    NoFeature {
        /// The name of the feature.
        feature: &'static str,
        /// What lacks it.
        what: &'static str,
    },
    /// A file that could not be written.
    #[error(transparent)]
    Files(#[from] ess_files::Error),
    /// A name that is no feature's.
    #[error("auto config: features must be of {known}, or registered, found {found:?}")]
    UnknownFeature {
        /// The name.
        found: String,
        /// The names of all features.
        known: String,
    },
    /// A name under which another feature is known.
    #[error("{name:?} is the name of another feature")]
    FeatureTaken {
        /// The name.
        name: String,
    },
    /// Training a module failed.
    #[error(transparent)]
    Train(#[from] ess_train::Error),
    /// Saving or loading failed.
    #[error(transparent)]
    Search(#[from] ess_search::Error),
    /// Embeddings or dimensions that do not fit.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
}

impl Error {
    /// Whether it says of a trained module that it fails, rather than of the run that it cannot go on: training failed, or
    /// what was trained gives no numbers.
    pub(crate) fn is_of_module(&self) -> bool {
        matches!(self, Self::Train(_) | Self::Core(ess_core::Error::NonFinite { .. }))
    }
}

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            error => Self::external(error),
        }
    }
}
