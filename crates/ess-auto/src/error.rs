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
    #[error("{what} has no texts, so there is no lexical search of it")]
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
    /// Items or queries that are of another kind or dimension by a further encoder than what they are compared with or were
    /// chosen with.
    #[error("the encoding {name:?} of {what}: expected {expected}, found {found}")]
    OtherEncoding {
        /// The name of the encoding.
        name: String,
        /// What it is of.
        what: &'static str,
        /// The kind and the dimension that were needed.
        expected: String,
        /// Those that came.
        found: String,
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
    /// Whether it says that a trained module fails, and not that the run cannot go on. A module fails where its training
    /// diverges, finds nothing to train or to be fitted to, or fails in a kind of one's own, and where it gives no numbers.
    pub(crate) fn is_of_module(&self) -> bool {
        use ess_train::Error as Train;
        match self {
            Self::Core(error) => matches!(error, ess_core::Error::NonFinite { .. }),
            Self::Train(
                Train::Diverged { .. } | Train::NothingToTrain | Train::Missing { .. } | Train::Linalg(_),
            ) => true,
            Self::Train(Train::Core(error)) => {
                matches!(error, ess_core::Error::NonFinite { .. } | ess_core::Error::External(_))
            }
            _ => false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_and_an_observer_are_not_the_modules_fault() {
        use ess_train::Error as Train;
        let path = || PathBuf::from("run-0.checkpoint");
        let of_module = |error: Train| Error::Train(error).is_of_module();
        assert!(of_module(Train::Diverged { step: 3, loss: f64::NAN }) && of_module(Train::NothingToTrain));
        assert!(of_module(Train::Core(ess_core::Error::external("of one's own"))));
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert!(!of_module(Train::Files(ess_files::Error::Io { path: path(), cause: full })));
        assert!(!of_module(Train::Files(ess_files::Error::Busy { path: path() })));
        assert!(!of_module(Train::CheckpointDamaged { path: path(), reason: "torn".to_owned() }));
        assert!(!of_module(Train::Observer("stopped".into())));
        assert!(!of_module(Train::Core(ess_core::Error::Empty { what: "items" })));
        assert!(!Error::NoTexts { what: "the collection" }.is_of_module());
    }
}
