//! Claims on rows, in a collection beside that of the items.

use std::sync::Arc;

use qdrant_client::{
    Payload, Qdrant as Client,
    qdrant::{
        DeletePointsBuilder, PointStruct, PointsIdsList, RetrievedPoint, ScrollPointsBuilder,
        UpsertPointsBuilder, point_id::PointIdOptions, value::Kind,
    },
};

use super::{
    collection::{self, Layout},
    config::{NAME, QdrantConfig},
    failure::failure,
    point::point_id,
};
use crate::{
    blocking::{Blocking, Failure},
    engine::Engine,
    error::Error,
    reservation::{self, Claim, Claims},
};

const END: &str = "end_row";
const MAX_CLAIMS: u32 = 10_000;

/// The name of the collection of claims, which no [`CollectionName`](crate::CollectionName) can be.
pub(super) fn name(config: &QdrantConfig) -> String {
    format!("{}_CLAIMS", config.collection)
}

/// Claims on the rows of a collection of items.
pub(super) struct QdrantClaims<'a, E> {
    pub(super) items: &'a E,
    pub(super) client: &'a Arc<Client>,
    pub(super) config: &'a QdrantConfig,
    pub(super) blocking: &'a Blocking,
}

impl<E> QdrantClaims<'_, E> {
    /// Makes the collection of claims where there is none. Who only searches needs none.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        let (client, name) = self.parts();
        let layout = Layout::payloads(name);
        self.blocking.run("claim rows", async move { collection::prepare(&client, &layout).await })
    }

    fn parts(&self) -> (Arc<Client>, String) {
        (Arc::clone(self.client), name(self.config))
    }
}

impl<E: Engine> Claims for QdrantClaims<'_, E> {
    fn put(&self, claim: Claim) -> Result<(), Error> {
        let (client, name) = self.parts();
        let mut payload = Payload::new();
        payload.insert(END, claim.end as i64);
        let point = PointStruct::new(claim.id as u64, vec![1.0], payload);
        self.blocking.run("claim rows", async move {
            let request = UpsertPointsBuilder::new(name, vec![point]).wait(true);
            client.upsert_points(request).await.map_err(failure).map(drop)
        })
    }

    fn all(&self) -> Result<Vec<Claim>, Error> {
        let (client, name) = self.parts();
        self.blocking.run("read claims", async move {
            let request = ScrollPointsBuilder::new(&name).limit(MAX_CLAIMS).with_payload(true);
            let answer = client.scroll(request.with_vectors(false)).await.map_err(failure)?;
            let claims = answer.result.iter().map(claim).collect::<Result<_, Failure>>()?;
            reservation::complete(claims, MAX_CLAIMS as usize, NAME, &name)
        })
    }

    fn withdraw(&self, ids: &[i64]) -> Result<(), Error> {
        let (client, name) = self.parts();
        let ids = ids.iter().map(|&id| point_id(id)).collect();
        self.blocking.run("withdraw claims", async move {
            let request = DeletePointsBuilder::new(name).points(PointsIdsList { ids }).wait(true);
            client.delete_points(request).await.map_err(failure).map(drop)
        })
    }

    fn behind_items(&self, row: usize) -> Result<usize, Error> {
        reservation::behind_items(self.items, row)
    }

    fn contended(&self, attempts: u32) -> Error {
        Error::Contended { engine: NAME, collection: self.config.collection.to_string(), attempts }
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
