//! What a failure of Milvus' client library means.

use milvus::v2::error::Error as ClientError;

use crate::blocking::Failure;

/// What the network and a server that starts, stops or is full say passes; the rest does not.
pub(super) fn failure(error: ClientError) -> Failure {
    if matches!(&error, ClientError::Grpc(status) if status.code() as i32 == UNAUTHENTICATED) {
        return Failure::Credentials(Box::new(error));
    }
    let passing = match &error {
        ClientError::Grpc(status) => matches!(
            status.code() as i32,
            UNKNOWN | CANCELLED | DEADLINE_EXCEEDED | RESOURCE_EXHAUSTED | ABORTED | UNAVAILABLE
        ),
        ClientError::Timeout(_) | ClientError::Cancelled(_) | ClientError::RetryExhausted { .. } => true,
        _ => false,
    };
    match passing {
        true => Failure::Unreachable(Box::new(error)),
        false => Failure::Refused(Box::new(error)),
    }
}

// gRPC's codes.
const CANCELLED: i32 = 1;
const UNKNOWN: i32 = 2;
const DEADLINE_EXCEEDED: i32 = 4;
const RESOURCE_EXHAUSTED: i32 = 8;
const ABORTED: i32 = 10;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;
