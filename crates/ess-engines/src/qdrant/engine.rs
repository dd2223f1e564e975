//! A collection of Qdrant as an engine.

use std::sync::Arc;

use ess_core::{Effort, Embeddings, Hit};
use qdrant_client::{
    Payload, Qdrant as Client,
    qdrant::{
        Condition, CountPointsBuilder, DeletePointsBuilder, Filter, HasIdCondition, PointStruct,
        PointsIdsList, ScoredPoint, ScrollPointsBuilder, SearchBatchPointsBuilder, SearchParamsBuilder,
        SearchPoints, SearchPointsBuilder, UpsertPointsBuilder, point_id::PointIdOptions,
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
    claimed_collection::ClaimedCollection,
    engine::{Admitted, Engine},
    error::Error,
    extent::Extent,
    retry::retried,
    secret::shown_address,
    settings::EngineSettings,
};

/// Items in a collection of Qdrant: points with the row as id, compared by inner product.
///
/// Any number of processes may add. Each `add` first claims its rows, in a second collection that the first one who adds
/// creates: `papers_CLAIMS` for `papers`. No row is given twice, also after the last items were removed.
///
/// No package brings a server of Qdrant. The full check runs Qdrant's own storage and search (`qdrant-edge`) behind a
/// server of the tests' that speaks its protocol; with `ESS_QDRANT_URL` the same tests run against the server it names.
///
/// ```no_run
/// use ess_engines::{EngineIndex, EngineSettings, Qdrant, QdrantConfig};
///
/// let config = QdrantConfig::new("http://localhost:6334", "papers".parse()?, 384);
/// let settings = EngineSettings::default();
/// let index = EngineIndex::new(Qdrant::open(config, &settings)?, settings)?;
/// # Ok::<(), ess_engines::Error>(())
/// ```
pub struct Qdrant {
    config: Arc<QdrantConfig>,
    collection: ClaimedCollection<Client>,
}

impl Qdrant {
    /// Opens a collection, or creates it.
    ///
    /// # Errors
    /// [`Error::Config`] for a config out of range; [`Error::Collection`] for a collection of the same name with other
    /// vectors; [`Error::Unreachable`], [`Error::Credentials`], [`Error::Refused`] or [`Error::Timeout`] from the server.
    pub fn open(config: QdrantConfig, settings: &EngineSettings) -> Result<Self, Error> {
        config.check()?;
        let blocking = Blocking::new(NAME, shown_address(&config.url), settings)?;
        let connect = Client::from_url(&config.url)
            .timeout(blocking.timeout())
            .connect_timeout(blocking.timeout())
            .skip_compatibility_check();
        let connect = match &config.api_key {
            Some(key) => connect.api_key(key.as_str()),
            None => connect,
        };
        let client = connect.build().map_err(|error| Error::Config {
            name: "url",
            expected: "the address of a server",
            found: format!("{}: {error}", shown_address(&config.url)),
        })?;
        let collection = ClaimedCollection::new(NAME, config.collection.clone(), Arc::new(client), blocking);
        let this = Self { config: Arc::new(config), collection };
        retried(settings, || {
            let (client, config) = this.parts();
            this.collection.run("open a collection", async move {
                collection::prepare(&client, &Layout::items(&config)).await
            })
        })?;
        Ok(this)
    }

    /// Drops the collection with all its items, and the claims on its rows. Other clients that are open have to be opened again.
    ///
    /// # Errors
    /// Those of the server.
    pub fn drop_collection(self) -> Result<(), Error> {
        let ((client, config), claims) = (self.parts(), self.collection.claims_name());
        self.collection.run("drop a collection", async move {
            client.delete_collection(config.collection.as_str()).await.map_err(failure)?;
            client.delete_collection(claims).await.map_err(failure).map(drop)
        })
    }

    fn parts(&self) -> (Arc<Client>, Arc<QdrantConfig>) {
        (self.collection.client(), Arc::clone(&self.config))
    }

    fn points_from(&self, row: i64) -> Result<bool, Error> {
        let (client, config) = self.parts();
        self.collection.run("look for items", async move {
            let request = ScrollPointsBuilder::new(config.collection.as_str())
                .offset(point_id(row))
                .limit(1)
                .with_payload(false)
                .with_vectors(false);
            let answer = client.scroll(request).await.map_err(failure)?;
            Ok(!answer.result.is_empty())
        })
    }
}

impl Engine for Qdrant {
    fn dim(&self) -> usize {
        self.config.dim
    }

    // Of items that tie it answers any.
    fn exact(&self) -> bool {
        false
    }

    fn takes_candidates(&self) -> bool {
        !self.config.exact
    }

    fn reserve(&self, first_free: usize, rows: usize) -> Result<Option<usize>, Error> {
        self.collection.reserve(self, first_free, rows).map(Some)
    }

    fn place(&self) -> Option<String> {
        Some(format!("{NAME} {} {}", self.config.url, self.config.collection))
    }

    fn any_from(&self, row: usize) -> Result<bool, Error> {
        self.points_from(row as i64)
    }

    fn extent(&self) -> Result<Extent, Error> {
        let (client, config) = self.parts();
        let items = self.collection.run("count items", async move {
            let request = CountPointsBuilder::new(config.collection.as_str()).exact(true);
            let answer = client.count(request).await.map_err(failure)?;
            Ok(answer.result.map_or(0, |result| result.count) as usize)
        })?;
        Extent::probed(items, |row| self.points_from(row))
    }

    fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        let (client, config) = self.parts();
        let points: Vec<PointStruct> = items
            .rows()
            .enumerate()
            .map(|(at, item)| PointStruct::new((first_row + at) as u64, item.to_vec(), Payload::new()))
            .collect();
        self.collection.run("store items", async move {
            let request = UpsertPointsBuilder::new(config.collection.as_str(), points).wait(true);
            client.upsert_points(request).await.map_err(failure).map(drop)
        })
    }

    fn delete(&self, rows: &[i64]) -> Result<(), Error> {
        let (client, config) = self.parts();
        let ids = rows.iter().map(|&row| point_id(row)).collect();
        self.collection.run("delete items", async move {
            let request = DeletePointsBuilder::new(config.collection.as_str());
            let request = request.points(PointsIdsList { ids }).wait(true);
            client.delete_points(request).await.map_err(failure).map(drop)
        })
    }

    fn search(
        &self,
        queries: &Embeddings,
        k: usize,
        effort: &Effort,
        admitted: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let (client, config) = self.parts();
        let mut params = SearchParamsBuilder::default().exact(config.exact);
        if let Some(candidates) = effort.ef_search {
            params = params.hnsw_ef(candidates.max(k) as u64);
        }
        let params = params.build();
        let searches: Vec<SearchPoints> = queries
            .rows()
            .map(|query| {
                let request = SearchPointsBuilder::new(config.collection.as_str(), query.to_vec(), k as u64);
                let request = request.params(params.clone()).with_payload(false);
                match admitted {
                    Some(admitted) => request.filter(filter(admitted)).build(),
                    None => request.build(),
                }
            })
            .collect();
        self.collection.run("search", async move {
            let request = SearchBatchPointsBuilder::new(config.collection.as_str(), searches);
            let answer = client.search_batch_points(request).await.map_err(failure)?;
            answer.result.iter().map(|found| hits(&found.result)).collect()
        })
    }
}

fn filter(admitted: &Admitted) -> Filter {
    let ids = |rows: &[i64]| {
        let has_id = rows.iter().map(|&row| point_id(row)).collect();
        [Condition::from(HasIdCondition { has_id })]
    };
    match admitted {
        Admitted::Only(rows) => Filter::must(ids(rows)),
        Admitted::AllBut(rows) => Filter::must_not(ids(rows)),
    }
}

fn hits(points: &[ScoredPoint]) -> Result<Vec<Hit>, Failure> {
    let hit = |point: &ScoredPoint| match point.id.as_ref().and_then(|id| id.point_id_options.as_ref()) {
        Some(&PointIdOptions::Num(row)) => Ok(Hit::new(row as usize, point.score)),
        _ => Err(Failure::Refused("expected numbers as ids of points, found other ids".into())),
    };
    let mut hits = points.iter().map(hit).collect::<Result<Vec<Hit>, Failure>>()?;
    hits.sort_by(Hit::by_relevance);
    Ok(hits)
}
