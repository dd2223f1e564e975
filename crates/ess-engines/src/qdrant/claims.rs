//! Claims on rows, in a collection beside that of the items.

use qdrant_client::{
    Payload,
    qdrant::{
        DeletePointsBuilder, PointStruct, PointsIdsList, RetrievedPoint, ScrollPointsBuilder,
        UpsertPointsBuilder, point_id::PointIdOptions, value::Kind,
    },
};

use super::{
    NAME, Qdrant, QdrantConfig,
    collection::{self, Layout},
    failure, point_id,
};
use crate::{
    Engine, Error,
    blocking::Failure,
    reservation::{self, Claim, Claims},
};

const END: &str = "end_row";
const MAX_CLAIMS: u32 = 10_000;

/// The name of the collection of claims, which no [`CollectionName`](crate::CollectionName) can be.
pub(super) fn name(config: &QdrantConfig) -> String {
    format!("{}_CLAIMS", config.collection)
}

impl Qdrant {
    /// Makes the collection of claims, unless this was done before. Who only searches needs none.
    pub(super) fn prepare_claims(&self) -> Result<(), Error> {
        if self.claims.get().is_none() {
            let (client, config) = self.parts();
            let layout = Layout::payloads(name(&config));
            self.blocking.run("claim rows", async move { collection::prepare(&client, &layout).await })?;
            self.claims.get_or_init(|| ());
        }
        Ok(())
    }
}

impl Claims for Qdrant {
    fn put(&self, claim: Claim) -> Result<(), Error> {
        let (client, config) = self.parts();
        let mut payload = Payload::new();
        payload.insert(END, claim.end as i64);
        let point = PointStruct::new(claim.id as u64, vec![1.0], payload);
        self.blocking.run("claim rows", async move {
            let request = UpsertPointsBuilder::new(name(&config), vec![point]).wait(true);
            client.upsert_points(request).await.map_err(failure).map(drop)
        })
    }

    fn all(&self) -> Result<Vec<Claim>, Error> {
        let (client, config) = self.parts();
        self.blocking.run("read claims", async move {
            let name = name(&config);
            let request = ScrollPointsBuilder::new(&name).limit(MAX_CLAIMS).with_payload(true);
            let answer = client.scroll(request.with_vectors(false)).await.map_err(failure)?;
            let claims = answer.result.iter().map(claim).collect::<Result<_, Failure>>()?;
            reservation::complete(claims, MAX_CLAIMS as usize, NAME, &name)
        })
    }

    fn withdraw(&self, ids: &[i64]) -> Result<(), Error> {
        let (client, config) = self.parts();
        let ids = ids.iter().map(|&id| point_id(id)).collect();
        self.blocking.run("withdraw claims", async move {
            let request = DeletePointsBuilder::new(name(&config)).points(PointsIdsList { ids }).wait(true);
            client.delete_points(request).await.map_err(failure).map(drop)
        })
    }

    fn behind_items(&self, row: usize) -> Result<usize, Error> {
        match self.any_from(row)? {
            true => Ok(self.extent()?.next_row.max(row)),
            false => Ok(row),
        }
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
