//! Claims on rows, in a collection beside that of the items.

use std::sync::Arc;

use milvus::v2::prelude::{
    ClientV2, ConsistencyLevel, DeleteRequest, FieldData, InsertRequest, QueryRequest, UpsertRequest,
};

use super::{
    collection::{self, Layout},
    config::{MilvusConfig, NAME},
    failure::failure,
    fields::{EMBEDDING, key_in},
    loaded::when_loaded,
};
use crate::{
    blocking::{Blocking, Failure},
    engine::Engine,
    error::Error,
    reservation::{self, Claim, Claims},
};

const CLAIM: &str = "claim";
const END: &str = "end_row";
/// Milvus answers at most this many rows of a query.
const MAX_CLAIMS: usize = 16_384;

/// The name of the collection of claims, which no [`CollectionName`](crate::CollectionName) can be.
pub(super) fn name(config: &MilvusConfig) -> String {
    format!("{}_CLAIMS", config.collection)
}

/// Claims on the rows of a collection of items.
pub(super) struct MilvusClaims<'a, E> {
    pub(super) items: &'a E,
    pub(super) client: &'a Arc<ClientV2>,
    pub(super) config: &'a MilvusConfig,
    pub(super) blocking: &'a Blocking,
}

impl<E> MilvusClaims<'_, E> {
    /// Makes the collection of claims where there is none. Who only searches needs none.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        let (client, layout) = (Arc::clone(self.client), Layout::numbers(name(self.config), CLAIM, &[END]));
        self.blocking.run("claim rows", async move { collection::prepare(&client, &layout).await })
    }

    fn parts(&self) -> (Arc<ClientV2>, String) {
        (Arc::clone(self.client), name(self.config))
    }
}

impl<E: Engine> Claims for MilvusClaims<'_, E> {
    fn put(&self, claim: Claim) -> Result<(), Error> {
        let (client, name) = self.parts();
        let columns = vec![
            FieldData::int64(CLAIM, vec![claim.id]),
            FieldData::int64(END, vec![claim.end as i64]),
            FieldData::float_vector(EMBEDDING, vec![vec![1.0, 0.0]]),
        ];
        self.blocking.run("claim rows", async move {
            let claim = InsertRequest::builder().collection_name(name).columns(columns);
            let request = UpsertRequest::builder().insert(claim.build().map_err(failure)?);
            client.upsert(request.build().map_err(failure)?).await.map_err(failure).map(drop)
        })
    }

    fn all(&self) -> Result<Vec<Claim>, Error> {
        let (client, name) = self.parts();
        self.blocking.run("read claims", async move {
            let request = QueryRequest::builder()
                .collection_name(&name)
                .filter(format!("{CLAIM} >= 0"))
                .output_fields([CLAIM, END])
                .limit(MAX_CLAIMS as i64)
                .consistency_level(ConsistencyLevel::Strong);
            let request = request.build().map_err(failure)?;
            let answer = when_loaded(&client, &name, || client.query(request.clone())).await?;
            let claims = answer.results().rows().map_err(failure)?.map(|row| {
                let (id, end) = (row.get_i64(CLAIM).map_err(failure)?, row.get_i64(END).map_err(failure)?);
                let end = usize::try_from(end).map_err(|error| Failure::Refused(Box::new(error)))?;
                Ok(Claim { id, end })
            });
            reservation::complete(claims.collect::<Result<_, Failure>>()?, MAX_CLAIMS, NAME, &name)
        })
    }

    fn withdraw(&self, ids: &[i64]) -> Result<(), Error> {
        let ((client, name), ids) = (self.parts(), key_in(CLAIM, ids));
        self.blocking.run("withdraw claims", async move {
            let request = DeleteRequest::builder().collection_name(name).filter(ids);
            client.delete(request.build().map_err(failure)?).await.map_err(failure).map(drop)
        })
    }

    fn behind_items(&self, row: usize) -> Result<usize, Error> {
        reservation::behind_items(self.items, row)
    }

    fn contended(&self, attempts: u32) -> Error {
        Error::Contended { engine: NAME, collection: self.config.collection.to_string(), attempts }
    }
}
