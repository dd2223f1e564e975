//! Making and checking a collection.

use qdrant_client::{
    Qdrant as Client,
    qdrant::{
        CreateCollectionBuilder, Datatype, Distance, VectorParams, VectorParamsBuilder,
        vectors_config::Config,
    },
};

use super::{
    config::{NAME, QdrantConfig},
    failure::failure,
};
use crate::{blocking::Failure, error::Error};

/// A collection as this crate makes and expects it: points with one vector, compared by inner product.
pub(super) struct Layout {
    name: String,
    dim: usize,
    one_copy: bool,
}

impl Layout {
    /// The collection that has the items.
    pub(super) fn items(config: &QdrantConfig) -> Self {
        Self { name: config.collection.to_string(), dim: config.dim, one_copy: false }
    }

    /// A collection of what points carry beside their vectors, in one copy: who reads after a write sees it.
    pub(super) fn payloads(name: String) -> Self {
        Self { name, dim: 1, one_copy: true }
    }

    fn request(&self) -> CreateCollectionBuilder {
        let vectors = VectorParamsBuilder::new(self.dim as u64, Distance::Dot);
        let request = CreateCollectionBuilder::new(&self.name).vectors_config(vectors);
        match self.one_copy {
            true => request.shard_number(1).replication_factor(1),
            false => request,
        }
    }
}

/// Creates the collection when it is missing, and checks it.
pub(super) async fn prepare(client: &Client, layout: &Layout) -> Result<(), Failure> {
    if !client.collection_exists(&layout.name).await.map_err(failure)? {
        let created = client.create_collection(layout.request()).await.map_err(failure);
        // Another process may have been faster.
        if created.is_err() && !client.collection_exists(&layout.name).await.map_err(failure)? {
            return created.map(drop);
        }
    }
    check(client, layout).await
}

async fn check(client: &Client, layout: &Layout) -> Result<(), Failure> {
    let info = client.collection_info(&layout.name).await.map_err(failure)?;
    let params = info.result.and_then(|info| info.config?.params);
    let copies = params.as_ref().map(|params| (params.shard_number, params.replication_factor.unwrap_or(1)));
    let vectors = params.and_then(|params| params.vectors_config?.config);
    let fits = matches!(&vectors, Some(Config::Params(vectors)) if are_kept_whole(vectors, layout.dim));
    if fits && (!layout.one_copy || copies == Some((1, 1))) {
        return Ok(());
    }
    let copy = if layout.one_copy { ", in one shard of one replica" } else { "" };
    Err(Failure::Other(Error::Collection {
        engine: NAME,
        collection: layout.name.clone(),
        expected: format!("vectors of {} components of 32 bits, compared by Dot{copy}", layout.dim),
        found: format!("{vectors:?} in (shards, replicas) {copies:?}"),
    }))
}

/// Whether vectors are searched as they were given: another type rounds them, and several a point are not one.
fn are_kept_whole(vectors: &VectorParams, dim: usize) -> bool {
    let datatype = vectors.datatype.unwrap_or_default();
    vectors.size == dim as u64
        && vectors.distance == i32::from(Distance::Dot)
        && (datatype == i32::from(Datatype::Default) || datatype == i32::from(Datatype::Float32))
        && vectors.multivector_config.is_none()
}
