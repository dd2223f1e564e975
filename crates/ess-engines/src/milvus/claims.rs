//! Claims on rows, in a collection beside that of the items.

use milvus::v2::prelude::{
    ClientV2, ConsistencyLevel, DeleteRequest, FieldData, InsertRequest, QueryRequest, UpsertRequest,
};

use super::{
    collection::{self, Layout},
    config::NAME,
    failure::failure,
    fields::{EMBEDDING, key_in},
    loaded::when_loaded,
};
use crate::{
    blocking::Failure,
    claimed_collection::{ClaimedCollection, ClaimsBeside, complete},
    error::Error,
    reservation::{Claim, Claims},
};

const CLAIM: &str = "claim";
const END: &str = "end_row";
/// Milvus answers at most this many rows of a query.
const MAX_CLAIMS: usize = 16_384;

impl ClaimsBeside for ClaimedCollection<ClientV2> {
    fn prepare(&self) -> Result<(), Error> {
        let (client, layout) = (self.client(), Layout::numbers(self.claims_name(), CLAIM, &[END]));
        self.run("claim rows", async move { collection::prepare(&client, &layout).await })
    }
}

impl Claims for ClaimedCollection<ClientV2> {
    fn put(&self, claim: Claim) -> Result<(), Error> {
        let (client, name) = (self.client(), self.claims_name());
        let columns = vec![
            FieldData::int64(CLAIM, vec![claim.id]),
            FieldData::int64(END, vec![claim.end as i64]),
            FieldData::float_vector(EMBEDDING, vec![vec![1.0, 0.0]]),
        ];
        self.run("claim rows", async move {
            let claim = InsertRequest::builder().collection_name(name).columns(columns);
            let request = UpsertRequest::builder().insert(claim.build().map_err(failure)?);
            client.upsert(request.build().map_err(failure)?).await.map_err(failure).map(drop)
        })
    }

    fn all(&self) -> Result<Vec<Claim>, Error> {
        let (client, name) = (self.client(), self.claims_name());
        self.run("read claims", async move {
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
            complete(NAME, &name, claims.collect::<Result<_, Failure>>()?, MAX_CLAIMS)
        })
    }

    fn withdraw(&self, ids: &[i64]) -> Result<(), Error> {
        let (client, name, ids) = (self.client(), self.claims_name(), key_in(CLAIM, ids));
        self.run("withdraw claims", async move {
            let request = DeleteRequest::builder().collection_name(name).filter(ids);
            client.delete(request.build().map_err(failure)?).await.map_err(failure).map(drop)
        })
    }
}
