//! Making and checking a collection.

use qdrant_client::{
    Qdrant as Client,
    qdrant::{CreateCollectionBuilder, Distance, VectorParamsBuilder, vectors_config},
};

use super::{NAME, QdrantConfig, failure};
use crate::{Error, blocking::Failure};

/// Creates the collection when it is missing, and checks it when it is there.
pub(super) async fn prepare(client: &Client, config: &QdrantConfig) -> Result<(), Failure> {
    let name = config.collection.as_str();
    if !client.collection_exists(name).await.map_err(failure)? {
        let vectors = VectorParamsBuilder::new(config.dim as u64, Distance::Dot);
        let request = CreateCollectionBuilder::new(name).vectors_config(vectors);
        client.create_collection(request).await.map_err(failure)?;
        return Ok(());
    }
    let info = client.collection_info(name).await.map_err(failure)?;
    let vectors = info.result.and_then(|info| info.config?.params?.vectors_config?.config);
    match vectors {
        Some(vectors_config::Config::Params(params))
            if params.size == config.dim as u64 && params.distance == i32::from(Distance::Dot) =>
        {
            Ok(())
        }
        found => Err(Failure::Other(Error::Collection {
            engine: NAME,
            collection: name.to_owned(),
            expected: format!("vectors of {} numbers, compared by Dot", config.dim),
            found: format!("{found:?}"),
        })),
    }
}
