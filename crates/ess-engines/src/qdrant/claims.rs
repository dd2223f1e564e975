//! Claims on rows, in a collection beside that of the items.

use qdrant_client::{
    Payload, Qdrant as Client,
    qdrant::{
        DeletePointsBuilder, PointStruct, PointsIdsList, RetrievedPoint, ScrollPointsBuilder,
        UpsertPointsBuilder, point_id::PointIdOptions, value::Kind,
    },
};

use super::{
    collection::{self, Layout},
    config::NAME,
    failure::failure,
    point::point_id,
};
use crate::{
    blocking::Failure,
    claimed_collection::{ClaimedCollection, ClaimsBeside, complete},
    error::Error,
    reservation::{Claim, Claims},
};

const END: &str = "end_row";
const MAX_CLAIMS: u32 = 10_000;

impl ClaimsBeside for ClaimedCollection<Client> {
    fn prepare(&self) -> Result<(), Error> {
        let (client, layout) = (self.client(), Layout::payloads(self.claims_name()));
        self.run("claim rows", async move { collection::prepare(&client, &layout).await })
    }
}

impl Claims for ClaimedCollection<Client> {
    fn put(&self, claim: Claim) -> Result<(), Error> {
        let (client, name) = (self.client(), self.claims_name());
        let mut payload = Payload::new();
        payload.insert(END, claim.end as i64);
        let point = PointStruct::new(claim.id as u64, vec![1.0], payload);
        self.run("claim rows", async move {
            let request = UpsertPointsBuilder::new(name, vec![point]).wait(true);
            client.upsert_points(request).await.map_err(failure).map(drop)
        })
    }

    fn all(&self) -> Result<Vec<Claim>, Error> {
        let (client, name) = (self.client(), self.claims_name());
        self.run("read claims", async move {
            let request = ScrollPointsBuilder::new(&name).limit(MAX_CLAIMS).with_payload(true);
            let answer = client.scroll(request.with_vectors(false)).await.map_err(failure)?;
            let claims = answer.result.iter().map(claim).collect::<Result<_, Failure>>()?;
            complete(NAME, &name, claims, MAX_CLAIMS as usize)
        })
    }

    fn withdraw(&self, ids: &[i64]) -> Result<(), Error> {
        let (client, name) = (self.client(), self.claims_name());
        let ids = ids.iter().map(|&id| point_id(id)).collect();
        self.run("withdraw claims", async move {
            let request = DeletePointsBuilder::new(name).points(PointsIdsList { ids }).wait(true);
            client.delete_points(request).await.map_err(failure).map(drop)
        })
    }
}

fn claim(point: &RetrievedPoint) -> Result<Claim, Failure> {
    let id = point.id.as_ref().and_then(|id| id.point_id_options.as_ref());
    let end = point.payload.get(END).and_then(|value| value.kind.as_ref());
    match (id, end) {
        (Some(&PointIdOptions::Num(id)), Some(&Kind::IntegerValue(end))) if end >= 0 => {
            Ok(Claim { id: id as i64, end: end as usize })
        }
        _ => Err(Failure::Refused("expected claims on rows, found other points".into())),
    }
}
