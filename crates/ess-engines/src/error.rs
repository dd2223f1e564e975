//! What can go wrong with an engine.

/// The cause that a client library gave.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The error of this crate. No text of it has a password, a token or the user part of an address. As an index, an engine fails with it inside [`ess_core::Error::External`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("{name}: expected {expected}, found {found}")]
    Config {
        /// The setting.
        name: &'static str,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// No engine of this program has the name.
    #[error("expected an engine of this program ({known}), found {found:?}")]
    UnknownEngine {
        /// Those that are known.
        known: String,
        /// The name.
        found: String,
    },
    /// Settings that are not those of the engine.
    #[error("the settings of the engine {engine}")]
    Settings {
        /// The engine.
        engine: &'static str,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A collection holds what an upload did not store: others write to it, or wrote to it before.
    #[error("expected {expected}; found {found}")]
    NotAlone {
        /// What the upload would have left there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The engine did not answer, or the connection broke. Trying again later may help.
    #[error("{engine} at {address} cannot be reached while it should {operation}")]
    Unreachable {
        /// The engine's name.
        engine: &'static str,
        /// Where it was looked for.
        address: String,
        /// What it was asked to do.
        operation: &'static str,
        /// What the client library says.
        #[source]
        source: Cause,
    },
    /// The engine took longer than the settings allow. Trying again later may help.
    #[error("{engine} at {address} took more than {seconds} s to {operation}")]
    Timeout {
        /// The engine's name.
        engine: &'static str,
        /// Where it was asked.
        address: String,
        /// What it was asked to do.
        operation: &'static str,
        /// How long it had.
        seconds: f64,
    },
    /// The engine refused.
    #[error("{engine} at {address} refused to {operation}")]
    Refused {
        /// The engine's name.
        engine: &'static str,
        /// Where it was asked.
        address: String,
        /// What it was asked to do.
        operation: &'static str,
        /// What the client library says.
        #[source]
        source: Cause,
    },
    /// The engine did not accept the user's name, password or token, or was given none. Trying again does not help.
    #[error("{engine} at {address} did not accept the user or the password to {operation}")]
    Credentials {
        /// The engine's name.
        engine: &'static str,
        /// Where it was asked.
        address: String,
        /// What it was asked to do.
        operation: &'static str,
        /// What the client library says.
        #[source]
        source: Cause,
    },
    /// The engine takes encrypted connections only, and this client makes none. Trying again does not help.
    #[error("{engine} at {address} takes no connection that is not encrypted (TLS), as this client's are")]
    Encryption {
        /// The engine's name.
        engine: &'static str,
        /// Where it was asked.
        address: String,
        /// What it was asked to do.
        operation: &'static str,
        /// What the client library says.
        #[source]
        source: Cause,
    },
    /// What is stored under this name is not what was expected.
    #[error("{engine}, {collection}: expected {expected}, found {found}")]
    Collection {
        /// The engine's name.
        engine: &'static str,
        /// The table or collection.
        collection: String,
        /// What was needed.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Others took rows in the same collection at the same moment, each time. Nothing was stored; trying again later may
    /// help.
    #[error("{engine}, {collection}: others added items at the same moment, {attempts} times in a row")]
    Contended {
        /// The engine's name.
        engine: &'static str,
        /// The collection.
        collection: String,
        /// How often rows were asked for.
        attempts: u32,
    },
    /// Storing stopped part of the way. Every row below `stored_until` is stored; storing the rest from there, or all
    /// of it again, goes on without loss and without doubling.
    #[error("stored rows {first_row}..{stored_until} of {first_row}..{end}, then stopped")]
    Interrupted {
        /// The first row that was given.
        first_row: usize,
        /// The end of what is stored.
        stored_until: usize,
        /// The end of what was given.
        end: usize,
        /// Why it stopped.
        #[source]
        source: Box<Error>,
    },
    /// The engine was asked to commit items and did not say whether it did, nor could it be asked again. Either all of
    /// them are in these rows or none is.
    #[error(
        "rows {first_row}..{end} are stored as a whole or not at all, and the engine cannot be asked which"
    )]
    Uncertain {
        /// The first row that the items have if they are stored.
        first_row: usize,
        /// The end of those rows.
        end: usize,
        /// Why it could not be asked.
        #[source]
        source: Box<Error>,
    },
    /// A mistake in what an index was given.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
}

impl Error {
    /// Whether the same call may succeed later: the engine was out of reach or too slow, or others were faster.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Contended { .. } => true,
            Self::Uncertain { source, .. } => source.is_transient(),
            _ => false,
        }
    }
}

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            error => Self::External(Box::new(error)),
        }
    }
}
