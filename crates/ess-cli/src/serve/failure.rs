//! Why a request has no embeddings.

/// What went wrong; each protocol has its own words for it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) message: String,
    /// The field of the request that is wrong, where it is one.
    pub(super) field: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The body is no such JSON.
    Malformed,
    /// A field has a value that is not accepted.
    Invalid,
    /// Another model was asked for.
    UnknownModel,
    /// The body, the batch or a text is too large.
    TooLarge,
    /// The body did not come in time.
    Slow,
    /// Too many requests at once.
    Overloaded,
    /// The embeddings were not there in time.
    OutOfTime,
    /// The encoder failed.
    Encoder,
}

impl Failure {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), field: None }
    }

    pub(super) fn of(field: &'static str, kind: Kind, message: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(kind, message) }
    }
}
