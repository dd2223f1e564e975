//! Asking collections that the server may have to load first.

use milvus::v2::{error::Error as ClientError, prelude::ClientV2};

use super::{collection, failure::failure};
use crate::blocking::Failure;

/// Asks again once the collection is loaded, which a server that was restarted may have forgotten.
pub(super) async fn when_loaded<T, F>(
    client: &ClientV2,
    name: &str,
    ask: impl Fn() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, ClientError>>,
{
    match ask().await {
        Err(ClientError::Server(error)) if error.code() == NOT_LOADED => {
            collection::load(client, name).await?;
            ask().await.map_err(failure)
        }
        other => other.map_err(failure),
    }
}

/// Milvus' code for a collection that is not loaded.
const NOT_LOADED: i32 = 101;
