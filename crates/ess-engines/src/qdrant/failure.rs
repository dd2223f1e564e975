//! What a failure of Qdrant's client library means.

use qdrant_client::QdrantError;

use crate::blocking::Failure;

/// What the network and a server that starts, stops or is full say passes; the rest does not.
pub(super) fn failure(error: QdrantError) -> Failure {
    if matches!(&error, QdrantError::ResponseError { status } if format!("{:?}", status.code()) == "Unauthenticated")
    {
        return Failure::Credentials(Box::new(error));
    }
    const PASSING: [&str; 5] = ["Unavailable", "DeadlineExceeded", "Aborted", "Cancelled", "Unknown"];
    let passing = match &error {
        QdrantError::ResponseError { status } => {
            // The client library calls a connection that failed an internal error.
            PASSING.contains(&format!("{:?}", status.code()).as_str())
                || status.message().starts_with("Failed to connect")
        }
        QdrantError::ResourceExhaustedError { .. } | QdrantError::Io(_) => true,
        _ => false,
    };
    match passing {
        true => Failure::Unreachable(Box::new(error)),
        false => Failure::Refused(Box::new(error)),
    }
}
