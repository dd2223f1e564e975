//! What can go wrong with an object store.

/// An object store could not be asked, or did not give what it should.
///
/// No message holds a user, a password, a key or a query of a URL: what is shown is scheme, bucket and path.
///
/// ```
/// use ess_data::{Error, ObjectError, ObjectFolder};
///
/// let refused = ObjectFolder::open("s3://me:secret@bucket/folder");
/// let Err(Error::Object(error @ ObjectError::Url { .. })) = refused else { panic!("it has a password") };
/// assert!(error.to_string().starts_with("s3://bucket/folder: expected"));
/// assert!(!format!("{error} {error:?}").contains("secret"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// A URL that names no folder of an object store.
    #[error("{url}: expected {expected}, found {found}")]
    Url {
        /// The URL.
        url: String,
        /// What would have been accepted.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A setting of the store that there is not, or with a value that it cannot have.
    #[error("{url}: the setting {name}: expected {expected}, found {found}")]
    Setting {
        /// The folder.
        url: String,
        /// The setting.
        name: String,
        /// What would have been accepted.
        expected: &'static str,
        /// What came, where that is no secret.
        found: String,
    },
    /// There is no such object, or no such bucket.
    #[error("{url}: no such object")]
    Missing {
        /// The object.
        url: String,
    },
    /// The store knows who asks, or does not, and does not allow it.
    #[error("{url}: forbidden: {reason}")]
    Forbidden {
        /// The object or the folder.
        url: String,
        /// What the store said.
        reason: String,
    },
    /// No whole answer came in time, or the store said that it cannot answer now; after all retries.
    #[error("{url}: unreachable: {reason}")]
    Unreachable {
        /// The object or the folder.
        url: String,
        /// What kept it from being reached.
        reason: String,
    },
    /// The store answered, and asking again would not help.
    #[error("{url}: the store refused: {reason}")]
    Refused {
        /// The object or the folder.
        url: String,
        /// What it said, or what is wrong with its answer.
        reason: String,
    },
    /// An object is another one than it was, or than it should be.
    #[error("{url}: expected {expected}, found {found}")]
    Changed {
        /// The object.
        url: String,
        /// Its length, tag or checksum as it should be.
        expected: String,
        /// What it is now.
        found: String,
    },
}
